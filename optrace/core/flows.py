"""A mitmproxy flow as an `Exchange`. One reading for what is captured live and for what is read from a flow file.

Nothing of mitmproxy is imported: the protocols below name the few attributes that are looked at, and none is written.
URLs are text in the form that mitmproxy gives them, UTF-8 with `surrogateescape`, so that each byte can be had back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AUTHORITY_FIRST = ("HTTP/2", "HTTP/3")  # `:authority` is the host there, whatever a Host field says (RFC 9113 §8.3.1)
EPOCH = datetime.fromtimestamp(0, UTC)


class _Headers(Protocol):
    @property
    def fields(self) -> tuple[tuple[bytes, bytes], ...]: ...


class _RequestData(Protocol):
    @property
    def path(self) -> bytes: ...
    @property
    def authority(self) -> bytes: ...


class _Message(Protocol):
    @property
    def http_version(self) -> str: ...
    @property
    def headers(self) -> _Headers: ...
    @property
    def raw_content(self) -> bytes | None: ...
    @property
    def trailers(self) -> _Headers | None: ...
    @property
    def timestamp_start(self) -> float: ...
    @property
    def timestamp_end(self) -> float | None: ...


class _Request(_Message, Protocol):
    @property
    def method(self) -> str: ...
    @property
    def scheme(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def data(self) -> _RequestData: ...


class _Response(_Message, Protocol):
    @property
    def status_code(self) -> int: ...
    @property
    def reason(self) -> str: ...


class _Error(Protocol):
    @property
    def msg(self) -> str: ...
    @property
    def timestamp(self) -> float: ...


class _Certificate(Protocol):
    def __hash__(self) -> int: ...
    @property
    def subject(self) -> list[tuple[str, str]]: ...


class _Mode(Protocol):
    @property
    def type_name(self) -> str: ...
    @property
    def data(self) -> str: ...


class _Client(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def peername(self) -> tuple[str, int] | tuple[str, int, int, int] | None: ...
    @property
    def sockname(self) -> tuple[str, int] | tuple[str, int, int, int] | None: ...
    @property
    def tls(self) -> bool: ...
    @property
    def tls_version(self) -> str | None: ...
    @property
    def sni(self) -> str | None: ...
    @property
    def proxy_mode(self) -> _Mode: ...


class _Server(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def address(self) -> tuple[str, int] | tuple[str, int, int, int] | None: ...
    @property
    def peername(self) -> tuple[str, int] | tuple[str, int, int, int] | None: ...
    @property
    def certificate_list(self) -> Sequence[_Certificate]: ...


class Flow(Protocol):
    """What is looked at of `mitmproxy.http.HTTPFlow`."""

    @property
    def request(self) -> _Request: ...
    @property
    def response(self) -> _Response | None: ...
    @property
    def error(self) -> _Error | None: ...
    @property
    def client_conn(self) -> _Client: ...
    @property
    def server_conn(self) -> _Server: ...


def exchange_of_flow(flow: Flow, n: int) -> Exchange:
    """The exchange that a flow shows at this moment: in flight while it has neither response nor error.

    The URL is the client's view, which is what it signs: the scheme of its own connection and the Host that it sent.
    mitmproxy rewrites Host in reverse mode unless `keep_host_header` is set; then the client's own is gone.
    """
    request, response, error = flow.request, flow.response, flow.error
    notes = []
    if request.raw_content is None:
        notes.append("The body of the request was not captured: it was streamed.")
    if response is not None and response.raw_content is None:
        notes.append("The body of the response was not captured: it was streamed.")
    ended = response.timestamp_end if response is not None else None
    if error is not None:
        ended = error.timestamp
    url = _url(flow)
    return Exchange(
        n=n,
        request=HttpRequest(
            method=request.method,
            url=url,
            fields=Fields(request.headers.fields),
            body=request.raw_content,
            http_version=request.http_version,
            authority=None if _reverse(flow) else _host_port(request.host, request.port),
            trailers=_trailers(request),
        ),
        response=_response(response) if response is not None else None,
        started=instant(request.timestamp_start) or EPOCH,
        request_ended=instant(request.timestamp_end),
        response_started=instant(response.timestamp_start) if response is not None else None,
        ended=instant(ended),
        error=error.msg if error is not None else None,
        connection=_connection(flow, url),
        notes=tuple(notes),
    )


def instant(seconds: float | None) -> datetime | None:
    """A UTC instant from seconds since 1970, to the microsecond; None for what is no point in time."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def _response(response: _Response) -> HttpResponse:
    return HttpResponse(
        status=response.status_code,
        reason=response.reason,
        fields=Fields(response.headers.fields),
        body=response.raw_content,
        http_version=response.http_version,
        trailers=_trailers(response),
    )


def _trailers(message: _Message) -> Fields | None:
    return Fields(message.trailers.fields) if message.trailers else None


def _url(flow: Flow) -> str:
    request = flow.request
    scheme = "https" if flow.client_conn.tls else "http" if _reverse(flow) else request.scheme or "http"
    if request.method == "CONNECT":  # authority-form: the target is the host and port themselves
        return f"{scheme}://{_host_port(request.host, request.port)}"
    path = request.data.path
    return f"{scheme}://{_host(request, scheme)}{_text(path) if path != b'*' else ''}"


def _host(request: _Request, scheme: str) -> str:
    sent = next((_text(value.strip()) for name, value in request.headers.fields if name.lower() == b"host"), "")
    asked = _text(request.data.authority)
    named = asked or sent if request.http_version.startswith(_AUTHORITY_FIRST) else sent or asked
    return named or _host_port(request.host, request.port, default=_DEFAULT_PORTS.get(scheme))


def _host_port(host: str, port: int, *, default: int | None = None) -> str:
    host = f"[{host}]" if ":" in host else host
    return host if port == default else f"{host}:{port}"


def _connection(flow: Flow, url: str) -> Connection:
    client, server = flow.client_conn, flow.server_conn
    asked = None
    if _reverse(flow):
        request = flow.request
        host = _host_port(request.host, request.port, default=_DEFAULT_PORTS.get(request.scheme))
        asked = f"{request.scheme}://{host}{_text(request.data.path)}"
    return Connection(
        client=_address(client.peername),
        server=_address(server.peername or server.address),
        client_id=client.id,
        server_id=server.id,
        tls_version=client.tls_version if client.tls else None,
        sni=client.sni if client.tls else None,
        certificate=_subject(server.certificate_list[0]) if server.certificate_list else None,
        proxy_mode=_mode(client),
        upstream_url=asked if asked != url else None,
    )


def _mode(client: _Client) -> str:
    """mitmproxy's own notation; in reverse mode with `@` and the address that clients came to, which they may sign."""
    mode = client.proxy_mode
    name = f"{mode.type_name}:{mode.data}" if mode.data else mode.type_name
    if mode.type_name == "reverse" and (listening := _address(client.sockname)):
        return f"{name}@{listening}"
    return name


def _reverse(flow: Flow) -> bool:
    return flow.client_conn.proxy_mode.type_name == "reverse"


def _address(address: tuple[str, int] | tuple[str, int, int, int] | None) -> str | None:
    return _host_port(str(address[0]), address[1]) if address else None


@lru_cache(maxsize=256)
def _subject(certificate: _Certificate) -> str | None:
    try:
        return ", ".join(f"{name}={value}" for name, value in certificate.subject) or None
    except ValueError:  # a name that isn't well-formed
        return None


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
