"""What a search comes to: its proof, its cost, its limits, and that nothing on the wire can break it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.diagnosis.case import Case
from optrace.diagnosis.search import Budget, search, searched
from optrace.diagnosis.subject import subject_of
from optrace.session.events import ExchangeSeen
from tests.diagnosis.desk import KEY, STRANGER, case_of, findings, found, session, subject
from tests.examples import examples
from tests.rules.forgery import with_fields

KID = ';keyid="key-shop";created=1767614401'


def test_the_proof_shows_what_was_signed() -> None:
    result = found(signed={"@target-uri": "http://as.example/t"}, url="https://as.example/t")
    assert result.proof is not None
    assert result.proof.evidence == {"@target-uri": "http://as.example/t"}
    assert result.proof.base is not None
    assert result.proof.base.splitlines()[1] == '"@target-uri": http://as.example/t'
    assert result.owner == "https://shop.example/app"
    assert result.tried == result.proof.tried == 2


def test_the_base_of_the_proof_verifies() -> None:
    one = subject(newline="\r\n", signed={"@method": "post"})
    result = search(one)
    assert result.model is not None
    KEY.private.public_key().verify(one.signature, result.model.signed())


def test_tokens_are_masked_in_the_proof() -> None:
    result = found(token=True, signed={"@method": "post"}, sent_fields={"authorization": "GNAP VERYSECRET"})
    assert result.proof is not None
    assert "VERYSECRET" not in str(result.proof)
    assert "••••" in (result.proof.base or "")


def test_the_clock_is_given() -> None:
    ticks = iter(range(10_000))
    result = search(subject(key=STRANGER, params=KID), budget=Budget(seconds=50), clock=lambda: next(ticks))
    assert not result.exhausted
    assert result.tried == 49
    assert result.milliseconds == 51_000


@pytest.mark.slow
def test_the_same_message_gives_the_same_search() -> None:
    one, two = (found(key=STRANGER, params=KID) for _ in range(2))
    assert (one.tried, one.keys, one.proof) == (two.tried, two.keys, two.proof) == (10_000, 1, None)


def test_no_base_is_tried_twice_with_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []

    def verifier(key: object, signature: bytes):  # type: ignore[no-untyped-def]
        def check(data: bytes) -> bool:
            asked.append(data)
            return False

        return check

    monkeypatch.setattr("optrace.diagnosis.search.verifier", verifier)
    search(subject(key=STRANGER, params=KID))
    assert len(asked) == len(set(asked)) == 10_000


@pytest.mark.slow
def test_what_failed_once_is_searched_shortly_after() -> None:
    trace, exchange = session(key=STRANGER, params=KID)
    trace.found(exchange.n, findings(trace, exchange))
    again = replace(exchange, n=exchange.n + 1, request=with_fields(exchange.request, accept="*/*"))
    trace.feed([ExchangeSeen(exchange=again)])
    result = searched(Case(trace, again))
    assert result is not None
    assert result.tried == 600


@pytest.mark.slow
def test_a_second_look_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    trace, exchange = session(key=STRANGER, params=KID)
    first = searched(Case(trace, exchange))
    monkeypatch.setattr("optrace.diagnosis.search.search", lambda *_, **__: pytest.fail("it was searched again"))
    assert searched(Case(trace, exchange)) is first


def test_an_unknown_keyid_is_tried_with_every_key_first() -> None:
    result = found(params=';keyid="nobody";created=1767614401')
    assert result.changes == ()
    assert result.proof is not None
    assert result.proof.change.startswith("Unchanged, it verifies with the key key-shop")


wild = st.text(st.characters(codec="latin-1", exclude_characters="\r\n\x00"), max_size=60)


@pytest.mark.slow
@examples(60)
@given(
    inputs=wild
    | st.from_regex(r'sig1=\("[a-z@-]{0,12}"( "[a-z@;-]{0,9}")*\);keyid="key-shop"[ -~]{0,9}', fullmatch=True),
    value=wild,
    url=st.sampled_from(["https://[", "https://a:b:c/", "", "//", "https://é.example/?%zz&=&=%", "urn:x"]) | wild,
    body=st.binary(max_size=40),
)
def test_nothing_on_the_wire_raises(inputs: str, value: str, url: str, body: bytes) -> None:
    signature = f"sig1=:{'A' * 86}==:" if len(value) % 2 else value
    pairs = (("signature-input", inputs), ("signature", signature), ("content-digest", value), ("authorization", value))
    sent = HttpRequest(method="POST", url=url, fields=Fields.of(*pairs), body=body)
    trace, exchange = session(sent)
    case = Case(trace, exchange)
    if (one := subject_of(case)) is not None:
        search(one, budget=Budget(candidates=150))
    findings(trace, exchange)


def test_deep_json_is_no_problem() -> None:
    deep = b'{"a":' * 5000 + b"1" + b"}" * 5000
    found(budget=Budget(candidates=400), body=deep, key=STRANGER, params=KID)


def test_a_large_body_is_no_problem() -> None:
    large = json.dumps({"a": ["x" * 1000] * 3000}).encode()
    result = found(budget=Budget(candidates=400), body=large, key=STRANGER, params=KID)
    assert result.tried == 400


def test_a_verified_signature_is_not_searched() -> None:
    assert searched(case_of()) is None
