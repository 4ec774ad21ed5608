"""The search for what was really signed: single changes, then plausible pairs, then triples, within a budget.

A signature that verifies over a changed base proves that this base was signed with this key: no other text gives the
same signature. So the first hit ends the search, and since the likely changes go first it is the simplest account.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, combinations, combinations_with_replacement, product
from typing import NamedTuple

from optrace.core.findings import Proof
from optrace.core.redact import mask_field, mask_url
from optrace.core.text import safe
from optrace.diagnosis.candidates import FAMILIES, LATER, Change
from optrace.diagnosis.candidates.change import COMMON, slots_apart
from optrace.diagnosis.case import Case
from optrace.diagnosis.model import Model, verifier
from optrace.diagnosis.subject import Subject, subject_of
from optrace.signatures.keys import Key

Clock = Callable[[], float]  # seconds, from any beginning

# (how many changes at once, their costs together at most), in the order of the search
_PHASES = ((2, 3), (3, 3), (2, 5), (3, 4), (2, 6), (3, 5), (2, 8), (3, 6), (2, 12))
_LONGEST = 4000  # characters of a value that is kept as evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How far a search goes. Without `seconds` its outcome doesn't depend on the machine."""

    candidates: int = 10_000
    seconds: float | None = None


_SHORT = Budget(candidates=600)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """What a search came to. `changes` is empty with a proof if nothing but the key was in doubt."""

    proof: Proof | None
    changes: tuple[Change, ...] = ()
    model: Model | None = None  # what was signed; it holds tokens as they are
    owner: str | None = None  # whose key verified it
    tried: int  # bases that were verified
    keys: int  # keys that there were to try
    milliseconds: float
    exhausted: bool  # False: the budget ended the search

    def with_code(self, code: str) -> Change | None:
        """The change that belongs to a rule."""
        return next((change for change in self.changes if change.code == code), None)


def searched(case: Case) -> SearchResult | None:
    """The search that the rules share; None if there is nothing to search for.

    Where the key isn't known, or the whole battery failed before for the same keyid (the same private key is at work),
    only the likely changes are tried.
    """
    subject = subject_of(case)
    if subject is None or subject.model is None:
        return None
    # rules look again whenever the session teaches something; what may change the outcome here is a new key alone
    keys = sum(1 for _ in case.memory.keyring.all_keys())
    note = ("search", case.exchange.n, subject.signature)
    known: tuple[int, SearchResult] | None = case.trace.notebook.get(note)
    if known is not None and (known[0] == keys or known[1].proof is not None):
        return known[1]
    result = search(subject, budget=_SHORT if known is not None or _hopeless(case, subject) else Budget())
    case.trace.notebook[note] = keys, result
    return result


def _hopeless(case: Case, subject: Subject) -> bool:
    if subject.seen.key is None:
        return True
    kid = case.row.kid
    return any(
        any(finding.rule == "SIG-034" for finding in row.findings)
        for row in case.earlier(lambda row: row.kid == kid and bool(row.findings), limit=50)
    )


def search(
    subject: Subject,
    *,
    budget: Budget = Budget(),
    clock: Clock = time.perf_counter,
    told: Callable[[int, tuple[Change, ...]], None] | None = None,
) -> SearchResult:
    """Find what was signed. Raises nothing, whatever the message was.

    Args:
        told: is told of each candidate before it is tried: how many that makes, and its changes.
    """
    started = clock()
    root = subject.model
    if root is None:
        return SearchResult(proof=None, tried=0, keys=0, milliseconds=0.0, exhausted=True)
    found: tuple[tuple[Change, ...], Model] | None = None
    tried, exhausted = 0, True
    checks: dict[int, Callable[[bytes], bool]] = {}
    seen: set[tuple[int, bytes]] = set()
    deadline = None if budget.seconds is None else started + budget.seconds
    for changes, model in _candidates(subject, root):
        data = model.signed()
        question = (id(model.key), data)
        if question in seen:
            continue
        if tried >= budget.candidates or (deadline is not None and clock() >= deadline):
            exhausted = False
            break
        seen.add(question)
        tried += 1
        if told is not None:
            told(tried, changes)
        check = checks.get(question[0])
        if check is None:
            check = checks[question[0]] = verifier(model.key, subject.signature)
        if check(data):
            found = changes, model
            break
    changes, model = found if found is not None else ((), root)
    owner = _owner(subject, model.key) if found is not None else None
    return SearchResult(
        proof=None if found is None else _proof(changes, model, root, owner, tried),
        changes=changes,
        model=None if found is None else model,
        owner=owner,
        tried=tried,
        keys=len(subject.keys),
        milliseconds=(clock() - started) * 1000,
        exhausted=exhausted,
    )


class _Made(NamedTuple):
    """A change that alters the message: its place among all, which is the order of making, and what it alone makes."""

    place: int
    change: Change
    model: Model


def _candidates(subject: Subject, root: Model) -> Iterator[tuple[tuple[Change, ...], Model]]:
    """(changes, what would have been signed), the likely first. Changes are made as the search gets to them."""
    yield (), root
    by_cost: dict[int, list[_Made]] = {}
    put_off: list[_Made] = []
    place = 0
    for families in (FAMILIES, LATER):
        for change in chain.from_iterable(family(subject) for family in families):
            model = change.apply(root)
            if model is None or model == root:
                continue
            made = _Made(place, change, model)
            by_cost.setdefault(change.cost, []).append(made)
            place += 1
            if change.cost == COMMON:
                yield (change,), model
            else:
                put_off.append(made)
        put_off.sort(key=lambda made: made.change.cost)
        for made in put_off:
            yield (made.change,), made.model
        put_off.clear()
    done: Counter[int] = Counter()
    pairs: dict[tuple[int, int], Model | None] = {}
    for size, limit in _PHASES:
        for total in range(max(done[size] + 1, size), limit + 1):
            for first, second, *more in _sets(by_cost, size, total):
                at = first.place, second.place
                model = pairs[at] if at in pairs else pairs.setdefault(at, second.change.apply(first.model))
                for third in more:
                    model = None if model is None else third.change.apply(model)
                if model is not None:
                    yield (first.change, second.change, *(third.change for third in more)), model
        done[size] = limit


def _sets(by_cost: Mapping[int, Sequence[_Made]], size: int, total: int) -> Iterator[list[_Made]]:
    """Changes that go together, so many, with these costs in sum; in the order in which they are to be made."""
    apart = cache(slots_apart)
    for costs in combinations_with_replacement(sorted(by_cost), size):
        if sum(costs) != total:
            continue
        groups = [combinations(by_cost[cost], count) for cost, count in Counter(costs).items()]
        for picked in product(*groups):
            entries = sorted(chain.from_iterable(picked))
            if all(apart(one.change.slot, two.change.slot) for one, two in combinations(entries, 2)):
                yield entries


def _owner(subject: Subject, key: Key) -> str | None:
    return next((owner for owner, other in subject.keys if other is key), None)


def _proof(changes: tuple[Change, ...], model: Model, root: Model, owner: str | None, tried: int) -> Proof:
    words = " ".join(change.sentence for change in changes)
    if not words:
        words = (
            f"Unchanged, it verifies with the key {safe(model.key.kid)[:80] or 'without kid'} of {safe(owner or '')}."
        )
    return Proof(change=words, tried=tried, base=shown_base(model), evidence=_evidence(model, root))


_BETWEEN = {"after each name": "colon", "between the lines": "newline", "after the last line": "tail"}


def shown_base(model: Model) -> str:
    """The base as it may be shown: line ends as they are, the token masked."""
    lines = tuple((name, _shown(name, value)) for name, value in model.lines)
    return model._replace(lines=lines).base().decode("utf-8", "replace")


def _evidence(model: Model, root: Model) -> Mapping[str, str]:
    """component -> what was signed for it, of all that was signed otherwise than sent."""
    sent = dict(root.lines)
    found = {
        name.replace('"', ""): _shown(name, value)[:_LONGEST]
        for name, value in model.lines
        if sent.get(name) != value
    }  # fmt: skip
    if model.params != root.params:
        found["@signature-params"] = model.params[:_LONGEST]
    if model.key is not root.key:
        found["key"] = model.key.kid
    if model.prehash:
        found["hash"] = model.prehash
    for name, between in _BETWEEN.items():
        if (signed := getattr(model, between)) != getattr(root, between):
            found[name] = safe(signed)
    return found


def _shown(name: str, value: str) -> str:
    return mask_url(value) if "target-uri" in name else mask_field(name.replace('"', ""), value)
