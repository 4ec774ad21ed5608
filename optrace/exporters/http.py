"""Both messages of each exchange as they were on the wire, one line for each field."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.fields import Fields
from optrace.core.messages import Exchange
from optrace.core.text import safe, safe_lines
from optrace.exporters.material import Exporter, Material


def write(material: Material) -> Iterator[str]:
    """Request, response, and a line between two exchanges."""
    before = ""
    for n in material.each():
        step = material.step(n)
        head = safe(f"### {n} {step.label}: {step.source} → {step.target}")
        yield before + head + "\n" + "\n".join(messages(material.exchange(n))) + "\n"
        before = "\n"


def messages(exchange: Exchange) -> Iterator[str]:
    """The lines of both messages; what can't be shown stands as an escape."""
    request, response = exchange.request, exchange.response
    yield f"{safe(request.method)} {safe(request.url)} {safe(request.http_version)}"
    yield from _rest(request.fields, request.body, request.trailers)
    yield ""
    if response is None:
        yield f"({safe(exchange.error or 'no answer yet')})"
        return
    yield f"{safe(response.http_version)} {response.status} {safe(response.reason)}".rstrip()
    yield from _rest(response.fields, response.body, response.trailers)


def _rest(fields: Fields, body: bytes | None, trailers: Fields | None) -> Iterator[str]:
    yield from _field_lines(fields)
    if body is None:
        yield from ("", "(the body was not kept)")
    elif body:
        yield ""
        yield from safe_lines(body.decode("utf-8", "backslashreplace"))
    if trailers:
        yield ""
        yield from _field_lines(trailers)


def _field_lines(fields: Fields) -> Iterator[str]:
    for name, value in fields.raw:
        yield f"{safe(_said(name))}: {safe(_said(value))}"


def _said(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")


EXPORTER = Exporter(name="http", title="both messages as on the wire", suffix=".http", write=write)
