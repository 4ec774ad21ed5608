"""What recording costs: the proxy with everything on, against `mitmdump -w`, against bare `mitmdump`.

    python -m tests.benchmarks.bench_proxy [--requests 3000] [--rounds 3]

The same load goes through each: signed-looking POSTs of 1.5 kB over keep-alive connections. The origin and the load
are processes of their own. Rounds take turns, so that a noisy machine disturbs all alike; medians are compared.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

CONNECTIONS = 8
PACE = 0.004  # seconds between the requests of the unsaturated client

_ANSWER_BODY = b'{"id":"https://wallet.example/quotes/8b6a2a2e","debitAmount":{"value":"2500","assetCode":"USD"}}' * 4
ANSWER = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(_ANSWER_BODY),
    _ANSWER_BODY,
)


def request(port: int, number: int) -> bytes:
    """A POST of 1.5 kB, head and body, that differs a little from the one before."""
    body = (b'{"walletAddress":"https://wallet.example/alice","receiver":"https://rs.example/%d"' % number).ljust(
        799
    ) + b"}"
    return (
        f"POST http://127.0.0.1:{port}/quotes HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Accept: application/json\r\nContent-Type: application/json\r\nUser-Agent: node\r\n"
        f"Authorization: GNAP {'A' * 20}{number:08d}\r\n"
        f"Content-Digest: sha-512=:{'d' * 80}{number:06d}==:\r\n"
        f"Signature: sig1=:{'s' * 80}{number:06d}==:\r\n"
        'Signature-Input: sig1=("@method" "@target-uri" "content-digest" "content-length" "authorization")'
        f';created={1760000000 + number};keyid="keyid-97a3a431-8ee1-48fc-ac85-70e2f5eba8e5";alg="ed25519"\r\n'
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def origin(port: int) -> None:
    """A server that answers at once; runs until it is killed."""

    class Answer(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport
            self.pending = b""

        def data_received(self, data: bytes) -> None:
            self.pending += data
            while (head := self.pending.find(b"\r\n\r\n")) >= 0 and len(self.pending) >= head + 4 + 800:
                self.pending = self.pending[head + 4 + 800 :]
                self.transport.write(ANSWER)  # type: ignore[attr-defined]

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(Answer, "127.0.0.1", port)
        await server.serve_forever()

    asyncio.run(serve())


def load(proxy: int, server: int, requests: int, results: multiprocessing.SimpleQueue[tuple[float, float]]) -> None:
    """Requests a second when saturated, and the median latency in seconds when not."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        writer.write(request(server, number))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 201"), head
        await reader.readexactly(len(_ANSWER_BODY))

    async def client(numbers: range, pace: float, taken: list[float]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy)
        for number in numbers:
            start = time.perf_counter()
            await one(reader, writer, number)
            taken.append(time.perf_counter() - start)
            if pace:
                await asyncio.sleep(pace)
        writer.close()

    async def main() -> None:
        taken: list[float] = []
        await client(range(100), 0, taken)  # warm
        share = requests // CONNECTIONS
        start = time.perf_counter()
        await asyncio.gather(*(client(range(i * share, (i + 1) * share), 0, taken) for i in range(CONNECTIONS)))
        rate = share * CONNECTIONS / (time.perf_counter() - start)
        taken.clear()
        await client(range(300), PACE, taken)
        results.put((rate, statistics.median(taken)))

    asyncio.run(main())


@contextmanager
def mitmdump(confdir: Path, *arguments: str) -> Iterator[int]:
    port = free_port()
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "--listen-host", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen([*command, "--set", f"confdir={confdir}", *arguments])
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def optrace(confdir: Path, session: Path) -> Iterator[int]:
    from optrace.capture.process import spawn_proxy

    session.unlink(missing_ok=True)
    with spawn_proxy(
        [sys.executable, "-m", "tests.benchmarks.bench_proxy", "--child", str(confdir), str(session)]
    ) as proxy:
        yield proxy.port
        assert proxy.troubles() == []


def child(confdir: Path, session: Path) -> int:
    """The proxy process as `optrace record` runs it."""
    from optrace.capture.options import ProxyOptions
    from optrace.capture.process import serve_child
    from optrace.capture.sink import utc_now
    from optrace.store.writer import SessionWriter

    return serve_child(
        ProxyOptions(port=0, confdir=confdir),
        lambda trouble: SessionWriter.create(
            session, info={"made by": "a benchmark"}, clock=utc_now, on_trouble=trouble
        ),
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit("the proxy did not start")


def measure(
    start: Callable[[], contextlib.AbstractContextManager[int]], server: int, requests: int
) -> tuple[float, float]:
    results: multiprocessing.SimpleQueue[tuple[float, float]] = multiprocessing.SimpleQueue()
    with start() as port:
        client = multiprocessing.Process(target=load, args=(port, server, requests, results))
        client.start()
        client.join()
        if client.exitcode:
            raise SystemExit("the load failed")
    return results.get()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        return child(*asked.child)
    folder = Path(tempfile.mkdtemp(prefix="optrace-bench-"))
    server = free_port()
    background = multiprocessing.Process(target=origin, args=(server,), daemon=True)
    background.start()
    wait_for(server)
    contenders: dict[str, Callable[[], contextlib.AbstractContextManager[int]]] = {
        "mitmdump": lambda: mitmdump(folder),
        "mitmdump -w": lambda: mitmdump(folder, "-w", str(folder / "flows.mitm")),
        "optrace": lambda: optrace(folder, folder / "bench.optrace"),
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    try:
        for _ in range(asked.rounds):
            for name, start in contenders.items():
                found[name].append(measure(start, server, asked.requests))
        sizes = (folder / "bench.optrace").stat().st_size, (folder / "flows.mitm").stat().st_size
    finally:
        background.kill()
        shutil.rmtree(folder, ignore_errors=True)
    rates = {name: statistics.median(rate for rate, _ in runs) for name, runs in found.items()}
    waits = {name: statistics.median(wait for _, wait in runs) * 1000 for name, runs in found.items()}
    for name in contenders:
        print(f"{name:12} {rates[name]:7.0f} requests/s   median latency {waits[name]:6.3f} ms")
    print(f"throughput / mitmdump -w: {rates['optrace'] / rates['mitmdump -w']:.2f}   (bound: >= 1.0)")
    print(f"added median latency over bare mitmdump: {waits['optrace'] - waits['mitmdump']:+.3f} ms   (bound: <= 0.1)")
    print(f"session / flow file of one round: {sizes[0] / sizes[1]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
