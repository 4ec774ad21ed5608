"""What a client and a server see through the proxy is what they would see without it, to the byte."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from optrace.core.errors import CannotStart, Usage
from tests.capture.kit import (
    WAIT,
    BrokenSink,
    KeptSink,
    StopServing,
    ok,
    raw_server,
    read_all,
    read_message,
    running_proxy,
)

HEADERS = (
    b'Host: {address}\r\nX-Odd: two  spaces\r\nx-ODD: again\r\nSignature-Input: sig1=("@method");created=1\r\n'
    b"Accept: */*\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n"
)
BODY = b'{ "a":1,"\xc3\xa9":2}'


def post(address: str, target: str = "/path%2F?q=%C3%A9&b=+") -> bytes:
    head = HEADERS.replace(b"{address}", address.encode())
    return f"POST {target} HTTP/1.1\r\n".encode() + head + BODY


def test_the_bytes_of_an_absolute_form_request_arrive_as_sent(confdir: Path, sink: KeptSink) -> None:
    answer = ok(b'{"b":2}', "X-Odd: b", "x-odd: a", "Content-Type: application/json")
    with raw_server(lambda _: [answer]) as server, running_proxy(confdir, sink) as proxy:
        with proxy.connect() as client:
            client.sendall(post(server.address, f"http://{server.address}/path%2F?q=%C3%A9&b=+"))
            assert read_message(client) == answer
        assert server.requests == [post(server.address)]
    exchange = sink.one()
    assert exchange.request.url == f"http://{server.address}/path%2F?q=%C3%A9&b=+"
    assert exchange.request.body == BODY
    assert (b"x-ODD", b"again") in exchange.request.fields.raw
    assert exchange.response is not None
    assert exchange.response.body == b'{"b":2}'
    assert exchange.notes == ()
    assert exchange.started <= exchange.ended


def test_only_white_space_around_field_values_is_not_kept(confdir: Path, sink: KeptSink) -> None:
    # mitmproxy's parser; RFC 9110 §5.5 has it outside of the value, so no signature or digest sees it
    with raw_server(lambda _: [ok()]) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(f"GET http://{server.address}/ HTTP/1.1\r\nHost: h\r\nX-Odd:   a  b \r\n\r\n".encode())
        assert read_message(client) == ok()
        assert server.requests == [b"GET / HTTP/1.1\r\nHost: h\r\nX-Odd: a  b\r\n\r\n"]


def test_plain_http_in_a_tunnel_as_node_sends_it(confdir: Path, sink: KeptSink) -> None:
    with raw_server(lambda _: [ok()]) as server, running_proxy(confdir, sink) as proxy:
        with proxy.tunnel(server.address) as client:
            for _ in range(2):
                client.sendall(post(server.address))
                assert read_message(client) == ok()
        assert server.requests == [post(server.address)] * 2
    assert [n for n, _ in sink.ended] == [1, 2]
    assert sink.ended[0][1].request.url == f"http://{server.address}/path%2F?q=%C3%A9&b=+"
    assert sink.ended[0][1].request.authority == server.address


def test_a_request_is_recorded_before_it_is_forwarded(confdir: Path, sink: KeptSink) -> None:
    known: list[int] = []

    def answer(_: bytes) -> Iterator[bytes]:
        known.append(len(sink.requests))
        yield ok()

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy, proxy.client() as client:
        for _ in range(3):
            client.get(f"http://{server.address}/")
    assert known == [1, 2, 3]
    assert sink.requests[0].in_flight


def test_a_response_is_recorded_before_it_is_handed_back(confdir: Path, sink: KeptSink) -> None:
    with raw_server(lambda _: [ok()]) as server, running_proxy(confdir, sink) as proxy, proxy.client() as client:
        client.get(f"http://{server.address}/")
        assert len(sink.ended) == 1


def test_a_reverse_proxy_keeps_the_host_that_the_client_sent(confdir: Path, sink: KeptSink) -> None:
    with raw_server(lambda _: [ok()]) as server:
        with running_proxy(confdir, sink, mode=f"reverse:http://{server.address}") as proxy, proxy.connect() as client:
            client.sendall(post("wallet.example"))
            assert read_message(client) == ok()
        assert server.requests == [post("wallet.example")]
    exchange = sink.one()
    assert exchange.request.url == "http://wallet.example/path%2F?q=%C3%A9&b=+"
    assert exchange.connection.proxy_mode.startswith("reverse:")


BODIES = {
    "gzip": (gzip.compress(b"x" * 1000), "gzip"),
    "torn gzip": (gzip.compress(b"x" * 1000)[:-9], "gzip"),
    "no gzip at all": (b"plain", "gzip"),
    "broken brotli": (b"\x8b\xff\xff", "br"),
    "unknown coding": (b"\x00\x01", "x-own, gzip, gzip"),
}


@pytest.mark.parametrize("name", BODIES)
def test_coded_and_broken_bodies_pass_unharmed(confdir: Path, sink: KeptSink, name: str) -> None:
    body, coding = BODIES[name]
    answer = ok(body, f"Content-Encoding: {coding}")
    request = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: %b\r\nContent-Length: %d\r\n\r\n%b" % (
        coding.encode(),
        len(body),
        body,
    )
    with raw_server(lambda _: [answer]) as server, running_proxy(confdir, sink) as proxy:
        with proxy.tunnel(server.address) as client:
            client.sendall(request)
            assert read_message(client) == answer
        assert server.requests == [request]
    exchange = sink.one()
    assert exchange.request.body == body
    assert exchange.response is not None
    assert exchange.response.body == body


def test_a_chunked_response_keeps_its_body(confdir: Path, sink: KeptSink) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    with raw_server(lambda _: [answer]) as server, running_proxy(confdir, sink) as proxy, proxy.client() as client:
        assert client.get(f"http://{server.address}/").content == b"abcde"
    exchange = sink.one()
    assert exchange.response is not None
    assert exchange.response.body == b"abcde"


def test_a_server_that_hangs_up_within_its_answer(confdir: Path, sink: KeptSink) -> None:
    def answer(_: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
        raise StopServing

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(post(server.address, f"http://{server.address}/"))
        assert b"502" in read_all(client)
    exchange = sink.one()
    assert exchange.error == f"{server.address} hung up within its message, after 9 of 100 bytes of its body"
    assert exchange.response is not None
    assert (exchange.response.status, exchange.response.body) == (200, None)
    assert exchange.notes == ("The body of the response never came whole, so it was not kept.",)


def test_a_refused_connection_is_an_exchange_with_an_error(confdir: Path, sink: KeptSink) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with running_proxy(confdir, sink) as proxy, proxy.tunnel(f"127.0.0.1:{port}") as client:
        client.sendall(post(f"127.0.0.1:{port}"))
        assert read_message(client).startswith(b"HTTP/1.1 502")
    exchange = sink.one()
    assert exchange.error == f"connection refused by 127.0.0.1:{port}: nothing listens there"
    assert exchange.request.body == BODY
    assert exchange.ended is not None


def test_a_client_that_hangs_up_before_the_answer(confdir: Path, sink: KeptSink) -> None:
    gone = threading.Event()

    def answer(_: bytes) -> Iterator[bytes]:
        gone.wait(WAIT)
        yield ok()

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy:
        client = proxy.connect()
        client.sendall(post(server.address, f"http://{server.address}/"))
        sink.wait(lambda: sink.requests)
        client.close()
        assert sink.one().error == "the client hung up before the answer was complete"
        gone.set()


def test_a_client_that_hangs_up_within_its_request(confdir: Path, sink: KeptSink) -> None:
    with running_proxy(confdir, sink) as proxy:
        with proxy.connect() as client:
            client.sendall(post("127.0.0.1:1", "http://127.0.0.1:1/quotes")[:-3])
        exchange = sink.one()
    assert exchange.error == "the client hung up within its message, after 12 of 15 bytes of its body"
    assert exchange.request.body is None
    assert exchange.notes == ("The body of the request never came whole, so it was not kept.",)


def test_a_request_to_the_proxy_itself_is_told_apart(confdir: Path, sink: KeptSink) -> None:
    with running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(post(f"{proxy.host}:{proxy.port}", "/quotes"))
        assert b"502" in read_message(client)
    assert sink.one().error == "the request was sent to the proxy itself, so there is no server to pass it to"


@pytest.mark.slow
def test_a_hundred_megabytes_pass_both_ways_and_are_not_kept(confdir: Path, sink: KeptSink) -> None:
    size, piece = 100_000_000, bytes(1_000_000)
    received: list[tuple[int, int]] = []

    def answer(request: bytes) -> Iterator[bytes]:
        head = request.index(b"\r\n\r\n") + 4
        received.append((len(request) - head, request.count(0, head)))
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size
        for _ in range(size // len(piece)):
            yield piece

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        head = f"POST http://{server.address}/quotes HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n"
        client.sendall(head.encode() + piece)
        # it is forwarded as it comes, so it must be recorded at its first byte
        sink.wait(lambda: sink.requests)
        assert not received
        for _ in range(size // len(piece) - 1):
            client.sendall(piece)
        answered = read_message(client)
    assert received == [(size, size)]
    assert answered.count(0) == size
    exchange = sink.one()
    assert exchange.request.body is None
    assert exchange.response is not None
    assert exchange.response.body is None
    assert len(exchange.notes) == 2
    assert "too large" in exchange.notes[0]
    assert exchange.error is None


def test_a_body_over_the_limit_of_unknown_length(confdir: Path, sink: KeptSink) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"400\r\n" + bytes(1024) + b"\r\n0\r\n\r\n"
    with raw_server(lambda _: [answer]) as server, running_proxy(confdir, sink, keep_bodies=1000) as proxy:
        assert proxy.client().get(f"http://{server.address}/").content == bytes(1024)
    assert "too large" in sink.one().notes[0]


def test_an_event_stream_is_not_held_back(confdir: Path, sink: KeptSink) -> None:
    seen = threading.Event()

    def answer(_: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: first\n\n"
        assert seen.wait(WAIT)
        raise StopServing

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(f"GET http://{server.address}/ HTTP/1.1\r\nHost: h\r\n\r\n".encode())
        got = b""
        while b"data: first\n\n" not in got:
            got += client.recv(4096)
        seen.set()
    assert sink.one().response is not None


def test_an_upgrade_passes(confdir: Path, sink: KeptSink) -> None:
    switching = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

    def answer(request: bytes) -> Iterator[bytes]:
        yield switching + b"\x81\x02hi"  # a text frame

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(
            f"GET http://{server.address}/ HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        got = b""
        while len(got) < len(switching) + 4:
            got += client.recv(4096)
    assert got == switching + b"\x81\x02hi"
    exchange = sink.one()
    assert exchange.response is not None
    assert exchange.response.status == 101


def test_what_the_proxy_itself_takes_away_is_said(confdir: Path, sink: KeptSink) -> None:
    with raw_server(lambda _: [ok()]) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(f"GET http://{server.address}/ HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n\r\n".encode())
        assert read_message(client).startswith(b"HTTP/1.1 100")
        assert read_message(client) == ok()
        assert b"Expect" not in server.requests[0]
    exchange = sink.one()
    assert exchange.request.fields.get("expect") == "100-continue"
    assert exchange.notes == ("The request was not passed on as it came: field expect changed in the proxy.",)


def test_a_sink_that_always_fails_changes_nothing(confdir: Path) -> None:
    sink, complaints = BrokenSink(), list[str]()
    with raw_server(lambda _: [ok()]) as server:
        with running_proxy(confdir, sink, complain=complaints.append) as proxy, proxy.tunnel(server.address) as client:
            for _ in range(5):
                client.sendall(post(server.address))
                assert read_message(client) == ok()
        assert server.requests == [post(server.address)] * 5
    assert sink.calls >= 5
    assert len(complaints) == 1
    assert "No space left on device" in complaints[0]


def test_foreign_pages_pass_unrecorded_unless_asked_for(confdir: Path, sink: KeptSink) -> None:
    with raw_server(lambda _: [ok()]) as server:
        for record_all in (False, True):
            with running_proxy(confdir, sink, record_all=record_all) as proxy, proxy.client() as client:
                assert client.get(f"http://{server.address}/", headers={"Accept": "text/html"}).text == "ok"
            assert len(sink.requests) == record_all


def test_stopping_ends_what_is_in_flight(confdir: Path, sink: KeptSink) -> None:
    never = threading.Event()

    def answer(_: bytes) -> Iterator[bytes]:
        never.wait(WAIT)
        raise StopServing

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(post(server.address, f"http://{server.address}/"))
        sink.wait(lambda: sink.requests)
        proxy.stop()
        exchange = sink.one()
        read_all(client)  # the connection is closed
        never.set()
    assert exchange.error == "the proxy was stopped before the answer came"
    assert exchange.ended is not None


def test_a_taken_port_is_said(confdir: Path, sink: KeptSink) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as raised, running_proxy(confdir, sink, port=port):
            pass
    assert raised.value.title == f"Port {port} is already in use"
    assert raised.value.exit_code == 4


def test_options_that_cannot_be_used_are_said(confdir: Path, sink: KeptSink, tmp_path: Path) -> None:
    wrong: list[dict[str, object]] = [
        {"mode": "sideways"},
        {"ignore_hosts": ("*.example",)},
        {"upstream_ca": tmp_path / "missing.pem"},
    ]
    for options in wrong:
        with pytest.raises(Usage), running_proxy(confdir, sink, **options):
            pass
    (tmp_path / "mitmproxy-ca.pem").write_text("no key")
    with pytest.raises(CannotStart, match="certificate authority"), running_proxy(tmp_path, sink):
        pass
