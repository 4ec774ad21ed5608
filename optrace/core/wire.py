"""What all models of wire documents share: strict types, frozen values, unknown members kept.

A model's attributes have Python names; its members have the names on the wire (aliases). What the specification
requires is required here; what it leaves open is optional. Nothing is coerced: the number 25 is no amount "25".
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic.types import Strict
from pydantic_core import PydanticCustomError

from optrace.core.scalars import format_timestamp, parse_timestamp, parse_uint64

T = TypeVar("T")

# patterns of StringConstraints, and what a value that doesn't match should have been (core/decode.py says it)
URI_PATTERN = r"^[A-Za-z][A-Za-z0-9+.\-]*:[^\s]+$"
PATTERNS = {URI_PATTERN: "an absolute URI"}

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
    if not (isinstance(value, str) and value.isascii() and value.isdigit()):
        raise PydanticCustomError("digits", "must be a string of digits")
    if (number := parse_uint64(value)) is None:
        raise PydanticCustomError("uint64", "must be at most 18446744073709551615 (64 bits)")
    return number


# decimal text on the wire, an integer here
UInt64 = Annotated[int, BeforeValidator(_uint64), PlainSerializer(str, when_used="json")]


def _timestamp(value: object) -> datetime:
    instant = parse_timestamp(value) if isinstance(value, str) else None
    if instant is None:
        raise PydanticCustomError("timestamp", "must be a timestamp such as 2026-01-31T12:00:00Z")
    return instant


# RFC 3339 text on the wire, a UTC instant here
Timestamp = Annotated[datetime, BeforeValidator(_timestamp), PlainSerializer(format_timestamp, when_used="json")]
