"""HARs as Chromium and Firefox export them, and as others do."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.errors import DamagedSession
from optrace.core.exchange_json import to_jsonl
from optrace.store.importers import har
from optrace.store.sources import open_source
from tests.examples import examples

PNG = b"\x89PNG\r\n\x1a\n\x00"

CHROMIUM = {
    "_initiator": {"type": "script"},
    "_priority": "High",
    "connection": "443",
    "cache": {},
    "request": {
        "method": "POST",
        "url": "https://auth.wallet.example/continue/1?x=%2F#fragment",
        "httpVersion": "http/2.0",
        "headers": [
            {"name": ":authority", "value": "auth.wallet.example"},
            {"name": ":method", "value": "POST"},
            {"name": "authorization", "value": "GNAP 80UPRY5NM33OMUKMKSKU"},
            {"name": "content-type", "value": "application/json"},
        ],
        "queryString": [{"name": "x", "value": "/"}],
        "cookies": [],
        "headersSize": -1,
        "bodySize": 23,
        "postData": {"mimeType": "application/json", "text": '{"interact_ref":"é"}'},
    },
    "response": {
        "status": 200,
        "statusText": "",
        "httpVersion": "http/2.0",
        "headers": [
            {"name": "content-type", "value": "image/png"},
            {"name": "content-encoding", "value": "br"},
            {"name": "set-cookie", "value": "a=1; path=/\nb=2; path=/"},
        ],
        "content": {"size": 9, "mimeType": "image/png", "text": base64.b64encode(PNG).decode(), "encoding": "base64"},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        "_transferSize": 90,
        "_error": None,
    },
    "serverIPAddress": "192.0.2.7",
    "startedDateTime": "2026-03-04T05:06:08.250Z",
    "time": 40.5,
    "timings": {"blocked": 2, "dns": -1, "ssl": -1, "connect": -1, "send": 0.5, "wait": 30, "receive": 8},
}

CHROMIUM_REFUSED = {
    "request": {
        "method": "GET",
        "url": "http://localhost:3344/finish",
        "httpVersion": "",
        "headers": [],
        "bodySize": 0,
    },
    "response": {
        "status": 0,
        "statusText": "",
        "httpVersion": "",
        "headers": [],
        "content": {"size": 0},
        "_error": "net::ERR_CONNECTION_REFUSED",
    },
    "startedDateTime": "2026-03-04T05:06:09.000Z",
    "time": 3,
    "timings": {"blocked": 3, "dns": -1, "connect": -1, "send": 0, "wait": 0, "receive": 0},
}

FIREFOX = {
    "startedDateTime": "2026-03-04T07:06:07.125+02:00",
    "request": {
        "bodySize": 0,
        "method": "GET",
        "url": "http://wallet.example/alice",
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": "Host", "value": "wallet.example"}, {"name": "Accept", "value": "application/json"}],
        "cookies": [],
        "queryString": [],
        "headersSize": 400,
    },
    "response": {
        "status": 200,
        "statusText": "OK",
        "httpVersion": "HTTP/1.1",
        "headers": [{"name": "Content-Type", "value": "application/json"}],
        "cookies": [],
        "content": {"mimeType": "application/json", "size": 40, "text": '{"id":"http://wallet.example/alice"}'},
        "redirectURL": "",
        "headersSize": 200,
        "bodySize": 240,
    },
    "cache": {},
    "timings": {"blocked": 0, "dns": 1, "connect": 2, "ssl": 0, "send": 0, "wait": 10, "receive": 0},
    "time": 13,
    "_securityState": "insecure",
    "serverIPAddress": "192.0.2.8",
    "connection": "80",
    "pageref": "page_1",
}


def archive(*entries):
    return json.dumps({"log": {"version": "1.2", "creator": {"name": "WebInspector"}, "pages": [], "entries": entries}})


def opened(tmp_path, text):
    path = tmp_path / "x.har"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = open_source(path)
    return source, [event.exchange for event in source.poll(10_000)]


def test_entries_are_ordered_by_their_starts(tmp_path):
    source, exchanges = opened(tmp_path, archive(CHROMIUM_REFUSED, CHROMIUM, FIREFOX))
    assert [(each.n, each.request.method, each.request.url) for each in exchanges] == [
        (1, "GET", "http://wallet.example/alice"),
        (2, "POST", "https://auth.wallet.example/continue/1?x=%2F"),
        (3, "GET", "http://localhost:3344/finish"),
    ]
    assert source.damage is None


def test_chromium(tmp_path):
    _, (exchange,) = opened(tmp_path, archive(CHROMIUM))
    assert exchange.request.fields.get("authorization") == "GNAP 80UPRY5NM33OMUKMKSKU"
    assert [name for name, _ in exchange.request.fields] == ["authorization", "content-type"]
    assert exchange.request.body == '{"interact_ref":"é"}'.encode()
    assert (exchange.request.http_version, exchange.response.http_version) == ("HTTP/2.0", "HTTP/2.0")
    assert exchange.response.body == PNG
    assert exchange.response.fields.get_all("set-cookie") == ("a=1; path=/", "b=2; path=/")
    assert exchange.started == datetime(2026, 3, 4, 5, 6, 8, 250_000, UTC)
    assert exchange.request_ended - exchange.started == timedelta(milliseconds=2.5)
    assert exchange.response_started - exchange.started == timedelta(milliseconds=32.5)
    assert exchange.ended - exchange.started == timedelta(milliseconds=40.5)
    assert (exchange.connection.server, exchange.connection.server_id) == ("192.0.2.7", "443")
    assert exchange.notes == (har._DECODED,)


def test_a_request_that_got_no_answer(tmp_path):
    _, (exchange,) = opened(tmp_path, archive(CHROMIUM_REFUSED))
    assert (exchange.response, exchange.error) == (None, "net::ERR_CONNECTION_REFUSED")
    assert not exchange.in_flight
    assert exchange.request.http_version == "HTTP/1.1"


def test_firefox(tmp_path):
    _, (exchange,) = opened(tmp_path, archive(FIREFOX))
    assert exchange.started == datetime(2026, 3, 4, 5, 6, 7, 125_000, UTC)
    assert exchange.request.fields.raw == ((b"Host", b"wallet.example"), (b"Accept", b"application/json"))
    assert exchange.response.reason == "OK"
    assert exchange.request_ended - exchange.started == timedelta(milliseconds=3)
    assert exchange.notes == ()


def test_bodies_that_the_har_left_out(tmp_path):
    entry = json.loads(json.dumps(CHROMIUM))
    del entry["request"]["postData"], entry["response"]["content"]["text"]
    _, (exchange,) = opened(tmp_path, archive(entry))
    assert (exchange.request.body, exchange.response.body) == (None, None)
    assert exchange.notes == (
        "The body of the request is not in the HAR.",
        "The body of the response is not in the HAR.",
    )


def test_a_byte_order_mark_is_passed_over(tmp_path):
    _, exchanges = opened(tmp_path, b"\xef\xbb\xbf" + archive(FIREFOX).encode())
    assert len(exchanges) == 1


def test_a_bad_entry_costs_only_itself(tmp_path):
    bad = FIREFOX | {"startedDateTime": "yesterday"}
    source, exchanges = opened(tmp_path, archive(FIREFOX, bad, CHROMIUM, {}))
    assert len(exchanges) == 2
    assert source.damage.startswith("2 of its parts can't be read, the first: entry 2: ValueError")


@pytest.mark.parametrize("cut", [1, 2, 3, 400])
def test_of_a_torn_file_the_whole_entries_are_read(tmp_path, cut):
    source, exchanges = opened(tmp_path, archive(FIREFOX, CHROMIUM)[:-cut])
    assert len(exchanges) == (2 if cut < 4 else 1)
    assert source.damage


@pytest.mark.parametrize(
    "text", ['{"log": {}}', '{"log": {"entries": []}}', '{"log": {"entries": 5}}', '{"log": {' + "[" * 99999]
)
def test_a_har_without_an_entry_is_damaged(tmp_path, text):
    with pytest.raises(DamagedSession):
        opened(tmp_path, text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def _changed(entry, path, value):
    copy = json.loads(json.dumps(entry))
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def _paths(value, at=()):
    if isinstance(value, dict):
        for key, member in value.items():
            yield (*at, key)
            yield from _paths(member, (*at, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield (*at, index)
            yield from _paths(member, (*at, index))


@pytest.mark.slow
@examples(300)
@given(st.sampled_from(list(_paths(CHROMIUM))), json_values)
def test_whatever_stands_in_a_har_it_is_read_or_told(tmp_path_factory, path, value):
    where = tmp_path_factory.getbasetemp() / "any.har"
    where.write_text(archive(FIREFOX, _changed(CHROMIUM, path, value)))
    imported = har.read(where, lambda done, total: None)
    assert len(imported.exchanges) == 2 or imported.damage
    for exchange in imported.exchanges:
        to_jsonl(exchange)


@pytest.mark.parametrize(
    ("host", "version", "url", "authority"),
    [
        ("rs.example", "HTTP/1.1", "https://rs.example/t?a=1", "rs.example:9443"),  # the PHP SDK sends no port
        ("rs.example:9443", "HTTP/1.1", "https://rs.example:9443/t?a=1", None),
        ("rs.example", "http/2.0", "https://rs.example:9443/t?a=1", None),
    ],
)
def test_the_url_is_the_one_that_a_server_rebuilds_from_host(
    host: str, version: str, url: str, authority: str | None
) -> None:
    request = {
        "method": "GET",
        "url": "https://rs.example:9443/t?a=1",
        "httpVersion": version,
        "headers": [{"name": "Host", "value": host}],
    }
    read, _ = har._request(request)
    assert (read.url, read.authority) == (url, authority)
