"""Faults in live traffic: only what was asked for, only at the hosts that were named, and all of it on record."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from optrace.core.amends import changes_in
from optrace.core.errors import Usage
from tests.capture.kit import KeptSink, ok, raw_server, read_message, running_proxy

QUOTE = {"walletAddress": "https://w.example/alice", "receiver": "https://r.example/1", "method": "ilp"}
SIGNED = {"Signature-Input": 'sig1=("@method");keyid="k"', "Signature": "sig1=:AAAA:", "X-Odd": "two  spaces"}
FAULTS = {"fault_hosts": ("127.0.0.1",)}


def ask(client: httpx.Client, address: str) -> httpx.Response:
    return client.post(f"http://{address}/quotes", content=json.dumps(QUOTE), headers=SIGNED | JSON)


JSON = {"Content-Type": "application/json"}


def test_a_request_is_on_record_as_it_came_and_goes_on_changed(confdir: Path, sink: KeptSink) -> None:
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, faults=("broken-signature",), **FAULTS) as proxy,
        proxy.client() as client,
    ):
        ask(client, server.address)
    assert b"Signature: sig1=:AQAA:" in server.requests[0]
    assert b"X-Odd: two  spaces" in server.requests[0]
    assert sink.requests[0].request.fields.get("signature") == "sig1=:AAAA:"
    exchange = sink.one()
    assert exchange.request.fields.get("signature") == "sig1=:AQAA:"
    assert exchange.received is None
    assert changes_in(exchange.notes) == (("broken-signature", "one bit of the signature was flipped"),)


def test_an_answer_is_on_record_as_it_came_and_as_it_goes_on(confdir: Path, sink: KeptSink) -> None:
    came = b'{"expiresAt":"2026-01-02T03:04:05.000Z"}'
    with (
        raw_server(lambda _: [ok(came, "Content-Type: application/json")]) as server,
        running_proxy(confdir, sink, faults=("clock-skew=60",), **FAULTS) as proxy,
        proxy.client() as client,
    ):
        seen = ask(client, server.address)
    assert seen.json() == {"expiresAt": "2026-01-02T03:05:05.000Z"}
    exchange = sink.one()
    assert exchange.received is not None
    assert exchange.received.body == came
    assert exchange.response is not None
    assert exchange.response.body == seen.content


def test_an_answer_in_the_servers_place(confdir: Path, sink: KeptSink) -> None:
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, faults=("http-500@quote_create",), **FAULTS) as proxy,
        proxy.client() as client,
    ):
        assert ask(client, server.address).status_code == 500
        assert server.requests == []
        assert ask(client, server.address).status_code == 200
    assert [exchange.response.status for _, exchange in sink.ended if exchange.response] == [500, 200]
    assert sink.notes[-1].text == "Faults that came to act: http-500@quote_create once"


def test_a_hang_up_after_the_server_was_asked(confdir: Path, sink: KeptSink) -> None:
    with (
        raw_server(lambda _: [ok()]) as server,
        running_proxy(confdir, sink, faults=("hang-up@quote_create",), **FAULTS) as proxy,
        proxy.client() as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        ask(client, server.address)
    assert len(server.requests) == 1
    exchange = sink.one()
    assert exchange.error == "dropped in the proxy"
    assert exchange.response is not None


@pytest.mark.parametrize("named", ["wallet.example", "127.0.0.1:1"])
def test_other_hosts_are_left_alone(confdir: Path, sink: KeptSink, named: str) -> None:
    answer = ok(b'{"expiresAt":"2026-01-02T03:04:05.000Z"}', "Content-Type: application/json")
    faults = ("clock-skew", "broken-signature", "http-500@quote_create", "hang-up@quote_create")
    with (
        raw_server(lambda _: [answer]) as server,
        running_proxy(confdir, sink, faults=faults, fault_hosts=(named,)) as proxy,
        proxy.connect() as client,
    ):
        body = json.dumps(QUOTE).encode()
        head = f"POST http://{server.address}/quotes HTTP/1.1\r\nHost: {server.address}\r\nSignature: sig1=:AAAA:\r\n"
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert read_message(client) == answer
        assert server.requests[0].endswith(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        assert b"sig1=:AAAA:" in server.requests[0]
    assert "is changed on purpose" in sink.notes[0].text


def test_the_session_begins_and_ends_by_saying_it(confdir: Path, sink: KeptSink) -> None:
    with running_proxy(confdir, sink, faults=("slow",), **FAULTS):
        pass
    assert [note.text for note in sink.notes] == [
        "Traffic to 127.0.0.1 is changed on purpose: --fault slow",
        "Faults that came to act: slow never",
    ]


def test_what_no_proxy_can_do(confdir: Path, sink: KeptSink) -> None:
    with (
        pytest.raises(Usage, match="A proxy can't do tls-stripped"),
        running_proxy(confdir, sink, faults=("tls-stripped",), **FAULTS),
    ):
        pass
