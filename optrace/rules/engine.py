"""Running the rules while a session grows: which exchanges to look at, and which to look at again.

What a rule says of an exchange may change when later ones arrive: keys, the answer to a retry, the wallet document
that explains a refusal. So an exchange that changes brings with it the recent refused ones, and those of its grant and
its payment. The window is bounded; `finish` looks at everything once more, so that what a finished recording comes to
doesn't depend on how it was fed.

Rules that wait for what never came speak at the end of a recording. A live one has no end: there they speak of a
payment that has been silent for a while, and take it back when it goes on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules import RULES
from optrace.rules.rule import Rule, Sort, run_chosen, sort_of
from optrace.session.events import Noted
from optrace.session.grants import GrantState
from optrace.session.rows import Row
from optrace.session.trace import Trace

_WINDOW = 24  # refused exchanges that are looked at again, of the session and of each grant and payment
# what teaches something that an earlier refusal may be explained by, whoever it was for
_TEACHERS = frozenset({"wallet_address_get", "jwks_get", "grant_request", "incoming_payment_get"})
_SILENCE = timedelta(minutes=1)  # without a message, a payment is taken to have ended
_CONSENT = timedelta(minutes=10)  # the same while a user is asked: the life of an interaction


class Diagnosis:
    """The findings of a trace, kept up to date.

    Args:
        trace: the session; findings are handed to `trace.found`.
        rules: what to look for; their order decides between findings of equal weight and severity.
    """

    def __init__(self, trace: Trace, rules: Iterable[Rule] = RULES) -> None:
        self._trace = trace
        self._rules = tuple(rules)
        self._chosen: dict[Sort, tuple[Rule, ...]] = {}
        self._waiting: dict[Sort, tuple[Rule, ...]] = {}  # those among them that wait for what never came
        self._open: set[int] | None = None  # exchanges that such a rule may still speak of; None: nobody asks
        self._silent: set[int] = set()  # those that were taken to have ended
        self._bad: set[int] = set()  # exchanges that were refused, broke, or have a finding that matters
        self._recent: deque[int] = deque(maxlen=_WINDOW)  # the last of those that were refused or broke
        self._reported: set[str] = set()
        self._ended = False
        self._at = datetime.fromtimestamp(0, UTC)  # of the exchange that is looked at

    def update(self, numbers: Iterable[int] | None = None) -> set[int]:
        """Look at the exchanges that changed, and at those that they may explain.

        Args:
            numbers: exchanges that ended or were judged anew; None: what the trace says has changed.

        Returns the numbers of the exchanges whose findings changed.
        """
        return {n for n, changed in self._updating(numbers) if changed}

    def updating(self) -> Iterator[bool]:
        """The same, exchange after exchange: whether its findings changed."""
        return (changed for _, changed in self._updating(None))

    def _updating(self, numbers: Iterable[int] | None) -> Iterator[tuple[int, bool]]:
        changed = self._trace.take_changed() if numbers is None else set(numbers)
        changed = {n for n in changed if self._trace.has(n)}
        for n in sorted(changed | self._touched(changed) | self._roused(changed)):
            yield n, self._look(n)
            if self._open is not None and self._awaited(self._trace.row(n)):
                self._open.add(n)

    def silence(self, now: datetime) -> Iterator[bool]:
        """The recording goes on: look where a rule waits for what never came, once nothing has come for a while.

        Yields after each exchange, whether its findings changed, so that a screen may look in between.
        """
        if self._open is None:
            self._open = {row.n for row in self._rows() if self._awaited(row)}
        for n in sorted(n for n in self._open if self._is_silent(self._trace.row(n), now)):
            self._open.discard(n)
            self._silent.add(n)
            yield self._look(n)

    def _is_silent(self, row: Row, now: datetime) -> bool:
        last = self._trace.row(max((max(rows[-_WINDOW:]) for rows in self._companions(row)), default=row.n))
        if last.ended is None and last.error is None:
            return False  # an answer is still to come
        asked = row.grant is not None and row.grant.state is GrantState.PENDING
        return now - last.started >= (_CONSENT if asked else _SILENCE)

    def _companions(self, row: Row) -> Iterator[Sequence[int]]:
        """The exchanges of the same grant, and those of the same payment."""
        if row.grant is not None and row.grant.rows:
            yield row.grant.rows
        if row.flow is not None and (rows := self._trace.memory.flows[row.flow].rows):
            yield rows

    def _roused(self, changed: set[int]) -> set[int]:
        """Exchanges that were taken to have ended, and go on."""
        if not self._silent:
            return set()
        rows = (self._trace.row(n) for n in changed)
        roused = {m for row in rows for numbers in self._companions(row) for m in numbers} & self._silent
        self._silent -= roused
        return roused

    def finish(self) -> set[int]:
        """The recording is complete: look at all of it, with the rules that wait for what never came as well."""
        return self.look(lambda n: None, ended=True)

    def concluding(self) -> Iterator[bool]:
        """The recording is complete: look once more where a rule waits for what never came, and nowhere else.

        Yields after each exchange, whether its findings changed, so that a screen may look in between.
        """
        self._ended = True
        for row in self._rows():
            if self._awaited(row):
                yield self._look(row.n)

    def _rows(self) -> Iterator[Row]:
        for n in range(1, len(self._trace) + 1):
            self._trace.tidy()
            if self._trace.has(n):
                yield self._trace.row(n)

    def reviewing(self) -> Iterator[bool]:
        """The recording is complete: look at all of it once more, so that it comes to what `finish` comes to.

        Yields after each exchange, whether its findings changed.
        """
        self._ended = True
        for n in range(1, len(self._trace) + 1):
            yield self._trace.has(n) and self._look(n)

    def _awaited(self, row: Row) -> bool:
        key = sort_of(row)
        waiting = self._waiting.get(key)
        if waiting is None:
            waiting = self._waiting[key] = tuple(rule for rule in self._rules_for(row) if rule.waits)
        found = {finding.rule for finding in row.findings}
        return any(rule.operations is not None or rule.code in found for rule in waiting)

    def look(
        self, each: Callable[[int], None], *, ended: bool, only: Callable[[Row], bool] = lambda row: True
    ) -> set[int]:
        """Look at all that was read.

        Args:
            each: told the number of each exchange before it is looked at.
            ended: the recording is complete.
            only: where to look, if not at all of it.

        Returns the numbers of the exchanges whose findings changed.
        """
        self._ended = ended
        self._trace.forget_changed()
        found: set[int] = set()
        for n in range(1, len(self._trace) + 1):
            each(n)
            self._trace.tidy()
            if self._trace.has(n) and only(self._trace.row(n)) and self._look(n):
                found.add(n)
        return found

    def _touched(self, changed: set[int]) -> set[int]:
        """Earlier exchanges whose findings may be different now."""
        row_of, flows, bad = self._trace.row, self._trace.memory.flows, self._bad
        touched: set[int] = set()
        for n in sorted(changed):
            row = row_of(n)
            if (row.error is not None or (row.status or 0) >= 400) and n not in bad:
                bad.add(n)
                self._recent.append(n)
            if not bad:
                continue
            if row.operation in _TEACHERS:
                touched.update(self._recent)
            if row.grant is not None:
                touched.update(m for m in row.grant.rows[-_WINDOW:] if m in bad)
            if row.flow is not None:
                touched.update(m for m in flows[row.flow].rows[-_WINDOW:] if m in bad)
        return touched - changed

    def _look(self, n: int) -> bool:
        self._trace.tidy()
        row = self._trace.row(n)
        if row.status is None and row.error is None:
            return False  # in flight
        self._at = row.started
        try:
            exchange = self._trace.exchange(n)
        except LookupError:
            return False
        rules = self._rules_for(row)
        if not rules and not row.findings:
            return False
        findings = run_chosen(rules, Case(self._trace, exchange, ended=self._ended or n in self._silent), self._failed)
        if findings == row.findings:
            return False
        self._trace.found(n, findings)
        if any(finding.severity is not Severity.INFO for finding in findings):
            self._bad.add(n)
        return True

    def _rules_for(self, row: Row) -> tuple[Rule, ...]:
        key = sort_of(row)
        chosen = self._chosen.get(key)
        if chosen is None:
            chosen = self._chosen[key] = tuple(rule for rule in self._rules if rule.concerns(key))
        return chosen

    def _failed(self, rule: Rule, error: Exception) -> None:
        """A rule that raises is a bug of ours, and no reason to lose the rest."""
        if rule.code in self._reported:
            return
        self._reported.add(rule.code)
        text = f"rule {rule.code} failed ({type(error).__name__}: {error}); the others went on"
        self._trace.feed([Noted(at=self._at, text=text, level="warn")])
