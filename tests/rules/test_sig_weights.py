"""One cause first: what was proved, then what explains the server's words, then what only smells."""

from __future__ import annotations

import pytest

from optrace.core.findings import Severity
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.diagnosis.desk import STRANGER, findings, payment, rules, session
from tests.rules.forgery import RS_INVALID, add, digest_of, request, with_fields
from tests.rules.scene import Scene, value_of

KID = ';keyid="key-shop";created=1767614401'
PLANTED = {
    "SIG-006": {"label": "sig"},
    "SIG-010": {"params": ";created=1767614401"},
    "SIG-018": {"covered": ["@method", "content-digest"]},
    "SIG-019": {"covered": ["@method", "@target-uri", "@authority", "content-digest"]},
    "SIG-021": {"covered": ["@method", "@target-uri", "Content-Digest"]},
    "DIG-008": {"sent_fields": {"content_digest": digest_of(b"{}")}},
    "DIG-010": {"sent_fields": {"content_digest": "sha-512=abc"}},
    "DIG-015": {"sent_fields": {"content_digest": "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:"}},
}


@pytest.mark.parametrize("code", PLANTED)
def test_an_error_where_the_server_refused_and_a_risk_where_it_did_not(code: str) -> None:
    for status, wanted in ((401, Severity.ERROR), (200, Severity.RISK)):
        found = {finding.rule: finding for finding in findings(*session(status=status, **PLANTED[code]))}
        assert found[code].severity is wanted


def test_a_smell_comes_after_the_proof() -> None:
    fault = {"value": "{label}={base64}", "signed": {"content-type": "application/json; charset=utf-8"}}
    assert rules(**fault) == ["SIG-030", "SIG-008"]


def test_a_smell_that_is_alone_comes_first() -> None:
    assert rules(value="{label}={base64}", status=200) == ["SIG-008"]


def test_old_signatures_smell() -> None:
    assert rules(signed={"@method": "post"}, params=';keyid="key-shop";created=1767000000') == ["SIG-022", "SIG-028"]


@pytest.mark.slow
def test_a_changed_body_is_blamed_before_the_signature() -> None:
    found = rules(after=lambda sent: with_fields(sent, content_digest=digest_of(b"other")), key=STRANGER, params=KID)
    assert found[0] == "DIG-008"


def test_a_key_of_the_session_explains_an_unknown_keyid() -> None:
    found = findings(*session(params=';keyid="KEY-SHOP";created=1767614401'))
    assert found[0].rule == "SIG-011"
    assert "only in capital letters" in found[0].detail
    assert 'keyid="key-shop"' in found[0].remedy


@pytest.mark.slow
def test_the_writer_is_named_where_nothing_verifies() -> None:
    found = findings(*session(key=STRANGER, params=KID))
    assert found[0].rule == "SIG-034"
    assert "the Node SDK (@interledger/open-payments), most likely" in found[0].detail
    assert "10,000 candidates over 1 known key were tried" in found[0].detail


def test_what_borrowed_headers_cover_is_no_fault_of_their_own() -> None:
    scene = Scene()
    scene.read(scene.bob)
    token = value_of(scene.grant(scene.bob, "incoming-payment", ["create"]))
    before = scene.exchanges[-1].request
    kept = {name.lower().replace("-", "_"): value for name, value in before.fields if "signature" in name.lower()}
    sent = request("POST", f"{scene.bob.rs}/incoming-payments", payment(scene), token)
    add(scene, with_fields(sent, **kept), 401, RS_INVALID)
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges)
    assert [finding.rule for finding in findings(trace, scene.exchanges[-1])] == ["SIG-025"]


def test_a_signature_that_was_cut() -> None:
    found = findings(*session(after=lambda sent: with_fields(sent, signature="sig1=:AAAA:")))
    assert found[0].rule == "SIG-034"
    assert "3 bytes" in found[0].detail
