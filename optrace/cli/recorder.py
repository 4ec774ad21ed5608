"""The recording proxy as a process: what its command line is, and what its sink does with each exchange."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from optrace.capture.options import ProxyOptions
from optrace.capture.process import ProxyProcess, spawn_proxy
from optrace.cli.arguments import port
from optrace.cli.clock import utc_now
from optrace.cli.faults import add_fault_arguments, fault_orders
from optrace.cli.places import confdir
from optrace.cli.version import versions
from optrace.core.errors import CannotStart, OptraceError
from optrace.core.messages import Exchange
from optrace.core.urls import parse
from optrace.net.keys import KeyFetcher
from optrace.session.events import Noted
from optrace.store.desk import Desk
from optrace.store.writer import SessionWriter

_LAST_KEYS = 2.5  # seconds that keys which are being fetched may still take when the recording ends; the parent gives 5


def add_proxy_arguments(parser: ArgumentParser) -> None:
    """Where to listen, whom to trust, what to keep; the same for all commands that start a proxy."""
    proxy = parser.add_argument_group("proxy")
    proxy.add_argument(
        "-p",
        "--listen-port",
        type=port,
        default=8080,
        metavar="PORT",
        help="0 for any free port (default: %(default)s)",
    )
    proxy.add_argument(
        "--listen-host", default="127.0.0.1", metavar="HOST", help="default: %(default)s, this machine only"
    )
    proxy.add_argument(
        "-m",
        "--mode",
        default="regular",
        help="as mitmproxy has them: regular, reverse:URL, upstream:URL (default: %(default)s). In reverse mode"
        " signatures only survive if the client signs the URL that the server believes to be its own",
    )
    proxy.add_argument("-k", "--insecure", action="store_true", help="don't verify the servers' certificates")
    proxy.add_argument("--upstream-ca", type=Path, metavar="FILE", help="PEM file with the CAs to trust for servers")
    proxy.add_argument(
        "--ignore-hosts", action="append", default=[], metavar="REGEX", help="host:port to pass unopened; repeatable"
    )
    add_fault_arguments(parser, live=True)
    proxy.add_argument("--record-all", action="store_true", help="record traffic that isn't Open Payments, too")


def proxy_options(args: Namespace) -> ProxyOptions:
    """The proxy arguments as options."""
    return ProxyOptions(
        host=args.listen_host,
        port=args.listen_port,
        mode=args.mode,
        confdir=confdir(),
        insecure=args.insecure,
        upstream_ca=args.upstream_ca,
        ignore_hosts=tuple(args.ignore_hosts),
        record_all=args.record_all,
        faults=tuple(args.fault),
        fault_hosts=tuple(args.fault_hosts),
    )


def start_proxy(args: Namespace, session: Path) -> ProxyProcess:
    """Start the recording proxy in a process of its own. Raises CannotStart."""
    words = [sys.executable, "-m", "optrace.cli", "_proxy", str(session), "-p", str(args.listen_port)]
    words += ["--listen-host", args.listen_host, "--mode", args.mode]
    for flag in ("insecure", "record_all", "offline"):
        if getattr(args, flag, False):
            words.append("--" + flag.replace("_", "-"))
    if args.upstream_ca:
        words += ["--upstream-ca", str(args.upstream_ca)]
    for pattern in args.ignore_hosts:
        words += ["--ignore-hosts", pattern]
    if hasattr(args, "fault_hosts"):
        words += [word for order in fault_orders(args) for word in ("--fault", order.text)]
        words += [word for host in args.fault_hosts for word in ("--fault-hosts", host)]
    return spawn_proxy(words)


class RecordingSink:
    """Writes what passes by into the session file, and asks for the keys of clients that it sees for the first time."""

    def __init__(self, writer: SessionWriter, fetcher: KeyFetcher, hosts: set[str]) -> None:
        self._writer = writer
        self._fetcher = fetcher
        self._hosts = hosts
        self._served: set[str] = set()  # wallet addresses whose JWKS passed by

    def request(self, exchange: Exchange) -> int:
        """Keep a request before it is forwarded."""
        self._hosts.add(parse(exchange.request.url).host)
        return self._writer.request(exchange)

    def response(self, n: int, exchange: Exchange) -> None:
        """Keep a response before it is handed back; what it teaches waits until it is on its way."""
        self._writer.response(n, exchange)
        asyncio.get_running_loop().call_soon(self._learn, exchange)

    def _learn(self, exchange: Exchange) -> None:
        url = exchange.request.url.partition("?")[0]
        if url.endswith("/jwks.json"):
            self._served.add(url.removesuffix("/jwks.json"))
        elif (client := _client(exchange)) and client.removesuffix("/") not in self._served:
            self._fetcher.want(client)

    def note(self, noted: Noted) -> None:
        """Keep something that is to be said about the session."""
        self._writer.note(noted)


def _client(exchange: Exchange) -> str | None:
    """The wallet address that a grant request names as its client."""
    body = exchange.request.body
    if exchange.request.method != "POST" or not body or b'"client"' not in body or len(body) > 1 << 20:
        return None
    try:
        client = json.loads(body).get("client")
    except (ValueError, AttributeError, RecursionError):
        return None
    if isinstance(client, dict):
        client = client.get("walletAddress")
    return client if isinstance(client, str) and "://" in client else None


@contextmanager
def recording(
    path: Path, options: ProxyOptions, *, offline: bool, trouble: Callable[[str | None], None]
) -> Iterator[tuple[RecordingSink, Desk]]:
    """A new session file: the sink that fills it, and where viewers' orders arrive. Raises CannotStart or Usage."""
    info = {**versions(), "mode": options.mode, "listen": f"{options.host}:{options.port}"}
    writer = SessionWriter.create(path, info=info, clock=utc_now, on_trouble=trouble)
    desk = Desk(path, writer.changed, utc_now)
    hosts: set[str] = set()
    started = False
    try:
        with KeyFetcher(writer.key, traffic_hosts=hosts, offline=offline, verify=_trust(options)) as fetcher:
            started = True
            yield RecordingSink(writer, fetcher, hosts), desk
            fetcher.wait(_LAST_KEYS)  # a client that is refused ends at once, and its keys are what tells why
    except OptraceError:
        started = False
        raise
    finally:
        desk.close()
        writer.close()
        if not started:  # nobody could have sent anything: no empty file stays behind
            path.unlink(missing_ok=True)


def _trust(options: ProxyOptions) -> ssl.SSLContext | bool:
    """Whom key fetches trust: the same as the proxy does."""
    if options.insecure:
        return False
    if options.upstream_ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=str(options.upstream_ca))
    except OSError as error:  # an SSLError is one
        raise CannotStart(
            f"The CAs in {options.upstream_ca} can't be used: {error.strerror or error}",
            remedy="--upstream-ca takes a PEM file with certificates",
        ) from error
