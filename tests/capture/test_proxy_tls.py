"""TLS through the proxy: servers with a CA of their own, HTTP/2, clients that refuse, hosts that are left alone."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import httpx
import pytest

from tests.capture.kit import WAIT, KeptSink, ok, raw_server, running_proxy


def trusting(confdir: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=confdir / "mitmproxy-ca-cert.pem")


def test_https_with_a_ca_that_only_the_user_knows(
    confdir: Path, upstream_pem: Path, upstream_tls: ssl.SSLContext, sink: KeptSink
) -> None:
    with (
        raw_server(lambda _: [ok()], upstream_tls) as server,
        running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy,
        proxy.client(trusting(confdir)) as client,
    ):
        assert client.post(f"https://{server.address}/quotes", content=b"{}").text == "ok"
        assert server.requests[0].startswith(b"POST /quotes HTTP/1.1\r\n")
    exchange = sink.one()
    assert exchange.request.url == f"https://{server.address}/quotes"
    assert exchange.connection.tls_version == "TLSv1.3"
    assert exchange.connection.certificate is not None
    assert exchange.notes == ()


def test_a_server_that_is_not_trusted(confdir: Path, upstream_tls: ssl.SSLContext, sink: KeptSink) -> None:
    with (
        raw_server(lambda _: [ok()], upstream_tls) as server,
        running_proxy(confdir, sink) as proxy,
        proxy.client(trusting(confdir)) as client,
    ):
        assert client.get(f"https://{server.address}/").status_code == 502
        assert server.requests == []
    exchange = sink.one()
    assert exchange.error is not None
    assert exchange.error.startswith(f"the certificate of {server.address} isn't trusted (")
    assert "--upstream-ca" in exchange.error


def test_insecure_trusts_any_server(confdir: Path, upstream_tls: ssl.SSLContext, sink: KeptSink) -> None:
    with (
        raw_server(lambda _: [ok()], upstream_tls) as server,
        running_proxy(confdir, sink, insecure=True) as proxy,
        proxy.client(trusting(confdir)) as client,
    ):
        assert client.get(f"https://{server.address}/").text == "ok"


def test_https_to_a_server_that_speaks_http(confdir: Path, sink: KeptSink) -> None:
    with (
        raw_server(lambda _: [b"HTTP/1.1 400 Bad Request\r\n\r\n"]) as server,
        running_proxy(confdir, sink) as proxy,
        proxy.client(trusting(confdir)) as client,
    ):
        assert client.get(f"https://{server.address}/").status_code == 502
    assert sink.one().error == f"{server.address} doesn't speak TLS: is it http instead of https?"


def test_a_server_that_is_down_is_an_exchange_over_tls_too(confdir: Path, sink: KeptSink) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with running_proxy(confdir, sink) as proxy, proxy.client(trusting(confdir)) as client:
        assert client.get(f"https://127.0.0.1:{port}/").status_code == 502
    assert sink.one().error == f"connection refused by 127.0.0.1:{port}: nothing listens there"


def test_a_client_that_refuses_the_ca_is_noted_once_with_the_cure(
    confdir: Path, upstream_pem: Path, upstream_tls: ssl.SSLContext, sink: KeptSink
) -> None:
    with (
        raw_server(lambda _: [ok()], upstream_tls) as server,
        running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy,
    ):
        for _ in range(2):
            with proxy.client() as client, pytest.raises(httpx.ConnectError):
                client.get(f"https://localhost:{server.port}/")
        sink.wait(lambda: sink.notes)
    (noted,) = sink.notes
    assert noted.level == "error"
    assert noted.text.startswith("A client refused the proxy's certificate for localhost")
    assert "NODE_EXTRA_CA_CERTS" in noted.text
    assert sink.requests == []


def test_ignored_hosts_are_not_opened(
    confdir: Path, upstream_pem: Path, upstream_tls: ssl.SSLContext, sink: KeptSink
) -> None:
    with (
        raw_server(lambda _: [ok()], upstream_tls) as server,
        running_proxy(confdir, sink, ignore_hosts=(rf"127\.0\.0\.1:{server.port}",)) as proxy,
        proxy.client(ssl.create_default_context(cafile=upstream_pem)) as client,  # sees the server's own certificate
    ):
        assert client.get(f"https://{server.address}/quotes").text == "ok"
    assert sink.requests == []


def test_http2_from_end_to_end(confdir: Path, upstream_pem: Path, upstream_tls: ssl.SSLContext, sink: KeptSink) -> None:
    with (
        h2_server(upstream_tls) as (port, seen),
        running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy,
        proxy.client(trusting(confdir), http2=True) as client,
    ):
        answer = client.post(f"https://127.0.0.1:{port}/quotes?a=%C3%A9", content=b"{}", headers={"X-Two": "2"})
        assert (answer.http_version, answer.content) == ("HTTP/2", b"two")
    assert (":path", "/quotes?a=%C3%A9") in seen
    assert ("x-two", "2") in seen
    exchange = sink.one()
    assert exchange.request.http_version == "HTTP/2.0"
    assert exchange.request.url == f"https://127.0.0.1:{port}/quotes?a=%C3%A9"
    assert exchange.request.fields.get("host") is None
    assert exchange.response is not None
    assert exchange.response.body == b"two"
    assert exchange.notes == ()


def test_the_client_speaks_the_version_that_the_server_speaks(
    confdir: Path, upstream_pem: Path, upstream_tls: ssl.SSLContext, sink: KeptSink
) -> None:
    with (
        raw_server(lambda _: [ok()], upstream_tls) as server,
        running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy,
        proxy.client(trusting(confdir), http2=True) as client,
    ):
        assert client.get(f"https://{server.address}/").http_version == "HTTP/1.1"


@contextmanager
def h2_server(tls: ssl.SSLContext) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """Answers one HTTP/2 connection with `two`; gives the port and the header fields that arrive."""
    tls.set_alpn_protocols(["h2"])
    seen: list[tuple[str, str]] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            raw, _ = listener.accept()
            raw.settimeout(WAIT)
            with tls.wrap_socket(raw, server_side=True) as connection:
                config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
                protocol = h2.connection.H2Connection(config)
                protocol.initiate_connection()
                connection.sendall(protocol.data_to_send())
                while data := connection.recv(65536):
                    for event in protocol.receive_data(data):
                        if isinstance(event, h2.events.RequestReceived):
                            seen.extend((str(name), str(value)) for name, value in event.headers)
                        if isinstance(event, h2.events.StreamEnded):
                            protocol.send_headers(event.stream_id, [(":status", "200"), ("content-length", "3")])
                            protocol.send_data(event.stream_id, b"two", end_stream=True)
                    connection.sendall(protocol.data_to_send())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], seen
    finally:
        listener.close()
        thread.join(WAIT)


def test_a_tunnel_that_speaks_neither_http_nor_tls(confdir: Path, sink: KeptSink) -> None:
    with (
        raw_server(lambda request: [b"SSH-2.0-server\r\n"]) as server,
        running_proxy(confdir, sink) as proxy,
        proxy.tunnel(server.address) as client,
    ):
        client.sendall(b"SSH-2.0-client\r\n\r\n")
        assert client.recv(100) == b"SSH-2.0-server\r\n"
    assert sink.requests == []
