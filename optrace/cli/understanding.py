"""A trace that is diagnosed as it grows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from functools import cached_property
from itertools import batched
from typing import TYPE_CHECKING

from optrace.core.messages import Exchange
from optrace.session.archive import ASIDE
from optrace.session.events import Event
from optrace.session.judge import Passes
from optrace.session.trace import Trace

if TYPE_CHECKING:
    from optrace.rules.engine import Diagnosis

_SLICE = 128  # events: few enough that the trace still has them at hand, read and verified, when the rules look


class Understanding(Trace):
    """`Trace`, with the findings of all rules."""

    def __init__(
        self,
        lookup: Callable[[int], Exchange] | None = None,
        *,
        aside: int = ASIDE,
        passes: Passes | None = None,
    ) -> None:
        super().__init__(lookup, aside=aside, passes=passes)

    @cached_property
    def _diagnosis(self) -> Diagnosis:
        from optrace.rules.engine import Diagnosis  # two hundred modules: a screen shows what was read before that

        return Diagnosis(self)

    def feed(self, events: Iterable[Event]) -> None:
        """Take in events, then run the rules over what they changed."""
        for some in batched(events, _SLICE):
            self.take(some)
            for _ in self.judging():
                pass

    def take(self, events: Iterable[Event]) -> None:
        """Take in a few events, of which the rules say nothing yet."""
        super().feed(events)

    def judging(self) -> Iterator[bool]:
        """Run the rules over what was taken in; yields after each exchange, whether its findings changed.

        A rule may search for long. It changes nothing but findings, so that a screen may look meanwhile.
        """
        return self._diagnosis.updating()

    def finish(self) -> None:
        """Nothing more comes: say what never came, too."""
        self._diagnosis.finish()

    def concluding(self) -> Iterator[bool]:
        """The same for a screen: exchange after exchange, and only where something may have been waited for."""
        return self._diagnosis.concluding()

    def reviewing(self) -> Iterator[bool]:
        """All of it once more, exchange after exchange, so that it comes to what `finish` comes to."""
        return self._diagnosis.reviewing()

    def silence(self, now: datetime) -> Iterator[bool]:
        """The same while more may come, of the payments that nothing has come of for a while."""
        return self._diagnosis.silence(now)
