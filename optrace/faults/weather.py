"""Faults that have nothing to do with the protocol: slow and broken servers, gateways, clocks."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from optrace.core.messages import HttpResponse
from optrace.faults.fault import Argument, Deed, Fault, Seen
from optrace.faults.messages import answer, with_json, with_value

_PAYING = ("outgoing_payment_create",)
_PAGE = b"<!doctype html><title>502 Bad Gateway</title><h1>502 Bad Gateway</h1><hr>nginx\n"
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_INSTANTS = frozenset({"createdAt", "expiresAt", "updatedAt"})


def _slow(seen: Seen) -> Deed | None:
    if not seen.targeted:
        return None
    return Deed(said=f"the answer was held up for {seen.number:g} s", delay=seen.number)


def _hang_up(seen: Seen) -> Deed | None:
    return Deed(said="the connection was cut off before the answer", hang_up=True) if seen.targeted else None


def _in_place(response: HttpResponse, said: str, seen: Seen) -> Deed | None:
    return Deed(said=said, response=response) if seen.targeted else None


def _http_500(seen: Seen) -> Deed | None:
    body = answer(500, b"Internal Server Error", "text/plain; charset=utf-8")
    return _in_place(body, "it was answered with a plain 500 in the server's place", seen)


def _gateway_page(seen: Seen) -> Deed | None:
    page = answer(502, _PAGE, "text/html", ("Server", "nginx"))
    return _in_place(page, "it was answered with a gateway's page in the server's place", seen)


def _skew(seen: Seen) -> Deed | None:
    if not seen.targeted:
        return None
    by = timedelta(seconds=seen.number)
    response = with_value(seen.response, "date", lambda value: _later(value, by))
    if (shifted := _shifted(seen.view.got, by)) != seen.view.got:
        response = with_json(response, shifted)
    if response == seen.response:
        return None
    return Deed(said=f"the server's clock was put {abs(seen.number):g} s {_way(seen.number)}", response=response)


def _way(seconds: float) -> str:
    return "ahead" if seconds > 0 else "back"


def _later(date: str, by: timedelta) -> str:
    try:
        return format_datetime(parsedate_to_datetime(date) + by, usegmt=True)
    except (ValueError, TypeError, IndexError, OverflowError):
        return date


def _shifted(value: Any, by: timedelta, name: str = "") -> Any:
    """The JSON value with the instants in it moved."""
    match value:
        case dict():
            return {key: _shifted(member, by, key) for key, member in value.items()}
        case list():
            return [_shifted(member, by, name) for member in value]
        case str() if name in _INSTANTS and _INSTANT.fullmatch(value):
            try:
                moved = datetime.fromisoformat(value) + by
            except (ValueError, OverflowError):
                return value
            return moved.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moved.microsecond // 1000:03d}Z"
        case _:
            return value


CLOCK_SKEW = Fault(
    name="clock-skew",
    sentence="The servers' clock is wrong: `Date` and all instants in their answers are moved.",
    operations=(),
    diagnosed=("NET-015",),
    argument=Argument(name="SECONDS", default=3600, meaning="how far ahead; negative: behind"),
    on_response=_skew,
)
SLOW = Fault(
    name="slow",
    sentence="The server does it, and its answer comes late. Node's SDK gives up after 5 s.",
    operations=_PAYING,
    diagnosed=("NET-010",),
    times=1,
    argument=Argument(name="SECONDS", default=6, meaning="how late"),
    on_response=_slow,
)
HANG_UP = Fault(
    name="hang-up",
    sentence="The server does it, and hangs up before its answer is complete.",
    operations=_PAYING,
    diagnosed=("NET-014",),
    times=1,
    on_response=_hang_up,
)
HTTP_500 = Fault(
    name="http-500",
    sentence="The server breaks: 500 in plain text, and nothing is done.",
    operations=_PAYING,
    diagnosed=("NET-013",),
    times=1,
    on_request=_http_500,
)
GATEWAY_PAGE = Fault(
    name="gateway-page",
    sentence="A gateway answers in the server's place: 502 with an HTML page.",
    operations=_PAYING,
    diagnosed=("NET-004",),
    times=1,
    on_request=_gateway_page,
)
