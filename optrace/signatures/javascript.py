"""JSON as V8 writes it again: `JSON.stringify(JSON.parse(text))`, over which the reference verifier takes digests.

Nearly every body takes the quick way: Python's parser and writer agree with V8 on objects, strings and short
integers. Other numbers, keys that look like array indices, and deep nesting take the careful way.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

_WHITE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_PERHAPS_INDEX = re.compile(r'"[0-9\\][^"]*"[ \t\r\n]*:')  # a key that starts with a digit or an escape
_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_LONE = re.compile("[\ud800-\udfff]")
_MAX_INDEX = 2**32 - 2  # ECMA-262: an array index
_SAFE_DIGITS = 15  # integers of up to 15 digits are exact in a double
_MAX_DEPTH = 4_000  # JSON.stringify recurses: a little deeper, V8's stack overflows
_QUICK_DEPTH = 500


class _Careful(Exception):
    """The quick way isn't sure."""


def restringify(body: bytes) -> bytes | None:
    """`JSON.stringify(JSON.parse(text))` in UTF-8, where `text` is the body decoded as Node does it.

    None: it isn't JSON, or is nested too deep for V8 to write.
    """
    text = body.decode("utf-8", "replace").strip(" \t\r\n")
    try:
        if _PERHAPS_INDEX.search(text) or len(text) > _QUICK_DEPTH < text.count("[") + text.count("{"):
            raise _Careful
        value, end = _QUICK.raw_decode(text)
        if end != len(text):
            raise _Careful
        return _WRITER.encode(value).encode("utf-8")
    except (_Careful, UnicodeEncodeError, RecursionError):
        pass
    except ValueError:
        return None
    try:
        return _rewrite(text).encode("utf-8")
    except ValueError:
        return None


def _integer(digits: str) -> int:
    if len(digits) > _SAFE_DIGITS or digits == "-0":
        raise _Careful
    return int(digits)


def _refuse(_: str) -> Any:
    raise _Careful


_QUICK = json.JSONDecoder(parse_int=_integer, parse_float=_refuse, parse_constant=_refuse)
_WRITER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def _rewrite(text: str) -> str:
    """The careful way, without recursion. Raises ValueError if the text isn't JSON."""
    # a stack of open containers: (opening bracket, members as written text, key of the member being read)
    stack: list[tuple[str, dict[str, str] | list[str]]] = []
    keys: list[str] = []
    at, end = _skip(text, 0), len(text)
    while True:
        char = text[at : at + 1]
        if char in ("{", "["):
            if len(stack) >= _MAX_DEPTH:
                raise ValueError("nested too deep")
            at = _skip(text, at + 1)
            stack.append((char, {} if char == "{" else []))
            if text[at : at + 1] == _CLOSING[char]:
                at += 1
                value = _written(*stack.pop())
            else:
                if char == "{":
                    at = _key(text, at, keys)
                continue
        else:
            value, at = _scalar(text, at)
        while True:  # a value has ended: put it where it belongs
            at = _skip(text, at)
            if not stack:
                if at != end:
                    raise ValueError("something follows the value")
                return value
            bracket, members = stack[-1]
            if isinstance(members, dict):
                members[keys.pop()] = value
            else:
                members.append(value)
            char = text[at : at + 1]
            at = _skip(text, at + 1)
            if char == ",":
                if bracket == "{":
                    at = _key(text, at, keys)
                break
            if char != _CLOSING[bracket]:
                raise ValueError("a comma or a closing bracket is missing")
            value = _written(*stack.pop())


_CLOSING = {"{": "}", "[": "]"}


def _skip(text: str, at: int) -> int:
    match = _WHITE.match(text, at)
    return match.end() if match else at


def _key(text: str, at: int, keys: list[str]) -> int:
    if text[at : at + 1] != '"':
        raise ValueError("a member name is missing")
    key, at = scanstring(text, at + 1, True)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise ValueError("a colon is missing")
    keys.append(key)
    return _skip(text, at + 1)


def _scalar(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] == '"':
        value, at = scanstring(text, at + 1, True)
        return _quoted(value), at
    for word in ("true", "false", "null"):
        if text.startswith(word, at):
            return word, at + len(word)
    match = _NUMBER.match(text, at)
    if match is None:
        raise ValueError("not a value")
    return number(match[0]), match.end()


def _written(bracket: str, members: dict[str, str] | list[str]) -> str:
    if isinstance(members, list):
        return f"[{','.join(members)}]"
    order = list(members)
    indices = [key for key in order if _INDEX.fullmatch(key) and int(key) <= _MAX_INDEX]
    if indices:  # ECMA-262 10.1.11.1: array indices first, ascending, then the rest as they came
        first = set(indices)
        order = sorted(indices, key=int) + [key for key in order if key not in first]
    return "{" + ",".join(f"{_quoted(key)}:{members[key]}" for key in order) + "}"


def _quoted(value: str) -> str:
    text = _WRITER.encode(value)
    return _LONE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def number(literal: str) -> str:
    """A JSON number as ECMA-262 Number::toString writes it (6.1.6.1.20), or `null` if it is infinite."""
    value = float(literal)
    if value == 0:
        return "0"
    if value in (float("inf"), float("-inf")):
        return "null"
    sign, figures, exponent = Decimal(repr(value)).as_tuple()
    digits = "".join(map(str, figures)).rstrip("0")
    point = len(figures) + int(exponent)  # the decimal point stands after this many digits
    minus, count = "-" if sign else "", len(digits)
    if count <= point <= 21:
        return minus + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{minus}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{digits}"
    mantissa = digits if count == 1 else f"{digits[0]}.{digits[1:]}"
    return f"{minus}{mantissa}e{point - 1:+d}"
