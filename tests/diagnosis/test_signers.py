"""Healthy messages in the shape of each known client: recognised, and no error is found in any."""

from __future__ import annotations

import pytest

from optrace.core.findings import Severity, Verdict
from optrace.core.messages import Exchange
from optrace.diagnosis.case import Case
from optrace.diagnosis.signers import fingerprint
from optrace.diagnosis.subject import own_signature
from optrace.rules.rule import run
from optrace.rules.signature_rules import SIGNATURE_RULES
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.diagnosis.desk import payment, wish
from tests.diagnosis.sdks import SDKS
from tests.rules.forgery import add, digest_of, forge, request
from tests.rules.scene import Scene, value_of


def calls(name: str) -> tuple[Trace, list[Exchange]]:
    """A grant request, a call with a token, and a read, as this client signs them; all accepted."""
    sdk = SDKS[name]
    scene = Scene()
    scene.read(scene.bob)
    made = []
    token = None
    for method, url, body in (
        ("POST", scene.bob.auth, wish()),
        ("POST", f"{scene.bob.rs}/incoming-payments", payment(scene)),
        ("GET", f"{scene.bob.rs}/incoming-payments/1?a=b%20c", b""),
    ):
        digest = digest_of(body, sdk.digest) if body else None
        sent = request(method, url, body, token, user_agent=sdk.agent, content_digest=digest)
        params = sdk.params.format(kid=scene.key.kid, created=int(scene.now.timestamp()))
        covers = [part for part in sdk.covers if part.startswith("@") or part in sent.fields]
        signed = forge(sent, scene.key, 0, covered=covers, params=params, **sdk.rest)
        if token is None:
            add(scene, signed, 200, scene.given(scene.bob, [{"type": "incoming-payment", "actions": ["create"]}]))
            token = value_of({"access_token": {"value": scene.secret()}})
        else:
            add(scene, signed, 200, {"id": url})
        made.append(scene.exchanges[-1])
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges)
    return trace, made


@pytest.mark.parametrize("name", SDKS)
def test_the_signer_is_recognised(name: str) -> None:
    trace, made = calls(name)
    exchange = made[1]
    hint = fingerprint(exchange.request, own_signature(Case(trace, exchange)))
    wanted = SDKS[name].hint
    assert hint is None if wanted is None else (hint or "").startswith(wanted)


@pytest.mark.parametrize("name", SDKS)
def test_no_error_is_found_in_what_was_accepted(name: str) -> None:
    trace, made = calls(name)
    for exchange in made:
        found = run(SIGNATURE_RULES, Case(trace, exchange))
        assert all(finding.severity is not Severity.ERROR for finding in found), found
        assert {finding.rule for finding in found} <= set(SDKS[name].risks)


@pytest.mark.parametrize("name", [name for name in SDKS if name != "n8n"])
def test_the_profile_of_the_reference_server_accepts_it(name: str) -> None:
    trace, made = calls(name)
    assert all(trace.row(exchange.n).verdicts.signature.rafiki is Verdict.PASS for exchange in made)


def test_an_unsigned_request_has_no_signer() -> None:
    assert fingerprint(request("GET", "https://a.example/"), None) is None


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("node", "the Node SDK (@interledger/open-payments), most likely"),
        ("axios/1.7.2", "the Node SDK (@interledger/open-payments), most likely"),
        ("something/1", "the Node SDK (@interledger/open-payments), most likely"),
        ("python-httpx/0.28.1", "a Python client, in the form of the Node SDK (@interledger/open-payments)"),
        ("Go-http-client/2.0", "a Go client, in the form of the Node SDK (@interledger/open-payments)"),
    ],
)
def test_a_client_of_another_language_only_has_the_form(agent: str, said: str) -> None:
    scene = Scene()
    params = f';keyid="{scene.key.kid}";created={int(scene.now.timestamp())}'
    sent = request("POST", scene.bob.auth, wish(), None, user_agent=agent, content_digest=digest_of(wish(), "sha-512"))
    covers = ["@method", "@target-uri", "content-digest", "content-length", "content-type"]
    add(scene, forge(sent, scene.key, 0, covered=covers, params=params), 200, {})
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges)
    exchange = scene.exchanges[-1]
    assert fingerprint(exchange.request, own_signature(Case(trace, exchange))) == said
