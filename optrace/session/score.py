"""A recording as a score: what happened when, and how it is played.

Between two events the recording's clock runs as it ran then, but for long gaps, in which nothing happened but waiting:
those take at most `LONGEST` when they are played, and the clock runs faster through them. So there are two times: how
far the playing has come (a position, from zero), and what time it is in the recording (an instant, UTC).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from optrace.session.events import Event, ExchangeSeen, KeyLearned

LONGEST = timedelta(seconds=2)  # that a gap takes when it is played
_ZERO = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Something that happens: the request of exchange `n`, what ended it (`whole`), or another event."""

    n: int = 0
    whole: bool = False
    event: Event | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which nothing happened for long: `lasted` in the recording, `played` now."""

    lasted: timedelta
    played: timedelta


class Score:
    """The cues in their order, with the position and the instant of each."""

    def __init__(self, cues: Sequence[tuple[datetime, Cue]]) -> None:
        self.cues = [cue for _, cue in cues]
        self.instants = [at for at, _ in cues]
        self.positions = [_ZERO] if cues else []
        for before, after in pairwise(self.instants):
            self.positions.append(self.positions[-1] + min(after - before, LONGEST))

    @classmethod
    def of(cls, events: Iterable[Event]) -> Score:
        """The score of a finished recording, from the events that its source gives.

        Where clocks were set back in between, time stands still instead. What the recorder said before the first
        request, or after the last answer, takes no time.
        """
        seen: dict[int, tuple[datetime, datetime | None]] = {}
        others: list[tuple[datetime, Event]] = []
        for event in events:
            if isinstance(event, ExchangeSeen):
                exchange = event.exchange
                ended = None if exchange.in_flight else max(exchange.ended or exchange.started, exchange.started)
                seen[exchange.n] = exchange.started, ended
            else:
                others.append((event.seen if isinstance(event, KeyLearned) else event.at, event))
        cues: list[tuple[datetime, int, Cue]] = []
        latest: datetime | None = None
        for n, (started, ended) in sorted(seen.items()):  # numbers are given in the order of requests
            latest = started if latest is None else max(latest, started)
            cues.append((latest, 1, Cue(n=n)))
            if ended is not None:
                cues.append((max(ended, latest), 2, Cue(n=n, whole=True)))
        if cues:
            first, last = min(at for at, _, _ in cues), max(at for at, _, _ in cues)
            others = [(min(max(at, first), last), event) for at, event in others]
        cues += [(at, 0, Cue(event=event)) for at, event in others]
        cues.sort(key=lambda one: (one[0], one[1]))
        return cls([(at, cue) for at, _, cue in cues])

    @property
    def length(self) -> timedelta:
        """How long it is played, at its own speed."""
        return self.positions[-1] if self.positions else _ZERO

    @property
    def lasted(self) -> timedelta:
        """How long it took."""
        return self.instants[-1] - self.instants[0] if self.instants else _ZERO

    @property
    def gaps(self) -> list[tuple[timedelta, timedelta]]:
        """Where long gaps are played faster than they were: from one position to another."""
        pairs = zip(pairwise(self.instants), pairwise(self.positions), strict=True)
        return [played for (before, after), played in pairs if after - before > LONGEST]

    def due(self, position: timedelta) -> int:
        """How many cues have come at a position."""
        return bisect_right(self.positions, position)

    def before(self, position: timedelta) -> timedelta:
        """The position of the last cue before another position; zero if there is none."""
        return self.positions[max(0, bisect_left(self.positions, position) - 1)] if self.positions else _ZERO

    def after(self, position: timedelta) -> timedelta:
        """The position of the next cue after another position; the end if there is none."""
        at = self.due(position)
        return self.positions[at] if at < len(self.positions) else self.length

    def instant(self, position: timedelta) -> datetime:
        """What time it is in the recording. There has to be at least one cue."""
        at = self.due(position)
        if at == 0 or at == len(self.positions):
            return self.instants[0 if at == 0 else -1]
        start, began = self.positions[at - 1], self.instants[at - 1]
        share = (position - start) / (self.positions[at] - start)
        return began + share * (self.instants[at] - began)

    def position(self, instant: datetime) -> timedelta:
        """Where a time of the recording is played; its beginning or end if it lies outside."""
        at = bisect_right(self.instants, instant)
        if at == 0 or at == len(self.instants):
            return _ZERO if at == 0 else self.length
        began, start = self.instants[at - 1], self.positions[at - 1]
        share = (instant - began) / (self.instants[at] - began)
        return start + share * (self.positions[at] - start)

    def gap(self, position: timedelta) -> Gap | None:
        """The long gap that lies at a position, if one does."""
        at = self.due(position)
        if at == 0 or at == len(self.positions):
            return None
        lasted = self.instants[at] - self.instants[at - 1]
        return Gap(lasted=lasted, played=LONGEST) if lasted > LONGEST else None

    def find(self, text: str) -> timedelta:
        """The position that somebody asks for.

        Args:
            text: since the beginning (`14`, `14s`, `1:20`, `1h2m3s`), a share (`50%`), a time of day in UTC
                (`15:40:12`), or a message (`#12`).

        Raises:
            ValueError: it is none of these, or there is no such message.
        """
        text = text.strip().lower() if text.isascii() else ""  # digits of other scripts are no times
        if not self.cues:
            raise ValueError("the recording is empty")
        if match := re.fullmatch(r"#\s*(\d{1,9})", text):
            number = int(match[1])
            at = next((at for at, cue in enumerate(self.cues) if cue.n == number), None) if number else None
            if at is None:
                raise ValueError(f"there is no message {number}")
            return self.positions[at]
        if match := re.fullmatch(r"(\d{1,3}(?:\.\d*)?)\s*%", text):
            return min(1.0, float(match[1]) / 100) * self.length
        if match := re.fullmatch(r"(\d{1,2}):(\d{2}):(\d{2}(?:\.\d{1,6})?)", text):
            return self.position(self._time_of_day(int(match[1]), int(match[2]), float(match[3])))
        if match := re.fullmatch(r"(\d{1,6}):(\d{2}(?:\.\d{1,6})?)", text):
            return self._since_start(60 * int(match[1]) + float(match[2]))
        if text and (match := _LENGTH.fullmatch(text)):
            hours, minutes, seconds = (float(part or 0) for part in match.groups())
            return self._since_start(3600 * hours + 60 * minutes + seconds)
        raise ValueError("write 14s, 1:20, 15:40:12, 50% or #12")

    def _since_start(self, seconds: float) -> timedelta:
        return self.position(self.instants[0] + timedelta(seconds=seconds))

    def _time_of_day(self, hour: int, minute: int, second: float) -> datetime:
        if hour > 23 or minute > 59 or second >= 60:
            raise ValueError("there is no such time of day")
        first = self.instants[0]
        midnight = first.replace(hour=0, minute=0, second=0, microsecond=0)
        wanted = midnight + timedelta(hours=hour, minutes=minute, seconds=second)
        later = wanted + timedelta(days=1)  # a recording may go past midnight
        return later if wanted < first and later <= self.instants[-1] else wanted


_LENGTH = re.compile(r"(?:(\d{1,4})h)?\s*(?:(\d{1,6})m)?\s*(?:(\d{1,9}(?:\.\d{1,6})?)s?)?")
