"""Repeating intervals (ISO 8601) of a grant's limits: `R11/2026-08-24T14:15:22Z/P1M`, and which period is running.

    R[n] / start / end          each period is as long as the first
    R[n] / start / duration     counted forward from the start
    R[n] / duration / end       counted backward from the end

`R` and `R-1` repeat without end. `Rn` is the first period and n more (n + 1 in all), as Rafiki counts; ISO 8601 is read
both ways. All is UTC. A period is half-open, and each next one starts where the last ended: month arithmetic is
chained, so 31 January plus P1M is 28 February, and plus P1M again 28 March.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from optrace.core.text import safe

_NUMBER = r"(\d{1,9}(?:[.,]\d{1,9})?)"
_DURATION = re.compile(
    rf"P(?=[\dT])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
_REPEAT = re.compile(r"R(-1|\d{1,9})?", re.ASCII)
_INSTANT = re.compile(r"\d{4}-?(?:\d\d-?\d\d|W\d\d-?\d)(?:T[\d:.,]+(?:Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII)
_TICK = timedelta(microseconds=1)
_MONTHS_PER_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A length of time: calendar months, then a fixed rest (in UTC a day is always 24 hours)."""

    months: int = 0
    rest: timedelta = timedelta()

    def __bool__(self) -> bool:
        return bool(self.months or self.rest)

    def __str__(self) -> str:
        """The duration in ISO 8601, years and days summed up: `P1Y2M10DT2H30M`."""
        years, months = divmod(self.months, _MONTHS_PER_YEAR)
        minutes, seconds = divmod(self.rest.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        fraction = f".{self.rest.microseconds:06d}".rstrip("0") if self.rest.microseconds else ""
        date = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (self.rest.days, "D")) if n)
        time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
        if seconds or fraction:
            time += f"{seconds}{fraction}S"
        return f"P{date}{'T' + time if time else ''}" if date or time else "PT0S"

    def after(self, instant: datetime, times: int = 1) -> datetime:
        """The instant moved by the duration, `times` times at once; a day that the month lacks becomes its last.

        Raises:
            OverflowError: beyond the years 1 to 9999.
        """
        year, month = divmod(
            instant.year * _MONTHS_PER_YEAR + instant.month - 1 + self.months * times, _MONTHS_PER_YEAR
        )
        if not 1 <= year <= 9999:
            raise OverflowError(f"the year {year}")
        day = min(instant.day, calendar.monthrange(year, month + 1)[1])
        return instant.replace(year=year, month=month + 1, day=day) + self.rest * times


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One turn of a repeating interval, from `start` up to, and without, `end`. `number` counts from 1.

    In an interval that runs backward from its end, number 1 is the last period.
    """

    number: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A repeating interval: two of start, end and duration, and how often. Made by `parse_interval`."""

    text: str  # as sent
    repetitions: int | None  # after the first period; None: without end
    start: datetime | None = None  # UTC
    end: datetime | None = None  # UTC; of the first period, or of the last if there is no start
    duration: Duration

    def __str__(self) -> str:
        return self.text

    @property
    def periods(self) -> int | None:
        """How many periods there are in all, as Rafiki counts; None: without end."""
        return None if self.repetitions is None else self.repetitions + 1

    def canonical(self) -> str:
        """The same interval in one fixed notation."""
        repeat = "R" if self.repetitions is None else f"R{self.repetitions}"
        first = _instant_text(self.start) if self.start else str(self.duration)
        second = _instant_text(self.end) if self.end else str(self.duration)
        return f"{repeat}/{first}/{second}"

    def current_period(self, now: datetime) -> Period | None:
        """The period that `now` (UTC) lies in, or None: not begun, over, or beyond the calendar."""
        anchor = self.start or self.end
        if anchor is None:
            return None
        forward = self.start is not None
        if now < anchor if forward else now >= anchor:
            return None
        try:
            return (
                self._fixed(anchor, now, forward) if not self.duration.months else self._chained(anchor, now, forward)
            )
        except OverflowError:
            return None

    def _fixed(self, anchor: datetime, now: datetime, forward: bool) -> Period | None:
        length = self.duration.rest
        index = (now - anchor) // length if forward else (anchor - now - _TICK) // length
        if self.periods is not None and index >= self.periods:
            return None
        start = anchor + length * index if forward else anchor - length * (index + 1)
        return Period(number=index + 1, start=start, end=start + length)

    def _chained(self, anchor: datetime, now: datetime, forward: bool) -> Period | None:
        sign = 1 if forward else -1
        edge, index = anchor, 0
        while self.periods is None or index < self.periods:
            following = self.duration.after(edge, sign)
            start, end = (edge, following) if forward else (following, edge)
            if start <= now < end:
                return Period(number=index + 1, start=start, end=end)
            edge, index = following, index + 1
            if not self.duration.rest and edge.day <= 28:  # no month lacks that day: leap close to now
                distance = abs((now.year - edge.year) * _MONTHS_PER_YEAR + now.month - edge.month)
                if (turns := distance // self.duration.months - 1) > 0:
                    edge, index = self.duration.after(edge, sign * turns), index + turns
        return None


def parse_interval(text: str) -> Interval | str:
    """Read a repeating interval, or say in words what is wrong with it."""
    parts = text.split("/")
    if len(parts) != 3:
        return f"it needs three parts between slashes (R[n]/start/end), and has {len(parts)}"
    repeat = _REPEAT.fullmatch(parts[0])
    if not repeat:
        return f"the first part must be R, R-1 or Rn, and is {_quoted(parts[0])}"
    repetitions = int(repeat[1]) if repeat[1] and repeat[1] != "-1" else None
    first, second = _read_part(parts[1]), _read_part(parts[2])
    for read in (first, second):
        if isinstance(read, str):
            return read
    if isinstance(first, datetime) and isinstance(second, datetime):
        if second <= first:
            return "its end isn't after its start"
        length = Duration(rest=second - first)
        return Interval(text=text, repetitions=repetitions, start=first, end=second, duration=length)
    if isinstance(first, datetime) and isinstance(second, Duration):
        return Interval(text=text, repetitions=repetitions, start=first, duration=second)
    if isinstance(first, Duration) and isinstance(second, datetime):
        return Interval(text=text, repetitions=repetitions, end=second, duration=first)
    return "it has two durations and no start or end"


def _read_part(text: str) -> datetime | Duration | str:
    return _read_duration(text) if text.startswith("P") else _read_instant(text)


def _read_instant(text: str) -> datetime | str:
    if _INSTANT.fullmatch(text):
        try:
            instant = datetime.fromisoformat(text.replace(",", "."))
            return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    return f"{_quoted(text)} is no date and time such as 2026-01-31T12:00:00Z"


def _read_duration(text: str) -> Duration | str:
    match = _DURATION.fullmatch(text)
    if not match:
        return f"{_quoted(text)} is no duration such as P1M or PT12H"
    years, months, weeks, days, hours, minutes, seconds = (
        float(n.replace(",", ".")) if n else 0.0 for n in match.groups()
    )
    if not (years.is_integer() and months.is_integer()):
        return f"{_quoted(text)} has a fraction of a year or a month, which has no fixed length"
    try:
        rest = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return f"{_quoted(text)} is longer than the calendar"
    duration = Duration(months=int(years) * _MONTHS_PER_YEAR + int(months), rest=rest)
    return duration or f"{_quoted(text)} is an empty duration"


def _quoted(text: str) -> str:
    return f'"{safe(text[:40])}{"…" if len(text) > 40 else ""}"'


def _instant_text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")
