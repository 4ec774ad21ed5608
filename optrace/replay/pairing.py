"""Which steps of two recordings correspond: by payment, lanes and operation; a server's own calls by what caused them.

Order matters only within one kind of step: under load, and from one client to another, different kinds overtake each
other without meaning anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from optrace.replay.script import Script, ScriptStep

Match = tuple[ScriptStep | None, ScriptStep | None]

# calls that change nothing: how often they are made depends on the moment
READS = frozenset(
    ("wallet_address_get", "incoming_payment_get", "incoming_payment_get_public", "incoming_payment_list", "quote_get",
     "outgoing_payment_get", "outgoing_payment_list", "outgoing_payment_grant_get", "grant_poll", "token_introspect",
     "consent_get", "as_discovery")
)  # fmt: skip
_SETTLED = frozenset(("wallet_address_get", "as_discovery"))  # reads whose answers stay the same
_Key = tuple[int, str, str, str, str]  # payment or enclosing call, lanes, operation, variant
_SERVERS = ("rs", "as")


def _keys(script: Script, inside: Mapping[int, int]) -> dict[_Key, list[ScriptStep]]:
    """The steps of each kind; `inside`: for a server's own call, what the client's call is called that caused it."""
    ordinals = _ordinals(script)
    found: dict[_Key, list[ScriptStep]] = defaultdict(list)
    for step in script.steps:
        ordinal = -inside[step.n] if step.n in inside else ordinals.get(step.payment, 0)
        found[ordinal, step.source, step.target, step.operation, step.variant or ""].append(step)
    return found


def _ordinals(script: Script) -> dict[int | None, int]:
    """Payment -> its place among the payments of a script, from 1."""
    payments = sorted({step.payment for step in script.steps if step.payment is not None})
    return {payment: ordinal for ordinal, payment in enumerate(payments, 1)}


def _inside(script: Script) -> dict[int, int]:
    """Server's call -> the client's call during which it was made."""
    found: dict[int, int] = {}
    under_way: list[ScriptStep] = []
    for step in script.steps:
        if step.own:
            under_way.append(step)
        elif step.source.endswith(_SERVERS):
            at = step.exchange.started
            under_way = [call for call in under_way if call.exchange.ended is None or call.exchange.ended >= at]
            if under_way:
                found[step.n] = under_way[-1].n
    return found


def pairs(one: Script, other: Script) -> list[Match]:
    """Both scripts' steps in the order of the first; what only the second has stands behind what came before it."""
    within, theirs_within = _inside(one), _inside(other)
    own_theirs = _keys(other, {})
    partner: dict[int, ScriptStep] = {}
    for key, ours in _keys(one, {}).items():
        if not key[1].endswith(_SERVERS):
            partner.update({a.n: b for a, b in _matched(key[3], ours, own_theirs.get(key, []))})
    # a server's call corresponds to one in the corresponding call of the client
    called = {n: partner[call].n for n, call in within.items() if call in partner}
    hops_theirs = _keys(other, theirs_within)
    for key, ours in _keys(one, {n: called.get(n, 0) for n in within}).items():
        if key[1].endswith(_SERVERS):
            partner.update({a.n: b for a, b in _matched(key[3], ours, hops_theirs.get(key, []))})
    taken = {step.n for step in partner.values()}
    left = _left(other, taken)
    for kind, steps in _left(one, set(partner)).items():
        for step, like in zip(steps, left.get(kind, ()), strict=False):
            partner[step.n] = like
            taken.add(like.n)
    return _in_order(one, other, partner, taken)


def _left(script: Script, taken: set[int]) -> dict[tuple[object, ...], list[ScriptStep]]:
    """What is left of one kind: the client's calls, whichever lane they were found to be on, and what servers call for
    whenever they happen to need it."""
    ordinals = _ordinals(script)
    found: dict[tuple[object, ...], list[ScriptStep]] = defaultdict(list)
    for step in script.steps:
        if step.n not in taken and (step.own or step.operation not in READS):
            lanes = None if step.own else (step.source, step.target)
            kind = step.operation, step.variant, (step.status or 500) < 400, ordinals.get(step.payment), lanes
            found[kind].append(step)
    return found


def _in_order(one: Script, other: Script, partner: Mapping[int, ScriptStep], taken: set[int]) -> list[Match]:
    """The pairs in the order of the first script; each that only the second has, behind what came before it there."""
    places = {step.n: at for at, first in enumerate(one.steps) if (step := partner.get(first.n)) is not None}
    behind: dict[int, list[ScriptStep]] = defaultdict(list)
    last = -1
    for step in other.steps:
        if step.n in taken:
            last = max(last, places[step.n])
        else:
            behind[last].append(step)
    found: list[Match] = [(None, step) for step in behind[-1]]
    for at, first in enumerate(one.steps):
        found.append((first, partner.get(first.n)))
        found += [(None, step) for step in behind[at]]
    return found


def _matched(
    operation: str, ours: Sequence[ScriptStep], theirs: Sequence[ScriptStep]
) -> Iterator[tuple[ScriptStep, ScriptStep]]:
    """Corresponding steps of one kind: in their order; if one side has more, the last reads, and the like outcomes."""
    if len(ours) == len(theirs):
        yield from zip(ours, theirs, strict=True)
        return
    if operation in READS - _SETTLED:
        yield from zip(reversed(ours), reversed(theirs), strict=False)
        return
    matcher = SequenceMatcher(None, [step.status for step in ours], [step.status for step in theirs], autojunk=False)
    same = [(a + i, b + i) for a, b, size in matcher.get_matching_blocks() for i in range(size)]
    yield from ((ours[a], theirs[b]) for a, b in same)
    left, right = {a for a, _ in same}, {b for _, b in same}
    yield from zip(
        (step for at, step in enumerate(ours) if at not in left),
        (step for at, step in enumerate(theirs) if at not in right),
        strict=False,
    )
