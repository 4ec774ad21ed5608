"""The values of an exchange: each with its place, and which of them somebody means who says only a part of one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from optrace.core.bodies import ABSENT
from optrace.core.errors import Usage
from optrace.core.fields import Fields
from optrace.core.redact import mask, mask_field, mask_json, mask_url
from optrace.core.text import safe
from optrace.core.urls import canonical, parse
from optrace.exchanges.kind import amount_in_words
from optrace.exchanges.view import View
from optrace.session.trace import Trace
from optrace.signatures.reading import read_signatures

_MASKED = re.compile(r"(?:[•*]{4})?([0-9a-f]{4})")
_FORM = re.compile(r"[^\s<>\"{}=&]+=[^\s<>\"{}]*")
_PREFIX = 6  # characters that a beginning must have
NEAR = 6  # characters below which nothing is called nearly the same
_SHOWN = 8  # values that are listed when a beginning fits several
_URL_FIELDS = frozenset({"location", "referer", "content-location"})
_STANDARD_ALPHABET = str.maketrans("-_", "+/")


@dataclass(frozen=True, slots=True)
class Atom:
    """One value as it was written."""

    part: str  # request or response
    where: str  # `URL`, `URL ?nonce`, `Authorization`, `body access_token.value`
    value: str
    field: str = ""  # the header field, in lower case; empty in the URL and in bodies
    url: bool = False


def atoms(view: View) -> Iterator[Atom]:
    """Every value of an exchange, as it was written; amounts in words besides."""
    yield Atom("request", "URL", view.url, url=True)
    for name, value in view.parts.parameters():
        yield Atom("request", f"URL ?{name}", value)
    yield from _of_fields("request", view.request.fields)
    yield from _of_body("request", view.request_body.json, view.request_body.text)
    if view.response is not None:
        yield from _of_fields("response", view.response.fields)
        yield from _of_body("response", view.response_body.json, view.response_body.text)


def _of_fields(part: str, fields: Fields) -> Iterator[Atom]:
    for name, value in fields:
        lower = name.lower()
        if lower == "authorization":
            _, blank, token = value.strip().partition(" ")
            yield Atom(part, name, token if blank else value, lower)
        elif lower == "signature-input":
            for reading in read_signatures(fields):
                for parameter, item in reading.params.items if reading.params else ():
                    if isinstance(item, str | int) and not isinstance(item, bool):
                        yield Atom(part, f"{name} ;{parameter}", str(item), lower)
        else:
            is_url = lower in _URL_FIELDS
            yield Atom(part, name, value, lower, url=is_url)
            if is_url:
                for parameter, item in parse(value).parameters():
                    yield Atom(part, f"{name} ?{parameter}", item, lower)


def _of_body(part: str, json: Any, text: str | None) -> Iterator[Atom]:
    if json is ABSENT:
        if text and _FORM.fullmatch(text.strip()):
            for name, item in parse(f"?{text.strip()}").parameters():
                yield Atom(part, f"body {name}", item)
        return
    stack: list[tuple[str, Any]] = [("", json)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            if words := amount_in_words(value):
                yield Atom(part, f"body {path}".rstrip(), words)
            stack.extend((f"{path}.{name}" if path else str(name), member) for name, member in reversed(value.items()))
        elif isinstance(value, list):
            stack.extend((f"{path}[{index}]", member) for index, member in reversed(list(enumerate(value))))
        elif isinstance(value, str):
            yield Atom(part, f"body {path}".rstrip(), value, url="://" in value[:12])
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield Atom(part, f"body {path}".rstrip(), str(value))


def secrets_of(view: View) -> set[str]:
    """The secrets of an exchange, by the one list of what is secret."""
    found: set[str] = set()

    def note(secret: str) -> str:
        found.add(secret)
        return ""

    mask_url(view.url, note)
    for message in (view.request, view.response):
        if message is not None:
            for name, value in message.fields:
                mask_field(name, value, note)
    for json in (view.request_body.json, view.response_body.json):
        if json is not ABSENT:
            mask_json(json, note)
    return found


def near_miss(value: str, got: str) -> str | None:
    """What makes a text nearly a value, in words; None if it is something else."""
    if got.strip() == value:
        return "white space around it"
    bare = got.strip().strip("\"'`")
    if bare == value:
        return "quotation marks around it"
    if bare.casefold() == value.casefold():
        return "only upper and lower case differ"
    if unquote(bare) == value or unquote(value) == bare:
        return "percent-encoded once more, or once less"
    if bare.replace(" ", "+") == value:
        return "+ became a blank"
    if "://" in value and "://" in bare:
        return _other_url(value, bare)
    if bare.translate(_STANDARD_ALPHABET).rstrip("=") == value.translate(_STANDARD_ALPHABET).rstrip("="):
        return "another base64 alphabet or padding"
    if len(bare) >= max(NEAR, len(value) // 2) and (value.startswith(bare) or value.endswith(bare)):
        return f"cut from {len(value)} to {len(bare)} characters"
    if len(value) >= 8 and value in bare and "://" not in bare:
        return "there is more than the value"
    return None


def _other_url(value: str, got: str) -> str | None:
    if canonical(value) != canonical(got):
        return None
    one, other = parse(value), parse(got)
    what = []
    if one.scheme != other.scheme:
        what.append(f"{other.scheme} instead of {one.scheme}")
    if one.path != other.path:
        what.append("a slash at the end more or less")
    return " and ".join(what) or "the host is written otherwise"


# which value is meant


def find_value(trace: Trace, said: str, views: Callable[[], Iterable[View]]) -> str:
    """The value that somebody means: the whole, its mask (`••••9f2c` or `9f2c`), or its beginning.

    Args:
        views: gives the exchanges of the session, in order, as often as it is asked.

    Raises:
        Usage: several values fit, or the beginning is too short. A value that nowhere occurs is given back as it is:
            something near it may.
    """
    said = said.strip()
    memory = trace.memory
    if memory.tokens.get(said) is not None or memory.references.get(said) is not None:
        return said
    masked = _MASKED.fullmatch(said)
    if masked is not None:
        fitting = _masked(views(), masked[1], said)
    elif "•" in said or len(said) < _PREFIX:
        fitting = _exactly(views(), said)
    else:
        fitting = _beginnings(views(), said)
    if said in fitting:
        return said
    if len(fitting) > 1:
        shown = [safe(value if "://" in value else mask(value)) for value in sorted(fitting)]
        listed = ", ".join(shown[:_SHOWN]) + (f" and {len(shown) - _SHOWN} more" if len(shown) > _SHOWN else "")
        raise Usage(f"{len(shown)} values fit {safe(said)}: {listed}", remedy="Say more of the value.")
    if not fitting and len(said) < _PREFIX:
        raise Usage(
            f"{safe(said)} doesn't occur", remedy=f"Say the value, {_PREFIX} characters or more of it, or its mask."
        )
    return fitting.pop() if fitting else said


def _masked(views: Iterable[View], digits: str, said: str) -> set[str]:
    """The secrets with a mask; the text itself, if it occurs."""
    found: set[str] = set()
    for view in views:
        found.update(secret for secret in secrets_of(view) if mask(secret)[-4:] == digits)
        if any(atom.value == said for atom in atoms(view)):
            found.add(said)
    return found


def _exactly(views: Iterable[View], said: str) -> set[str]:
    return {said} if any(atom.value == said for view in views for atom in atoms(view)) else set()


def _beginnings(views: Iterable[View], said: str) -> set[str]:
    found: set[str] = set()
    for view in views:
        for atom in atoms(view):
            if atom.value.startswith(said):
                found.add(atom.value.partition("?")[0] if atom.url else atom.value)
            elif atom.url:
                found.update(segment for segment in parse(atom.value).segments if segment.startswith(said))
    return found
