from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.capture.relevance import Relevance
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from tests.examples import examples

PAGE = ("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")


def get(url: str, *fields: tuple[str, str]) -> HttpRequest:
    return HttpRequest(method="GET", url=url, fields=Fields.of(*fields))


def answered(request: HttpRequest, body: bytes = b"", *fields: tuple[str, str], status: int = 200) -> Exchange:
    response = HttpResponse(status=status, body=body, fields=Fields.of(*fields))
    return Exchange(n=1, request=request, response=response, started=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    "request_",
    [
        get("https://wallet.example/alice"),
        get("https://wallet.example/alice", ("Accept", "application/json")),
        get("https://wallet.example/alice", ("Accept", "text/html, application/json")),
        get("https://as.example/interact/1/2", PAGE),
        get("https://client.example/back?hash=x&interact_ref=y", PAGE),
        get("https://client.example/back?result=grant_rejected", PAGE),
        get("https://idp.example/consent?interactId=1&nonce=2", PAGE),
        get("https://any.example/page", PAGE, ("Signature-Input", "sig1=()")),
        get("https://any.example/page", PAGE, ("Authorization", "GNAP abc")),
        get("https://any.example/alice/jwks.json", PAGE),
        HttpRequest(method="POST", url="https://as.example/", body=b"not json", fields=Fields.of(PAGE)),
        HttpRequest(method="OPTIONS", url="https://any.example/app.js"),
    ],
    ids=lambda request: f"{request.method} {request.url}",
)
def test_what_could_be_open_payments_is_recorded(request_: HttpRequest) -> None:
    assert Relevance().wants(request_)


@pytest.mark.parametrize(
    "request_",
    [
        get("https://news.example/", PAGE),
        get("https://news.example/app.js?v=1"),
        get("https://news.example/logo.PNG"),
        get("https://news.example/font", ("Sec-Fetch-Dest", "font")),
    ],
)
def test_pages_and_assets_of_unknown_hosts_are_foreign(request_: HttpRequest) -> None:
    assert not Relevance().wants(request_)
    assert Relevance(everything=True).wants(request_)


def test_hosts_are_learned_from_a_wallet_address() -> None:
    relevance = Relevance()
    body = rb'{"id":"https://wallet.example/a","authServer":"https:\/\/auth.example:3006\/t","resourceServer":"http://rs.example"}'
    relevance.learn(answered(get("https://WALLET.example:8443/a"), body))
    assert relevance.hosts == {"wallet.example", "auth.example", "rs.example"}
    assert relevance.wants(get("https://auth.example/style.css"))


def test_hosts_are_learned_from_a_compressed_answer() -> None:
    relevance = Relevance()
    body = gzip.compress(b'{"authServer":"https://auth.example"}')
    relevance.learn(answered(get("https://w.example/a"), body, ("Content-Encoding", "gzip")))
    assert "auth.example" in relevance.hosts


def test_the_finish_uri_of_a_grant_request_and_the_idp_behind_a_redirect() -> None:
    relevance = Relevance()
    grant = HttpRequest(
        method="POST",
        url="https://as.example/",
        body=b'{"client":"https://c.example","interact":{"finish":{"uri":"https://shop.example/back"}}}',
    )
    relevance.learn(answered(grant))
    assert {"as.example", "c.example", "shop.example"} <= relevance.hosts
    start = get("https://as.example/opaque", PAGE)
    relevance.learn(answered(start, b"", ("Location", "https://idp.example/?x"), status=302))
    assert relevance.wants(get("https://idp.example/page", PAGE))


def test_foreign_answers_teach_nothing() -> None:
    relevance = Relevance()
    body = b'{"links":["https://other.example/"]}'
    relevance.learn(answered(get("https://api.example/"), body, ("Location", "https://x.example/")))
    relevance.learn(answered(get("https://news.example/"), b'"authServer"', ("Content-Type", "text/html")))
    assert relevance.hosts == frozenset()


def test_a_challenge_names_the_authorization_server() -> None:
    relevance = Relevance()
    challenge = ("WWW-Authenticate", "GNAP as_uri=https://as.example:3006")
    relevance.learn(answered(get("https://rs.example/x"), b"", challenge, status=401))
    assert relevance.hosts == {"rs.example", "as.example"}


@examples(60)
@given(url=st.text(), accept=st.text(max_size=20), body=st.binary(), coding=st.sampled_from(["", "gzip", "br", "?"]))
def test_nothing_makes_it_raise(url: str, accept: str, body: bytes, coding: str) -> None:
    fields = Fields([(b"accept", accept.encode("utf-8", "replace")), (b"content-encoding", coding.encode())])
    request = HttpRequest(method="GET", url=url, fields=fields, body=body)
    relevance = Relevance()
    relevance.wants(request)
    relevance.learn(answered(request, b'{"authServer":1}' + body))
