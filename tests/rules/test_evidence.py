"""What rules ask of wallet addresses, amounts and answers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.exchanges.models import RESPONSES
from optrace.openpayments.units import read_money
from optrace.rules.evidence.money import interval_of
from optrace.rules.evidence.wallets import difference, is_private, loose, resource_base
from optrace.rules.res_022_answer_outside_schema import MEMBERS, OLD
from tests.examples import examples


@pytest.mark.parametrize(
    ("used", "right", "words"),
    [
        ("https://a.example/bob", "https://a.example/bob", ""),
        ("https://a.example/bob/", "https://a.example/bob", "a slash at the end"),
        ("https://a.example/Bob", "https://a.example/bob", "the case of the path"),
        ("https://A.example/bob", "https://a.example/bob", "the case of the host"),
        ("http://a.example/bob", "https://a.example/bob", "the scheme (http, not https)"),
        ("https://b.example/bob", "https://a.example/bob", "the host (b.example, not a.example)"),
        ("https://a.example/bob?x", "https://a.example/bob", "its query or fragment"),
    ],
)
def test_how_two_urls_differ(used: str, right: str, words: str) -> None:
    assert difference(used, right) == words


@pytest.mark.parametrize(
    "url",
    [
        "http://A.example:443/Bob/",
        "https://a.example/bob#x",
        "https://a.example/bob?q=1",
        "https://a.example:8443/bob",
    ],
)
def test_look_alikes_of_a_wallet_address_meet(url: str) -> None:
    assert loose(url) == loose("https://a.example/bob")


def test_a_bare_host_is_its_default_path() -> None:
    assert loose("https://a.example") == loose("https://a.example/.well-known/pay")


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://rs.example/t/quotes", "https://rs.example/t"),
        ("https://rs.example/t/incoming-payments/1/complete", "https://rs.example/t"),
        ("https://rs.example/t/outgoing-payments?first=1", "https://rs.example/t"),
        ("https://rs.example/t/outgoing-payment-grant", "https://rs.example/t"),
        ("https://rs.example/t", None),
    ],
)
def test_the_base_of_a_resource(url: str, base: str | None) -> None:
    assert resource_base(url) == base


@pytest.mark.parametrize(
    "host", ["localhost:3000", "backend", "10.0.0.1", "[::1]:80", "a.local", "127.0.0.1", "x.test"]
)
def test_hosts_that_only_resolve_inside(host: str) -> None:
    assert is_private(f"http://{host}/x")


@pytest.mark.parametrize("host", ["ilp.wallet.example", "8.8.8.8", "[2606:4700::1111]"])
def test_hosts_that_anybody_can_reach(host: str) -> None:
    assert not is_private(f"https://{host}/x")


def test_an_interval_that_cannot_be_read_says_why() -> None:
    assert interval_of({"interval": 5}) == "it isn't text"
    assert isinstance(interval_of({"interval": "P1M"}), str)
    assert interval_of({}) is None


@examples(100)
@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_is_raised_for_any_text(one: str, other: str) -> None:
    difference(one, other)
    loose(one)
    is_private(one)
    resource_base(one)
    assert read_money({"value": one, "assetCode": other, "assetScale": 2}) is None or one.isdigit()


def test_the_members_of_an_answer_are_those_of_its_model() -> None:
    for operation, (required, others) in MEMBERS.items():
        fields = {field.alias: field.is_required() for field in RESPONSES[operation].model_fields.values()}
        assert required == {name for name, needed in fields.items() if needed}
        assert required | others | OLD == fields.keys() | OLD
