"""Other messages in the place of those of a flow: the only code that writes what goes on to a server or a client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mitmproxy.http import Headers, Response

from optrace.core.flows import exchange_of_flow
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.urls import parse

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow


def write_request(flow: HTTPFlow, request: HttpRequest) -> None:
    """Let another request go on, to the same server."""
    before, after = parse(exchange_of_flow(flow, 0).request.url), parse(request.url)
    if (before.path, before.query) != (after.path, after.query):
        query = "" if after.query is None else f"?{after.query}"
        flow.request.path = f"{after.path}{query}"
    flow.request.method = request.method
    flow.request.headers = Headers(request.fields.raw)
    flow.request.raw_content = request.body


def write_response(into: Response, response: HttpResponse) -> None:
    """Let another response go on."""
    into.status_code = response.status
    into.reason = response.reason or into.reason
    into.headers = Headers(response.fields.raw)
    into.raw_content = response.body


def made_response(answer: HttpResponse) -> Response:
    """A response in the server's place."""
    return Response.make(answer.status, answer.body or b"", Headers(answer.fields.raw))
