"""What mitmproxy's HTTP/1 leaves out, and a payment's traffic may have: interim responses and trailers.

mitmproxy takes a `103 Early Hints` for the answer, so the answer itself is lost and its client waits for ever, and it
gives a connection up when a trailer field comes. Here interim responses (RFC 9110 §15.2) are handed on as they came,
and trailers (RFC 9112 §7.1.2) pass like those of HTTP/2, for which mitmproxy has all the rest.
"""

from __future__ import annotations

from typing import Any

import h11
from h11._readers import ChunkedReader
from mitmproxy import http
from mitmproxy.connection import ConnectionState
from mitmproxy.proxy import commands, events
from mitmproxy.proxy.layers import http as layers
from mitmproxy.proxy.layers.http import _http1
from mitmproxy.proxy.layers.http._base import ReceiveHttp
from mitmproxy.proxy.layers.http._events import (
    RequestEndOfMessage,
    RequestTrailers,
    ResponseEndOfMessage,
    ResponseTrailers,
)

from optrace.capture.addon import INTERIM

_REMEMBERED = 10  # interim responses of one exchange
_LAST_CHUNK = b"0\r\n\r\n"


def install() -> None:
    """Have mitmproxy use what is here, for as long as the process lives."""
    layers.Http1Client = Client  # type: ignore[attr-defined]
    layers.Http1Server = Server  # type: ignore[attr-defined]


class _ReadsTrailers:
    """h11's reader of chunked bodies; what would have mitmproxy give up is kept aside."""

    def __init__(self, reader: ChunkedReader) -> None:
        self._reader = reader
        self.trailers: http.Headers | None = None

    def __call__(self, buf: Any) -> h11.Data | h11.EndOfMessage | None:
        event = self._reader(buf)
        if isinstance(event, h11.EndOfMessage) and event.headers:
            self.trailers = http.Headers(event.headers.raw_items())
            return h11.EndOfMessage()
        return event

    def read_eof(self) -> Any:
        return self._reader.read_eof()


class _Trailers:
    """Trailers in both directions; mixed into one of mitmproxy's connections."""

    _ends: type[RequestEndOfMessage | ResponseEndOfMessage]  # the events of what is sent
    _sends: type[RequestTrailers | ResponseTrailers]
    _receives: type[RequestTrailers | ResponseTrailers]
    _pending: http.Headers | None = None

    def read_body(self: Any, event: events.Event) -> Any:
        """A body; its trailers come before its end."""
        if isinstance(self.body_reader, ChunkedReader):
            self.body_reader = _ReadsTrailers(self.body_reader)
        reader = self.body_reader
        for command in super().read_body(event):  # type: ignore[misc]
            trailers = getattr(reader, "trailers", None)
            if trailers is not None and isinstance(getattr(command, "event", None), self.ReceiveEndOfMessage):
                reader.trailers = None
                yield ReceiveHttp(self._receives(self.stream_id, trailers))
            yield command

    def send(self: Any, event: Any) -> Any:
        """Trailers wait for the last chunk; a message without chunks has no place for them."""
        if isinstance(event, self._sends):
            self._pending = event.trailers
            return
        for command in super().send(event):  # type: ignore[misc]
            if isinstance(event, self._ends) and getattr(command, "data", None) == _LAST_CHUNK and self._pending:
                command = commands.SendData(command.connection, b"0\r\n" + bytes(self._pending) + b"\r\n")
            yield command
        if isinstance(event, self._ends):
            self._pending = None


class Server(_Trailers, _http1.Http1Server):  # type: ignore[misc]  # body_reader is one of ours
    """Faces the client."""

    _ends, _sends, _receives = ResponseEndOfMessage, ResponseTrailers, RequestTrailers


class Client(_Trailers, _http1.Http1Client):  # type: ignore[misc]
    """Faces the server."""

    _ends, _sends, _receives = RequestEndOfMessage, RequestTrailers, ResponseTrailers

    def read_headers(self, event: events.ConnectionEvent) -> Any:
        """The answer's; interim responses before it are handed on as they came."""
        if isinstance(event, events.DataReceived) and self.request:
            while _interim(self.buf):
                lines = self.buf.maybe_extract_lines()
                if lines is None:
                    return  # the rest of it is on its way
                head = b"\r\n".join(bytes(line) for line in lines) + b"\r\n\r\n"
                said = bytes(lines[0]).decode("latin-1").partition(" ")[2]
                before = getattr(self.request.data, INTERIM, ())
                setattr(self.request.data, INTERIM, (*before, said)[:_REMEMBERED])
                # HTTP/2 and older clients do without: they may (RFC 9110 §15.2)
                if self.request.http_version == "HTTP/1.1" and self.context.client.state & ConnectionState.CAN_WRITE:
                    yield commands.SendData(self.context.client, head)
            if not self.buf:
                return
        yield from super().read_headers(event)


def _interim(buf: Any) -> bool:
    """Whether an interim response begins the buffer; 101 is none, but the answer to an upgrade."""
    start = bytes(buf._data[:12])
    return start.startswith(b"HTTP/1.") and start[8:10] == b" 1" and len(start) == 12 and start[9:] != b"101"
