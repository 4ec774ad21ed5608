"""A message as a person edits it: as rows of a form, or as text. What isn't touched stays as it is, to the byte.

Secrets may be hidden while that goes on: each stands in the texts as its mask, and comes back in its place.

    draft = Draft(request, secrets)
    draft.rows[2].text                           # 1000, the place is body incomingAmount.value
    draft.with_rows({draft.rows[2].place: "2000"})
    draft.with_text(draft.text.replace("1000", "2000"))
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from optrace.core.bodies import ABSENT, read_body
from optrace.core.fields import Fields
from optrace.core.masking import Secrets
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.redact import mask
from optrace.core.urls import parse
from optrace.replay.places import Place, json_spans, name_of, written

# what follows from the rest, and is made anew when the message is sent
DERIVED = frozenset({"signature", "signature-input", "content-digest", "content-length"})
_LONGEST = 200  # rows of a body
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
Message = HttpRequest | HttpResponse


class WrongEdit(ValueError):
    """What was written is no message; the text says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value of a message: where it stands, its name in words, and how it is shown."""

    place: Place
    name: str
    text: str


class Draft:
    """A message that is edited.

    Args:
        secrets: are shown as their masks; None shows all as it is.
    """

    def __init__(self, message: Message, secrets: Secrets | None) -> None:
        self.message = message
        self._secrets = secrets
        self.rows = tuple(replace(row, text=self._hidden(row.text)) for row in _rows(message))
        self.text = self._hidden(_text(message))

    def with_rows(self, texts: Mapping[Place, str]) -> Message:
        """The message with what the rows say now.

        Raises:
            WrongEdit: something can't be written there.
        """
        edits: dict[Place, str] = {}
        message = self.message
        for row in self.rows:
            text = texts.get(row.place, row.text)
            if text == row.text:
                continue
            text = self._shown(text)
            if row.place[0] == "field":
                message = _with_field(message, int(row.place[1]), text)
            elif row.place[0] == "status" and isinstance(message, HttpResponse):
                message = _with_status(message, text)
            else:
                edits[row.place] = text
        message = _written(message, edits)
        if isinstance(message, HttpRequest):
            _check_url(message.url)
        return message

    def with_text(self, text: str) -> Message:
        """The message that a text says.

        Raises:
            WrongEdit: it is none.
        """
        if text == self.text:
            return self.message
        head, _, body = text.partition("\n\n")
        old_head, _, old_body = self.text.partition("\n\n")
        start, *lines = head.split("\n")
        old_start, *old_lines = old_head.split("\n")
        known = dict(zip(old_lines, self.message.fields.raw, strict=True))  # what wasn't touched is as it came
        raw = [known.get(line) or _field(self._shown(line), number) for number, line in enumerate(lines, 2)]
        message = replace(self.message, fields=Fields(raw))
        if body != old_body:
            message = _with_body(message, self._shown(body))
        return message if start == old_start else _with_start(message, self._shown(start))

    def again(self, message: Message) -> Draft:
        """The same for what has become of the message."""
        return Draft(message, self._secrets)

    def _hidden(self, text: str) -> str:
        return text if self._secrets is None else self._secrets.sweep(text)

    def _shown(self, text: str) -> str:
        for secret in self._secrets or ():
            text = text.replace(mask(secret), secret)
        return text


def changes(before: Message, after: Message) -> str:
    """What differs, in words: `the URL, field x and the body were changed`; empty if nothing does."""
    said: list[str] = []
    if isinstance(before, HttpRequest) and isinstance(after, HttpRequest):
        said += ["the method"] if before.method != after.method else []
        said += ["the URL"] if before.url != after.url else []
    elif isinstance(before, HttpResponse) and isinstance(after, HttpResponse):
        said += ["the status"] if before.status != after.status else []
    one, other = before.fields, after.fields
    if one != other:
        names = dict.fromkeys(name.lower() for name, _ in (*one, *other))
        differing = [name for name in names if one.get_all(name) != other.get_all(name)]
        said += [f"field {name}" for name in differing if name not in DERIVED]
        if not differing:
            said.append("the order of the fields")
    said += ["the body"] if before.body != after.body else []
    if not said:
        return ""
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"{listed} {'was' if len(said) == 1 else 'were'} changed"


def _rows(message: Message) -> Iterator[Row]:
    if isinstance(message, HttpRequest):
        yield Row(place=("url",), name="URL", text=message.url)
    else:
        yield Row(place=("status",), name="status", text=str(message.status))
    read = read_body(message.fields, message.body)
    if read.json is not ABSENT and read.text is not None:
        for number, (place, start, end) in enumerate(json_spans(read.text)):
            if number >= _LONGEST:
                break
            literal = read.text[start:end]
            text = json.loads(literal, strict=False) if literal.startswith('"') else literal
            yield Row(place=("body", *place), name=name_of(("body", *place)).removeprefix("body "), text=text)
    for index, (name, value) in enumerate(message.fields):
        if name.lower() not in DERIVED:
            yield Row(place=("field", index), name=name, text=value)


def _text(message: Message) -> str:
    if isinstance(message, HttpRequest):
        start = f"{message.method} {message.url} {message.http_version}"
    else:
        start = f"{message.http_version} {message.status} {message.reason}".rstrip()
    return "\n".join((start, *(f"{name}: {value}" for name, value in message.fields), "", _body(message)))


def _body(message: Message) -> str:
    text = read_body(message.fields, message.body).text
    return f"({len(message.body or b'')} bytes that are no text)" if text is None and message.body else text or ""


def _written(message: Message, edits: Mapping[Place, str]) -> Message:
    match message:
        case HttpRequest():
            return written(message, edits)
        case HttpResponse():
            return written(message, edits)


def _with_field(message: Message, index: int, value: str) -> Message:
    raw = list(message.fields.raw)
    raw[index] = (raw[index][0], _latin(value, raw[index][0].decode("latin-1")))
    return replace(message, fields=Fields(raw))


def _with_body(message: Message, text: str) -> Message:
    if message.body and read_body(message.fields, message.body).text is None:
        raise WrongEdit("the body isn't text: it can't be edited here")
    fields = Fields(pair for pair in message.fields.raw if pair[0].lower() != b"content-encoding")  # it is plain now
    return replace(message, fields=fields, body=text.encode("utf-8", "surrogatepass"))


def _with_start(message: Message, start: str) -> Message:
    parts = start.split(" ", 2)
    if isinstance(message, HttpRequest):
        if len(parts) < 2 or not _TOKEN.fullmatch(parts[0]) or not all(part.startswith("HTTP/") for part in parts[2:]):
            raise WrongEdit("the first line has to be METHOD URL")
        _check_url(parts[1])
        return replace(message, method=parts[0], url=parts[1])
    if len(parts) < 2:
        raise WrongEdit("the first line has to be HTTP/1.1 STATUS REASON")
    answer = _with_status(message, parts[1])
    return replace(answer, reason=parts[2]) if len(parts) > 2 and parts[2] != message.reason else answer


def _with_status(message: HttpResponse, text: str) -> HttpResponse:
    if not (text.isascii() and text.isdigit() and 200 <= int(text) <= 599):
        raise WrongEdit(f"{text or 'nothing'} is no status from 200 to 599")
    status = int(text)
    if status == message.status:
        return message
    known = status in HTTPStatus._value2member_map_
    return replace(message, status=status, reason=HTTPStatus(status).phrase if known else "")


def _field(line: str, number: int) -> tuple[bytes, bytes]:
    name, colon, value = line.partition(":")
    if not colon or not _TOKEN.fullmatch(name):
        raise WrongEdit(f"line {number} is no field: NAME: VALUE")
    return name.encode("ascii"), _latin(value.removeprefix(" "), name)


def _latin(value: str, name: str) -> bytes:
    if any(ord(char) < 32 and char != "\t" for char in value):
        raise WrongEdit(f"field {name} can't hold control characters")
    try:
        return value.encode("latin-1")
    except UnicodeEncodeError:
        raise WrongEdit(f"field {name} can hold Latin-1 only") from None


def _check_url(url: str) -> None:
    parts = parse(url)
    if parts.scheme not in ("http", "https") or not parts.authority or not re.fullmatch(r"[!-~]+", url):
        raise WrongEdit("the URL has to be http(s)://HOST/..., without blanks and in ASCII")
