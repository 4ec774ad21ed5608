"""The mitmproxy addon: hooks in, exchanges out. It reads flows and never writes one.

Order for an ordinary exchange: `requestheaders`, `request` (recorded here, before it is forwarded), `responseheaders`,
`response` (recorded here, before it is handed back). A request whose body is streamed is forwarded after
`requestheaders`, so it is recorded there. `error` comes instead of `response`, at any point.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from optrace.capture.amended import Amended
from optrace.capture.environment import trust_hint
from optrace.capture.relevance import Relevance
from optrace.capture.sink import GuardedSink, Sink, log_warning, utc_now
from optrace.capture.words import plain_error
from optrace.core.fields import Fields
from optrace.core.flows import exchange_of_flow
from optrace.core.messages import Exchange
from optrace.core.text import safe

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow
    from mitmproxy.tls import TlsData

INTERIM = "optrace_interim"  # where the data of a request has the interim responses that came before its answer
STOPPED = "the proxy was stopped before the answer came"
_UNREAD = "The body of the {} was passed on as it came and not kept: it is too large, or a stream of events."
_INCOMPLETE = "The body of the {} never came whole, so it was not kept."

_Raw = tuple[tuple[bytes, bytes], ...]


class _Watched:
    """What the addon remembers of one flow: what came in, to compare with what went out."""

    __slots__ = ("answer_fields", "body", "done", "fields", "head", "n", "wanted")

    def __init__(self, flow: HTTPFlow) -> None:
        self.head = (flow.request.data.method, flow.request.data.path)
        self.fields: _Raw = flow.request.headers.fields
        self.body: bytes | None = None  # once it is recorded
        self.answer_fields: _Raw | None = None
        self.n: int | None = None  # None: not recorded yet, or it could not be
        self.wanted: bool | None = None  # None: not decided yet
        self.done = False


def _harmless[**P](hook: Callable[P, None]) -> Callable[P, None]:
    """Keep whatever goes wrong in a hook away from the traffic."""

    @functools.wraps(hook)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            hook(*args, **kwargs)
        except Exception as error:
            addon: Any = args[0]
            addon.sink.trouble(hook.__name__, error)

    return guarded


class Addon:
    """Hands each exchange of interest to a sink: its request before it is forwarded, and again whole when it ended.

    Args:
        record_all: foreign traffic too (see `relevance`).
        complain: is told what not even a note can say, since the sink takes nothing.
    """

    name = "optrace"

    def __init__(
        self,
        sink: Sink,
        *,
        record_all: bool = False,
        complain: Callable[[str], None] = log_warning,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.sink = GuardedSink(sink, complain=complain, now=now)
        self._now = now
        self._relevance = Relevance(everything=record_all)
        self._watched: WeakKeyDictionary[HTTPFlow, _Watched] = WeakKeyDictionary()
        self._foreign = 0  # requests that were not recorded

    def records(self, flow: HTTPFlow) -> bool:
        """Whether a flow is recorded; True while that is open."""
        watched = self._watched.get(flow)
        return watched is None or watched.wanted is not False

    def number(self, flow: HTTPFlow) -> int | None:
        """The number under which a flow is recorded; None if it isn't."""
        watched = self._watched.get(flow)
        return None if watched is None else watched.n

    @_harmless
    def running(self) -> None:
        from mitmproxy import ctx

        if not ctx.options.keep_host_header and any(mode.startswith("reverse:") for mode in ctx.options.mode):
            self.sink.note(
                "This reverse proxy rewrites Host, so signatures over @target-uri or @authority break at the server, "
                "and the client's own Host is lost. Start it with --set keep_host_header=true",
                "error",
            )

    @_harmless
    def requestheaders(self, flow: HTTPFlow) -> None:
        watched = self._watched[flow] = _Watched(flow)
        if flow.request.stream:
            self._begin(flow, watched)

    @_harmless
    def request(self, flow: HTTPFlow) -> None:
        watched = self._watch(flow)
        if watched.wanted is None:
            self._begin(flow, watched)

    @_harmless
    def responseheaders(self, flow: HTTPFlow) -> None:
        if flow.response is not None:
            self._watch(flow).answer_fields = flow.response.headers.fields

    @_harmless
    def response(self, flow: HTTPFlow) -> None:
        self._end(flow, self._watch(flow))

    @_harmless
    def error(self, flow: HTTPFlow) -> None:
        self._end(flow, self._watch(flow))

    @_harmless
    def tls_failed_client(self, data: TlsData) -> None:
        address = data.context.server.address
        host = data.conn.sni or (str(address[0]) if address else "an unknown host")
        why = data.conn.error or "it hung up"
        if why == "connection closed early":
            return  # a client that opens connections ahead and drops one
        self.sink.note(
            f"A client refused the proxy's certificate for {safe(host)} ({safe(why)[:200]}). {trust_hint()}",
            "error",
            about=f"certificate {host}",
        )

    @_harmless
    def done(self) -> None:
        """The proxy stops: what is still in flight ends here."""
        for flow, watched in list(self._watched.items()):
            self._end(flow, watched, stopped=True)
        if self._foreign:
            passed = "1 request" if self._foreign == 1 else f"{self._foreign} requests"
            self.sink.note(
                f"{passed} for pages, scripts or pictures of other sites passed by, unrecorded "
                "(--record-all keeps them)"
            )

    def _watch(self, flow: HTTPFlow) -> _Watched:
        watched = self._watched.get(flow)
        if watched is None:  # the addon was loaded while the flow was on its way
            watched = self._watched[flow] = _Watched(flow)
        return watched

    def _begin(self, flow: HTTPFlow, watched: _Watched) -> None:
        exchange = self._exchange(flow, watched, 0)
        if exchange.response is not None or exchange.error is not None:
            # an answer of another addon, or a failure at once: the sink learns of it when it is recorded
            exchange = replace(exchange, response=None, response_started=None, ended=None, error=None)
        # a reverse proxy stands before one server, which the user chose
        watched.wanted = flow.client_conn.proxy_mode.type_name == "reverse" or self._relevance.wants(exchange.request)
        watched.body = exchange.request.body
        if watched.wanted:
            watched.n = self.sink.request(exchange)
        else:
            self._foreign += 1

    def _end(self, flow: HTTPFlow, watched: _Watched, *, stopped: bool = False) -> None:
        if watched.done:
            return
        if watched.wanted is None:  # it failed before it was complete
            self._begin(flow, watched)
        watched.done = True
        if not watched.wanted:
            return
        if watched.n is None:  # the request could not be recorded; perhaps it can now
            self._begin(flow, watched)
        exchange = self._exchange(flow, watched, watched.n or 0)
        if stopped and exchange.error is None:
            exchange = replace(exchange, error=STOPPED, ended=self._now())
        if watched.n is not None:
            self.sink.response(watched.n, exchange)
        self._later(lambda: self._relevance.learn(exchange))

    def _later(self, work: Callable[[], None]) -> None:
        """Do something once the bytes have been passed on, and before the next message is read."""
        try:
            asyncio.get_running_loop().call_soon(self._quietly, work)
        except RuntimeError:  # no loop: flows that are read from a file, or the proxy's end
            self._quietly(work)

    def _quietly(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:
            self.sink.trouble("learning hosts", error)

    def _exchange(self, flow: HTTPFlow, watched: _Watched, n: int) -> Exchange:
        exchange, amended = exchange_of_flow(flow, n), Amended.of(flow)
        if amended is not None:
            exchange = replace(exchange, received=amended.received)
        if exchange.request.fields.raw != watched.fields and not (amended and amended.request):
            # the client's own are what it signed
            exchange = replace(exchange, request=replace(exchange.request, fields=Fields(watched.fields)))
        if exchange.error is not None:
            server = flow.server_conn.address or (flow.request.host, flow.request.port)
            answered = flow.response is not None
            error = plain_error(exchange.error, f"{server[0]}:{server[1]}", answered=answered)
            exchange = replace(exchange, error=error)
        notes = (*(amended.notes if amended else ()), *self._notes(flow, watched, amended))
        return exchange if notes == exchange.notes else replace(exchange, notes=notes)

    def _notes(self, flow: HTTPFlow, watched: _Watched, amended: Amended | None) -> tuple[str, ...]:
        """What there is to say of a message: a body that wasn't kept, and any byte that was not passed on as it came.

        The proof is a comparison of the very bytes: those that came in are kept here, and those that went out are what
        the flow holds once it ended. What was changed on purpose is another matter.
        """
        request, response = flow.request, flow.response
        interim: tuple[str, ...] = getattr(request.data, INTERIM, ())
        if (
            not interim
            and request.data.content is not None
            and request.headers.fields is watched.fields
            and (
                response is None
                or (response.data.content is not None and response.headers.fields is watched.answer_fields)
            )
            and (watched.body is None or request.data.content is watched.body)
            and (request.data.method, request.data.path) == watched.head
        ):
            return ()  # the very same objects
        notes = [f"Before its answer the server sent {', '.join(map(safe, interim))}."] if interim else []
        if request.data.content is None:
            notes.append((_UNREAD if request.stream else _INCOMPLETE).format("request"))
        if response is not None and response.data.content is None:
            notes.append((_UNREAD if response.stream else _INCOMPLETE).format("response"))
        changed = _changed_fields(watched.fields, request.headers.fields)
        if (request.data.method, request.data.path) != watched.head:
            changed.append("the request line")
        if watched.body is not None and request.data.content is not None and request.data.content != watched.body:
            changed.append("the body")
        if changed and not (amended and amended.request):
            notes.append(f"The request was not passed on as it came: {', '.join(changed)} changed in the proxy.")
        came, went = watched.answer_fields, response.headers.fields if response is not None else None
        meant = amended is not None and amended.received is not None
        if not meant and came is not None and went is not None and (changed := _changed_fields(came, went)):
            notes.append(f"The response was not passed on as it came: {', '.join(changed)} changed in the proxy.")
        return tuple(notes)


def _changed_fields(before: _Raw, after: _Raw) -> list[str]:
    """The names of the fields that differ; their order alone counts too."""
    if before == after:
        return []
    names = {safe(name.decode("latin-1").lower()) for name, _ in _difference(before, after)}
    return [f"field {name}" for name in sorted(names)] or ["the order of the fields"]


def _difference(before: _Raw, after: _Raw) -> Sequence[tuple[bytes, bytes]]:
    return [pair for pair in {*before, *after} if before.count(pair) != after.count(pair)]
