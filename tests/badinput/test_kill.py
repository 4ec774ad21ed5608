"""kill -9 under load: whatever the proxy had passed on is in the session."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from optrace.session.events import ExchangeSeen
from optrace.store.sources import open_source
from tests.badinput.cases import ok
from tests.badinput.conftest import recording_proxy
from tests.capture.kit import WAIT, RawServer, raw_server, read_message

pytestmark = pytest.mark.slow

CLIENTS = 6
NUMBER = re.compile(rb"/load/(\d+-\d+)")


def pound(proxy: tuple[str, int], address: str, client: int, answers: list[str]) -> None:
    """Ask again and again on one connection until it breaks; `answers` keeps what was answered whole."""
    body = b'{"client": "https://shop.example/c", "access_token": {"access": []}}'
    with suppress(OSError), socket.create_connection(proxy, timeout=WAIT) as connection:
        for number in range(1_000_000):
            line = f"POST http://{address}/load/{client}-{number} HTTP/1.1"
            fields = f"Host: {address}\r\nContent-Length: {len(body)}"
            connection.sendall(f"{line}\r\n{fields}\r\n\r\n".encode() + body)
            if not read_message(connection).endswith(b"{}"):
                return
            answers.append(f"{client}-{number}")


@pytest.mark.parametrize("after", [1, 150])
def test_nothing_that_was_passed_on_is_lost(after: int, tmp_path: Path, confdir: Path) -> None:
    session = tmp_path / "killed.optrace"
    enough = threading.Event()

    def answer(request: bytes) -> Iterator[bytes]:
        if len(server.requests) >= after:
            enough.set()
        yield ok()

    answers: list[list[str]] = [[] for _ in range(CLIENTS)]
    with raw_server(answer) as server, recording_proxy(session, confdir) as proxy:
        address = (proxy.host, proxy.port)
        threads = [
            threading.Thread(target=pound, args=(address, server.address, client, answers[client]))
            for client in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        assert enough.wait(WAIT)
        os.kill(proxy.pid, signal.SIGKILL)
        for thread in threads:
            thread.join(WAIT)
    received = _received(server)
    assert len(received) >= after
    asked, ended = _recorded(session)
    assert received - asked == set()
    assert {number for numbers in answers for number in numbers} - ended == set()
    assert os.listdir(tmp_path) == [session.name]


def _received(server: RawServer) -> set[str]:
    return {found[1].decode() for request in server.requests if (found := NUMBER.search(request))}


def _recorded(session: Path) -> tuple[set[str], set[str]]:
    """The requests that are in the session, and those with an answer."""
    source = open_source(session)
    asked, ended = set(), set()
    while events := source.poll():
        for event in events:
            assert isinstance(event, ExchangeSeen)
            name = event.exchange.request.url.rpartition("/")[2]
            asked.add(name)
            if event.exchange.response is not None:
                assert event.exchange.response.body == b"{}"
                ended.add(name)
    assert source.damage is None
    assert not source.live
    source.close()
    return asked, ended
