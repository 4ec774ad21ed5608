"""har, json and jsonl: read again, they give the same session."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given

from optrace.cli.understanding import Understanding
from optrace.core.exchange_json import of_jsonl
from optrace.core.messages import Exchange
from optrace.session.events import ExchangeSeen, KeyLearned
from optrace.session.members import SCHEMA
from optrace.store.sources import open_source
from tests.corpus import CLIENT, exchanges, jwks
from tests.examples import examples
from tests.exporters.materials import START, of, recorded, recording, text
from tests.recordings.truth import EACH, NAMES, truth, understood
from tests.store import strategies


@pytest.mark.parametrize("name", EACH)
def test_jsonl_is_without_loss(name: str) -> None:
    lines = text("jsonl", recorded(name, reveal=True)).splitlines()
    assert [of_jsonl(line) for line in lines] == list(recording(name).values())


@pytest.mark.slow
@examples(100)
@given(strategies.exchanges)
def test_jsonl_of_anything_is_without_loss(exchange: Exchange) -> None:
    try:
        for field in (exchange.request.method, exchange.request.url):
            field.encode()
    except UnicodeEncodeError:
        return
    assert of_jsonl(text("jsonl", of([exchange], reveal=True))) == exchange


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_our_har_gives_the_same_analysis(name: str, tmp_path: Path) -> None:
    path = tmp_path / "session.har"
    path.write_text(text("har", recorded(name, reveal=True)))
    source = open_source(path)
    again = Understanding(source.exchange)
    again.feed(
        KeyLearned(wallet_address=url, document=json.dumps(keys).encode(), seen=START, how="given")
        for url, keys in (truth(name).get("keys") or {}).items()
    )
    while events := source.poll():
        again.feed(events)
    assert source.damage is None
    for n in recording(name):
        before, after = understood(name).step(n), again.step(n)
        assert (after.operation, after.variant, after.verdicts) == (before.operation, before.variant, before.verdicts)


def test_har_says_what_optrace_knows() -> None:
    entry = json.loads(text("har", recorded("06-body-altered")))["log"]["entries"][5]
    assert entry["_operation"] == "incoming_payment_create"
    assert entry["_verdicts"]["digest"] == {"rfc": "fail", "open-payments": "fail", "rafiki": "fail"}
    assert entry["_findings"][0]["rule"].startswith("DIG-")
    assert entry["time"] == pytest.approx(sum(entry["timings"].values()))


def test_json_is_the_document_of_check_with_the_messages() -> None:
    document = json.loads(text("json", recorded("06-body-altered", reveal=True)))
    assert document["schema"] == SCHEMA
    assert document["findings"]["error"] == sum(
        finding["severity"] == "error" for each in document["exchanges"] for finding in each["findings"]
    )
    found = [of_jsonl(json.dumps(each["exchange"])) for each in document["exchanges"]]
    assert found == list(recording("06-body-altered").values())


def test_masked_jsonl_is_read_again_with_the_same_masks(tmp_path: Path) -> None:
    path = tmp_path / "masked.jsonl"
    material = recorded("01-happy-path")
    path.write_text(text("jsonl", material))
    events = [event for event in open_source(path).poll(1000) if isinstance(event, ExchangeSeen)]
    assert len(events) == len(material.numbers)
    again = text("jsonl", of(event.exchange for event in events))
    assert again == path.read_text()


def test_a_masked_body_is_otherwise_as_it_was_sent() -> None:
    body = b'{ "access_token" : {"value":"OS9M2PMHKUR64TB8N6BW7OZB8CDFONP219RP1LT0"},\n "amount": {"value": "100"} }'
    (exchange,) = list(exchanges(1))
    exchange = Exchange(**{name: getattr(exchange, name) for name in exchange.__slots__} | {
        "request": type(exchange.request)(method="POST", url="https://a.example/", body=body)})  # fmt: skip
    masked = of([exchange]).exchange(1).request.body
    assert masked is not None
    assert masked.startswith(b'{ "access_token" : {"value":"\xe2\x80\xa2')
    assert masked.endswith(b'"},\n "amount": {"value": "100"} }')


def test_keys_are_kept_for_verification() -> None:
    assert json.loads(jwks())["keys"][0]["kid"] == "shop-1"
    assert of(exchanges(12)).step(4).verdicts.signature.rafiki.value == "pass"
    assert CLIENT.startswith("https://")
