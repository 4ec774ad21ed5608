"""Orders over a conversation: each message passes all of them, in turn, and what was done is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.exchanges.recognise import recognise
from optrace.exchanges.view import View
from optrace.faults.fault import Deed, Seen
from optrace.faults.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome[M: (HttpRequest, HttpResponse)]:
    """What becomes of a message. `answer` comes instead of a request that must not go on."""

    message: M
    answer: HttpResponse | None = None
    delay: float = 0.0  # seconds
    hang_up: bool = False
    said: tuple[tuple[str, str], ...] = ()  # (name of the fault, what it did)


class Injector:
    """The faults of one sandbox, mock or proxy."""

    def __init__(self, orders: Sequence[Order]) -> None:
        self._orders = tuple(_Running(order) for order in orders)

    def request(self, request: HttpRequest, now: datetime) -> Outcome[HttpRequest]:
        """A request before it reaches the server."""
        said: list[tuple[str, str]] = []
        delay, hang_up = 0.0, False
        for running in self._orders:
            deed = running.ask(request, None, now)
            if deed is None:
                continue
            said.append((running.order.fault.name, deed.said))
            request = deed.request or request
            delay, hang_up = delay + deed.delay, hang_up or deed.hang_up
            if deed.response is not None:
                return Outcome(message=request, answer=deed.response, delay=delay, hang_up=hang_up, said=tuple(said))
        return Outcome(message=request, delay=delay, hang_up=hang_up, said=tuple(said))

    def response(self, request: HttpRequest, response: HttpResponse, now: datetime) -> Outcome[HttpResponse]:
        """An answer before it reaches the client."""
        said: list[tuple[str, str]] = []
        delay, hang_up = 0.0, False
        for running in self._orders:
            deed = running.ask(request, response, now)
            if deed is None:
                continue
            said.append((running.order.fault.name, deed.said))
            response = deed.response or response
            delay, hang_up = delay + deed.delay, hang_up or deed.hang_up
        return Outcome(message=response, delay=delay, hang_up=hang_up, said=tuple(said))

    def acted(self) -> dict[str, int]:
        """Order as it was written -> how often it acted so far."""
        return {running.order.text: running.acted for running in self._orders}

    def told(self) -> str:
        """The same in words: `wrong-hash once, slow never`."""
        return ", ".join(f"{order} {_times(count)}" for order, count in self.acted().items())


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times" if count else "never"


class _Running:
    """An order, how often it acted, and what it remembers."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.acted = 0
        self.memory: dict[Any, Any] = {}

    def ask(self, request: HttpRequest, response: HttpResponse | None, now: datetime) -> Deed | None:
        order = self.order
        act = order.fault.on_request if response is None else order.fault.on_response
        if act is None:
            return None
        view = View(Exchange(n=0, request=request, response=response, started=now))
        operation = operation_of(view)
        due = order.times is None or self.acted < order.times
        deed = act(
            Seen(
                view=view,
                operation=operation,
                due=due,
                targeted=due and (not order.operations or operation in order.operations),
                operations=order.operations,
                number=order.number,
                memory=self.memory,
                now=now,
            )
        )
        self.acted += deed is not None and deed.counts
        return deed


class _NothingKnown:
    """A message is recognised by itself here: what earlier ones taught is the trace's business."""

    def link(self, key: str) -> str | None:
        """Nothing was given out."""
        return None

    def is_continuation_token(self, token: str) -> bool:
        """Nobody knows."""
        return False

    is_access_token = serves_wallet_addresses = is_continuation_token


_NOTHING_KNOWN = _NothingKnown()


def operation_of(view: View) -> str:
    """What a message is about, by its own looks."""
    location = view.location
    if location and parse(location).parameter("interact_ref") is not None:
        return "interact_finish_request"  # wherever an AS has put it
    return recognise(view, _NOTHING_KNOWN).id
