"""Servers that answer byte for byte as told, a proxy in a thread, and a sink that keeps everything in lists."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from optrace.capture.desk import Desk
from optrace.capture.options import ProxyOptions
from optrace.capture.proxy import run_proxy
from optrace.capture.sink import Sink
from optrace.core.messages import Exchange
from optrace.session.events import Noted

WAIT = 10.0  # seconds; only a failing test waits that long

Answer = Callable[[bytes], Iterable[bytes]]


def ok(body: bytes = b"ok", *fields: str) -> bytes:
    """A whole response."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class KeptSink:
    """Keeps what it is given; tests wait on it instead of sleeping."""

    requests: list[Exchange] = field(default_factory=list)
    ended: list[tuple[int, Exchange]] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def request(self, exchange: Exchange) -> int:
        with self._changed:
            self.requests.append(exchange)
            self._changed.notify_all()
            return len(self.requests)

    def response(self, n: int, exchange: Exchange) -> None:
        with self._changed:
            self.ended.append((n, exchange))
            self._changed.notify_all()

    def note(self, noted: Noted) -> None:
        with self._changed:
            self.notes.append(noted)
            self._changed.notify_all()

    def wait(self, what: Callable[[], object]) -> None:
        with self._changed:
            assert self._changed.wait_for(what, WAIT), f"never came; notes: {self.notes}"

    def one(self) -> Exchange:
        """The only exchange that ended."""
        self.wait(lambda: self.ended)
        ((n, exchange),) = self.ended
        assert n == 1
        return exchange


class BrokenSink:
    """Fails at everything."""

    def __init__(self) -> None:
        self.calls = 0

    def request(self, exchange: Exchange) -> int:
        self.calls += 1
        raise OSError(28, "No space left on device")

    def response(self, n: int, exchange: Exchange) -> None:
        self.calls += 1
        raise RuntimeError("broken")

    def note(self, noted: Noted) -> None:
        self.calls += 1
        raise ValueError("also broken")


class RawServer:
    """Keeps the bytes of each request and answers with the bytes it is told."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, StopServing):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            with connection:
                while request := read_message(connection):
                    self.requests.append(request)
                    for part in self._answer(request):
                        connection.sendall(part)


class StopServing(Exception):
    """Raised by an answer to hang up."""


def read_message(connection: socket.socket) -> bytes:
    """One HTTP message as it came, its body measured by Content-Length; empty at the end of the connection."""
    data = bytearray()
    while b"\r\n\r\n" not in data and not data.startswith(b"\x16"):  # TLS where none is spoken
        if not (chunk := connection.recv(65536)):
            return bytes(data)
        data += chunk
    end = data.find(b"\r\n\r\n") + 4
    length = re.search(rb"\r\ncontent-length: *(\d+)", data[:end], re.I)
    missing = end + (int(length[1]) if length else 0) - len(data)
    while missing > 0 and (chunk := connection.recv(min(missing, 1 << 20))):
        data += chunk
        missing -= len(chunk)
    return bytes(data)


def read_all(connection: socket.socket) -> bytes:
    """Everything until the other side closes."""
    parts = []
    with suppress(ConnectionResetError):
        while chunk := connection.recv(1 << 20):
            parts.append(chunk)
    return b"".join(parts)


@contextmanager
def raw_server(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[RawServer]:
    server = RawServer(answer, tls)
    try:
        yield server
    finally:
        server.close()


@dataclass(frozen=True)
class RunningProxy:
    host: str
    port: int
    stop: Callable[[], None]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def client(self, verify: ssl.SSLContext | bool = True, *, http2: bool = False) -> httpx.Client:
        return httpx.Client(proxy=self.url, trust_env=False, verify=verify, http2=http2)

    def connect(self) -> socket.socket:
        return socket.create_connection((self.host, self.port), timeout=WAIT)

    def tunnel(self, address: str) -> socket.socket:
        connection = self.connect()
        connection.sendall(f"CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
        head = read_message(connection)
        assert head.startswith(b"HTTP/1.1 200"), head
        return connection


@contextmanager
def running_proxy(
    confdir: Path, sink: Sink, *, complain: Callable[[str], None] = print, desk: Desk | None = None, **options: object
) -> Iterator[RunningProxy]:
    """The proxy on a free port, in a thread with a loop of its own."""
    listening = threading.Event()
    found: list[tuple[str, int]] = []
    failed: list[BaseException] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    chosen = ProxyOptions(**{"port": 0, "confdir": confdir, **options})  # type: ignore[arg-type]

    def ready(host: str, port: int) -> None:
        found.append((host, port))
        listening.set()

    def run() -> None:
        try:
            loop.run_until_complete(run_proxy(chosen, sink, ready=ready, stop=stop, complain=complain, desk=desk))
        except BaseException as error:
            failed.append(error)
        finally:
            listening.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()

    def finish() -> None:
        with suppress(RuntimeError):  # it has stopped already
            loop.call_soon_threadsafe(stop.set)
        thread.join(WAIT)
        assert not thread.is_alive()

    try:
        assert listening.wait(WAIT)
        if failed:
            raise failed[0]
        yield RunningProxy(*found[0], finish)
    finally:
        finish()
    if failed:
        raise failed[0]
