"""What recording costs: the proxy with everything on, against `mitmdump -w`, against bare `mitmdump`.

    python -m tests.benchmarks.bench_proxy [--requests 3000] [--rounds 3]

The same load goes through each: signed-looking POSTs of 1.5 kB over keep-alive connections. The origin and the load
are processes of their own. Throughput is measured one proxy at a time. For latency all of them are up and asked in
turn, in an order that changes; what counts is the median of the differences within a turn, so that a noisy machine,
which disturbs all alike, changes little. The processor time of a request, which no other process disturbs, is told too.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import math
import multiprocessing
import os
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

from optrace.capture.process import spawn_proxy

CONNECTIONS = 8
WARM = 50  # requests before any is measured
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


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: int, number: int) -> float:
    """One exchange; the seconds it took."""
    start = time.perf_counter()
    writer.write(request(server, number))
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 201"), head
    await reader.readexactly(len(_ANSWER_BODY))
    return time.perf_counter() - start


def saturate(proxy: int, server: int, requests: int, results: multiprocessing.SimpleQueue[float]) -> None:
    """Requests a second with all connections busy."""

    async def client(numbers: range) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy)
        for number in numbers:
            await ask(reader, writer, server, number)
        writer.close()

    async def main() -> None:
        await client(range(100))  # warm
        share = requests // CONNECTIONS
        start = time.perf_counter()
        await asyncio.gather(*(client(range(i * share, (i + 1) * share)) for i in range(CONNECTIONS)))
        results.put(share * CONNECTIONS / (time.perf_counter() - start))

    asyncio.run(main())


def visit(
    proxies: list[int], server: int, requests: int, results: multiprocessing.SimpleQueue[list[list[float]]]
) -> None:
    """The latencies of each proxy, one request at a time and the proxies in turn, each turn in another order."""

    async def main() -> None:
        connections = [await asyncio.open_connection("127.0.0.1", port) for port in proxies]
        taken: list[list[float]] = [[] for _ in proxies]
        orders = list(itertools.permutations(range(len(proxies))))
        for number in range(WARM + requests):
            for which in orders[number % len(orders)]:
                taken[which].append(await ask(*connections[which], server, number))
                await asyncio.sleep(PACE)
        results.put([times[WARM:] for times in taken])

    asyncio.run(main())


def processor_time(process: int) -> float:
    """Seconds that a process has worked so far; NaN where the system doesn't tell."""
    try:
        said = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return math.nan
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def mitmdump(confdir: Path, *arguments: str) -> Iterator[tuple[int, int]]:
    """(port, process)"""
    port = free_port()
    command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "--listen-host", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen([*command, "--set", f"confdir={confdir}", *arguments])
    try:
        wait_for(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def optrace(confdir: Path, session: Path) -> Iterator[tuple[int, int]]:
    """The proxy process of `optrace live` and `optrace record`."""
    session.unlink(missing_ok=True)
    command = [sys.executable, "-m", "optrace.cli", "_proxy", str(session), "-p", "0"]
    with spawn_proxy(command, env={**os.environ, "OPTRACE_CONFDIR": str(confdir)}) as proxy:
        yield proxy.port, proxy._process.pid
        assert proxy.troubles() == []


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


def in_a_process[T](work: Callable[..., None], *arguments: object) -> T:
    results: multiprocessing.SimpleQueue[T] = multiprocessing.SimpleQueue()
    process = multiprocessing.Process(target=work, args=(*arguments, results))
    process.start()
    result = results.get()
    process.join()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="optrace-bench-"))
    server = free_port()
    background = multiprocessing.Process(target=origin, args=(server,), daemon=True)
    background.start()
    wait_for(server)
    contenders: dict[str, Callable[[], contextlib.AbstractContextManager[tuple[int, int]]]] = {
        "mitmdump": lambda: mitmdump(folder),
        "mitmdump -w": lambda: mitmdump(folder, "-w", str(folder / "flows.mitm")),
        "optrace": lambda: optrace(folder, folder / "bench.optrace"),
    }
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    work: dict[str, list[float]] = {name: [] for name in contenders}
    try:
        for _ in range(asked.rounds):
            for name, start in contenders.items():
                with start() as (port, process):
                    before = processor_time(process)
                    rates[name].append(in_a_process(saturate, port, server, asked.requests))
                    work[name].append((processor_time(process) - before) / asked.requests)
        sizes = (folder / "bench.optrace").stat().st_size, (folder / "flows.mitm").stat().st_size
        with contextlib.ExitStack() as running:
            ports = [running.enter_context(start())[0] for start in contenders.values()]
            taken: list[list[float]] = in_a_process(visit, ports, server, asked.requests // 3)
    finally:
        background.kill()
        shutil.rmtree(folder, ignore_errors=True)
    rate = {name: statistics.median(found) for name, found in rates.items()}
    cost = {name: min(found) * 1000 for name, found in work.items()}
    waits = dict(zip(contenders, taken, strict=True))
    for name in contenders:
        wait = statistics.median(waits[name]) * 1000
        print(f"{name:12} {rate[name]:7.0f} requests/s   {cost[name]:6.3f} ms of work   median latency {wait:6.3f} ms")
    print(f"throughput / mitmdump -w: {rate['optrace'] / rate['mitmdump -w']:.2f}   (bound: >= 1.0)", end="   ")
    print(f"by processor time {cost['mitmdump -w'] / cost['optrace']:.2f}")
    added = [ours - theirs for ours, theirs in zip(waits["optrace"], waits["mitmdump"], strict=True)]
    low, middle, high = (value * 1000 for value in statistics.quantiles(added, n=4))
    print(
        f"added latency over bare mitmdump, median of {len(added)} pairs: {middle:+.3f} ms   (bound: <= 0.1)", end="   "
    )
    print(f"quartiles {low:+.3f} and {high:+.3f}; by processor time {cost['optrace'] - cost['mitmdump']:+.3f}")
    print(f"session / flow file of one round: {sizes[0] / sizes[1]:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
