"""A finished recording that is given out in its own time: a source that can pause, hurry, and go back.

The screen over it is the one over a live session. What time it is there is the recording's time, so clocks and
countdowns are as they were; going back, everything is understood anew from the beginning, so that nothing is known
before it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from optrace.core.messages import Exchange
from optrace.session.events import Event, ExchangeSeen
from optrace.session.steps import Detail, Payment, Step
from optrace.tui.notebook import Notebook

if TYPE_CHECKING:
    from optrace.session.score import Score
    from optrace.tui.recording import Source, Trace

SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
_ZERO = timedelta()


class Playback:
    """A source over another one. The screen's thread steers, the worker's takes what is due."""

    def __init__(
        self, source: Source, score: Score, *, speed: float = 1.0, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.score = score
        self.name = source.name
        self.playing = False
        self.speed = speed
        self._source = source
        self._monotonic = monotonic
        self._lock = threading.RLock()
        self._anchor, self._since = _ZERO, monotonic()  # where the playing was, and when
        self._given = 0  # cues
        self._answered: set[int] = set()  # exchanges whose end was given out

    # as a source

    @property
    def live(self) -> bool:
        """Whether more is still to come."""
        return self._given < len(self.score.cues)

    @property
    def total(self) -> int | None:
        """It isn't known beforehand."""
        return None

    @property
    def damage(self) -> str | None:
        """What of the recording can't be read."""
        return self._source.damage

    def poll(self, limit: int) -> Sequence[Event]:
        """What is due by now."""
        due = min(self.score.due(self.position), self._given + limit)
        events = [self._event(at) for at in range(self._given, due)]
        self._given = max(self._given, due)
        return events

    def _event(self, at: int) -> Event:
        cue = self.score.cues[at]
        if cue.event is not None:
            return cue.event
        if cue.whole:
            self._answered.add(cue.n)
        return ExchangeSeen(exchange=self.exchange(cue.n))

    def exchange(self, n: int) -> Exchange:
        """One exchange, as far as it has come."""
        exchange = self._source.exchange(n)
        if n in self._answered:
            return exchange
        return replace(exchange, response=None, response_started=None, ended=None, error=None, received=None)

    def close(self) -> None:
        """Let go of the recording."""
        self._source.close()

    # going back

    @property
    def went_back(self) -> bool:
        """Whether something was given out that hasn't happened yet."""
        return self.score.due(self.position) < self._given

    def rewind(self) -> None:
        """Give everything out once more, from the beginning."""
        self._given = 0
        self._answered.clear()

    # steering

    @property
    def position(self) -> timedelta:
        """How far the playing has come."""
        with self._lock:
            passed = timedelta(seconds=(self._monotonic() - self._since) * self.speed) if self.playing else _ZERO
            return min(self._anchor + passed, self.score.length)

    @property
    def ended(self) -> bool:
        """Whether all has been played."""
        return self.position >= self.score.length

    def now(self) -> datetime:
        """What time it is in the recording, UTC."""
        return self.score.instant(self.position)

    def toggle(self) -> None:
        """Pause, or play on; from the end, again."""
        with self._lock:
            if self.ended:
                self.seek(_ZERO)
                self.playing = True
            else:
                self.seek(self.position)
                self.playing = not self.playing

    def seek(self, position: timedelta) -> None:
        """Go to a position."""
        with self._lock:
            self._anchor = min(max(position, _ZERO), self.score.length)
            self._since = self._monotonic()

    def step(self, by: int) -> int | None:
        """Pause at the next message, or at the one before; the exchange that it belongs to."""
        with self._lock:
            self.seek(self.score.after(self.position) if by > 0 else self.score.before(self._here()))
            self.playing = False
            came = self.score.due(self.position)
            return next((cue.n for cue in reversed(self.score.cues[:came]) if cue.n), None)

    def _here(self) -> timedelta:
        """The position of the last cue that has come: from within a gap, the step back is to the one before it."""
        came = self.score.due(self.position)
        return self.score.positions[came - 1] if came else _ZERO

    def hurry(self, by: int) -> None:
        """The next speed up, or down."""
        with self._lock:
            self.seek(self.position)
            faster = [speed for speed in SPEEDS if speed > self.speed]
            slower = [speed for speed in SPEEDS if speed < self.speed]
            self.speed = faster[0] if by > 0 and faster else slower[-1] if by < 0 and slower else self.speed


class NotedPlayback(Playback):
    """Of a recording that has place for notes."""

    _source: Notebook  # type: ignore[assignment]

    def notes(self) -> Mapping[int, str]:
        """What was noted, by exchange."""
        return self._source.notes()

    def note(self, n: int, text: str, *, at: datetime) -> None:
        """Note something. Raises OptraceError if it can't be kept."""
        self._source.note(n, text, at=at)

    def marks(self) -> tuple[int, ...]:
        """The exchanges that are marked."""
        return self._source.marks()

    def mark(self, n: int, marked: bool, *, at: datetime) -> None:
        """Mark an exchange, or take its mark away. Raises OptraceError if it can't be kept."""
        self._source.mark(n, marked, at=at)


def playback(source: Source, score: Score, *, speed: float = 1.0) -> Playback:
    """A recording to be played, whose notes can be written if its own can."""
    kind = NotedPlayback if isinstance(source, Notebook) else Playback
    return kind(source, score, speed=speed)


class PlayedTrace:
    """What is understood at this point of the playing; begun anew when it goes back."""

    def __init__(self, make: Callable[[], Trace]) -> None:
        self.fold = make()
        self._make = make
        self._base = 0  # versions of those before

    @property
    def version(self) -> int:
        """Grows with every change, also of the trace itself."""
        return self._base + self.fold.version

    @property
    def payments(self) -> Sequence[Payment]:
        """All payments so far, by id."""
        return self.fold.payments

    @property
    def lane_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """The host names on each lane."""
        return self.fold.lane_hosts

    def __len__(self) -> int:
        return len(self.fold)

    def feed(self, events: Iterable[Event]) -> None:
        """Take in what happened."""
        self.fold.feed(events)

    def step(self, n: int) -> Step:
        """An exchange as it is understood at this point."""
        return self.fold.step(n)

    def detail(self, n: int, exchange: Exchange) -> Detail:
        """All that is known of one exchange by now."""
        return self.fold.detail(n, exchange)

    def anew(self) -> Trace:
        """A trace that knows nothing yet."""
        return self._make()

    def become(self, fold: Trace) -> None:
        """Go on with another one."""
        self._base = self.version + 1
        self.fold = fold
