"""A made-up world held against optrace's answers, aspect by aspect, in the way of the recordings of real software."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.redteam.world import World


def understood(exchanges: Sequence[Exchange], *, live: bool = False) -> Trace:
    """Read as a flow file is; or `live`, each request and each answer when it comes."""
    trace = Understanding(lambda n: exchanges[n - 1])
    if not live:
        trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
        return trace
    halves = []
    for whole in exchanges:
        assert whole.ended is not None
        begun = replace(whole, response=None, error=None, response_started=None, ended=None)
        halves += [(whole.started, 0, whole.n, begun), (whole.ended, 1, whole.n, whole)]
    for *_, exchange in sorted(halves, key=lambda half: half[:3]):
        trace.feed([ExchangeSeen(exchange=exchange)])
    return trace


def mismatches(world: World, trace: Trace | None = None) -> list[str]:
    """Where the answers differ from what is true."""
    truth = world.truth()
    trace = trace or understood(world.exchanges())
    found = []
    for expected in truth["exchanges"]:
        found += _of_one(trace, expected)
    return found + wrong_pairs(trace, truth)


def _of_one(trace: Trace, expected: Mapping[str, Any]) -> list[str]:
    step = trace.step(expected["n"])
    answers = {"operation": step.operation, "variant": step.variant, "from": step.source, "to": step.target,
               "status": step.status}  # fmt: skip
    wanted = {name: expected[name] for name in answers}
    for kind, profiles in expected["verdicts"].items():
        for profile, verdict in profiles.items():
            answers[f"{kind}.{profile}"] = getattr(step.verdicts, kind)[profile].value
            wanted[f"{kind}.{profile}"] = verdict
    where = f"#{expected['n']} {expected['method']} {expected['url'][:60]} {expected['operation']}"
    found = [
        f"{where}: {name} is {answers[name]!r}, expected {value!r}"
        for name, value in wanted.items()
        if value is not None and answers[name] != value and answers[name] not in expected["also_accept"].get(name, ())
    ]
    rules = [finding.rule for finding in step.findings]
    if expected["findings_any_of"] and rules[:1] not in [[rule] for rule in expected["findings_any_of"]]:
        found.append(f"{where}: findings {rules}, expected first {expected['findings_any_of']}")
    errors = [finding.rule for finding in step.findings if finding.severity.value == "error"]
    if errors and "error" in expected["findings_never"]:
        found.append(f"{where}: false alarm {errors}")
    return found


def wrong_pairs(trace: Trace, truth: Mapping[str, Any]) -> list[str]:
    groups, names = truth["payments"] or [], truth["names"]
    free = {tuple(pair) for pair in truth["may_merge"]}
    member: dict[int, set[int]] = {}
    for payment in trace.payments:
        for n in payment.exchanges:
            member.setdefault(n, set()).add(payment.id)
    place = {n: index for index, group in enumerate(groups) for n in group}
    found: dict[tuple[str, str], list[str]] = {}
    for one, other in combinations(sorted(place), 2):
        here, there = place[one], place[other]
        together = bool(member.get(one, set()) & member.get(other, set()))
        if together == (here == there) or (min(here, there), max(here, there)) in free:
            continue
        ops = [truth["exchanges"][n - 1]["operation"] for n in (one, other)]
        key = (f"{names[here]}/{names[there]}", "together" if together else "apart")
        found.setdefault(key, []).append(f"#{one} {ops[0]} - #{other} {ops[1]}")
    return [
        f"payments {who}: {len(pairs)} pairs wrongly {how}: {'; '.join(pairs[:4])}"
        for (who, how), pairs in found.items()
    ]
