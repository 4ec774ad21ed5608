"""What a session file costs in bytes and in time. Run: python -m tests.benchmarks.bench_store

Baselines in the same run: mitmproxy's flow file of the same traffic (size, time to read), and SQLite inserting rows of
the same size in the same mode (time of a commit). The traffic is made up, payment after payment; it has no browser's
scripts and images, which nothing makes smaller.
"""

from __future__ import annotations

import io
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

from mitmproxy import connection, http
from mitmproxy.io import FlowReader, FlowWriter

from optrace.core.messages import Exchange
from optrace.store.reader import SessionReader
from optrace.store.writer import SessionWriter
from tests.store.traffic import clock, payments

SIZE_BUDGET = 1 / 4  # of the flow file, from a hundred exchanges on; below that empty pages weigh in
COMMIT_BUDGET = 200.0  # microseconds, packing included


def flow_of(exchange: Exchange) -> http.HTTPFlow:
    """The flow as which mitmproxy would have recorded the exchange."""
    host, _, port = (exchange.connection.client or "").partition(":")
    started = exchange.started.timestamp()
    client = connection.Client(peername=(host, int(port)), sockname=("127.0.0.1", 8080), timestamp_start=started)
    client.id = exchange.connection.client_id or client.id
    authority = exchange.request.url.split("/")[2]
    server = connection.Server(address=(authority, 443), peername=("127.0.8.3", 443), timestamp_start=started)
    server.id = exchange.connection.server_id or server.id
    flow = http.HTTPFlow(client, server)
    request, response = exchange.request, exchange.response
    assert response is not None
    flow.request = http.Request.make(request.method, request.url, request.body or b"", request.fields.raw)
    flow.request.timestamp_start, flow.request.timestamp_end = started, started + 0.0005
    flow.response = http.Response.make(response.status, response.body or b"", response.fields.raw)
    flow.response.timestamp_start, flow.response.timestamp_end = started + 0.01, started + 0.02
    return flow


def flow_file(exchanges: Sequence[Exchange]) -> bytes:
    """A flow file of the exchanges."""
    file = io.BytesIO()
    writer = FlowWriter(file)
    for exchange in exchanges:
        writer.add(flow_of(exchange))
    return file.getvalue()


def record(path: Path, exchanges: Sequence[Exchange]) -> list[float]:
    """Record as the proxy does, two commits an exchange; the seconds that each took."""
    taken = []
    with SessionWriter.create(path, info={}, clock=clock) as writer:
        for exchange in exchanges:
            start = perf_counter()
            number = writer.request(replace(exchange, response=None, response_started=None, ended=None))
            middle = perf_counter()
            writer.response(number, exchange)
            taken += [middle - start, perf_counter() - middle]
    return sorted(taken)


def bare_commits(path: Path, count: int) -> list[float]:
    """What SQLite alone takes for rows of that size."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("CREATE TABLE records (seq INTEGER PRIMARY KEY, data BLOB)")
    row, taken = bytes(350), []
    for _ in range(count):
        start = perf_counter()
        db.execute("INSERT INTO records (data) VALUES (?)", (row,))
        taken.append(perf_counter() - start)
    db.close()
    return sorted(taken)


def main() -> int:
    """Print the table; 1 if a budget is exceeded."""
    kept = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"{'exchanges':>10} {'flow file':>12} {'session':>12} {'ratio':>8}")
        for count in (30, 100, 300, 3000):
            exchanges = list(payments(count))
            flows, path = flow_file(exchanges), folder / f"{count}.optrace"
            taken = record(path, exchanges)
            size = path.stat().st_size
            kept &= count < 100 or size <= len(flows) * SIZE_BUDGET
            print(f"{count:>10} {len(flows):>12} {size:>12} {'1/' + format(len(flows) / size, '.2f'):>8}")

        bare = bare_commits(folder / "bare.db", len(taken))
        print(f"\n{'a commit, µs':<24} {'median':>8} {'p99':>8} {'max':>8}")
        for what, times in (("ours, packed", taken), ("bare SQLite", bare)):
            median, late = times[len(times) // 2], times[len(times) * 99 // 100]
            print(f"{what:<24} {median * 1e6:>8.0f} {late * 1e6:>8.0f} {times[-1] * 1e6:>8.0f}")
        kept &= taken[len(taken) // 2] * 1e6 <= COMMIT_BUDGET

        start = perf_counter()
        read = sum(1 for _ in FlowReader(io.BytesIO(flows)).stream())
        theirs = read / (perf_counter() - start)
        reader, read, start = SessionReader.open(path), 0, perf_counter()
        while events := reader.poll():
            read += len(events)
        ours = read / 2 / (perf_counter() - start)
        idle = perf_counter()
        for _ in range(1000):
            reader.poll()
        idle = (perf_counter() - idle) * 1000
        start = perf_counter()
        for n in range(1, 1001):
            reader.exchange(n)
        one = (perf_counter() - start) * 1000
        reader.close()
        kept &= ours > theirs
        print(f"\nread in order: {ours:,.0f} exchanges/s, mitmproxy's FlowReader {theirs:,.0f}: {ours / theirs:.1f}x")
        print(f"an idle poll: {idle:.1f} µs; one exchange by its number: {one:.0f} µs")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
