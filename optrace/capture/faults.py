"""Faults in live traffic: the one thing in the proxy that changes messages, only when asked, only for named hosts.

Two addons around the recorder: it has recorded a request as it came before a fault changes it, and it records an answer
as it goes on, beside the one that came. What was done stands in the flow's metadata, where the recorder finds it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from optrace.capture.amended import Amended
from optrace.capture.rewrite import made_response, write_request, write_response
from optrace.core.amends import fault_note
from optrace.core.flows import exchange_of_flow
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.faults.injector import Injector, Outcome

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow


class _Faults:
    def __init__(self, injector: Injector, hosts: Iterable[str], now: Callable[[], datetime]) -> None:
        self._injector, self._now = injector, now
        self._hosts = frozenset(host.lower() for host in hosts)

    def _may_touch(self, flow: HTTPFlow) -> bool:
        """Whether the flow's server was named: by its host, or by host and port."""
        host = flow.request.host.lower()
        return bool(self._hosts & {host, f"{host}:{flow.request.port}"})


class RequestFaults(_Faults):
    """Comes after the recorder: the request is on record as it came."""

    async def request(self, flow: HTTPFlow) -> None:
        """Change it, answer it, hold it up."""
        if flow.response is not None or flow.request.raw_content is None or not self._may_touch(flow):
            return
        request = exchange_of_flow(flow, 0).request
        outcome = self._injector.request(request, self._now())
        if not outcome.said:
            return
        amended = _amended(flow, outcome)
        if outcome.message is not request:
            write_request(flow, outcome.message)
            amended.request = True
        if outcome.answer is not None:
            flow.response = made_response(outcome.answer)
        if outcome.delay:
            await asyncio.sleep(outcome.delay)
        if outcome.hang_up and flow.killable:
            flow.kill()  # type: ignore[no-untyped-call]


class ResponseFaults(_Faults):
    """Comes before the recorder: the answer goes on record as it goes on."""

    async def response(self, flow: HTTPFlow) -> None:
        """Change it, hold it up, hang up."""
        if flow.response is None or flow.response.raw_content is None or flow.request.raw_content is None:
            return
        if not self._may_touch(flow):
            return
        exchange = exchange_of_flow(flow, 0)
        assert exchange.response is not None
        outcome = self._injector.response(exchange.request, exchange.response, self._now())
        if not outcome.said:
            return
        amended = _amended(flow, outcome)
        if outcome.message is not exchange.response:
            amended.received = exchange.response
            write_response(flow.response, outcome.message)
        if outcome.delay:
            await asyncio.sleep(outcome.delay)
        if outcome.hang_up and flow.killable:
            flow.kill()  # type: ignore[no-untyped-call]


def _amended[M: (HttpRequest, HttpResponse)](flow: HTTPFlow, outcome: Outcome[M]) -> Amended:
    amended = Amended.begun(flow)
    amended.notes += tuple(fault_note(name, said) for name, said in outcome.said)
    return amended
