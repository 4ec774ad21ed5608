"""What all models of wire documents share: strict types, frozen values, unknown members kept.

A model's attributes have Python names; its members have the names on the wire (aliases). What the specification
requires is required here; what it leaves open is optional. Nothing is coerced: the number 25 is no amount "25".
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic.types import Strict
from pydantic_core import PydanticCustomError

T = TypeVar("T")

# patterns of StringConstraints, and what a value that doesn't match should have been (core/decode.py says it)
URI_PATTERN = r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s]+$"
PATTERNS = {URI_PATTERN: "an absolute URI"}

UINT64_MAX = 2**64 - 1

# an array: a tuple here, since a tuple can't change
Seq = Annotated[tuple[T, ...], Strict(False)]

Uri = Annotated[str, StringConstraints(pattern=URI_PATTERN)]


class Wire(BaseModel):
    """A JSON object on the wire, in snake_case (GNAP)."""

    # a model is built when it is first used: most runs need few of them
    model_config = ConfigDict(frozen=True, extra="allow", strict=True, protected_namespaces=(), defer_build=True)


class CamelWire(Wire):
    """A JSON object on the wire, in camelCase (Open Payments)."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=False)


def _uint64(value: object) -> int:
    if not isinstance(value, str):
        raise PydanticCustomError("digits", "must be a string of digits")
    if not (value.isascii() and value.isdigit()):
        raise PydanticCustomError("digits", "must be a string of digits")
    # the length first: Python refuses to read thousands of digits
    if len(value.lstrip("0")) > 20 or (number := int(value)) > UINT64_MAX:
        raise PydanticCustomError("uint64", "must be at most 18446744073709551615 (64 bits)")
    return number


# decimal text on the wire, an integer here
UInt64 = Annotated[int, BeforeValidator(_uint64), PlainSerializer(str, when_used="json")]

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


def _timestamp(value: object) -> datetime:
    instant = parse_timestamp(value) if isinstance(value, str) else None
    if instant is None:
        raise PydanticCustomError("timestamp", "must be a timestamp such as 2026-01-31T12:00:00Z")
    return instant


def format_timestamp(instant: datetime) -> str:
    """A UTC instant as RFC 3339 text, with milliseconds as JavaScript writes them, or microseconds if it has some."""
    precision = "microseconds" if instant.microsecond % 1000 else "milliseconds"
    return instant.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


# RFC 3339 text on the wire, a UTC instant here
Timestamp = Annotated[datetime, BeforeValidator(_timestamp), PlainSerializer(format_timestamp, when_used="json")]
