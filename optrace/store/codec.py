"""Rows of a session file from events, and back, without loss.

`data` packs a line of JSON with what the plain columns don't say, a newline, and the body. Bodies that are big, or
coded already, are rows of `bodies`, each content once. A response is packed with its request at hand, since the two say
much the same. A Content-Digest that is right for its body is only named, and computed again when it is read.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from optrace.core.fields import Fields
from optrace.core.json_bytes import of_json_bytes, to_json_bytes
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.core.quick import making, replace
from optrace.session.events import KeyLearned, Noted
from optrace.store.compress import LIMIT, Unreadable, pack, unpack
from optrace.store.schema import Kind

Keep = Callable[[bytes], int]  # a body to be stored apart -> its number
Fetch = Callable[[int], bytes]  # the number -> the body; raises Unreadable

BIG = 16 * 1024  # bytes of a body that may stand beside its fields
_LONG = 64  # characters of a name, or a value, that is seldom
_REMEMBERED = 2048  # fields: most are those of the message before
_KNOWN: dict[tuple[str, str], tuple[bytes, bytes]] = {}
_CODED = 256  # from here on a body with a Content-Encoding stands apart
_AT_HAND = 12 * 1024  # bytes of a request that help to pack its response
_EPOCH = datetime.fromtimestamp(0, UTC)
_MICROSECOND = timedelta(microseconds=1)
_request, _response = making(HttpRequest), making(HttpResponse)
_CONNECTION = tuple(field.name for field in dataclasses.fields(Connection))
_NOT_CAPTURED, _INLINE = 0, 1  # the state of a body; one that stands apart is [number, CRC-32]
# what stands for a right digest: characters that no byte of a field decodes to
_DIGESTS: Mapping[str, tuple[bytes, Callable[[bytes], Any]]] = {
    "\u0100": (b"sha-512=:", hashlib.sha512),
    "\u0101": (b"sha-256=:", hashlib.sha256),
}


class Row(NamedTuple):
    """A row of `records`, in the order of `schema.COLUMNS`."""

    kind: int
    n: int | None
    at: int | None
    word: str | bytes | None
    text: str | bytes | None
    status: int | None
    error: str | bytes | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as recorded: the exchange in flight, and what helps to pack its response."""

    exchange: Exchange
    at_hand: bytes


def request_row(exchange: Exchange, keep: Keep, *, kind: Kind = Kind.REQUEST) -> tuple[Row, Sent]:
    """The row of an exchange's request; what is known of its response is left out."""
    request = exchange.request
    message, inline, notes = _message(request, keep)
    ended, notes = _since(exchange.request_ended, exchange.started), [*exchange.notes, *notes]
    head = to_json_bytes([message, request.authority, ended, _from_connection(exchange.connection), notes])
    started = _micros(exchange.started)
    columns = (int(kind), exchange.n, started, _column(request.method), _column(request.url), None, None)
    row = Row(*columns, pack(head + b"\n" + inline, _context(columns)))
    in_flight = replace(exchange, response=None, response_started=None, ended=None, error=None)
    return row, Sent(in_flight, _at_hand(exchange, head, inline))


def response_row(exchange: Exchange, sent: Sent, keep: Keep, *, kind: Kind = Kind.RESPONSE) -> Row:
    """The row of what ended an exchange: a response, an error, or both."""
    response, notes, inline = exchange.response, list(exchange.notes), b""
    answer: list[Any] = []
    if response is not None:
        message, inline, more = _message(response, keep)
        notes += more
        answer = [message, response.reason]
    started = _since(exchange.response_started, exchange.started)
    head = to_json_bytes([started, _from_connection(exchange.connection), notes, *answer])
    ended = None if exchange.ended is None else _micros(exchange.ended)
    status = None if response is None else response.status
    columns = (int(kind), exchange.n, ended, None, None, status, _column(exchange.error))
    return Row(*columns, pack(head + b"\n" + inline, _context(columns, sent.at_hand)))


def key_row(event: KeyLearned, keep: Keep) -> Row:
    """The row of a key document that did not pass by as traffic."""
    state, inline, _ = _body(event.document, keep, apart=False)
    seen, how, wallet_address = _micros(event.seen), _column(event.how), _column(event.wallet_address)
    columns = (int(Kind.KEY), None, seen, how, wallet_address, None, _column(event.error))
    return Row(*columns, pack(to_json_bytes([state]) + b"\n" + inline, _context(columns)))


def note_row(event: Noted) -> Row:
    """The row of what the recorder had to say."""
    columns = (int(Kind.NOTE), None, _micros(event.at), _column(event.level), _column(event.text), None, None)
    return Row(*columns, pack(b"", _context(columns)))


def read_request(row: Row, fetch: Fetch) -> Sent:
    """The exchange in flight that a request row holds.

    Raises:
        Unreadable: the row is damaged.
    """
    line, inline = _unpacked(row)
    try:
        message, authority, ended, connection, notes = of_json_bytes(line)
        started = _instant(row.at)
        http_version, fields, body, trailers = _members(message, inline, fetch)
        exchange = Exchange(
            n=row.n or 0,
            request=_request(
                _from_column(row.word) or "",
                _from_column(row.text) or "",
                fields,
                body,
                http_version,
                _text_or_none(authority),
                trailers,
            ),
            started=started,
            request_ended=_after(ended, started),
            connection=_to_connection(*connection),
            notes=tuple(map(_text, notes)),
        )
    except (TypeError, ValueError, OverflowError, RecursionError, LookupError) as error:
        raise Unreadable(str(error)) from None
    return Sent(exchange, _at_hand(exchange, line, inline))


def read_response(row: Row, sent: Sent, fetch: Fetch) -> Exchange:
    """The whole exchange, from a response row and the request before it.

    Raises:
        Unreadable: the row is damaged.
    """
    line, inline = _unpacked(row, sent.at_hand)
    try:
        started, connection, notes, *answer = of_json_bytes(line)
        response = None
        if answer:
            message, reason = answer
            http_version, fields, body, trailers = _members(message, inline, fetch)
            response = _response(row.status or 0, _text(reason), fields, body, http_version, trailers)
        asked = sent.exchange
        return Exchange(  # one by one: `replace` takes longer
            n=asked.n,
            request=asked.request,
            response=response,
            started=asked.started,
            request_ended=asked.request_ended,
            response_started=_after(started, asked.started),
            ended=None if row.at is None else _instant(row.at),
            error=_from_column(row.error),
            connection=_to_connection(*connection),
            notes=tuple(map(_text, notes)),
        )
    except (TypeError, ValueError, OverflowError, RecursionError, LookupError) as error:
        raise Unreadable(str(error)) from None


def read_key(row: Row, fetch: Fetch) -> KeyLearned:
    """The event that a key row holds.

    Raises:
        Unreadable: the row is damaged.
    """
    line, inline = _unpacked(row)
    try:
        return KeyLearned(
            wallet_address=_from_column(row.text) or "",
            document=_to_body(of_json_bytes(line)[0], inline, fetch),
            seen=_instant(row.at),
            how=_from_column(row.word) or "",
            error=_from_column(row.error),
        )
    except (TypeError, ValueError, OverflowError, RecursionError, LookupError) as error:
        raise Unreadable(str(error)) from None


def read_note(row: Row) -> Noted:
    """The event that a note row holds.

    Raises:
        Unreadable: the row is damaged.
    """
    _unpacked(row)
    try:
        return Noted(at=_instant(row.at), text=_from_column(row.text) or "", level=_from_column(row.word) or "")
    except (ValueError, OverflowError) as error:
        raise Unreadable(str(error)) from None


def _unpacked(row: Row, at_hand: bytes = b"") -> tuple[bytes, bytes]:
    if not isinstance(row.data, bytes):
        raise Unreadable("its content is missing")
    line, _, inline = unpack(row.data, _context(row[:7], at_hand)).partition(b"\n")
    return line, inline


def _context(columns: Sequence[Any], at_hand: bytes = b"") -> bytes:
    """What a row can only be unpacked with: its plain columns, and the request if it is a response."""
    if bytes in map(type, columns):
        columns = [column.decode("utf-8", "replace") if isinstance(column, bytes) else column for column in columns]
    return at_hand + to_json_bytes(columns)


def _at_hand(exchange: Exchange, head: bytes, inline: bytes) -> bytes:
    return (exchange.request.url.encode("utf-8", "surrogatepass") + head + inline)[:_AT_HAND]


def _message(message: HttpRequest | HttpResponse, keep: Keep) -> tuple[list[Any], bytes, list[str]]:
    """(what both kinds of message say, bytes beside the fields, what there is to tell)."""
    body = message.body
    coded = any(name.lower() == b"content-encoding" for name, _ in message.fields.raw)
    state, inline, notes = _body(body, keep, apart=coded and len(body or b"") >= _CODED)
    trailers = None if message.trailers is None else _flat(message.trailers, None)
    return [message.http_version, _flat(message.fields, body), state, trailers], inline, notes


def _members(message: list[Any], inline: bytes, fetch: Fetch) -> tuple[str, Fields, bytes | None, Fields | None]:
    http_version, fields, state, trailers = message
    body = _to_body(state, inline, fetch)
    trailing = None if trailers is None else _to_fields(trailers, None)
    return _text(http_version), _to_fields(fields, body), body, trailing


def _body(body: bytes | None, keep: Keep, *, apart: bool) -> tuple[int | list[int], bytes, list[str]]:
    if body is None:
        return _NOT_CAPTURED, b"", []
    if len(body) > LIMIT:
        return _NOT_CAPTURED, b"", [f"A body of {len(body)} bytes was not kept: it is too large."]
    if apart or len(body) > BIG:
        return [keep(body), zlib.crc32(body)], b"", []
    return _INLINE, body, []


def _to_body(state: int | list[int], inline: bytes, fetch: Fetch) -> bytes | None:
    if isinstance(state, int):
        return None if state == _NOT_CAPTURED else inline
    number, checksum = state
    body = fetch(number)
    if zlib.crc32(body) != checksum:
        raise Unreadable("its body is another one")
    return body


def _flat(fields: Fields, body: bytes | None) -> list[str]:
    """Names and values in turn, as Latin-1."""
    flat = [part.decode("latin-1") for pair in fields.raw for part in pair]
    if body and len(body) <= BIG:
        for at, (name, value) in enumerate(fields.raw):
            if name.lower() == b"content-digest":
                right = (mark for mark in _DIGESTS if _digest(mark, body) == value)
                flat[2 * at + 1] = next(right, flat[2 * at + 1])
    return flat


def _to_fields(flat: list[str], body: bytes | None) -> Fields:
    if not _DIGESTS.keys().isdisjoint(flat):
        flat = [_digest(part, body or b"").decode("latin-1") if part in _DIGESTS else part for part in flat]
    pairs = zip(flat[::2], flat[1::2], strict=True)
    known = _KNOWN.get
    return Fields([known(pair) or _field(pair) for pair in pairs])


def _field(pair: tuple[str, str]) -> tuple[bytes, bytes]:
    name, value = pair
    short = max(len(name), len(value)) < _LONG  # TypeError: these are no texts
    made = name.encode("latin-1"), value.encode("latin-1")
    if short:
        if len(_KNOWN) >= _REMEMBERED:
            _KNOWN.clear()
        _KNOWN[pair] = made
    return made


def _digest(mark: str, body: bytes) -> bytes:
    name, algorithm = _DIGESTS[mark]
    return name + base64.b64encode(algorithm(body).digest()) + b":"


def _from_connection(connection: Connection) -> list[str | None]:
    return [getattr(connection, name) for name in _CONNECTION]


@lru_cache(maxsize=256)
def _to_connection(*members: str | None) -> Connection:
    said = zip(_CONNECTION, members, strict=True)
    return Connection(**{name: _text(value) for name, value in said if value is not None})


def _column(text: str | None) -> str | bytes | None:
    """A text as SQLite takes it: it refuses lone surrogates."""
    if text is None or text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def _from_column(column: str | bytes | None) -> str | None:
    return column.decode("utf-8", "surrogatepass") if isinstance(column, bytes) else _text_or_none(column)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is missing")
    return value


def _text_or_none(value: object) -> str | None:
    return None if value is None else _text(value)


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND


def _instant(micros: int | None) -> datetime:
    return _EPOCH + (micros or 0) * _MICROSECOND


def _since(at: datetime | None, start: datetime) -> int | None:
    return None if at is None else (at - start) // _MICROSECOND


def _after(micros: int | None, start: datetime) -> datetime | None:
    return None if micros is None else start + micros * _MICROSECOND
