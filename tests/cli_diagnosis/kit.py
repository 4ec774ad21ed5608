"""Recordings of real software with one thing changed, and the command line run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from optrace.core.exchange_json import to_jsonl
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.recordings.truth import FILES, exchanges

HAPPY = FILES / "01-happy-path.mitm"
Change = Callable[[Exchange], Exchange]


def altered(name: str, changes: dict[int, Change]) -> list[Exchange]:
    """A recording in which some exchanges are other than they were."""
    return [changes[one.n](one) if one.n in changes else one for one in exchanges(name)]


def trace_of(found: Iterable[Exchange]) -> tuple[Trace, Callable[[int], Exchange]]:
    """A trace over exchanges, and the lookup."""
    by_number = {one.n: one for one in found}
    trace = Trace(by_number.__getitem__)
    trace.feed(ExchangeSeen(exchange=one) for _, one in sorted(by_number.items()))
    return trace, by_number.__getitem__


@cache
def _trace(name: str) -> Trace:
    return trace_of(exchanges(name))[0]


def write(path: Path, found: Iterable[Exchange]) -> Path:
    """Exchanges as a recording."""
    path.write_text("".join(f"{to_jsonl(one)}\n" for one in found))
    return path


def first(name: str, operation: str, *, status: int | None = None, last: bool = False) -> int:
    """The number of the first (or last) exchange of an operation in a recording."""
    trace = _trace(name)
    numbers = [
        n
        for n in range(1, len(trace) + 1)
        if trace.row(n).operation == operation and status in (None, trace.row(n).status)
    ]
    return numbers[-1 if last else 0]


# changes


def answer(status: int | None = None, *, body: Any = None, **members: Any) -> Change:
    """Another status, another body, or other members in the answer's JSON; a member `None` is taken out."""

    def change(one: Exchange) -> Exchange:
        assert one.response is not None
        response = one.response if status is None else replace(one.response, status=status)
        if body is not None:
            response = replace(response, body=json.dumps(body).encode())
        if members:
            response = replace(response, body=_merged(response.body, members))
        return replace(one, response=response)

    return change


def _merged(body: bytes | None, members: dict[str, Any]) -> bytes:
    document = json.loads(body or b"{}")
    for path, value in members.items():
        *parents, last = path.split("__")
        place = document
        for name in parents:
            place = place[name]
        if value is None:
            place.pop(last, None)
        else:
            place[last] = value
    return json.dumps(document).encode()


def asked(body: bytes | None = None, **members: Any) -> Change:
    """Another body, or other members in the request's JSON."""

    def change(one: Exchange) -> Exchange:
        new = _merged(one.request.body, members) if members else body
        return replace(one, request=replace(one.request, body=new))

    return change


def to_url(url: str) -> Change:
    """The request went to another URL."""
    return lambda one: replace(one, request=replace(one.request, url=url))


def with_fields(**fields: str | None) -> Change:
    """Other header fields in the request: `content_type="text/plain"`; `None` takes one away."""
    names = {name.replace("_", "-"): value for name, value in fields.items()}

    def change(one: Exchange) -> Exchange:
        kept = [(name, value) for name, value in one.request.fields if name.lower() not in names]
        new = [(name, value) for name, value in names.items() if value is not None]
        return replace(one, request=replace(one.request, fields=Fields.of(*kept, *new)))

    return change


def both(*changes: Change) -> Change:
    """Several changes of one exchange."""

    def change(one: Exchange) -> Exchange:
        for each in changes:
            one = each(one)
        return one

    return change


def raw(request: HttpRequest, *, newline: str = "\r\n", version: str = "HTTP/1.1") -> bytes:
    """A request in origin form, as a log would have it."""
    origin = "/".join(request.url.split("/", 3)[:3])
    lines = [f"{request.method} {request.url.removeprefix(origin) or '/'} {version}"]
    lines += [f"{name}: {value}" for name, value in request.fields]
    return newline.join([*lines, "", ""]).encode("latin-1") + (request.body or b"")
