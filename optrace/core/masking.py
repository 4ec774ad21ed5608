"""Whole exchanges with their secrets masked.

Masking by structure (optrace/core/redact.py) knows where secrets stand. But servers repeat tokens in the words of an
error, clients copy them into metadata, and browsers put them into paths. So a first pass over a session remembers each
secret, and a second one sweeps every text for it (optrace/core/sweep.py).

Most fields are those of the message before: what became of one is remembered, and looked up when it comes again.
"""

from __future__ import annotations

import dataclasses
import operator
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import unquote

from optrace.core.fields import Fields
from optrace.core.framing import unframed
from optrace.core.masked_bodies import Masked, Reading, learn_secrets, masked_text, read_secrets
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.core.quick import replace
from optrace.core.redact import (
    SECRET_FIELDS,
    SECRET_MEMBERS,
    TOKEN_HOLDER,
    marked,
    mask_field,
    mask_text,
    mask_url,
)
from optrace.core.sweep import Sweep, decoded

Message = HttpRequest | HttpResponse
Field = tuple[bytes, bytes]
Seen = tuple[Field, Field]  # a field, and what is left of it when it is masked by structure

# what structure may mask in a body that isn't marked is a member of these names, or in UTF-16; most bodies have none of
# it and need no second look
_NAMES = sorted(SECRET_MEMBERS | {TOKEN_HOLDER})
_INITIALS = "".join({name[0] for name in (*_NAMES, "value")})  # most strings begin with other letters
_MEMBER = re.compile(
    rf'"(?=[{_INITIALS}])(?:(?:{"|".join(map(re.escape, _NAMES))})"\s*:|value"\s*:\s*"(?!\d{{1,20}}"))'
).search
_SUSPECT = r"[=\"@]|/(?:interact|grant)/|(?:gnap|bearer|basic|dpop)[\s\x1c-\x1f]"
_SUSPECT_FIELD = re.compile(_SUSPECT, re.I).search
_SUSPECT_BYTES = re.compile(_SUSPECT.encode(), re.I).search  # for what is ASCII
# fields that hold no secrets by their nature; the sweep looks at them all the same
_PLAIN_FIELDS = frozenset({"signature", "signature-input", "content-digest"})
REMEMBERED = 4096  # fields
LONG = 512  # bytes of a field that isn't remembered
_LEFT_OUT = "A body that can't be read was left out: it may hold secrets."
_DECODED = "A body stands here decoded, since its secrets are masked."


class Secrets(Sweep):
    """The secrets of a session: learned from its exchanges, then found in any text.

    Learn all of a session first: a secret may be said before the message that makes it one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._learned: set[Field] = set()
        self._masked: dict[Field, Field] = {}
        self._connections: dict[Connection, Connection] = {}

    def learn(self, exchange: Exchange) -> None:
        """Remember what is secret in an exchange."""
        mask_url(exchange.request.url, self._note)
        if exchange.connection.upstream_url is not None:
            mask_url(exchange.connection.upstream_url, self._note)
        for message in (_whole(exchange.request), exchange.response and _whole(exchange.response)):
            if message is None:
                continue
            self._learn_fields(message.fields)
            if message.trailers is not None:
                self._learn_fields(message.trailers)
            if message.body and _may_hide(message):
                learn_secrets(read_secrets(message), self._note)

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange with its secrets masked: bodies decoded, and left out if they can't be read.

        Signatures and digests no longer fit what they cover.
        """
        self.settle()
        fresh: list[Seen] = []
        masked = self._by_structure(exchange, fresh)
        # most hold nothing that isn't in its place, and one look at all texts that are new tells
        if self.holds("\n".join((*texts_of(masked), *(_text(part) for _, field in fresh for part in field)))):
            return self._each(masked)
        self._remember(fresh)
        return masked

    def _by_structure(self, exchange: Exchange, fresh: list[Seen]) -> Exchange:
        """The exchange masked by structure; fields that weren't seen before are noted as fresh."""
        request, response = self._message(_whole(exchange.request), fresh), exchange.response
        if response is not None:
            response = self._message(_whole(response), fresh)
        if (url := self._url(request.url)) != request.url:
            request = replace(request, url=url)
        notes = exchange.notes
        for old, new in ((exchange.request, request), (exchange.response, response)):
            if old is not new:
                notes = (*notes, *_notes(old, new))
        return replace(
            exchange,
            request=request,
            response=response,
            error=None if exchange.error is None else mask_text(exchange.error),
            connection=self._connection(exchange.connection),
            notes=notes,
        )

    def _url(self, url: str) -> str:
        """A URL masked by structure."""
        return mask_url(url)

    def forget(self) -> None:
        """Take nothing for clean any more: there is one more secret."""
        super().forget()
        if self._masked:
            self._masked.clear()
        if self._connections:
            self._connections.clear()

    def _note(self, secret: str) -> str:
        self.add(secret)
        return secret

    def _learn_fields(self, fields: Fields) -> None:
        for field in fields.raw:
            if field not in self._learned:
                self._learn_field(field)
                if len(self._learned) >= REMEMBERED:
                    self._learned.clear()
                if len(field[1]) < LONG:
                    self._learned.add(field)

    def _learn_field(self, field: Field) -> None:
        name, value = field[0].decode("latin-1").lower(), field[1].decode("latin-1")
        if name not in SECRET_FIELDS:
            if _may_hide_in(name, value):
                mask_field(name, value, self._note)
            return
        mask_field(name, value, self._note)
        if "cookie" in name:
            for pair in value.split(";") if name == "cookie" else value.split(";")[:1]:
                said = pair.partition("=")[2].strip(' "')
                self.add(said)
                self.add(unquote(said))
        else:
            for word in value.split():
                self.add(word.strip('"'))
                said = decoded(word)
                if said.isprintable():  # as a password is (RFC 7617 §2); most tokens decode to anything
                    self.add(said.partition(":")[2])

    def _connection(self, connection: Connection) -> Connection:
        """What is said of a connection; most exchanges share theirs."""
        known = self._connections.get(connection)
        if known is None:
            if len(self._connections) >= REMEMBERED:
                self._connections.clear()
            said = {name: self.sweep(text) for name in connection.__slots__ if (text := getattr(connection, name))}
            if connection.upstream_url is not None:
                said["upstream_url"] = self.sweep(self._url(connection.upstream_url))
            known = self._connections[connection] = dataclasses.replace(connection, **said)
        return known

    def _message[M: (HttpRequest, HttpResponse)](self, message: M, fresh: list[Seen]) -> M:
        """A message masked by structure."""
        fields, trailers, body = self._fields(message.fields, fresh), message.trailers, message.body
        if trailers is not None:
            trailers = self._fields(trailers, fresh)
        if body and _may_hide(message):
            text, coded = self._text(read_secrets(message)), "content-encoding" in message.fields
            body = None if text is None else self._shown(body, text, coded=coded)
            if coded and body is not None:
                fields = Fields((name, value) for name, value in fields.raw if name.lower() != b"content-encoding")
        if fields is message.fields and trailers is message.trailers and body is message.body:
            return message
        return replace(message, fields=fields, trailers=trailers, body=body)

    def _text(self, read: Reading) -> Masked | None:
        """The text of a body masked by structure; None if it can't be read."""
        return masked_text(read)

    def _shown(self, body: bytes, text: Masked, *, coded: bool) -> bytes:
        """The bytes of a body whose text was masked; as it was sent if there was nothing to mask."""
        shown = text.shown
        if not (coded or text.hidden) and (_text(body) == shown or self.sweep(shown) == shown):
            return body
        return shown.encode("utf-8", "surrogatepass")

    def _fields(self, fields: Fields, fresh: list[Seen]) -> Fields:
        """Fields masked by structure; what wasn't seen before is noted as fresh."""
        masked = []
        for field in fields.raw:
            known = self._masked.get(field)
            if known is None:
                known = field_by_structure(field)
                fresh.append((field, known))
            masked.append(known)
        return fields if all(map(operator.eq, masked, fields.raw)) else Fields(masked)

    def _remember(self, fresh: list[Seen]) -> None:
        """These fields were swept, and held nothing more."""
        if len(self._masked) >= REMEMBERED:
            self._masked.clear()
        self._masked.update((field, masked) for field, masked in fresh if len(field[1]) < LONG)

    def _each(self, exchange: Exchange) -> Exchange:
        """The exchange with each of its texts swept."""
        request, response = exchange.request, exchange.response
        return replace(
            exchange,
            request=replace(self._swept(request), url=self.sweep(request.url), method=self.sweep(request.method)),
            response=None if response is None else replace(self._swept(response), reason=self.sweep(response.reason)),
            error=None if exchange.error is None else self.sweep(exchange.error),
            notes=tuple(self.sweep(note) for note in exchange.notes),
        )

    def _swept[M: (HttpRequest, HttpResponse)](self, message: M) -> M:
        def swept(raw: bytes) -> bytes:
            text = _text(raw)
            clean = self.sweep(text)
            return raw if clean == text else clean.encode("utf-8", "surrogatepass")

        def all_of(fields: Fields) -> Fields:
            return Fields((swept(name), swept(value)) for name, value in fields.raw)

        return replace(
            message,
            fields=all_of(message.fields),
            trailers=None if message.trailers is None else all_of(message.trailers),
            body=swept(message.body) if message.body else message.body,
        )


def field_by_structure(field: Field) -> Field:
    """One field, masked by structure."""
    name, value = field[0].decode("latin-1"), _text(field[1])
    if _may_hide_in(name.lower(), value) and (shown := mask_field(name, value)) != value:
        return field[0], shown.encode("utf-8", "surrogatepass")
    return field


def texts_of(exchange: Exchange) -> Iterator[str]:
    """All texts of an exchange but its fields, and what is said of its connection."""
    request, response = exchange.request, exchange.response
    yield from (request.url, request.method, exchange.error or "", *exchange.notes, _text(request.body or b""))
    if response is not None:
        yield response.reason
        yield _text(response.body or b"")


def suspect(field: Field) -> bool:
    """Whether `_may_hide_in` has to be asked; it says no of most fields."""
    name, value = _lower(field[0]), field[1]
    if name in SECRET_FIELDS or not value.isascii():
        return True
    return name not in _PLAIN_FIELDS and _SUSPECT_BYTES(value) is not None


def never_secret(field: Field) -> bool:
    """Whether nothing in a field may be secret, by its name alone."""
    return _lower(field[0]) in _PLAIN_FIELDS and field[1].isascii()


@lru_cache(maxsize=1024)
def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()


@lru_cache(maxsize=4096)
def _may_hide_in(name: str, value: str) -> bool:
    """Whether structure may mask anything in a field; most are the same from message to message."""
    return name in SECRET_FIELDS or (name not in _PLAIN_FIELDS and _SUSPECT_FIELD(value) is not None)


def _whole[M: (HttpRequest, HttpResponse)](message: M) -> M:
    """A message whose body was kept in chunks, as it is without them: a secret may be split over two."""
    if not message.body or (framed := unframed(message.fields, message.body)) is None:
        return message
    fields = Fields((name, value) for name, value in message.fields.raw if name.lower() != b"transfer-encoding")
    return replace(message, fields=fields, body=framed.content)


def _may_hide(message: Message) -> bool:
    """Whether structure may mask anything in the body of a message, or it can't be told without decoding it."""
    try:
        text = (message.body or b"").decode()
    except UnicodeDecodeError:
        return True
    return "content-encoding" in message.fields or "\0" in text or marked(text) or _MEMBER(text) is not None


def _notes(old: Message | None, new: Message | None) -> Sequence[str]:
    """What has to be said of a body that isn't as it was sent."""
    if old is None or new is None:
        return ()
    if old.body and new.body is None:
        return (_LEFT_OUT,)
    for name in ("content-encoding", "transfer-encoding"):
        if name in old.fields and name not in new.fields:
            return (_DECODED,)
    return ()


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
