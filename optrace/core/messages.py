"""One HTTP exchange as it was on the wire: frozen, complete, and never tidied up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from optrace.core.fields import NO_FIELDS, Fields
from optrace.core.quick import quick


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRequest:
    """A request as the client sent it.

    `url` is the target URI that a server rebuilds from it (RFC 9110 §7.1): the client-facing scheme, the Host field
    (or `:authority`), the path and query byte for byte. `authority` is where the connection went (`host:port` of
    CONNECT or of the absolute form); it differs from the URL's only if the client sent another Host.
    """

    method: str
    url: str
    fields: Fields = NO_FIELDS
    body: bytes | None = b""  # as sent, before content-decoding; None: not captured
    http_version: str = "HTTP/1.1"
    authority: str | None = None
    trailers: Fields | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A response as the server sent it."""

    status: int
    reason: str = ""
    fields: Fields = NO_FIELDS
    body: bytes | None = b""  # as sent, before content-decoding; None: not captured
    http_version: str = "HTTP/1.1"
    trailers: Fields | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Who talked to whom, for one exchange. Addresses are `host:port`; ids tell connections apart in one session."""

    client: str | None = None
    server: str | None = None
    client_id: str | None = None
    server_id: str | None = None
    tls_version: str | None = None  # of the client's side; None: plain http
    sni: str | None = None
    certificate: str | None = None  # subject of the server's certificate
    proxy_mode: str = "regular"  # mitmproxy's name for how the client came: regular, reverse:..., upstream:...
    upstream_url: str | None = None  # what the proxy asked for, if it differs from what the client asked for


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One HTTP request and the response to it, as seen on the wire. Where the proxy was asked to change one (a fault),
    the request is what the server got and the response what the client got; `notes` say so.

    `n` counts from 1 in the order in which the requests were sent. All instants are UTC.
    """

    n: int
    request: HttpRequest
    response: HttpResponse | None = None  # None while in flight, or when none came
    started: datetime  # first byte of the request
    request_ended: datetime | None = None
    response_started: datetime | None = None
    ended: datetime | None = None  # last byte of the response, or the failure
    error: str | None = None  # what broke the exchange: refused, reset, timed out
    connection: Connection = Connection()
    received: HttpResponse | None = None  # as it came, where the proxy changed it on purpose; only while it is recorded
    notes: tuple[str, ...] = ()  # what the recorder has to say: a body too large to keep, a changed byte

    @property
    def in_flight(self) -> bool:
        """Whether an answer may still come."""
        return self.response is None and self.error is None
