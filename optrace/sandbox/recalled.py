"""What stands before a mock's servers: it knows what the recording has, and says of all else how it differs.

The rules answer, as in the sandbox; the recording decides what is answered at all. What it doesn't have is a miss: the
closest recorded step is named, and what was recorded otherwise. So is it when the rules refuse what was once accepted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from http import HTTPStatus

from starlette.types import ASGIApp, Receive, Scope, Send

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.redact import SECRET_MEMBERS, mask, mask_url
from optrace.core.text import safe
from optrace.core.urls import canonical, parse
from optrace.exchanges import KINDS
from optrace.exchanges.view import View, access_items, text
from optrace.faults.injector import operation_of
from optrace.replay.bind import Bindings
from optrace.replay.compare import Difference
from optrace.replay.match import Match, closest
from optrace.replay.script import ScriptStep, Slot
from optrace.sandbox.buffered import read_request, send_response, served
from optrace.sandbox.remote import Fetch

_SHOWN = 5  # differences that are told
# what every ASE does, recorded or not: the browser's way, and what servers read of each other out of sight
_ALWAYS = frozenset(
    {"wallet_address_get", "jwks_get", "interact_start", "interact_finish_request", "cors_preflight", "grant_poll"}
    | {"incoming_payment_get", "incoming_payment_get_public"}
)
_ALWAYS_GIVEN = frozenset({"incoming-payment"})
# the mock has another address and another client than the recording: nothing that a reader wants to hear of
_OURS = frozenset({("url", "host"), ("signature", "keyid")})
_EPOCH = datetime.fromtimestamp(0, UTC)
Tell = Callable[[str], None]


class OnMiss(StrEnum):
    """What becomes of a request that the recording doesn't have."""

    EXPLAIN = "explain"
    NOT_FOUND = "404"
    FORWARD = "forward"


class Recall:
    """One conversation with a mock of one ASE: its recorded steps, and the live values of what they name.

    Args:
        steps: those that went to this ASE.
        slots: those of the whole script.
        homes: recorded origin, canonical -> where the mock stands for it.
        forward: carries misses to where the recording had them.
    """

    def __init__(
        self,
        steps: Sequence[ScriptStep],
        slots: Iterable[Slot],
        homes: Mapping[str, str],
        *,
        on_miss: OnMiss,
        tell: Tell,
        forward: Fetch,
    ) -> None:
        self._steps, self._homes, self._on_miss, self._tell, self._forward = steps, homes, on_miss, tell, forward
        self._bindings = Bindings()
        self._operations = {step.operation for step in steps} | _ALWAYS
        self._types = _ALWAYS_GIVEN | {kind for step in steps for kind in _types(step.exchange)}
        self._done: set[int] = set()
        self._move_in(slots)

    def knows(self, view: View) -> bool:
        """Whether the recording has such a call: its operation, and for a grant request what is asked for."""
        operation = operation_of(view)
        return operation in self._operations and not (_types(view.exchange) - self._types)

    async def missed(self, request: HttpRequest) -> HttpResponse:
        """The answer to what the recording doesn't have."""
        match = self._closest(request)
        self._tell(f"{_called(request)}: not in the recording. {_told(match)}")
        if self._on_miss is OnMiss.FORWARD:
            return await self._forwarded(request)
        if self._on_miss is OnMiss.NOT_FOUND:
            return HttpResponse(status=404, fields=Fields.of(("content-type", "text/plain")), body=b"Not Found")
        body = json.dumps(
            {
                "error": {
                    "code": "not_recorded",
                    "description": f"Not in the recording. {_told(match)}",
                    "details": _details(match),
                }
            }
        )
        return HttpResponse(
            status=404, fields=Fields.of(("content-type", "application/json; charset=utf-8")), body=body.encode()
        )

    def answered(self, request: HttpRequest, response: HttpResponse) -> None:
        """Take in a call that the rules answered: what it brings, or why it was refused."""
        match = self._closest(request, _operation(request, response))
        if match is None:
            return
        if response.status < 400:
            self._done.add(match.step.n)
            self._bindings.learn(match.step.request, request)
            if match.step.response is not None and match.step.response.message.status < 400:
                self._bindings.learn(match.step.response, response)
        elif match.step.status is not None and match.step.status < 400:
            self._tell(f"{_called(request)}: refused with {response.status}{_words(response)}. {_told(match)}")

    def _closest(self, request: HttpRequest, operation: str | None = None) -> Match | None:
        operation = operation or _operation(request, None)
        same = [step for step in self._steps if step.operation == operation]
        fresh = [step for step in same if step.n not in self._done]
        found = closest(fresh or same or self._steps, request, self._bindings)
        if found is None:
            return None
        return replace(found, differences=tuple(d for d in found.differences if d.place not in _OURS))

    def _move_in(self, slots: Iterable[Slot]) -> None:
        """What stood at the recorded hosts stands at ours until a live message says otherwise."""
        for slot in slots:
            origin = parse(slot.recorded).origin
            home = self._homes.get(canonical(origin)) if origin else None
            if home is not None:
                self._bindings.bind(slot, f"{home}{slot.recorded.removeprefix(origin)}")

    async def _forwarded(self, request: HttpRequest) -> HttpResponse:
        origin = parse(request.url).origin
        there = next((place for place, home in self._homes.items() if home == origin), None)
        if there is None:
            return HttpResponse(status=502, body=b"Nothing in the recording says where this went.")
        scheme = next((parse(s.exchange.request.url).scheme for s in self._steps if _at(s) == there), "https")
        url = f"{scheme}://{there}{request.url.removeprefix(origin)}"
        fields = [(name, value) for name, value in request.fields if name.lower() not in ("host", "connection")]
        try:
            status, headers, body = await self._forward(request.method, url, fields, request.body or b"")
        except Exception as why:  # whatever library carries it has exceptions of its own
            return HttpResponse(status=502, body=safe(f"{parse(url).origin} can't be reached: {why!r}").encode())
        kept = [pair for pair in headers if pair[0].lower() not in _HOP]
        return HttpResponse(status=status, fields=Fields.of(*kept), body=body)


_HOP = frozenset({"content-length", "content-encoding", "transfer-encoding", "connection"})


class Recalled:
    """A mock's server with the recording before it."""

    def __init__(self, app: ASGIApp, recall: Recall) -> None:
        self._app, self._recall = app, recall

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        request, receive = await read_request(scope, receive) if scope["type"] == "http" else (None, receive)
        if request is None:
            await self._app(scope, receive, send)
            return
        if request.method not in ("GET", "OPTIONS") and not self._recall.knows(_view(request)):
            await send_response(send, _framed(await self._recall.missed(request)))
            return
        response = await served(self._app, scope, request)
        if request.method == "GET" and not self._recall.knows(_view(request, response)):
            response = _framed(await self._recall.missed(request))
        else:
            self._recall.answered(request, response)
        await send_response(send, response)


def _view(request: HttpRequest, response: HttpResponse | None = None) -> View:
    return View(Exchange(n=0, request=request, response=response, started=_EPOCH))


def _operation(request: HttpRequest, response: HttpResponse | None) -> str:
    return operation_of(_view(request, response))


def _types(exchange: Exchange) -> set[str]:
    """The access types that a grant request asks for."""
    view = View(exchange)
    asked = access_items(view) if "client" in view.sent else []
    return {kind for item in asked if (kind := text(item.get("type")))}


def _at(step: ScriptStep) -> str:
    return canonical(parse(step.exchange.request.url).origin)


def _framed(response: HttpResponse) -> HttpResponse:
    length = (b"content-length", str(len(response.body or b"")).encode())
    return replace(response, fields=Fields((*response.fields.raw, length)))


# ---- words


def _called(request: HttpRequest) -> str:
    return safe(f"{request.method} {mask_url(request.url)}")


def _words(response: HttpResponse) -> str:
    code, description = _view(HttpRequest(method="", url=""), response).error
    return f" ({safe(description or code or '')})" if description or code else ""


def _told(match: Match | None) -> str:
    """The closest step, and what was recorded otherwise."""
    if match is None:
        return "The recording has nothing like it."
    step = match.step
    answer = f"answered {step.status} {_phrase(step.status)}".rstrip() if step.status else "never answered"
    head = f"Closest is exchange {step.n}, {KINDS[step.operation].title or step.operation}, {answer}"
    told = [f"{d.where} was {_shown(d, d.one)}, and is {_shown(d, d.other)}" for d in match.differences[:_SHOWN]]
    more = len(match.differences) - _SHOWN
    if more > 0:
        told.append(f"and {more} more")
    return f"{head}; {'; '.join(told)}." if told else f"{head}; nothing in it differs."


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _details(match: Match | None) -> dict[str, object]:
    if match is None:
        return {}
    found = [
        {"where": d.where, "recorded": _shown(d, d.one), "came": _shown(d, d.other)} for d in match.differences[:20]
    ]
    return {"exchange": match.step.n, "operation": match.step.operation, "differences": found}


def _shown(difference: Difference, value: str | None) -> str:
    if value is None:
        return "not there"
    place = difference.place
    secret = place == ("authorization",) or place[-1] in SECRET_MEMBERS or place[-1] in ("?hash", "?interact_ref")
    return mask(value) if secret else safe(mask_url(value))[:120] or "empty"
