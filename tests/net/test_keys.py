"""Fetching keys from servers that are slow, huge, elsewhere, or not what they say."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from optrace.net import addresses, keys
from optrace.net.addresses import Refused, is_public, resolve
from optrace.net.keys import KeyFetcher, fetch_jwks, jwks_url
from optrace.session.events import KeyLearned

JWKS = b'{"keys":[{"kid":"k","kty":"OKP","crv":"Ed25519","alg":"EdDSA","x":"AAAA"}]}'
LOCAL = frozenset({"127.0.0.1", "localhost"})
WAIT = 10.0


def ok(body: bytes, *fields: str) -> bytes:
    return "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *fields, "", ""]).encode() + body


def redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


class Server:
    def __init__(self, answer: Callable[[bytes], Iterator[bytes] | list[bytes]]) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := connection.recv(65536):
                self.requests.append(request)
                for part in self._answer(request):
                    connection.sendall(part)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closed alone, it would still accept the next one
        self._listener.close()


@contextmanager
def server(answer: Callable[[bytes], Iterator[bytes] | list[bytes]]) -> Iterator[Server]:
    running = Server(answer)
    try:
        yield running
    finally:
        running.close()


async def test_a_document_is_kept_as_it_was_sent() -> None:
    with server(lambda _: [ok(JWKS)]) as there:
        event = await fetch_jwks(f"{there.base}/alice/", traffic_hosts=LOCAL)
    assert event.document == JWKS
    assert event.error is None
    assert event.how == "fetched"
    assert event.wallet_address == f"{there.base}/alice/"
    assert there.requests[0].startswith(b"GET /alice/jwks.json HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{there.port}\r\n".encode() in there.requests[0]


async def test_a_compressed_document_is_read() -> None:
    with server(lambda _: [ok(gzip.compress(JWKS), "Content-Encoding: gzip")]) as there:
        assert (await fetch_jwks(there.base, traffic_hosts=LOCAL)).document == JWKS


WRONG = {
    "no page": (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "answered 404"),
    "no json": (ok(b"<html>"), "not JSON"),
    "no keys": (ok(b'{"alice":1}'), "no JWKS"),
    "a list": (ok(b"[1]"), "no JWKS"),
    "deep": (ok(b"[" * 10_000), "levels deep"),
    "huge": (ok(b"[" + b"1," * 600_000 + b"1]"), "more than 1048576 bytes"),
    "a bomb": (ok(gzip.compress(b" " * 5_000_000), "Content-Encoding: gzip"), "larger than 1048576 bytes"),
    "elsewhere": (redirect("http://127.0.0.2/jwks.json"), "another origin"),
    "another port": (redirect("http://127.0.0.1:1/jwks.json"), "another origin"),
    "in circles": (redirect("/again"), "more than 3 times"),
    "no http": (b"SSH-2.0-hello\r\n\r\n", ""),
    "an escape": (redirect("http://x.example/\x1b[31m"), ""),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_is_wrong_is_said(name: str) -> None:
    answer, said = WRONG[name]
    with server(lambda _: [answer]) as there:
        event = await fetch_jwks(f"{there.base}/alice", traffic_hosts=LOCAL)
    assert event.document is None
    assert event.error is not None
    assert said in event.error
    assert event.error.isprintable()


async def test_a_redirect_within_the_origin_is_followed() -> None:
    answers = iter([redirect("/other.json"), ok(JWKS)])
    with server(lambda _: [next(answers)]) as there:
        assert (await fetch_jwks(there.base, traffic_hosts=LOCAL)).document == JWKS
    assert there.requests[1].startswith(b"GET /other.json ")


async def test_a_server_that_drips_is_given_up() -> None:
    stop = threading.Event()

    def drip(_: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while not stop.wait(0.02):
            yield b"X-Slow: 1\r\n"

    with server(drip) as there:
        event = await fetch_jwks(there.base, traffic_hosts=LOCAL, timeout=0.2)
        stop.set()
    assert event.error == "no complete answer within 0.2 seconds"


async def test_nothing_listens_there() -> None:
    with server(lambda _: []) as there:
        pass
    assert (await fetch_jwks(there.base, traffic_hosts=LOCAL)).error == "All connection attempts failed"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0.0.0.0"])
async def test_inner_addresses_are_refused_unless_the_traffic_went_there(host: str) -> None:
    event = await fetch_jwks(f"http://{host}:9/alice", timeout=2)
    assert event.error is not None
    assert "the traffic never went there" in event.error


async def test_the_address_that_was_checked_is_the_one_that_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def rebinding(host: str, port: int, *, inner_too: bool) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(keys, "resolve", rebinding)
    with server(lambda _: [ok(JWKS)]) as there:
        # no resolver knows this name: a second look-up would fail
        event = await fetch_jwks(f"http://wallet.invalid:{there.port}/alice")
    assert event.document == JWKS
    assert asked == ["wallet.invalid"]
    assert f"Host: wallet.invalid:{there.port}\r\n".encode() in there.requests[0]


async def test_of_several_addresses_only_the_public_ones_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()

    async def answer(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (ip, 443)) for ip in ("10.0.0.1", "8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(loop, "getaddrinfo", answer)
    assert await resolve("mixed.example", 443, inner_too=False) == ["8.8.8.8"]
    assert await resolve("mixed.example", 443, inner_too=True) == ["10.0.0.1", "8.8.8.8", "127.0.0.1"]


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.8.8.8", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::127.0.0.1", False),
        ("64:ff9b::8.8.8.8", True),
        ("2002:7f00:1::", False),
        ("not an address", False),
    ],
)
def test_what_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_the_url_of_the_keys() -> None:
    assert (
        jwks_url("https://w.example/alice/")
        == jwks_url("https://w.example/alice")
        == "https://w.example/alice/jwks.json"
    )
    for wrong in ("", "w.example", "ftp://w.example/a", "https://u@w.example/", "https://w.example/?a", "https://w/#a"):
        with pytest.raises(ValueError, match="a"):
            jwks_url(wrong)


async def test_what_is_no_wallet_address_is_said() -> None:
    for wrong in ("\ud800", "http://[::1", "https://\x00/", "http://a:b/", "$w.example/alice", "http://a:99999/"):
        assert (await fetch_jwks(wrong, timeout=2)).error


def test_environment_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with server(lambda _: [ok(JWKS)]) as there:
        assert asyncio.run(fetch_jwks(there.base, traffic_hosts=LOCAL)).document == JWKS


def test_each_wallet_is_fetched_once() -> None:
    learned: list[KeyLearned] = []
    hold = threading.Event()

    def answer(_: bytes) -> Iterator[bytes]:
        hold.wait(WAIT)
        yield ok(JWKS)

    with server(answer) as there, KeyFetcher(learned.append, traffic_hosts=LOCAL) as fetcher:
        assert fetcher.want(f"{there.base}/alice")
        assert not fetcher.want(f"{there.base}/alice/")  # under way
        assert fetcher.want(f"{there.base}/bob")
        hold.set()
        assert fetcher.wait(WAIT)
        assert not fetcher.want(f"{there.base}/alice")  # fresh
        assert not fetcher.want(f"{there.base}/alice", again=True)  # fetched a moment ago
    assert sorted(event.wallet_address for event in learned) == [f"{there.base}/alice", f"{there.base}/bob"]
    assert len(there.requests) == 2


def test_a_key_that_is_missing_may_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_RETRY", 0.0)
    learned: list[KeyLearned] = []
    with server(lambda _: [ok(JWKS)]) as there, KeyFetcher(learned.append, traffic_hosts=LOCAL) as fetcher:
        for again in (False, False, True):
            fetcher.want(there.base, again=again)
            assert fetcher.wait(WAIT)
    assert len(learned) == 2


def test_offline_fetches_nothing() -> None:
    learned: list[KeyLearned] = []
    with KeyFetcher(learned.append, traffic_hosts=LOCAL, offline=True) as fetcher:
        assert not fetcher.want("http://127.0.0.1:1/alice")
        assert fetcher.wait(0)
    assert learned == []


def test_closing_drops_what_is_under_way() -> None:
    learned: list[KeyLearned] = []
    asked, hold = threading.Event(), threading.Event()

    def answer(_: bytes) -> Iterator[bytes]:
        asked.set()
        hold.wait(WAIT)
        yield ok(JWKS)

    with server(answer) as there:
        fetcher = KeyFetcher(learned.append, traffic_hosts=LOCAL)
        fetcher.want(there.base)
        assert asked.wait(WAIT)
        fetcher.close()
        hold.set()
        assert fetcher.wait(0)
        assert not fetcher.want(there.base)
    assert learned == []


def test_a_listener_that_raises_does_not_end_the_fetcher() -> None:
    learned: list[KeyLearned] = []

    def listen(event: KeyLearned) -> None:
        learned.append(event)
        raise RuntimeError("not my day")

    with server(lambda _: [ok(JWKS)]) as there, KeyFetcher(listen, traffic_hosts=LOCAL) as fetcher:
        for name in ("a", "b"):
            fetcher.want(f"{there.base}/{name}")
            assert fetcher.wait(WAIT)
    assert len(learned) == 2


async def test_a_name_without_public_address() -> None:
    with pytest.raises(Refused):
        await addresses.resolve("localhost", 80, inner_too=False)
