"""Integers and instants as JSON has them: as text. Models read them too (core/wire.py), and are slow to import."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

UINT64_MAX = 2**64 - 1


def parse_uint64(text: str) -> int | None:
    """A string of digits as a 64-bit integer; None if it is something else, or more."""
    if not (text.isascii() and text.isdigit()):
        return None
    # the length first: Python refuses to read thousands of digits
    if len(text.lstrip("0")) > 20 or (number := int(text)) > UINT64_MAX:
        return None
    return number


_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_timestamp(text: str) -> datetime | None:
    """An RFC 3339 timestamp as a UTC instant, or None. Digits beyond microseconds are cut, a leap second rolls over."""
    if not (match := _RFC3339.fullmatch(text)):
        return None
    date, minute, second, fraction, offset = match.groups()
    leap = second == "60"
    clean = f"{date}T{minute}:{'59' if leap else second}{(fraction or '')[:7]}"
    try:
        instant = datetime.fromisoformat(clean + ("+00:00" if offset in "Zz" else offset)).astimezone(UTC)
        return instant + timedelta(seconds=1) if leap else instant
    except (ValueError, OverflowError):  # 30 February; the year 1 in an eastern zone
        return None


def format_timestamp(instant: datetime) -> str:
    """A UTC instant as RFC 3339 text, with milliseconds as JavaScript writes them, or microseconds if it has some."""
    precision = "microseconds" if instant.microsecond % 1000 else "milliseconds"
    return instant.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")
