"""Hostile exchanges of the right outline: real URLs, fields and member names, and any value at all behind them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from tests.exchanges.wire import START

_MEMBERS = (
    "access access_token actions active assetCode assetScale authServer card client completed continue debitAmount "
    "debit error code description expires_in expiresAt failed finish grant_request_endpoint hash hash_method id "
    "identifier incomingAmount incomingPayment interact interact_ref interval jwk keys kid limits manage method "
    "methods nonce publicName quoteId receiveAmount receivedAmount receiver redirect resourceServer resource_server "
    "result sentAmount start state subject sub_ids type uri value wait walletAddress"
)
_PATHS = (
    "/ /t /alice /alice/ /alice/jwks.json /alice/did.json /.well-known/gnap-as-rs /.well-known/pay /discovery "
    "/incoming-payments /incoming-payments/1 /incoming-payments/1/complete /quotes /quotes/1 /outgoing-payments "
    "/outgoing-payments/1 /outgoing-payment-grant /continue/1 /token/1 /interact/1/2 /interact/1/2/finish /grant/1/2 "
    "/grant/1/2/accept /grant/1/2/reject /healthz /graphql"
)
URLS = [f"{origin}{path}" for origin in ("https://a.example", "http://b.example:8080") for path in _PATHS.split()]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(URLS)
    | st.sampled_from(
        ["incoming-payment", "quote", "outgoing-payment", "2500", "redirect", "\x1b[2J", "[bold]", "\ud800"]
    )
    | st.integers(10**30, 10**31)
)
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_MEMBERS.split()), inner, max_size=6),
    max_leaves=20,
)
texts = st.text(st.characters(codec=None), max_size=12)
queries = st.builds(
    "?{}={}&{}".format,
    st.sampled_from(["hash", "interact_ref", "result", "interactId", "nonce", "wallet-address"]),
    texts,
    st.sampled_from(["", "hash=h", "interact_ref=r", "nonce=n", "%ff%"]),
)
urls = st.builds("{}{}".format, st.sampled_from(URLS), st.just("") | queries) | texts
methods = st.sampled_from(["GET", "POST", "DELETE", "PATCH", "OPTIONS", "PUT"]) | texts
_NAMES = (
    "Authorization Accept Origin Access-Control-Request-Method Content-Type Content-Encoding Content-Digest Signature "
    "Signature-Input Location WWW-Authenticate Rafiki-Signature Date Cookie Set-Cookie"
)
names = st.sampled_from(_NAMES.split())
_VALUES = [
    *(b"GNAP T", b"Bearer T", b"T", b"", b"application/json", b"application/spsp4+json", b"gzip", b"br", b"t=1"),
    *(b'sig1=("@method");keyid="k";created=1', b"sig1=:AA==:", b"sha-512=:AA==:", b"https://a.example/?hash=1"),
    b'GNAP as_uri="https://a.example/t"',
]
values = st.sampled_from(_VALUES) | st.binary(max_size=20)
fields = st.lists(st.tuples(names.map(str.encode), values), max_size=5).map(Fields)


def as_body(document: Any) -> bytes:
    # NaN and lone surrogates pass: what arrives is what a broken program sends
    return json.dumps(document, ensure_ascii=True).encode()


bodies = st.none() | st.just(b"") | documents.map(as_body) | st.binary(max_size=40)
requests = st.builds(HttpRequest, method=methods, url=urls, fields=fields, body=bodies)
responses = st.builds(
    HttpResponse, status=st.sampled_from([200, 201, 204, 302, 400, 401, 500, 0, 999]), fields=fields, body=bodies
)
exchanges = st.builds(
    Exchange,
    n=st.just(1),
    request=requests,
    response=st.none() | responses,
    started=st.just(START),
    ended=st.none() | st.just(START),
    error=st.none() | st.just("connection refused"),
)
