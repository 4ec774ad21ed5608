"""Running the rules while a session grows: which exchanges to look at, and which to look at again.

What a rule says of an exchange may change when later ones arrive: keys, the answer to a retry, the wallet document
that explains a refusal. So an exchange that changes brings with it the recent refused ones, and those of its grant and
its payment. The window is bounded; `finish` looks at everything once more, so that what a finished recording comes to
doesn't depend on how it was fed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from optrace.diagnosis.case import Case
from optrace.rules import RULES
from optrace.rules.rule import Outcome, Rule, run
from optrace.session.events import Noted
from optrace.session.rows import Row
from optrace.session.trace import Trace

_WINDOW = 24  # refused exchanges that are looked at again, of the session and of each grant and payment
# what teaches something that an earlier refusal may be explained by, whoever it was for
_TEACHERS = frozenset({"wallet_address_get", "jwks_get", "grant_request", "incoming_payment_get"})


class Diagnosis:
    """The findings of a trace, kept up to date.

    Args:
        trace: the session; findings are handed to `trace.found`.
        rules: what to look for; their order decides between findings of equal weight and severity.
    """

    def __init__(self, trace: Trace, rules: Iterable[Rule] = RULES) -> None:
        self._trace = trace
        self._rules = tuple(rules)
        self._chosen: dict[tuple[str, Outcome], tuple[Rule, ...]] = {}
        self._refused: deque[int] = deque(maxlen=_WINDOW)
        self._reported: set[str] = set()
        self._ended = False

    def update(self, numbers: Iterable[int] | None = None) -> set[int]:
        """Look at the exchanges that changed, and at those that they may explain.

        Args:
            numbers: exchanges that ended or were judged anew; None: what the trace says has changed.

        Returns the numbers of the exchanges whose findings changed.
        """
        changed = self._trace.take_changed() if numbers is None else set(numbers)
        changed = {n for n in changed if self._trace.has(n)}
        return {n for n in sorted(changed | self._touched(changed)) if self._look(n)}

    def finish(self) -> set[int]:
        """The recording is complete: look at all of it, with the rules that wait for what never came as well."""
        self._ended = True
        self._trace.take_changed()
        return {n for n in range(1, len(self._trace) + 1) if self._trace.has(n) and self._look(n)}

    def _touched(self, changed: set[int]) -> set[int]:
        """Earlier exchanges whose findings may be different now."""
        touched: set[int] = set()
        for n in sorted(changed):
            row = self._trace.row(n)
            if Outcome.of(row) is not Outcome.OK and n not in self._refused:
                self._refused.append(n)
            if row.operation in _TEACHERS:
                touched.update(self._refused)
            if row.grant is not None:
                touched.update(self._unhappy(row.grant.rows))
            if row.flow is not None:
                touched.update(self._unhappy(self._trace.memory.flows[row.flow].rows))
        return touched - changed

    def _unhappy(self, numbers: list[int]) -> Iterable[int]:
        for n in numbers[-_WINDOW:]:
            row = self._trace.row(n)
            if row.findings or row.error is not None or (row.status or 0) >= 400:
                yield n

    def _look(self, n: int) -> bool:
        row = self._trace.row(n)
        if row.status is None and row.error is None:
            return False  # in flight
        try:
            exchange = self._trace.exchange(n)
        except LookupError:
            return False
        rules = self._rules_for(row)
        findings = run(rules, Case(self._trace, exchange, ended=self._ended), self._failed(n)) if rules else ()
        before = row.findings
        self._trace.found(n, findings)
        return before != findings

    def _rules_for(self, row: Row) -> tuple[Rule, ...]:
        key = (row.operation, Outcome.of(row))
        chosen = self._chosen.get(key)
        if chosen is None:
            chosen = self._chosen[key] = tuple(rule for rule in self._rules if rule.concerns(*key))
        return chosen

    def _failed(self, n: int):  # type: ignore[no-untyped-def]
        def note(rule: Rule, error: Exception) -> None:
            if rule.code in self._reported:
                return
            self._reported.add(rule.code)
            text = f"rule {rule.code} failed on exchange {n} ({type(error).__name__}: {error}); the others went on"
            self._trace.feed([Noted(at=self._trace.row(n).started, text=text, level="warn")])

        return note
