"""mitmproxy embedded: the proxy itself, with the few of mitmproxy's addons that a tracing proxy needs.

Left out are the thirty that only mitmproxy's own screens and rewriting options need; what remains changes nothing on
its own. That, and asking each addon once which hooks it listens to (`dispatch`), pays for what recording costs.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mitmproxy import exceptions
from mitmproxy import options as mitmproxy_options
from mitmproxy.addons.block import Block
from mitmproxy.addons.disable_h2c import DisableH2C
from mitmproxy.addons.next_layer import NextLayer
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.tlsconfig import TlsConfig
from mitmproxy.master import Master

from optrace.capture.addon import Addon
from optrace.capture.breaks import Gate, RequestBreaks, ResponseBreaks
from optrace.capture.desk import Desk, NoDesk
from optrace.capture.dispatch import QuickAddonManager
from optrace.capture.faults import RequestFaults, ResponseFaults
from optrace.capture.options import ProxyOptions
from optrace.capture.sink import Sink, log_warning, utc_now
from optrace.core.errors import CannotStart, Usage
from optrace.core.text import safe
from optrace.faults.injector import Injector
from optrace.faults.order import read_orders

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow
    from mitmproxy.tls import ClientHelloData

_CLOSING = 2.0  # seconds for connections to close when the proxy stops


async def run_proxy(
    options: ProxyOptions,
    sink: Sink,
    *,
    ready: Callable[[str, int], None],
    stop: asyncio.Event | None = None,
    complain: Callable[[str], None] = log_warning,
    desk: Desk | None = None,
) -> None:
    """Run the proxy until `stop` is set; without one, until SIGINT or SIGTERM. One at a time in a process.

    When it stops, exchanges in flight are recorded as broken off.

    Args:
        ready: is called once with the address that the proxy listens on.
        complain: see `Addon`.
        desk: where viewers say what is to wait; without one nothing does.

    Raises:
        Usage: an option can't be used.
        CannotStart: the port is taken, or the CA can't be read or made.
    """
    with _stop_signals() if stop is None else _as_it_is(stop) as stopped:
        addon = Addon(sink, record_all=options.record_all, complain=complain)
        with _ErrorLog(addon) as errors:
            await _Proxy(options, addon, ready, stopped, errors, desk or NoDesk()).run()


def _complete(addon: Addon) -> None:
    """Add what mitmproxy leaves out. It is done within it, so a version that is built otherwise goes without."""
    try:
        from optrace.capture import http1, http2

        http1.install()
        http2.install()
    except (ImportError, AttributeError):
        addon.sink.note("This version of mitmproxy passes neither interim responses nor trailers of HTTP/1.", "warn")


class _Proxy(Master):
    """mitmproxy's master with our choice of addons."""

    def __init__(
        self,
        options: ProxyOptions,
        addon: Addon,
        ready: Callable[[str, int], None],
        stop: asyncio.Event,
        errors: _ErrorLog,
        desk: Desk,
    ) -> None:
        super().__init__(mitmproxy_options.Options())
        _complete(addon)
        self.addons = QuickAddonManager(self)
        self._asked = options
        self._ready = ready
        self._stop = stop
        self._errors = errors
        self._failure: Exception | None = None
        self._server = Proxyserver()  # type: ignore[no-untyped-call]
        tls = TlsConfig()
        self._addon, self._injector = addon, Injector(read_orders(options.faults, in_proxy=True))
        before, after = self._faults()
        gate = Gate(desk, utc_now)
        before = [*before, ResponseBreaks(gate, addon.number)]
        after = [RequestBreaks(gate, addon.number), *after]
        self.addons.add(  # type: ignore[no-untyped-call]
            Block(), DisableH2C(), self._server, NextLayer(), tls, _Faithful(addon), *before, addon, *after
        )
        try:
            self.options.update(**_mitmproxy_options(options))  # type: ignore[no-untyped-call]
        except exceptions.OptionsError as error:
            raise Usage(
                f"mitmproxy can't use these options: {error}", remedy="`optrace live --help` lists them"
            ) from error
        if tls.certstore is None:  # type: ignore[unreachable, unused-ignore]
            raise CannotStart(
                f"The certificate authority in {options.confdir} can't be read or made: {errors.last}",
                remedy="Mend the files there, or name another folder in OPTRACE_CONFDIR",
            )

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self._tell_faults()
            await self._close()
        if self._failure is not None:
            raise self._failure

    async def running(self) -> None:
        await super().running()
        instance = next(iter(self._server.servers))
        if instance.last_exception is not None:
            self._fail(_cannot_listen(instance.last_exception, self._asked))
            return
        self._errors.started = True
        if self._asked.faults:
            hosts, orders = ", ".join(self._asked.fault_hosts), ", ".join(self._asked.faults)
            self._addon.sink.note(f"Traffic to {hosts} is changed on purpose: --fault {orders}", "warn")
        host, port, *_ = instance.listen_addrs[0]
        try:
            self._ready(host, port)
        except Exception as error:
            self._fail(error)
            return
        self._stopper = asyncio.create_task(self._stop.wait(), name="stop the proxy")
        self._stopper.add_done_callback(lambda _: self.should_exit.set())

    def _faults(self) -> tuple[list[object], list[object]]:
        """The addons that stand before the recorder, and those behind it; none unless traffic is to be changed."""
        if not self._asked.faults:
            return [], []
        hosts = self._asked.fault_hosts
        return [ResponseFaults(self._injector, hosts, utc_now)], [RequestFaults(self._injector, hosts, utc_now)]

    def _tell_faults(self) -> None:
        if self._asked.faults:
            self._addon.sink.note(f"Faults that came to act: {self._injector.told()}", "warn")

    def _fail(self, error: Exception) -> None:
        self._failure = error
        self.should_exit.set()

    async def _close(self) -> None:
        """Stop listening and drop the connections; what was in flight has been recorded by then."""
        for instance in list(self._server.servers):
            if instance.is_running:
                await instance.stop()
        handlers = [
            io.handler
            for client in list(self._server.connections.values())
            for io in client.transports.values()
            if io.handler
        ]
        for handler in handlers:
            handler.cancel("the proxy stops")
        if handlers:
            await asyncio.wait(handlers, timeout=_CLOSING)


class _Faithful:
    """What keeps the traffic as it would be without a proxy. The one place where flows are written to.

    Nothing is opened before the client asks for it, so a refused connection is an exchange with an error and not a
    failed CONNECT. But TLS with the server comes before TLS with the client, so that both speak the same HTTP version.
    """

    def __init__(self, addon: Addon) -> None:
        self._addon = addon

    def tls_clienthello(self, data: ClientHelloData) -> None:
        data.establish_server_tls_first = data.context.server.tls

    def responseheaders(self, flow: HTTPFlow) -> None:
        # an event stream would be held back until it ends, and nobody here wants the body of foreign traffic
        assert flow.response is not None
        events = flow.response.headers.get("content-type", "").lower().startswith("text/event-stream")
        if events or not self._addon.records(flow):
            flow.response.stream = True


class _ErrorLog(logging.Handler):
    """Errors that mitmproxy logs: the cause when it doesn't start, a note afterwards.

    On leaving, the handlers that mitmproxy put on the root logger go too: they outlive a start that failed.
    """

    def __init__(self, addon: Addon) -> None:
        super().__init__(logging.ERROR)
        self._addon = addon
        self.last = "for a reason that mitmproxy doesn't say"
        self.started = False

    def __enter__(self) -> _ErrorLog:
        self._before = list(logging.getLogger().handlers)
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        for handler in set(logging.getLogger().handlers) - set(self._before):
            logging.getLogger().removeHandler(handler)

    def emit(self, record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else None
        self.last = safe(f"{record.getMessage()} {cause or ''}".strip())[:300]
        if self.started and not record.name.startswith("optrace."):
            self._addon.sink.note(f"mitmproxy: {self.last}", "error", about=f"mitmproxy {record.msg}")


def _mitmproxy_options(options: ProxyOptions) -> dict[str, object]:
    for pattern in options.ignore_hosts:
        try:
            re.compile(pattern)
        except re.error as error:
            raise Usage(
                f"--ignore-hosts {pattern} is no regular expression: {error}", remedy=r"For one host write example\.com"
            ) from error
    if options.upstream_ca is not None and not options.upstream_ca.expanduser().is_file():
        raise Usage(
            f"There is no file {options.upstream_ca}", remedy="--upstream-ca takes a PEM file with certificates"
        )
    return {
        "confdir": str(options.confdir),
        "listen_host": options.host,
        "listen_port": options.port,
        "mode": [options.mode],
        "keep_host_header": True,
        "connection_strategy": "lazy",
        "ssl_insecure": options.insecure,
        "ssl_verify_upstream_trusted_ca": str(options.upstream_ca.expanduser()) if options.upstream_ca else None,
        "ignore_hosts": list(options.ignore_hosts),
        "stream_large_bodies": str(options.keep_bodies),
        "http2": True,
    }


def _cannot_listen(error: Exception, options: ProxyOptions) -> CannotStart:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return CannotStart(
            f"Port {options.port} is already in use",
            remedy="Stop the other program, or choose a free port with --listen-port",
        )
    if isinstance(error, OSError) and error.errno == errno.EACCES:
        return CannotStart(
            f"Port {options.port} may not be opened by this user", remedy="Choose a port above 1023 with --listen-port"
        )
    return CannotStart(
        f"The proxy can't listen on {options.host}:{options.port}: {error}",
        remedy="Choose another with --listen-host and --listen-port",
    )


@contextmanager
def _as_it_is(stop: asyncio.Event) -> Iterator[asyncio.Event]:
    yield stop


@contextmanager
def _stop_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set, in place of what they did before."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM):
        # works on every platform, where the loop's own signal handlers don't
        before[number] = signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
