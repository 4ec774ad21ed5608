"""Requests checked as the reference validator checks them, and the first thing it would say.

The validator (Ajv behind `@interledger/openapi`) collects all problems and Rafiki prints the first. So the order in
which keywords are looked at is part of what is on the wire: the type before all else, then what belongs to it; of
`oneOf` and `anyOf` the problems of the first branch. Only the keywords that the Open Payments documents use are here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from optrace.sandbox.money import read_units

Schema = Mapping[str, Any]

_DATE_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt ]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]\d\d(:?\d\d)?)"
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S*")


def _is_uint64(text: str) -> bool:
    # BigInt(text) >= 0n, as the validator has it: it takes more than 64 bits, too
    try:
        return read_units(text) >= 0
    except ValueError:
        return False


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "uri": lambda text: bool(_URI.fullmatch(text)),
    "uint64": lambda text: "_" not in text and _is_uint64(text),
    "date-time": lambda text: bool(_DATE_TIME.fullmatch(text)),
}

TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: (
        (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, float) and value.is_integer())
    ),
}


def coerced(schema: Schema, query: Mapping[str, str]) -> dict[str, Any]:
    """A query with its integers as such: `Math.floor(Number(text))`, and what isn't a number as it came."""
    kinds = {name: member.get("type") for name, member in schema["properties"].items()}
    return {name: _floor(value) if kinds.get(name) == "integer" else value for name, value in query.items()}


def _floor(text: str) -> int | str:
    try:
        return math.floor(float(text.strip() or "0"))
    except (ValueError, OverflowError):
        return text


def problems(schema: Schema, value: Any, where: str) -> Iterator[str]:
    """What is wrong with a value, in the validator's words and order; `where` is the path as it prints it."""
    kind = schema.get("type")
    if kind and not TYPES[kind](value):
        yield f"{where} must be {kind}"
        return
    if isinstance(value, str):
        yield from _text(schema, value, where)
    if TYPES["integer"](value):
        yield from _number(schema, value, where)
    for keyword, wanted in (("anyOf", "match a schema in anyOf"), ("oneOf", "match exactly one schema in oneOf")):
        yield from _branches(schema.get(keyword), value, where, exact=keyword == "oneOf", wanted=wanted)
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} must be equal to one of the allowed values"
    if isinstance(value, list):
        yield from _array(schema, value, where)
    if isinstance(value, dict):
        yield from _object(schema, value, where)


def _text(schema: Schema, value: str, where: str) -> Iterator[str]:
    if len(value) < schema.get("minLength", 0):
        yield f"{where} must NOT have fewer than {schema['minLength']} characters"
    if "pattern" in schema and not re.search(schema["pattern"], value):
        pattern = schema["pattern"].replace("/", ".")  # the validator prints every slash of its message as a dot
        yield f'{where} must match pattern "{pattern}"'
    if "format" in schema and not FORMATS[schema["format"]](value):
        yield f'{where} must match format "{schema["format"]}"'


def _number(schema: Schema, value: float, where: str) -> Iterator[str]:
    if "maximum" in schema and value > schema["maximum"]:
        yield f"{where} must be <= {schema['maximum']}"
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{where} must be >= {schema['minimum']}"


def _branches(branches: list[Schema] | None, value: Any, where: str, *, exact: bool, wanted: str) -> Iterator[str]:
    if not branches:
        return
    found = [list(problems(branch, value, where)) for branch in branches]
    matching = sum(not each for each in found)
    if matching == 0:
        for each in found:
            yield from each
    if matching == 0 or (exact and matching > 1):
        yield f"{where} must {wanted}"


def _array(schema: Schema, value: list[Any], where: str) -> Iterator[str]:
    if len(value) > schema.get("maxItems", len(value)):
        yield f"{where} must NOT have more than {schema['maxItems']} items"
    if len(value) < schema.get("minItems", 0):
        yield f"{where} must NOT have fewer than {schema['minItems']} items"
    if schema.get("uniqueItems"):
        for later, item in enumerate(value):
            if item in value[:later]:
                yield f"{where} must NOT have duplicate items (items ## {value.index(item)} and {later} are identical)"
                break
    for index, item in enumerate(value):
        yield from problems(schema.get("items", {}), item, f"{where}.{index}")


def _object(schema: Schema, value: dict[str, Any], where: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{where} must have required property '{name}'".lstrip()
    if schema.get("additionalProperties") is False:
        for name in value:
            if name not in properties:
                yield f"{where} must NOT have additional properties: {name}"
    for name, member in properties.items():
        if name in value:
            yield from problems(member, value[name], f"{where}.{name}" if where else name)
