"""What a rule is, and how all of them are run over one exchange.

A rule is a function that looks at a `Case` and yields `Found`s. Its docstring is its manual page: what the developer
sees, the cause, how it is detected. The rest (code, title, severity, remedy, section) stands in its `@rule` line.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum

from optrace.core.findings import Finding, Proof, Severity
from optrace.core.specs import SpecRef
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.session.rows import Row


class Weight(IntEnum):
    """How strong a finding is as the cause; the strongest comes first."""

    PROOF = 0  # a counterfactual verified, or the wire itself shows it
    EXPLAINS = 1  # it explains the server's own words
    HYPOTHESIS = 2  # it would explain them, and can't be proved from here
    SMELL = 3  # true, and not why this exchange failed


class Outcome(StrEnum):
    """How an exchange ended, as far as it decides which rules look at it."""

    OK = "ok"  # 1xx or 2xx
    REDIRECTED = "redirected"  # 3xx
    REFUSED = "refused"  # 4xx or 5xx
    BROKEN = "broken"  # no answer, or a torn one

    @classmethod
    def of(cls, row: Row) -> Outcome:
        """The outcome of an exchange that has ended."""
        if row.error is not None or row.status is None:
            return cls.BROKEN
        if row.status < 300:
            return cls.OK
        return cls.REFUSED if row.status >= 400 else cls.REDIRECTED


Sort = tuple[str, Outcome, bool]  # operation, outcome, whether a profile isn't content with signature or digest


def sort_of(row: Row) -> Sort:
    """What decides which rules look at an exchange."""
    verdicts = row.verdicts
    return row.operation, Outcome.of(row), not (verdicts.signature.fine and verdicts.digest.fine)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a rule found in one exchange. What is left out is taken from the rule."""

    detail: str
    where: str | None = None
    proof: Proof | None = None
    related: tuple[int, ...] = ()
    weight: Weight | None = None
    severity: Severity | None = None
    remedy: str | None = None
    bare: bool = False  # it says no more than the server's words do: dropped beside an error that says more


Finder = Callable[[Case], Iterator[Found]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One named problem of the catalogue."""

    code: str
    title: str
    severity: Severity
    weight: Weight
    remedy: str
    spec: SpecRef | None
    operations: frozenset[str] | None  # None: all
    outcomes: frozenset[Outcome]
    accepted: frozenset[str] | None  # of the operations, those that are looked at when all went well; None: all
    flawed: bool  # has nothing to say where signature and digest are fine by all profiles, or absent
    page: str
    find: Finder
    waits: bool  # says more once the recording is complete, and what didn't come has never come
    absorbs: tuple[str, ...]  # codes of findings with the same root, which this one makes superfluous

    def concerns(self, sort: Sort) -> bool:
        """Whether the rule has anything to say of such exchanges at all."""
        operation, outcome, flawed = sort
        wanted = self.accepted if outcome is Outcome.OK and self.accepted is not None else self.operations
        if outcome not in self.outcomes or (self.flawed and not flawed):
            return False
        return wanted is None or operation in wanted

    def finding(self, found: Found) -> Finding:
        """What was found, with what the rule itself says of it."""
        return Finding(
            rule=self.code,
            severity=found.severity or self.severity,
            title=self.title,
            detail=_shown(found.detail),
            remedy=found.remedy or self.remedy,
            spec=self.spec,
            proof=found.proof,
            where=found.where,
            related=found.related,
        )

    def look(self, case: Case) -> Iterator[tuple[Weight, Finding]]:
        """The findings of this rule in one exchange."""
        if self.concerns(sort_of(case.row)):
            for found in self.find(case):
                yield self.weight if found.weight is None else found.weight, self.finding(found)


def rule(
    *,
    code: str,
    title: str,
    severity: Severity,
    remedy: str,
    weight: Weight = Weight.EXPLAINS,
    spec: SpecRef | None = None,
    operations: Iterable[str] | None = None,
    outcomes: Iterable[Outcome] = tuple(Outcome),
    accepted: Iterable[str] | None = None,
    flawed: bool = False,
    waits: bool = False,
    absorbs: Sequence[str] = (),
) -> Callable[[Finder], Rule]:
    """Make a rule of a function; its docstring becomes the manual page."""

    def make(find: Finder) -> Rule:
        return Rule(
            code=code,
            title=title,
            severity=severity,
            weight=weight,
            remedy=remedy,
            spec=spec,
            operations=None if operations is None else frozenset(operations),
            outcomes=frozenset(outcomes),
            accepted=None if accepted is None else frozenset(accepted),
            flawed=flawed,
            page=inspect.getdoc(find) or "",
            find=find,
            waits=waits,
            absorbs=tuple(absorbs),
        )

    return make


def _shown(detail: str) -> str:
    """A detail repeats what was on the wire: nothing in it may move a cursor."""
    return "\n".join(map(safe, detail.split("\n")))


_BY_SEVERITY = {severity: place for place, severity in enumerate(Severity)}
_ERROR = _BY_SEVERITY[Severity.ERROR]


def run(
    rules: Iterable[Rule], case: Case, failed: Callable[[Rule, Exception], None] | None = None
) -> tuple[Finding, ...]:
    """All findings of one exchange, the cause first: by weight, then by severity, then in the order of the rules.

    Of two findings with one root only the stronger stays: a rule names the codes that it absorbs, and what is bare goes
    where an error explains more.

    Args:
        rules: in the order that decides between equals; those that don't concern the exchange are passed over.
        failed: is told of a rule that raises, which is a bug in the rule; without it the exception goes on.
    """
    sort = sort_of(case.row)
    return run_chosen([rule for rule in rules if rule.concerns(sort)], case, failed)


def run_chosen(
    rules: Sequence[Rule], case: Case, failed: Callable[[Rule, Exception], None] | None = None
) -> tuple[Finding, ...]:
    """`run` for rules that are known to concern the exchange."""
    found: list[tuple[Weight, int, int, Finding]] = []
    bare: list[Finding] = []
    for place, one in enumerate(rules):
        try:
            for item in one.find(case):
                weight = one.weight if item.weight is None else item.weight
                finding = one.finding(item)
                found.append((weight, _BY_SEVERITY[finding.severity], place, finding))
                if item.bare:
                    bare.append(finding)
        except Exception as error:
            if failed is None:
                raise
            failed(one, error)
    if not found:
        return ()
    absorbed = {code for entry in found for code in rules[entry[2]].absorbs}
    found.sort(key=lambda entry: entry[:3])
    kept = [entry for entry in found if entry[3].rule not in absorbed]
    if bare and any(entry[0] <= Weight.EXPLAINS and entry[1] == _ERROR and entry[3] not in bare for entry in kept):
        kept = [entry for entry in kept if entry[3] not in bare]
    return tuple([entry[3] for entry in kept])
