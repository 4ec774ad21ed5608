"""Requests go out as they were made, to named hosts only, and everything is kept."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest
from optrace.net import player as module
from optrace.net.player import NotNamed, Player
from optrace.replay.routes import Routes
from tests.net.servers import Heard, http, server

NOW = datetime(2027, 1, 1, tzinfo=UTC)


class Kept:
    def __init__(self) -> None:
        self.requests, self.responses = list[Exchange](), list[Exchange]()

    def request(self, exchange: Exchange) -> int:
        self.requests.append(exchange)
        return len(self.requests)

    def response(self, n: int, exchange: Exchange) -> None:
        assert n == exchange.n
        self.responses.append(exchange)


def playing(*heard: Heard) -> tuple[Player, Kept]:
    kept = Kept()
    routes = Routes([(each.url, each.url) for each in heard])
    return Player(routes.reach, kept, lambda: NOW), kept


def test_a_request_goes_out_byte_for_byte() -> None:
    pairs = ("Signature-Input", "sig1=()"), ("AUTHORIZATION", "GNAP x"), ("content-length", "2"), ("X", "a"), ("X", "b")
    fields = Fields.of(*pairs)
    with server(lambda _: http(201, b"{}", "X-Y: 1", "x-y: 2")) as heard:
        player, kept = playing(heard)
        with player:
            url = f"{heard.url}/a%2Fb/../c;d?x=%20+y&&z=ü%3D".replace("ü", "%c3%BC")
            exchange = player.send(HttpRequest(method="POST", url=url, fields=fields, body=b"{}"))
    head, _, body = heard.requests[0].partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == f"POST {url.removeprefix(heard.url)} HTTP/1.1"
    assert [line for line in lines[1:] if not line.lower().startswith("host:")] == [
        "Signature-Input: sig1=()", "AUTHORIZATION: GNAP x", "content-length: 2", "X: a", "X: b",
    ]  # fmt: skip
    assert body == b"{}"
    assert exchange.response is not None
    assert exchange.response.status == 201
    assert exchange.response.fields.get_all("x-y") == ("1", "2")
    assert [each.request.url for each in kept.requests] == [url]
    assert kept.responses == [exchange]


def test_no_redirect_is_followed() -> None:
    with server() as evil, server(lambda _: http(302, b"", f"Location: {evil.url}/")) as heard:
        player, _ = playing(heard, evil)
        with player:
            exchange = player.send(HttpRequest(method="GET", url=f"{heard.url}/x"))
        assert exchange.response is not None
        assert exchange.response.status == 302
        assert evil.requests == []


@pytest.mark.parametrize("spelling", ["{evil}/x", "{evil}", "{named}@{evil_host}/", "http://127.1:{port}/"])
def test_a_host_that_was_not_named_is_never_connected_to(spelling: str) -> None:
    with server() as evil, server() as heard:
        url = spelling.format(evil=evil.url, named=heard.url, evil_host=f"127.0.0.1:{evil.port}", port=evil.port)
        player, kept = playing(heard)
        with player, pytest.raises(NotNamed):
            player.send(HttpRequest(method="GET", url=url))
        assert (evil.requests, heard.requests, kept.requests) == ([], [], [])


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with server() as evil, server() as heard:
        monkeypatch.setenv("HTTP_PROXY", evil.url)
        monkeypatch.setenv("ALL_PROXY", evil.url)
        player, _ = playing(heard)
        with player:
            player.send(HttpRequest(method="GET", url=f"{heard.url}/x"))
        assert evil.requests == []
        assert len(heard.requests) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "disconnected"),
        (b"SSH-2.0-OpenSSH\r\n", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", ""),
        (http(200, b"x" * 2000), "too long"),
    ],
)
def test_what_goes_wrong_is_said_and_kept(answer: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LARGEST", 1000)
    with server(lambda _: answer) as heard:
        player, kept = playing(heard)
        with player:
            exchange = player.send(HttpRequest(method="GET", url=f"{heard.url}/x"))
    assert exchange.response is None
    assert exchange.error
    assert words in exchange.error
    assert kept.responses == [exchange]


def test_nobody_there_is_an_error_of_the_exchange() -> None:
    with server() as heard:
        pass
    player, _ = playing(heard)
    with player:
        assert player.send(HttpRequest(method="GET", url=f"{heard.url}/x")).error
