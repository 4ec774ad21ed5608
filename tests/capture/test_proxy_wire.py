"""Traffic as the world has it: interim responses, trailers, pipelines, trickles, resets, codings, clients that go."""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import brotli
import h2.config
import h2.connection
import h2.errors
import h2.events
import pytest
import zstandard

from optrace.core.content_coding import decode_content
from tests.capture.kit import WAIT, KeptSink, ok, raw_server, read_all, running_proxy
from tests.capture.test_proxy_tls import h2_server, trusting

EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
FINAL = ok(b"final")


def get(address: str, path: str = "/quotes") -> bytes:
    return f"GET http://{address}{path} HTTP/1.1\r\nHost: {address}\r\n\r\n".encode()


def received(connection: socket.socket, size: int) -> bytes:
    """So many bytes, or what came before the other side closed."""
    got = b""
    while len(got) < size and (more := connection.recv(size - len(got))):
        got += more
    return got


@pytest.mark.parametrize(
    "before",
    [
        pytest.param([EARLY], id="early hints"),
        pytest.param([b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"], id="two at once"),
        pytest.param([EARLY[:10], EARLY[10:40], EARLY[40:]], id="in pieces"),
    ],
)
def test_interim_responses_are_handed_on_and_the_answer_is_the_answer(
    confdir: Path, sink: KeptSink, before: list[bytes]
) -> None:
    expected = b"".join(before) + FINAL
    answer = [*before, FINAL]
    with raw_server(lambda _: answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        for _ in range(2):  # and the connection is good for more
            client.sendall(get(server.address))
            assert received(client, len(expected)) == expected
    assert [exchange.response.status for _, exchange in sink.ended if exchange.response] == [200, 200]
    (note,) = sink.ended[0][1].notes
    assert note.startswith("Before its answer the server sent 10")


def test_an_old_client_is_spared_interim_responses(confdir: Path, sink: KeptSink) -> None:
    answer = [EARLY, FINAL]
    with raw_server(lambda _: answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(get(server.address).replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert read_all(client) == FINAL


def test_interim_responses_without_end_are_not_remembered_without_end(confdir: Path, sink: KeptSink) -> None:
    many = b"HTTP/1.1 102 Processing\r\n\r\n" * 1000
    answer = [many, FINAL]
    with raw_server(lambda _: answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(get(server.address))
        assert received(client, len(many + FINAL)) == many + FINAL
    assert len(sink.one().notes[0]) < 300


def test_interim_responses_over_tls(
    confdir: Path, upstream_pem: Path, upstream_tls: ssl.SSLContext, sink: KeptSink
) -> None:
    with (
        raw_server(lambda _: [EARLY, FINAL], upstream_tls) as server,
        running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy,
        proxy.client(trusting(confdir)) as client,
    ):
        assert client.get(f"https://{server.address}/quotes").text == "final"
    assert sink.one().notes == ("Before its answer the server sent 103 Early Hints.",)


def test_trailers_pass_both_ways_and_are_kept(confdir: Path, sink: KeptSink) -> None:
    chunks = b"3\r\nabc\r\n0\r\nX-Checksum: 1\r\nx-checksum: 2\r\n\r\n"
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n" + chunks
    with raw_server(lambda request: [answer] if b"0\r\n" in request else []) as server:
        with running_proxy(confdir, sink) as proxy, proxy.connect() as client:
            for _ in range(2):
                head = f"POST http://{server.address}/q HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                client.sendall(head.encode() + chunks)
                assert received(client, len(answer)) == answer
        assert b"".join(server.requests).count(chunks) == 2
    for _, exchange in sink.ended:
        assert exchange.response is not None
        for message in (exchange.request, exchange.response):
            assert message.body == b"abc"
            assert message.trailers is not None
            assert message.trailers.raw == ((b"X-Checksum", b"1"), (b"x-checksum", b"2"))
    assert sink.notes == []


def test_a_trailer_that_is_none_is_an_error_of_the_server(confdir: Path, sink: KeptSink) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno trailer\r\n\r\n"
    with raw_server(lambda _: [answer]) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(get(server.address))
        assert b"502" in read_all(client)
    assert sink.one().error is not None


def test_a_pipeline_is_answered_in_its_order(confdir: Path, sink: KeptSink) -> None:
    expected = b"".join(ok(f"/{n}".encode()) for n in range(5))

    def answer(request: bytes) -> list[bytes]:
        return [ok(request.split()[1])]

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(b"".join(get(server.address, f"/{n}") for n in range(5)))
        assert received(client, len(expected)) == expected
    paths = [exchange.request.url.rpartition("/")[2] for _, exchange in sink.ended]
    assert paths == ["0", "1", "2", "3", "4"]
    assert all(exchange.notes == () for _, exchange in sink.ended)


def test_an_answer_that_trickles(confdir: Path, sink: KeptSink) -> None:
    """Each byte by itself, also within the head and the sizes of the chunks."""
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"
    pieces = [answer[n : n + 1] for n in range(len(answer))]
    with raw_server(lambda _: pieces) as server, running_proxy(confdir, sink) as proxy, proxy.client() as client:
        assert client.get(f"http://{server.address}/quotes").content == b"hello!"
    exchange = sink.one()
    assert exchange.response is not None
    assert exchange.response.body == b"hello!"
    assert exchange.notes == ()


def test_a_connection_that_is_reset_within_the_answer(confdir: Path, sink: KeptSink) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        arrived = threading.Event()

        def serve() -> None:
            connection, _ = listener.accept()
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
            arrived.wait(WAIT)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()  # a reset, not an end

        threading.Thread(target=serve, daemon=True).start()
        with running_proxy(confdir, sink) as proxy, proxy.connect() as client:
            client.sendall(get(address))
            sink.wait(lambda: sink.requests)
            arrived.set()
            assert b"502" in read_all(client)
    exchange = sink.one()
    assert exchange.response is None or exchange.response.status == 200
    assert exchange.error is not None
    assert exchange.error.startswith(f"{address} hung up ")


def test_a_client_that_does_not_wait(confdir: Path, sink: KeptSink) -> None:
    gone = threading.Event()

    def answer(_: bytes) -> Iterator[bytes]:
        gone.wait(WAIT)
        yield FINAL

    with raw_server(answer) as server, running_proxy(confdir, sink) as proxy:
        with proxy.connect() as client:
            client.sendall(get(server.address))
            sink.wait(lambda: sink.requests)
        exchange = sink.one()
        gone.set()
    assert exchange.error == "the client hung up before the answer was complete"


@pytest.mark.parametrize(
    ("coding", "body"),
    [("br", brotli.compress(b'{"id":1}')), ("zstd", zstandard.compress(b'{"id":1}'))],
    ids=["brotli", "zstd"],
)
def test_newer_codings_pass_as_they_are_and_can_be_read(
    confdir: Path, sink: KeptSink, coding: str, body: bytes
) -> None:
    answer = ok(body, f"Content-Encoding: {coding}", "Content-Type: application/json")
    with raw_server(lambda _: [answer]) as server, running_proxy(confdir, sink) as proxy, proxy.connect() as client:
        client.sendall(get(server.address))
        assert received(client, len(answer)) == answer
    exchange = sink.one()
    assert exchange.response is not None
    assert exchange.response.body == body
    assert decode_content(body, coding)[0] == b'{"id":1}'


Respond = Callable[[h2.connection.H2Connection, int], None]


def trailing(protocol: h2.connection.H2Connection, stream: int) -> None:
    protocol.send_headers(stream, [(":status", "200")])
    protocol.send_data(stream, b"two")
    protocol.send_headers(stream, [("x-checksum", "2")], end_stream=True)


def breaking(protocol: h2.connection.H2Connection, stream: int) -> None:
    protocol.send_headers(stream, [(":status", "200")])
    protocol.send_data(stream, b"tw")
    protocol.reset_stream(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)


def ending(protocol: h2.connection.H2Connection, stream: int) -> None:
    protocol.close_connection(h2.errors.ErrorCodes.ENHANCE_YOUR_CALM)


@contextmanager
def h2_upstream(tls: ssl.SSLContext, respond: Respond) -> Iterator[str]:
    """The address of a server that answers the first request of one HTTP/2 connection as it is told."""
    tls.set_alpn_protocols(["h2"])
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                raw, _ = listener.accept()
                raw.settimeout(WAIT)
                with tls.wrap_socket(raw, server_side=True) as connection:
                    protocol = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
                    protocol.initiate_connection()
                    connection.sendall(protocol.data_to_send())
                    while data := connection.recv(65536):
                        if protocol.state_machine.state is h2.connection.ConnectionState.CLOSED:
                            continue  # it has said that it goes away: what still comes is nothing to it
                        for event in protocol.receive_data(data):
                            if isinstance(event, h2.events.StreamEnded):
                                respond(protocol, event.stream_id)
                        connection.sendall(protocol.data_to_send())

        threading.Thread(target=serve, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("respond", "error"),
    [
        (trailing, None),
        (breaking, "{} broke the answer off (INTERNAL_ERROR)"),
        (ending, "{} ended the HTTP/2 connection before its answer was complete (ENHANCE_YOUR_CALM)"),
    ],
)
def test_http2_to_its_end(
    confdir: Path, upstream_pem: Path, upstream_tls: ssl.SSLContext, sink: KeptSink, respond: Respond, error: str | None
) -> None:
    with (
        h2_upstream(upstream_tls, respond) as address,
        running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy,
        proxy.client(trusting(confdir), http2=True) as client,
    ):
        assert client.get(f"https://{address}/quotes").status_code == (502 if error else 200)
    exchange = sink.one()
    assert exchange.error == (error and error.format(address))
    if error is None:
        assert exchange.response is not None
        assert exchange.response.trailers is not None
        assert exchange.response.trailers.raw == ((b"x-checksum", b"2"),)


CURL = ["curl", "-sS", "--http2", "--cacert"]
NODE = """
const http2 = require('node:http2'), net = require('node:net'), tls = require('node:tls'), fs = require('node:fs')
const [proxy, host, ca] = process.argv.slice(1)
const tunnel = net.connect(proxy, '127.0.0.1')
tunnel.write(`CONNECT ${host} HTTP/1.1\\r\\nHost: ${host}\\r\\n\\r\\n`)
tunnel.once('data', () => {
  const socket = tls.connect({ socket: tunnel, host: '127.0.0.1', ca: fs.readFileSync(ca), ALPNProtocols: ['h2'] })
  const session = http2.connect(`https://${host}`, { createConnection: () => socket })
  const stream = session.request({ ':path': '/quotes', ':method': 'POST' })
  stream.on('data', (data) => process.stdout.write(data)).on('end', () => session.destroy())
  stream.end('{}')
})
"""


@pytest.mark.slow
@pytest.mark.parametrize("client", ["curl", "node"])
def test_clients_that_speak_http2(
    confdir: Path, upstream_pem: Path, upstream_tls: ssl.SSLContext, sink: KeptSink, client: str
) -> None:
    if shutil.which(client) is None:
        pytest.skip(f"no {client} here")
    ca = str(confdir / "mitmproxy-ca-cert.pem")
    with h2_server(upstream_tls) as (port, _), running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy:
        words = {
            "curl": [*CURL, ca, "--noproxy", "", "--proxy", proxy.url, "-d", "{}", f"https://127.0.0.1:{port}/quotes"],
            "node": ["node", "-e", NODE, str(proxy.port), f"127.0.0.1:{port}", ca],
        }[client]
        done = subprocess.run(words, capture_output=True, timeout=60, check=False)
        assert done.stdout == b"two", done.stderr
    exchange = sink.one()
    assert exchange.request.http_version == "HTTP/2.0"
    assert exchange.request.body == b"{}"
    assert exchange.notes == ()


@pytest.mark.slow
def test_an_upload_of_what_is_kept_arrives_whole(confdir: Path, sink: KeptSink) -> None:
    body = bytes(range(256)) * 80_000  # 20 MB, under what is kept
    with raw_server(lambda _: [FINAL]) as server, running_proxy(confdir, sink) as proxy, proxy.client() as client:
        with suppress(TimeoutError):
            assert client.post(f"http://{server.address}/quotes", content=body, timeout=60).text == "final"
        assert server.requests[0].endswith(body)
    assert sink.one().request.body == body


def test_a_mitmproxy_that_is_built_otherwise_goes_without(
    confdir: Path, sink: KeptSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise AttributeError("Http1Client")

    monkeypatch.setattr("optrace.capture.http1.install", missing)
    with raw_server(lambda _: [FINAL]) as server, running_proxy(confdir, sink) as proxy, proxy.client() as client:
        assert client.get(f"http://{server.address}/quotes").text == "final"
    assert "neither interim responses nor trailers" in sink.notes[0].text
