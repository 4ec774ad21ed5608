"""A trace that is diagnosed as it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from optrace.core.messages import Exchange
from optrace.rules.engine import Diagnosis
from optrace.session.events import Event
from optrace.session.trace import Trace


class Understanding(Trace):
    """`Trace`, with the findings of all rules."""

    def __init__(self, lookup: Callable[[int], Exchange] | None = None) -> None:
        super().__init__(lookup)
        self._diagnosis = Diagnosis(self)

    def feed(self, events: Iterable[Event]) -> None:
        """Take in events, then run the rules over what they changed."""
        super().feed(events)
        self._diagnosis.update()
