"""Breakpoints in the proxy: a message that matches one waits until a viewer says what is to become of it.

Two addons around the recorder, as for faults: a request is on record before it waits, and of an answer that was edited
both are recorded, the one that came and the one that goes on. Nothing waits for ever. A message goes on, unchanged,
when its time is over, when its viewer shows no sign of life, when nobody can be told that it waits, and when its client
has hung up. If the proxy stops, what waits is dropped: nobody could answer it any more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from optrace.capture.amended import Amended
from optrace.capture.desk import Desk
from optrace.capture.rewrite import write_request, write_response
from optrace.core.amends import edit_note
from optrace.core.flows import exchange_of_flow
from optrace.core.messages import Exchange
from optrace.core.urls import parse
from optrace.exchanges.view import View
from optrace.faults.injector import operation_of
from optrace.replay.signing import with_length
from optrace.session.breakpoints import Breakpoint, Order, Part, Waiting, Word, place_of

if TYPE_CHECKING:
    from mitmproxy.connection import Client
    from mitmproxy.http import HTTPFlow

_PAUSE = 0.05  # seconds between two looks at the orders, while something waits


@dataclass(slots=True, eq=False)
class _Held:
    waiting: Waiting
    patience: timedelta
    viewer: str
    client: Client
    over: asyncio.Event = field(default_factory=asyncio.Event)
    order: Order | None = None
    why: str = ""  # why it goes on


class Gate:
    """What waits at present, for both directions."""

    def __init__(self, desk: Desk, now: Callable[[], datetime]) -> None:
        self._desk = desk
        self._now = now
        self._held: dict[int, _Held] = {}
        self._watch: asyncio.Task[None] | None = None
        self._stopped = False

    def stops(self, part: Part, exchange: Callable[[], Exchange]) -> tuple[Breakpoint, str, Exchange] | None:
        """The breakpoint that a message has to wait at, with its viewer, and the exchange; None: it goes on."""
        points = [pair for pair in self._desk.breakpoints() if pair[0].part is part]
        if not points or self._stopped:
            return None
        found = exchange()
        operation = operation_of(View(found))
        place = place_of(found.request.method, found.request.url)
        match = next(((point, viewer) for point, viewer in points if point.matches(operation, place)), None)
        return None if match is None else (*match, found)

    async def wait(self, point: Breakpoint, viewer: str, exchange: Exchange, client: Client) -> tuple[Order, str]:
        """Hold an exchange; what is to become of it, and in words what happened."""
        now, n = self._now(), exchange.n
        waiting = Waiting(
            exchange=exchange, part=point.part, operation=point.operation, since=now, until=now + point.patience
        )
        held = _Held(waiting, point.patience, viewer, client)
        go = Order(n=n, part=point.part, word=Word.GO)
        try:
            self._desk.hold(waiting)
        except Exception:  # nobody would know: the traffic doesn't suffer
            return go, ""
        self._held[n] = held
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._keep_watch(), name="optrace breakpoints")
        try:
            await held.over.wait()
        finally:
            self._held.pop(n, None)
            self._desk.release(n)
        return held.order or go, f"{(self._now() - now).total_seconds():.1f} s at a breakpoint; {held.why}"

    def stop(self) -> None:
        """The proxy stops: what waits is dropped."""
        self._stopped = True
        for held in self._held.values():
            self._end(held, "the proxy was stopped", Order(n=held.waiting.n, part=held.waiting.part, word=Word.DROP))
        if self._watch is not None:
            self._watch.cancel()

    async def _keep_watch(self) -> None:
        while self._held:
            for number, order in self._desk.orders():
                self._desk.answer(number, self._obey(order))
            now = self._now()
            for held in list(self._held.values()):
                if held.over.is_set():
                    continue
                if now >= held.waiting.until:
                    self._end(held, "its time was over")
                elif not self._desk.is_there(held.viewer):
                    self._end(held, "its viewer left")
                elif not held.client.connected:
                    self._end(held, "its client hung up")
            await asyncio.sleep(_PAUSE)

    def _obey(self, order: Order) -> str:
        held = self._held.get(order.n)
        if held is None or held.waiting.part is not order.part or held.over.is_set():
            return "too late: it has gone on"
        if order.word is Word.STAY:
            longer = replace(held.waiting, until=self._now() + held.patience)
            try:
                self._desk.hold(longer)
            except Exception:  # it can't be said, so it isn't so; the watch must go on
                return "it waits no longer than before: the session can't be written"
            held.waiting = longer
            return "it waits on"
        why = "it was dropped" if order.word is Word.DROP else "it was let go"
        self._end(held, why, order)
        return why

    def _end(self, held: _Held, why: str, order: Order | None = None) -> None:
        held.order, held.why = order, why
        held.over.set()


class _Breaks:
    def __init__(self, gate: Gate, number: Callable[[HTTPFlow], int | None]) -> None:
        self._gate = gate
        self._number = number

    def _exchange(self, flow: HTTPFlow) -> Exchange:
        return exchange_of_flow(flow, self._number(flow) or 0)


class RequestBreaks(_Breaks):
    """Comes after the recorder: the request is on record as it came."""

    def request(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Hold it, if there is a breakpoint."""
        if flow.response is not None or flow.request.raw_content is None or self._number(flow) is None:
            return None
        found = self._gate.stops(Part.REQUEST, lambda: self._exchange(flow))
        return None if found is None else self._hold(flow, *found)

    async def _hold(self, flow: HTTPFlow, point: Breakpoint, viewer: str, exchange: Exchange) -> None:
        order, said = await self._gate.wait(point, viewer, exchange, flow.client_conn)
        amended = _noted(flow, "request", said)
        if order.word is Word.DROP and flow.killable:
            flow.kill()  # type: ignore[no-untyped-call]
        elif order.exchange is not None and (asked := order.exchange.request) != exchange.request:
            if parse(asked.url).origin != parse(exchange.request.url).origin:
                amended.notes += ("An edit was left out: it would have gone to another server.",)
                return
            write_request(flow, with_length(asked))
            amended.request = True
            amended.notes += (edit_note(order.said or "the request was changed"),)

    def done(self) -> None:
        """The proxy stops."""
        self._gate.stop()


class ResponseBreaks(_Breaks):
    """Comes before the recorder: the answer goes on record as it goes on."""

    def response(self, flow: HTTPFlow) -> Awaitable[None] | None:
        """Hold it, if there is a breakpoint."""
        if flow.response is None or flow.response.raw_content is None or flow.request.raw_content is None:
            return None
        if self._number(flow) is None:
            return None
        found = self._gate.stops(Part.RESPONSE, lambda: self._exchange(flow))
        return None if found is None else self._hold(flow, *found)

    async def _hold(self, flow: HTTPFlow, point: Breakpoint, viewer: str, exchange: Exchange) -> None:
        order, said = await self._gate.wait(point, viewer, exchange, flow.client_conn)
        amended = _noted(flow, "response", said)
        if order.word is Word.DROP and flow.killable:
            flow.kill()  # type: ignore[no-untyped-call]
        elif order.exchange is not None and (answer := order.exchange.response) not in (None, exchange.response):
            assert answer is not None
            assert flow.response is not None
            amended.received = amended.received or exchange.response
            write_response(flow.response, with_length(answer))
            amended.notes += (edit_note(order.said or "the response was changed"),)


def _noted(flow: HTTPFlow, part: str, said: str) -> Amended:
    amended = Amended.begun(flow)
    if said:
        amended.notes += (f"The {part} waited {said}.",)
    return amended
