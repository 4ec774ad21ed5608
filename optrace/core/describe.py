"""Values from the wire in a few words, for sentences about what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from optrace.core.redact import mask_json
from optrace.core.text import safe

ECHO = 80  # characters of a value that are repeated at most


def describe(value: Any, path: Sequence[str | int] = ()) -> str:
    """A value in a few words, safe to show: `the number 25.5`, `"abc"`, `an object`. Secrets are masked by `path`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        shown = safe(_masked(value, path)[: ECHO + 1])
        return f'"{shown}"' if len(shown) <= ECHO else f'"{shown[: ECHO - 1]}…"'
    if isinstance(value, int):
        # Python refuses to write out thousands of digits
        return f"the number {value}" if abs(value) < 10**40 else "a number of more than 40 digits"
    if isinstance(value, float):
        return f"the number {value!r}"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "an array"
    return "something else"


def _masked(value: str, path: Sequence[str | int]) -> str:
    names = [part for part in path if isinstance(part, str)][-2:]
    wrapped: Any = value
    for name in reversed(names):
        wrapped = {name: wrapped}
    wrapped = mask_json(wrapped)
    for name in names:
        wrapped = wrapped[name]
    return str(wrapped)
