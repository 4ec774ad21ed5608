"""Recordings of real software, and what is true of them: read, analysed once, and held against optrace's answers.

A truth was made without optrace, by the servers' real answers and by two independent verifiers. `also_accept` and
`may_merge` stand where the protocol leaves it open; None is not scored.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.session.events import ExchangeSeen, KeyLearned
from optrace.session.steps import Step
from optrace.store.sources import open_source
from tests import long

FILES = Path(__file__).parent / "files"
NAMES = sorted(path.name.removesuffix(".mitm") for path in FILES.glob("*.mitm"))
EACH = long.parted(NAMES, long.RECORDINGS)  # for tests that need them understood


@cache
def truth(name: str) -> dict[str, Any]:
    """What is true of a recording."""
    found: dict[str, Any] = json.loads((FILES / f"{name}.truth.json").read_text())
    return found


@cache
def exchanges(name: str) -> tuple[Exchange, ...]:
    """The exchanges of a recording, in the order of their numbers."""
    source = open_source(FILES / f"{name}.mitm")
    found: dict[int, Exchange] = {}
    while events := source.poll(500):
        found.update({event.exchange.n: event.exchange for event in events if isinstance(event, ExchangeSeen)})
    source.close()
    return tuple(found[n] for n in sorted(found))


@cache
def understood(name: str) -> Understanding:
    """A recording, analysed with the keys that its truth names."""
    source = open_source(FILES / f"{name}.mitm")
    trace = Understanding(source.exchange)
    trace.feed(
        KeyLearned(wallet_address=url, document=json.dumps(jwks).encode(), seen=datetime.now(UTC), how="given")
        for url, jwks in (truth(name).get("keys") or {}).items()
    )
    while events := source.poll(500):
        trace.feed(events)
    return trace


def mismatches(name: str, aspect: str) -> list[str]:
    """Where the answers differ from the truth in one aspect: operation, variant, from, to, signature.rfc, ..."""
    found = []
    for expected in truth(name)["exchanges"]:
        step = understood(name).step(expected["n"])
        wanted, got = _wanted(expected, aspect), _answer(step, aspect)
        if wanted is None or wanted == "unseen":
            continue
        if got != wanted and got not in (expected.get("also_accept") or {}).get(aspect, ()):
            found.append(f"#{step.n} {step.method} {step.url} ({step.operation}): {got!r}, expected {wanted!r}")
    return found


def _wanted(expected: dict[str, Any], aspect: str) -> Any:
    kind, dot, profile = aspect.partition(".")
    return expected["verdicts"][kind][profile] if dot else expected.get(aspect)


def _answer(step: Step, aspect: str) -> Any:
    kind, dot, profile = aspect.partition(".")
    if dot:
        return getattr(step.verdicts, kind)[profile].value
    return {"from": step.source, "to": step.target}.get(aspect) or getattr(step, aspect, None)


def wrong_pairs(name: str) -> list[str]:
    """Pairs of exchanges that are wrongly together in one payment, or wrongly apart."""
    groups = truth(name).get("payments") or []
    free = {tuple(sorted(pair)) for pair in truth(name).get("may_merge") or []}
    member: dict[int, set[int]] = {}
    for payment in understood(name).payments:
        for n in payment.exchanges:
            member.setdefault(n, set()).add(payment.id)
    place = {n: index for index, group in enumerate(groups) for n in group}
    found = []
    for one, other in combinations(sorted(place), 2):
        here, there = place[one], place[other]
        together = bool(member.get(one, set()) & member.get(other, set()))
        if (here != there and tuple(sorted((here, there))) in free) or together == (here == there):
            continue
        found.append(f"#{one} and #{other} are {'together' if together else 'apart'}")
    return found
