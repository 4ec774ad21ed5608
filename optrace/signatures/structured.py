"""Structured fields (RFC 9651) by http-sf, and what signatures need besides: the raw text of each member.

`http_sf` is right and slow, so the one shape that nearly every signer sends is read by a regular expression in
reading.py and digest.py; tests hold the two to the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import http_sf

# str, int, bool, bytes, Decimal, Token, DisplayString or datetime. http-sf's own alias holds an unbound generic
BareItem = Any
Member = tuple[Any, Mapping[str, BareItem]]  # (bare item or list of items, parameters)

# RFC 9421, RFC 9530 and RFC 9218 define these as dictionaries; for others all types are tried (see `reserialise`)
DICTIONARIES = frozenset(
    {
        "accept-signature",
        "content-digest",
        "priority",
        "repr-digest",
        "signature",
        "signature-input",
        "want-content-digest",
        "want-repr-digest",
    }
)
_MEMBER = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*"?)+', re.S)


class StructuredError(Exception):
    """The text isn't a structured field of the wanted type."""


def parse_dictionary(text: str, *, unique: bool = False) -> dict[str, Member]:
    """Parse a Dictionary (RFC 9651 4.2.2).

    Raises:
        StructuredError: it isn't one, or with `unique` a key is there twice.
    """
    repeated: list[str] = []
    parsed = _parse(text, "dictionary", lambda key, where: repeated.append(key) if where == "dictionary" else None)
    if unique and repeated:
        raise StructuredError(f"{repeated[0]} is there twice")
    return cast("dict[str, Member]", parsed)


def split_members(text: str) -> list[tuple[str, str]]:
    """(key, raw text after `=`) of each member of a dictionary, by the commas outside strings; never raises.

    The raw text is "" for a member without value; the key is "" where there is no `=` before something else.
    """
    pairs = []
    for part in _MEMBER.findall(text):
        key, equals, value = part.strip(" \t").partition("=")
        pairs.append((key, value) if equals else (key, ""))
    return pairs


def member_text(member: Member) -> str:
    """A dictionary member's value in strict form: item or inner list with parameters; Boolean true is `?1`.

    Raises:
        StructuredError: a string isn't ASCII, or something else has no strict form.
    """
    return _serialise([member])


def ser_item(value: BareItem, params: Mapping[str, BareItem]) -> str:
    """An item in strict form (RFC 9651 4.1.3).

    Raises:
        StructuredError: it has none.
    """
    return _serialise((value, dict(params)))


def reserialise(name: str, value: str) -> str:
    """A field in the strict form of its type. A field whose type isn't known counts if all types agree on one text.

    Raises:
        StructuredError: it isn't a structured field, or is one of several.
    """
    types = ("dictionary",) if name in DICTIONARIES else ("dictionary", "list", "item")
    texts, error = set(), StructuredError("empty")
    for kind in types:
        try:
            parsed = _parse(value, kind, None)
            texts.add(_serialise(parsed) if parsed or kind == "item" else "")
        except StructuredError as why:
            error = why
    if not texts:
        raise error
    if len(texts) > 1:
        raise StructuredError("its type isn't known, and it reads as more than one")
    return texts.pop()


def _parse(text: str, kind: str, on_duplicate: Any) -> Any:
    try:
        return http_sf.parse(text.encode("latin-1"), tltype=kind, on_duplicate_key=on_duplicate)
    except http_sf.StructuredFieldError as why:
        raise StructuredError(str(why)) from None
    except (ValueError, OverflowError) as why:  # characters beyond Latin-1, dates beyond the calendar
        raise StructuredError(str(why)) from None


def _serialise(structure: Any) -> str:
    try:
        return http_sf.ser(structure)
    except (ValueError, TypeError, KeyError, OverflowError) as why:
        raise StructuredError(str(why)) from None
