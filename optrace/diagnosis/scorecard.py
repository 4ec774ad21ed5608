"""The scorecard of a session: for each party, which requirements it kept, which it broke, and which were not seen.

Not seen is never a pass: a requirement that no exchange could show stands apart from those that were kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from optrace.core.messages import Exchange
from optrace.diagnosis.case import Case
from optrace.diagnosis.requirements import ASE, CLIENT
from optrace.diagnosis.requirements.requirement import Ledger, Level, Requirement
from optrace.session.steps import DEFAULT_PROFILE, Step
from optrace.session.trace import Trace


class Party(StrEnum):
    """Who is asked."""

    CLIENT = "client"
    SENDER = "sender's ASE"
    RECIPIENT = "recipient's ASE"
    ANOTHER = "another ASE"  # servers that couldn't be placed on a side


class Outcome(StrEnum):
    """What became of a requirement; one exchange that breaks it outweighs all that keep it."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One requirement of one party, with the numbers of the exchanges that show it."""

    requirement: Requirement
    passed: tuple[int, ...]
    failed: tuple[int, ...]

    @property
    def outcome(self) -> Outcome:
        """Failed if any exchange broke it, passed if any kept it, else not seen."""
        return Outcome.FAILED if self.failed else Outcome.PASSED if self.passed else Outcome.NOT_SEEN

    @property
    def grave(self) -> bool:
        """Whether a MUST was broken."""
        return bool(self.failed) and self.requirement.level is Level.MUST


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All requirements of one party."""

    party: Party
    scores: tuple[Score, ...]

    def count(self, outcome: Outcome) -> int:
        """How many requirements came to this."""
        return sum(score.outcome is outcome for score in self.scores)


@dataclass(slots=True)
class _Tally:
    passed: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)


def scorecard(
    trace: Trace,
    lookup: Callable[[int], Exchange],
    *,
    profile: str = DEFAULT_PROFILE,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[Card, ...]:
    """Hold each exchange of a session against the requirements that it can show.

    Args:
        lookup: gives an exchange by its number.
        profile: whose requirements: what only another profile asks for is left out.
        told: is told how many exchanges of how many are done.

    Servers that couldn't be placed on a side get a card only if there are any.
    """
    asked = {party: _by_operation(party, profile) for party in Party}
    tallies: dict[tuple[Party, str], _Tally] = defaultdict(_Tally)
    ledgers: dict[tuple[Party, str], Ledger] = defaultdict(Ledger)
    parties = {Party.CLIENT, Party.SENDER, Party.RECIPIENT}
    for n in range(1, len(trace) + 1):
        if not trace.has(n):
            continue
        step = trace.step(n)
        wanted = [(party, one) for party in _parties(step) for one in asked[party].get(step.operation, ())]
        if wanted and not step.in_flight:
            case = Case(trace, lookup(n), ended=True)
            for party, one in wanted:
                parties.add(party)
                kept = one.judge(case, ledgers[party, one.id])
                if kept is not None:
                    tally = tallies[party, one.id]
                    (tally.passed if kept else tally.failed).append(n)
        told(n, len(trace))
    return tuple(
        Card(
            party=party,
            scores=tuple(_score(one, tallies[party, one.id]) for one in _asked(party, profile)),
        )
        for party in Party
        if party in parties
    )


def _asked(party: Party, profile: str) -> Iterator[Requirement]:
    return (one for one in (CLIENT if party is Party.CLIENT else ASE) if profile in one.profiles)


def _by_operation(party: Party, profile: str) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = defaultdict(list)
    for one in _asked(party, profile):
        for operation in one.operations:
            found[operation].append(one)
    return found


def _score(one: Requirement, tally: _Tally) -> Score:
    return Score(requirement=one, passed=tuple(tally.passed), failed=tuple(tally.failed))


def _parties(step: Step) -> Iterable[Party]:
    """Whom an exchange says something about: who sent it, and whose server answered, if any did."""
    if step.source == "client" or step.target in ("client", "c.wa"):
        yield Party.CLIENT
    if step.status is None or step.target in ("client", "c.wa", "unknown"):
        return
    yield {"s": Party.SENDER, "r": Party.RECIPIENT}.get(step.target.partition(".")[0], Party.ANOTHER)
