"""From a JSON value to a model: what could be read, what could not and why, and what no model knows.

Problems are sentences for a reader, "incomingAmount.value: must be a string of digits, got the number 25.5", in the
order of the document's schema. They never echo more than 80 safe characters of a value, and never a secret.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from optrace.core.describe import ECHO, describe
from optrace.core.text import safe
from optrace.core.wire import PATTERNS

MAX_PROBLEMS = 50
_MAX_UNKNOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded[M: BaseModel]:
    """A value that fits its model.

    `unknown` are the paths of members that no model knows; `nulls` those of optional members that were sent as null:
    the specification wants them left out, and Rafiki refuses them in requests.
    """

    value: M
    unknown: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecoded[M: BaseModel]:
    """A value that doesn't fit its model, and why.

    `partial` holds what could be read, or None if nothing could (the value isn't even an object). In it every member
    that could not be read is None, even where the model's type says that it is always there.
    """

    problems: tuple[str, ...]
    raw: Any
    partial: M | None = None
    unknown: tuple[str, ...] = ()


def decode[M: BaseModel](model: type[M], value: Any) -> Decoded[M] | Undecoded[M]:
    """Read a JSON value (from `read_body`) as a model. Never raises."""
    try:
        read = model.__pydantic_validator__.validate_python(value)
    except ValidationError as error:
        problems = tuple(_problems(error))
        partial = _salvage(model, value)
        if not isinstance(partial, model):
            return Undecoded(problems=problems, raw=value)
        unknown, _ = _peculiar(partial)
        return Undecoded(problems=problems, raw=value, partial=partial, unknown=unknown)
    unknown, nulls = _peculiar(read)
    return Decoded(value=read, unknown=unknown, nulls=nulls)


# --- problems -------------------------------------------------------------------------------------------------------


def _problems(error: ValidationError) -> Iterator[str]:
    found: dict[str, None] = {}
    for item in error.errors(include_url=False, include_context=True):
        path = _path(item["loc"])
        found.setdefault(f"{_dotted(path)}: {_sentence(item, path)}" if path else _sentence(item, path))
        if len(found) == MAX_PROBLEMS:
            left = error.error_count() - MAX_PROBLEMS
            return iter([*found, f"and {left} more problems"] if left > 0 else found)
    return iter(found)


def _sentence(item: Any, path: Sequence[str | int]) -> str:
    kind = item["type"]
    if kind == "missing":
        return "is missing"
    context = item.get("ctx") or {}
    if kind == "string_pattern_mismatch":
        wanted = PATTERNS.get(context.get("pattern", ""), f"text like {context.get('pattern')}")
    elif kind == "literal_error":
        wanted = str(context.get("expected", "another value")).replace("'", '"')
    elif kind in _WANTED:
        wanted = _WANTED[kind].format(**context)
    else:
        wanted = ""
    told = f"must be {wanted}" if wanted else item["msg"][:1].lower() + item["msg"][1:]
    return f"{safe(told)}, got {describe(item['input'], path)}"


_WANTED: Mapping[str, str] = {
    "string_type": "text",
    "string_unicode": "text without lone surrogates",
    "string_too_short": "text that isn't empty",
    "int_type": "an integer",
    "int_from_float": "an integer",
    "int_parsing_size": "an integer of reasonable size",
    "bool_type": "true or false",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "dict_type": "an object",
    "tuple_type": "an array",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
}


def _path(loc: Iterable[str | int]) -> list[str | int]:
    """Where an error is in the document. Pydantic's own marks for the branch of a union are left out."""
    return [part for part in loc if not (isinstance(part, str) and part.startswith("<"))]


def _dotted(path: Iterable[str | int]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{safe(part[:ECHO])}" if text else safe(part[:ECHO])
    return text


# --- what no model knows, and what is null --------------------------------------------------------------------------


def _peculiar(model: BaseModel) -> tuple[tuple[str, ...], tuple[str, ...]]:
    unknown: list[str] = []
    nulls: list[str] = []
    _collect(model, "", unknown, nulls)
    return tuple(unknown), tuple(nulls)


def _collect(model: BaseModel, prefix: str, unknown: list[str], nulls: list[str]) -> None:
    if (extra := model.__pydantic_extra__) and len(unknown) < _MAX_UNKNOWN:
        unknown.extend(prefix + safe(str(name)[:ECHO]) for name in islice(extra, _MAX_UNKNOWN))
    names, nullable = _wire_names(type(model))
    sent = model.__pydantic_fields_set__
    for name, value in model.__dict__.items():
        if value is None:
            if name in sent and name not in nullable and len(nulls) < _MAX_UNKNOWN:
                nulls.append(prefix + names[name])
        elif isinstance(value, BaseModel):
            _collect(value, f"{prefix}{names[name]}.", unknown, nulls)
        elif type(value) is tuple:
            for index, item in enumerate(value):
                if isinstance(item, BaseModel):
                    _collect(item, f"{prefix}{names[name]}[{index}].", unknown, nulls)


@lru_cache(maxsize=256)
def _wire_names(model: type[BaseModel]) -> tuple[dict[str, str], frozenset[str]]:
    """(attribute -> name on the wire, attributes that may be null)."""
    fields = model.model_fields
    names = {name: field.alias or name for name, field in fields.items()}
    return names, frozenset(name for name, field in fields.items() if field.is_required() or field.annotation is Any)


# --- what can be read of a value that doesn't fit -------------------------------------------------------------------


def _salvage(wanted: Any, value: Any) -> Any:
    """The readable part of a value: a model with None where a member can't be read, or None."""
    shape = _shape(wanted)
    try:
        return shape.adapter.validate_python(value)
    except ValidationError:
        pass
    if shape.model is not None and isinstance(value, dict):
        return _construct(shape.model, value)
    if shape.item is not None and isinstance(value, list):
        return tuple(read for member in value if (read := _salvage(shape.item, member)) is not None)
    return None


def _construct(model: type[BaseModel], value: Mapping[str, Any]) -> BaseModel:
    rest = dict(value)
    read: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if alias in rest:
            wanted = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            read[name] = _salvage(wanted, rest.pop(alias))
        else:
            read[name] = None if field.is_required() else field.get_default(call_default_factory=True)
    rest.pop("_fields_set", None)  # the one name that model_construct keeps for itself
    return model.model_construct(_fields_set=set(read), **{**rest, **read})


@dataclass(frozen=True, slots=True)
class _Shape:
    """What `_salvage` asks of a type: how to read it whole, and what it is made of."""

    adapter: TypeAdapter[Any]
    model: type[BaseModel] | None  # the object among its alternatives
    item: Any  # the type of its items, if it is an array


@lru_cache(maxsize=1024)
def _shape(wanted: Any) -> _Shape:
    is_model = isinstance(wanted, type) and issubclass(wanted, BaseModel)
    adapter = TypeAdapter(wanted, config=None if is_model else ConfigDict(strict=True))
    model = item = None
    for part in _alternatives(wanted):
        if isinstance(part, type) and issubclass(part, BaseModel):
            model = model or part
        elif get_origin(part) is tuple:
            item = get_args(part)[0]
    return _Shape(adapter, model, item)


def _alternatives(wanted: Any) -> Iterator[Any]:
    origin = get_origin(wanted)
    if origin is Annotated:
        yield from _alternatives(get_args(wanted)[0])
    elif origin is Union or origin is types.UnionType:
        for part in get_args(wanted):
            yield from _alternatives(part)
    else:
        yield wanted
