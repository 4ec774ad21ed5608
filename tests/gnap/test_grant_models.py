"""Grant requests and answers: what real software sends fits, and every form of the RFC is read."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.decode import Decoded, Undecoded, decode
from optrace.gnap.access import AccessRight
from optrace.gnap.continuation import DEFAULT_WAIT, ContinueRequest
from optrace.gnap.introspection import Dialect
from optrace.gnap.requests import Client, GrantRequest
from optrace.gnap.responses import Discovery, GrantOutcome, GrantResponse
from optrace.openpayments.access import AccessItem, limits_of
from tests.examples import examples
from tests.gnap.models import OpGrantRequest, OpGrantResponse, OpIntrospectionRequest, OpIntrospectionResponse

BODIES = json.loads(Path(__file__).with_name("bodies.json").read_text())
MODELS = {
    ("grant_request", "request"): OpGrantRequest,
    ("grant_request", "response"): OpGrantResponse,
    ("grant_continue", "request"): ContinueRequest,
    ("grant_continue", "response"): OpGrantResponse,
    ("grant_poll", "response"): OpGrantResponse,
    ("token_rotate", "response"): OpGrantResponse,
    ("token_introspect", "request"): OpIntrospectionRequest,
    ("token_introspect", "response"): OpIntrospectionResponse,
}
JWK = {
    "kid": "key-1",
    "alg": "EdDSA",
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
QUOTE = {"type": "quote", "actions": ["create", "read"]}


def request(**members: object) -> GrantRequest[AccessItem]:
    read = decode(OpGrantRequest, {"client": "https://wallet.example/alice", **members})
    assert isinstance(read, Decoded), read.problems
    return read.value


def response(**members: object) -> GrantResponse[AccessItem]:
    read = decode(OpGrantResponse, members)
    assert isinstance(read, Decoded), read.problems
    return read.value


@pytest.mark.parametrize("case", BODIES, ids=lambda case: f"{case['operation']} {case['direction']}")
def test_what_real_software_sends(case):
    read = decode(MODELS[case["operation"], case["direction"]], case["body"])
    assert isinstance(read, Decoded), read.problems
    assert (read.unknown, read.nulls) == ((), ())


# --- requests ---


@pytest.mark.parametrize(
    ("client", "url", "jwk"),
    [
        ("https://wallet.example/alice", "https://wallet.example/alice", None),
        ({"walletAddress": "https://wallet.example/alice"}, "https://wallet.example/alice", None),
        ({"jwk": JWK}, None, JWK),
        ({"key": {"proof": "httpsig", "jwk": JWK}, "display": {"name": "Shop"}}, None, JWK),
        ({"key": "a-key-reference"}, None, None),
    ],
)
def test_every_form_of_a_client(client, url, jwk):
    grant = request(client=client)
    assert (grant.client_url, grant.client_jwk) == (url, jwk)


def test_one_token_or_several():
    assert [token.label for token in request(access_token={"access": [QUOTE]}).tokens] == [None]
    several = [{"label": "a", "access": [QUOTE]}, {"label": "b", "access": ["reference"], "flags": ["bearer"]}]
    grant = request(access_token=several)
    assert [token.label for token in grant.tokens] == ["a", "b"]
    assert [right if isinstance(right, str) else right.type for right in grant.access] == ["quote", "reference"]
    assert request().tokens == ()


def test_limits_come_out_as_models():
    access = {
        "type": "outgoing-payment",
        "actions": ["create"],
        "identifier": "https://wallet.example/alice",
        "limits": {
            "debitAmount": {"value": "2500", "assetCode": "USD", "assetScale": 2},
            "interval": "R/2026-01-01T00:00:00Z/P1M",
        },
    }
    limits = limits_of(request(access_token={"access": [QUOTE, access]}).access)
    assert limits is not None
    assert limits.debit_amount is not None
    assert limits.debit_amount.format() == "25.00 USD"
    assert limits.interval is not None
    assert limits.interval.periods is None


def test_without_open_payments_an_access_right_is_the_rfcs():
    read = decode(
        GrantRequest, {"client": "id", "access_token": {"access": [{"type": "photo-api", "datatypes": ["x"]}]}}
    )
    assert isinstance(read, Decoded)
    (right,) = read.value.access
    assert isinstance(right, AccessRight)
    assert right.datatypes == ("x",)


def test_finish_and_subject():
    grant = request(
        subject={"sub_ids": [{"id": "https://wallet.example/alice", "format": "uri"}]},
        interact={
            "start": ["redirect", {"mode": "x"}],
            "finish": {"method": "redirect", "uri": "https://shop.example/cb", "nonce": "N", "hash_method": "sha3-512"},
        },
    )
    assert grant.finish is not None
    assert grant.finish.hash_method == "sha3-512"
    assert grant.subject is not None
    assert grant.subject.sub_ids is not None
    assert grant.subject.sub_ids[0].id == "https://wallet.example/alice"


def test_card_drafts():
    card = {"tlvData": "9F02", "requestId": "1", "pinBlock": "AB", "pwk": {"key": "K", "kvc": "V", "iv": "I"}}
    item = {"type": "incoming-payment", "actions": ["create"], "cardAuthorization": card}
    grant = request(access_token={"access": [item]}, interact={"start": ["card"]})
    right = grant.access[0]
    assert isinstance(right, AccessItem)
    assert right.card_authorization is not None
    assert right.card_authorization.pwk is not None
    assert right.card_authorization.pwk.kvc == "V"
    assert response(cardAuthorization={"tlvData": "8A00", "requestId": "1"}).outcome is GrantOutcome.CARD


def test_problems_name_the_place():
    bad = {
        "client": {"walletAddress": 3},
        "access_token": {"access": [{"type": "outgoing-payment", "limits": {"interval": "P1M"}}, 7]},
        "interact": {"start": "redirect", "finish": {"method": "redirect", "uri": "shop/cb"}},
    }
    read = decode(OpGrantRequest, bad)
    assert isinstance(read, Undecoded)
    assert read.problems == (
        "access_token.access[0].limits.interval: must be an ISO 8601 repeating interval: "
        'it needs three parts between slashes (R[n]/start/end), and has 1, got "P1M"',
        "access_token.access[1]: must be an object, got the number 7",
        "client.walletAddress: must be text, got the number 3",
        'interact.start: must be an array, got "redirect"',
        'interact.finish.uri: must be an absolute URI, got "shop/cb"',
        "interact.finish.nonce: is missing",
    )
    assert read.partial is not None
    assert [right.type for right in read.partial.access if isinstance(right, AccessItem)] == ["outgoing-payment"]
    assert read.partial.client_url is None


# --- answers ---

CONTINUE = {"access_token": {"value": "C"}, "uri": "https://as.example/continue/1"}
TOKEN = {"value": "T", "manage": "https://as.example/token/1", "expires_in": 600, "access": [QUOTE]}


@pytest.mark.parametrize(
    ("members", "outcome"),
    [
        ({"interact": {"redirect": "https://as.example/i", "finish": "N"}, "continue": CONTINUE}, GrantOutcome.PENDING),
        ({"continue": CONTINUE}, GrantOutcome.PENDING),
        ({"access_token": TOKEN, "continue": CONTINUE}, GrantOutcome.APPROVED),
        ({"subject": {"sub_ids": [{"id": "x:y", "format": "uri"}]}, "continue": CONTINUE}, GrantOutcome.SUBJECT),
        ({"error": "user_denied"}, GrantOutcome.ERROR),
        ({"error": {"code": "too_fast"}, "continue": CONTINUE}, GrantOutcome.ERROR),
        ({"error": {"description": "no code"}}, GrantOutcome.ERROR),
        ({}, GrantOutcome.NOTHING),
    ],
)
def test_what_an_answer_comes_to(members, outcome):
    assert response(**members).outcome is outcome


def test_both_forms_of_management():
    (token,) = response(access_token=TOKEN).tokens
    assert token.manage_uri == "https://as.example/token/1"
    manage = {"uri": "https://as.example/m", "access_token": {"value": "M"}}
    (token,) = response(access_token=[{**TOKEN, "label": "a", "manage": manage}]).tokens
    assert token.manage_uri == "https://as.example/m"


@pytest.mark.parametrize(
    ("wait", "waits"), [({}, DEFAULT_WAIT), ({"wait": 30}, timedelta(seconds=30)), ({"wait": -1}, timedelta())]
)
def test_wait(wait, waits):
    answer = response(**{"continue": {**CONTINUE, **wait}})
    assert answer.continue_ is not None
    assert answer.continue_.waits == waits


def test_an_endless_wait_is_no_error():
    answer = response(**{"continue": {**CONTINUE, "wait": 10**100}})
    assert answer.continue_ is not None
    assert answer.continue_.waits > timedelta(days=365)


# --- introspection and discovery ---


def test_both_dialects_of_introspection():
    rfc = {"access_token": "T", "resource_server": "rs", "proof": "httpsig", "access": ["reference"]}
    rafiki = {"access_token": "T", "access": [{**QUOTE, "identifier": "https://wallet.example/alice"}]}
    for body, dialect in ((rfc, Dialect.RFC9767), (rafiki, Dialect.RAFIKI)):
        read = decode(OpIntrospectionRequest, body)
        assert isinstance(read, Decoded)
        assert read.value.dialect is dialect
        assert read.unknown == ()


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        ({"active": False}, None),
        (
            {"active": True, "access": [QUOTE], "iss": "https://as.example", "key": {"proof": "httpsig"}},
            Dialect.RFC9767,
        ),
        (
            {"active": True, "access": [], "grant": "1", "client": {"walletAddress": "https://w.example"}},
            Dialect.RAFIKI,
        ),
        ({"active": True, "access": [], "grant": "1", "client": {"jwk": JWK}}, Dialect.RAFIKI),
        ({"active": True, "access": [], "grant": "1", "client": "https://w.example"}, Dialect.RAFIKI),
    ],
)
def test_both_dialects_of_its_answer(body, dialect):
    read = decode(OpIntrospectionResponse, body)
    assert isinstance(read, Decoded), read.problems
    assert read.value.dialect is dialect
    assert read.unknown == ()


def test_discovery_of_rafiki():
    body = {
        "grant_request_endpoint": "/",
        "interaction_start_modes_supported": ["redirect"],
        "interaction_finish_modes_supported": ["redirect"],
    }
    read = decode(Discovery, body)
    assert isinstance(read, Decoded)
    assert read.unknown == ()


# --- properties ---

names = st.sampled_from(
    [
        "client",
        "walletAddress",
        "jwk",
        "key",
        "access_token",
        "access",
        "value",
        "manage",
        "uri",
        "continue",
        "error",
        "interact",
        "finish",
        "start",
        "subject",
        "sub_ids",
        "limits",
        "interval",
        "type",
        "actions",
        "wait",
        "code",
    ]
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("R/2026-01-01/P1M"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.slow
@examples(300)
@given(st.sampled_from(sorted(set(MODELS.values()), key=str)), st.dictionaries(names, anything, max_size=6) | anything)
def test_nothing_raises(model, value):
    read = decode(model, value)
    found = read.value if isinstance(read, Decoded) else read.partial
    for name in ("outcome", "tokens", "access", "client_url", "client_jwk", "finish", "dialect"):
        getattr(found, name, None)


def test_an_ordinary_answer_is_read_quickly():
    answer = {"access_token": TOKEN, "continue": CONTINUE}
    decode(OpGrantResponse, answer)

    def timed() -> float:
        start = time.perf_counter()
        for _ in range(200):
            decode(OpGrantResponse, answer)
        return (time.perf_counter() - start) / 200

    assert min(timed() for _ in range(7)) < 150e-6  # 10 microseconds where this was written


def test_a_client_reads_as_an_object():
    grant = request(client={"jwk": JWK, "class_id": "shop"})
    assert isinstance(grant.client, Client)
    assert grant.client.class_id == "shop"
