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
    ordinals, theirs_ordinals = _ordinals(one), _ordinals(other)
    for step in one.steps:  # what is left of one operation, whichever lane it was found to be on
        if step.own and step.n not in partner:
            left = (
                each
                for each in other.steps
                if each.own
                and each.n not in taken
                and _kind(each) == _kind(step)
                and theirs_ordinals.get(each.payment) == ordinals.get(step.payment)
            )
            if (like := next(left, None)) is not None:
                partner[step.n] = like
                taken.add(like.n)
    found: list[Match] = [(step, partner.get(step.n)) for step in one.steps]
    for step in other.steps:
        if step.n not in taken:
            behind = max((at for at, (_, b) in enumerate(found) if b is not None and b.n < step.n), default=-1)
            found.insert(behind + 1, (None, step))
    return found


def _kind(step: ScriptStep) -> tuple[str, str | None, bool]:
    return step.operation, step.variant, (step.status or 500) < 400


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
    left, right = list(ours), list(theirs)
    for a, b, size in matcher.get_matching_blocks():
        for i in range(size):
            yield ours[a + i], theirs[b + i]
            left.remove(ours[a + i])
            right.remove(theirs[b + i])
    yield from zip(left, right, strict=False)
