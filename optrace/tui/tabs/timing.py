"""When it happened and how long each part took, over which connection, how it was protected, how much was sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.diagram.segments import Segments
from optrace.session.steps import Detail
from optrace.tui.tabs.look import Look, entry, heading, line, link

_BAR = (12, 60)  # cells, at least and at most
_NAME = 10


def timing(detail: Detail, look: Look) -> list[Segments]:
    """Times, connection, sizes."""
    exchange = detail.exchange
    lines = [heading("time"), entry("started", (f"{exchange.started:%Y-%m-%d %H:%M:%S.%f} UTC", "text"))]
    lines += _parts(exchange, look.width)
    if detail.step.retry_of is not None:
        lines.append(entry("again", ("the same call was tried before in ", "dim"), link(detail.step.retry_of)))
    lines += [line(), heading("connection"), *_connection(exchange, look)]
    lines += [line(), heading("size"), _size("request", exchange.request)]
    if exchange.response is not None:
        lines.append(_size("response", exchange.response))
    return lines


def _parts(exchange: Exchange, width: int) -> Iterator[Segments]:
    """Each part as a bar where it lies in the whole."""
    if exchange.ended is None:
        yield entry("ended", (exchange.error or "not yet", "alert" if exchange.error else "running"))
        return
    whole = exchange.ended - exchange.started
    room = max(_BAR[0], min(_BAR[1], width - _NAME - 16))
    marks: list[tuple[str, datetime | None, str]] = [
        ("sending", exchange.request_ended, "arrow"),
        ("waiting", exchange.response_started, "running"),
        ("receiving", exchange.ended, "pass"),
    ]
    since = exchange.started
    for name, until, style in marks:
        if until is None:
            continue
        until = min(max(until, since), exchange.ended)
        first, last = _cells(since - exchange.started, whole, room), _cells(until - exchange.started, whole, room)
        first = min(first, room - 1)
        bar = " " * first + "█" * max(last - first, 1)
        yield entry(name, (f"{bar:<{room}} ", style), (f"{_milliseconds(until - since):>10}", "text"))
        since = until
    if exchange.error:
        yield entry("broken", (exchange.error, "alert"))
    yield entry("total", (f"{'':<{room}} ", "space"), (f"{_milliseconds(whole):>10}", "strong"))


def _cells(part: timedelta, whole: timedelta, room: int) -> int:
    return round(room * (part / whole)) if whole else 0


def _milliseconds(time: timedelta) -> str:
    milliseconds = time.total_seconds() * 1000
    return f"{milliseconds:,.1f} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:,.1f} s"


def _connection(exchange: Exchange, look: Look) -> Iterator[Segments]:
    connection = exchange.connection
    yield entry("client", _end(connection.client, connection.client_id))
    yield entry("server", _end(connection.server, connection.server_id))
    versions = [exchange.request.http_version]
    if exchange.response is not None and exchange.response.http_version not in versions:
        versions.append(f"answered in {exchange.response.http_version}")
    yield entry("protocol", (", ".join(versions), "text"))
    if connection.tls_version is not None:
        yield entry("TLS", (connection.tls_version, "pass"))
        yield entry("SNI", (connection.sni or "none was sent", "text" if connection.sni else "dim"))
        yield entry("server is", (connection.certificate or "not known", "text" if connection.certificate else "dim"))
    elif exchange.request.url.startswith("https:"):
        yield entry("TLS", ("not recorded", "dim"))
    else:
        yield entry("TLS", ("none: http, so anybody on the way could read and change it", "alert"))
    yield entry("proxy", (connection.proxy_mode, "text"))
    if connection.upstream_url is not None:
        yield entry(
            "asked for", (look.url(connection.upstream_url), "differs"), ("   another URL than the client's", "dim")
        )


def _end(address: str | None, id: str | None) -> tuple[str, str]:
    if address is None:
        return ("not recorded", "dim")
    return (f"{address}   connection {id[:8]}" if id else address, "text")


def _size(name: str, message: HttpRequest | HttpResponse) -> Segments:
    body = "body not recorded" if message.body is None else f"body {len(message.body):,} bytes"
    count, bytes_ = _fields(message.fields)
    text = f"{body}   {count} fields, {bytes_:,} bytes"
    if coding := message.fields.get("content-encoding"):
        text += f"   sent as {coding}"
    if message.trailers:
        text += f"   {len(list(message.trailers))} trailers"
    return entry(name, (text, "text"))


def _fields(fields: Fields) -> tuple[int, int]:
    raw = list(fields.raw)
    return len(raw), sum(len(name) + len(value) + 4 for name, value in raw)
