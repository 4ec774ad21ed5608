"""Breakpoints under load, with a real proxy and real deaths: no exchange hangs, and none is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from optrace.capture.process import ProxyProcess, spawn_proxy
from optrace.core.messages import Exchange
from optrace.session.breakpoints import Breakpoint, Order, Part, Word
from optrace.store.reader import SessionReader
from optrace.store.remote import Remote
from tests.capture.kit import RawServer, ok, raw_server

pytestmark = pytest.mark.slow

CLIENTS, EACH = 50, 4
LONG = 60.0  # seconds; only a failing test waits that long
ROOT = Path(__file__).parents[2]
POINT = Breakpoint(operation="quote_create", part=Part.REQUEST)

# a viewer that sets a breakpoint, says so, and lives until it is killed
VIEWER = """
import sys, time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from optrace.session.breakpoints import read_breakpoint
from optrace.store import remote
remote.LEASE, remote._BEAT = timedelta(seconds=1), timedelta(seconds=0.2)
viewer = remote.Remote(Path(sys.argv[1]), lambda: datetime.now(UTC))
viewer.set(read_breakpoint("quote_create"))
print("set", flush=True)
while True:
    viewer.look()
    time.sleep(0.05)
"""


@contextmanager
def recorded(tmp_path: Path, confdir: Path) -> Iterator[tuple[Path, ProxyProcess, RawServer]]:
    path = tmp_path / "a.optrace"
    words = [sys.executable, "-m", "optrace.cli", "_proxy", str(path), "-p", "0", "--offline"]
    env = {**os.environ, "OPTRACE_CONFDIR": str(confdir)}
    with raw_server(lambda _: [ok(b'{"id":"1"}')]) as server, spawn_proxy(words, ready_within=LONG, env=env) as proxy:
        yield path, proxy, server


def pay(proxy: str, server: str, times: int) -> list[int]:
    """One client; the statuses that it got."""
    with httpx.Client(proxy=proxy, trust_env=False, timeout=LONG) as client:
        return [
            client.post(f"http://{server}/quotes", content=b'{"walletAddress":"x"}').status_code for _ in range(times)
        ]


def started(pool: ThreadPoolExecutor, proxy: ProxyProcess, server: RawServer, times: int) -> list[Future[list[int]]]:
    return [pool.submit(pay, proxy.url, server.address, times) for _ in range(CLIENTS)]


def until(what: Callable[[], object]) -> None:
    end = time.monotonic() + LONG
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def exchanges(path: Path) -> list[Exchange]:
    reader = SessionReader.open(path)
    try:
        return [reader.exchange(n) for n in range(1, reader.total + 1)]
    finally:
        reader.close()


def test_each_of_two_hundred_waits_and_goes_on(tmp_path: Path, confdir: Path) -> None:
    with recorded(tmp_path, confdir) as (path, proxy, server), ThreadPoolExecutor(CLIENTS) as pool:
        viewer = Remote(path, lambda: datetime.now(UTC))
        viewer.set(POINT)
        clients = started(pool, proxy, server, EACH)
        seen: set[int] = set()
        while not all(client.done() for client in clients):
            for waiting in viewer.look().waiting:
                if waiting.n not in seen:
                    seen.add(waiting.n)
                    viewer.send(Order(n=waiting.n, part=waiting.part, word=Word.GO))
            time.sleep(0.02)
        assert all(client.result() == [200] * EACH for client in clients)
        viewer.leave()
    assert seen == set(range(1, CLIENTS * EACH + 1))
    assert len(server.requests) == CLIENTS * EACH
    found = exchanges(path)
    assert len(found) == CLIENTS * EACH
    assert all(each.response is not None and "it was let go" in each.notes[0] for each in found)


def test_a_viewer_that_is_killed_lets_everything_go(tmp_path: Path, confdir: Path) -> None:
    with recorded(tmp_path, confdir) as (path, proxy, server), ThreadPoolExecutor(CLIENTS) as pool:
        words = [sys.executable, "-c", VIEWER, str(path)]
        with subprocess.Popen(words, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}) as viewer:
            assert viewer.stdout is not None
            viewer.stdout.readline()
            clients = started(pool, proxy, server, 1)
            other = Remote(path, lambda: datetime.now(UTC))
            until(lambda: len(other.look().waiting) == CLIENTS)
            assert server.requests == []
            viewer.kill()
        assert all(client.result(LONG) == [200] for client in clients)
        assert pay(proxy.url, server.address, 1) == [200]  # its breakpoint is gone with it
        other.leave()
    found = exchanges(path)
    assert len(found) == CLIENTS + 1
    assert all("its viewer left" in each.notes[0] for each in found[:CLIENTS])
    assert found[-1].notes == ()


def test_a_proxy_that_is_killed_leaves_nobody_hanging(tmp_path: Path, confdir: Path) -> None:
    with recorded(tmp_path, confdir) as (path, proxy, server), ThreadPoolExecutor(CLIENTS) as pool:
        viewer = Remote(path, lambda: datetime.now(UTC))
        viewer.set(POINT)
        clients = started(pool, proxy, server, 1)
        until(lambda: len(viewer.look().waiting) == CLIENTS)
        os.kill(proxy.pid, 9)
        for client in clients:
            with pytest.raises(httpx.HTTPError):
                client.result(LONG)
        viewer.leave()
        assert server.requests == []
    found = exchanges(path)
    assert len(found) == CLIENTS
    assert all(each.in_flight for each in found)
