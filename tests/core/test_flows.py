"""Flows as exchanges: what the client sent and signed, whatever the proxy made of it."""

from datetime import UTC, datetime

import pytest
from mitmproxy import http
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow, tutils

from optrace.core.fields import Fields
from optrace.core.flows import EPOCH, exchange_of_flow, instant


def flow(sent=b"as.example", /, *, tls=False, mode="regular", version=b"HTTP/1.1", fields=None, **request):
    made = tflow.tflow(resp=True)
    fields = [(b"Host", sent)] if fields is None and sent is not None else fields or []
    made.request = tutils.treq(
        **{"host": "as.example", "port": 443, "scheme": b"https", "path": b"/t?a=b%2F", "http_version": version}
        | {"headers": http.Headers(fields)}
        | request
    )
    made.client_conn.tls = tls
    made.client_conn.proxy_mode = ProxyMode.parse(mode)
    return made


@pytest.mark.parametrize(
    ("made", "url", "authority"),
    [
        (flow(tls=True), "https://as.example/t?a=b%2F", "as.example:443"),
        (flow(), "https://as.example/t?a=b%2F", "as.example:443"),
        (flow(scheme=b"http", port=80), "http://as.example/t?a=b%2F", "as.example:80"),
        # the Host field as it was sent, whatever the connection's host and port are
        (flow(b"AS.example:443"), "https://AS.example:443/t?a=b%2F", "as.example:443"),
        (flow(b"as.example", port=8443), "https://as.example/t?a=b%2F", "as.example:8443"),
        (flow(b" other.example "), "https://other.example/t?a=b%2F", "as.example:443"),
        (
            flow(fields=[(b"hOsT", b"one.example"), (b"Host", b"two.example")]),
            "https://one.example/t?a=b%2F",
            "as.example:443",
        ),
        # without one: the request target's authority, else where the connection went
        (flow(None, authority=b"line.example:81"), "https://line.example:81/t?a=b%2F", "as.example:443"),
        (flow(None), "https://as.example/t?a=b%2F", "as.example:443"),
        (flow(None, port=8443), "https://as.example:8443/t?a=b%2F", "as.example:8443"),
        (flow(b""), "https://as.example/t?a=b%2F", "as.example:443"),
        (flow(None, host="2001:db8::7", port=3006), "https://[2001:db8::7]:3006/t?a=b%2F", "[2001:db8::7]:3006"),
        # HTTP/2 and HTTP/3 name the host in :authority
        (
            flow(b"field.example", version=b"HTTP/2.0", authority=b"pseudo.example"),
            "https://pseudo.example/t?a=b%2F",
            "as.example:443",
        ),
        (flow(b"field.example", version=b"HTTP/2.0"), "https://field.example/t?a=b%2F", "as.example:443"),
        (flow(b"f.example", version=b"HTTP/3", authority=b"p.example"), "https://p.example/t?a=b%2F", "as.example:443"),
        # paths byte for byte
        (flow(path=b"//a/../\xc3\xa9\xff"), "https://as.example//a/../é\udcff", "as.example:443"),
        (flow(path=b"*", method=b"OPTIONS"), "https://as.example", "as.example:443"),
        (
            flow(method=b"CONNECT", scheme=b"", path=b"", authority=b"as.example:443"),
            "http://as.example:443",
            "as.example:443",
        ),
    ],
)
def test_the_url_is_what_the_client_asked_for(made, url, authority):
    exchange = exchange_of_flow(made, 5)
    assert (exchange.n, exchange.request.url, exchange.request.authority) == (5, url, authority)
    assert exchange.connection.upstream_url is None


def test_behind_a_reverse_proxy_the_scheme_is_the_clients_own():
    made = flow(b"proxy.example:13006", mode="reverse:https://as.example:3006@13006", port=3006)
    made.client_conn.sockname = ("127.0.0.1", 13006)
    exchange = exchange_of_flow(made, 1)
    assert exchange.request.url == "http://proxy.example:13006/t?a=b%2F"
    assert exchange.request.authority is None
    assert exchange.connection.proxy_mode == "reverse:https://as.example:3006@127.0.0.1:13006"
    assert exchange.connection.upstream_url == "https://as.example:3006/t?a=b%2F"


def test_a_reverse_proxy_that_rewrote_host_asks_for_what_is_seen():
    made = flow(b"as.example:3006", mode="reverse:http://as.example:3006", port=3006, scheme=b"http")
    assert exchange_of_flow(made, 1).connection.upstream_url is None


def test_messages_are_kept_raw():
    made = flow(fields=[(b"Host", b"as.example"), (b"X-\xff", b"\xfe"), (b"x-\xff", b"")], content=b"\x1f\x8b")
    made.request.trailers = http.Headers([(b"T", b"1")])
    made.response.headers = http.Headers([(b"Content-Encoding", b"gzip")])
    made.response.raw_content = b"not gzip"
    made.response.data.reason = b"Fine"
    before = made.get_state()
    exchange = exchange_of_flow(made, 1)
    assert exchange.request.fields.raw == ((b"Host", b"as.example"), (b"X-\xff", b"\xfe"), (b"x-\xff", b""))
    assert (exchange.request.body, exchange.request.trailers) == (b"\x1f\x8b", Fields([(b"T", b"1")]))
    assert (exchange.response.body, exchange.response.reason) == (b"not gzip", "Fine")
    assert exchange.response.trailers is None
    assert made.get_state() == before


def test_instants_and_connection():
    made = flow(tls=True)
    made.request.timestamp_start, made.request.timestamp_end = 1_770_000_000.000001, 1_770_000_000.5
    made.response.timestamp_start, made.response.timestamp_end = 1_770_000_001, 1_770_000_002
    made.client_conn.peername, made.server_conn.peername = ("::1", 5000, 0, 0), ("192.0.2.1", 443)
    made.client_conn.tls_version, made.client_conn.sni = "TLSv1.3", "as.example"
    exchange = exchange_of_flow(made, 1)
    assert exchange.started == datetime(2026, 2, 2, 2, 40, 0, 1, UTC)
    assert (exchange.ended - exchange.started).total_seconds() == 1.999999
    assert (exchange.request_ended.microsecond, exchange.response_started.second) == (500_000, 1)
    connection = exchange.connection
    assert (connection.client, connection.server) == ("[::1]:5000", "192.0.2.1:443")
    assert (connection.tls_version, connection.sni, connection.certificate) == ("TLSv1.3", "as.example", None)
    assert (connection.client_id, connection.server_id) == (made.client_conn.id, made.server_conn.id)
    assert connection.proxy_mode == "regular"


def test_the_subject_of_the_servers_certificate():
    made = flow()
    made.server_conn.certificate_list = (tflow.tserver_conn().certificate_list or [_certificate()])[:1]
    assert exchange_of_flow(made, 1).connection.certificate == "CN=as.example"


def _certificate():
    class Certificate:
        subject = (("CN", "as.example"),)

    return Certificate()


def test_a_flow_in_flight_a_broken_one_and_one_that_was_streamed():
    waiting = flow()
    waiting.response = None
    assert exchange_of_flow(waiting, 1).in_flight

    broken = tflow.tflow(err=True)
    exchange = exchange_of_flow(broken, 1)
    assert (exchange.error, exchange.ended) == (broken.error.msg, instant(broken.error.timestamp))
    assert (exchange.response, exchange.in_flight) == (None, False)

    streamed = flow()
    streamed.request.raw_content = streamed.response.raw_content = None
    exchange = exchange_of_flow(streamed, 1)
    assert (exchange.request.body, exchange.response.body) == (None, None)
    assert len(exchange.notes) == 2


@pytest.mark.parametrize("seconds", [None, 0, float("nan"), float("inf"), 1e300, -1e300])
def test_what_is_no_point_in_time(seconds):
    made = flow()
    made.request.timestamp_start = seconds
    assert instant(seconds) is None
    assert exchange_of_flow(made, 1).started == EPOCH
