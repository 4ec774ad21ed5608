"""What stands behind the colon, read: numbers, statuses, durations, sizes, instants, and how they are compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Any

from optrace.session.filter.mistakes import WrongValue

Accept = Callable[[Any], bool]
Read = Callable[[str], float]

COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)(us|ms|s|m|h)?", re.A)
_DURATIONS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)(b|kb|kib|mb|mib|gb|gib)?", re.A | re.I)
_SIZES = {"b": 1, "kb": 1000, "kib": 1024, "mb": 10**6, "mib": 2**20, "gb": 10**9, "gib": 2**30}
_STATUS = re.compile(r"([1-9])(\d\d|xx)", re.A | re.I)
_TIME = re.compile(r"\d\d?:\d\d(:\d\d(\.\d{1,6})?)?", re.A)
_DAY = 86400.0


def ordered(read: Read, value: str, op: str) -> Accept:
    """Values compared by size: one, `none`, or a range `a..b` with both ends."""
    if value == "none" and not op:
        return lambda got: got is None
    low, dots, high = value.partition("..")
    if dots and not op:
        least, most = read(low), read(high)
        return lambda got: got is not None and least <= got <= most
    wanted, compare = read(value), COMPARE[op]
    return lambda got: got is not None and compare(got, wanted)


def number(value: str) -> float:
    """A whole number, also as it is shown: `G3`."""
    digits = value.lstrip("GgTtPp#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise WrongValue(
            f"{value} is no number", "Say a number such as 3, a comparison, a range such as 3..9, or none."
        )
    return int(digits)


def status(value: str, op: str) -> Accept:
    """A status, a class of them (`4xx`), a comparison of either, a range, or none."""
    if value == "none" and not op:
        return lambda got: got is None
    low, dots, high = value.partition("..")
    if dots and not op:
        least, most = _status(low)[0], _status(high)[1]
        return lambda got: got is not None and least <= got <= most
    least, most = _status(value)
    tests: Mapping[str, Accept] = {
        "": lambda got: least <= got <= most,
        ">": lambda got: got > most,
        ">=": lambda got: got >= least,
        "<": lambda got: got < least,
        "<=": lambda got: got <= most,
    }
    test = tests[op]
    return lambda got: got is not None and test(got)


def _status(value: str) -> tuple[int, int]:
    found = _STATUS.fullmatch(value)
    if found is None:
        raise WrongValue(f"{value} is no status", "Say 401, 4xx, >=400, 400..403 or none.")
    if found[2].isdigit():
        return int(value), int(value)
    return int(found[1]) * 100, int(found[1]) * 100 + 99


def seconds(value: str) -> float:
    """A duration in seconds; a bare number is milliseconds."""
    found = _DURATION.fullmatch(value)
    if found is None:
        raise WrongValue(f"{value} is no duration", "Say 500ms, 2s, 1.5m or a range such as 1s..2s.")
    return float(found[1]) * _DURATIONS[found[2] or "ms"]


def size(value: str) -> float:
    """A size in bytes."""
    found = _SIZE.fullmatch(value)
    if found is None:
        raise WrongValue(f"{value} is no size", "Say 512, 10kB, 1.5MiB or a range such as 1kB..2kB.")
    return float(found[1]) * _SIZES[(found[2] or "b").lower()]


def instant(value: str, op: str) -> Accept:
    """A side of an instant, of timestamps; a time of day alone is one of every day. UTC, unless an offset is given."""
    compare = COMPARE[op]
    if _TIME.fullmatch(value):
        try:
            at = time.fromisoformat(value.rjust(len(value) + (value.index(":") == 1), "0"))
        except ValueError:
            raise _no_instant(value) from None
        wanted = at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
        return lambda got: got is not None and compare(got % _DAY, wanted)
    try:
        found = datetime.fromisoformat(value)
        stamp = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise _no_instant(value) from None
    return lambda got: got is not None and compare(got, stamp)


def _no_instant(value: str) -> WrongValue:
    return WrongValue(f"{value} is no instant", "Say 15:40, 2026-11-22 or 2026-11-22T15:40:07Z (UTC).")
