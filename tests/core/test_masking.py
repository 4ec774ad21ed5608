"""Secrets are found wherever they stand, and nothing else is touched."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.masking import Secrets
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.redact import mask
from optrace.core.sweep import words_in
from tests.corpus import exchanges
from tests.examples import examples
from tests.store import strategies

TOKEN = "OS9M2PMHKUR64TB8N6BW7OZB8CDFONP219RP1LT0"
AT = datetime(2026, 1, 1, tzinfo=UTC)


def with_token(**request: object) -> Exchange:
    members = {"method": "POST", "url": "https://a.example/"} | request
    return Exchange(n=1, request=HttpRequest(**members), started=AT, ended=AT)


def knowing(*secrets: str) -> Secrets:
    found = Secrets()
    for secret in secrets:
        found.add(secret)
    return found


@pytest.mark.parametrize(
    "exchange",
    [
        with_token(fields=Fields.of(("Authorization", f"GNAP {TOKEN}"))),
        with_token(fields=Fields.of(("authorization", f"Token token={TOKEN}"), ("Authorization", TOKEN))),
        with_token(fields=Fields.of(("Authorization", f"Basic {base64.b64encode(f'u:{TOKEN}'.encode()).decode()}"))),
        with_token(fields=Fields.of(("Cookie", f"a=1; sid={TOKEN}"))),
        with_token(fields=Fields.of(("Set-Cookie", f"sid={TOKEN}; Path=/; HttpOnly"))),
        with_token(fields=Fields.of(("Link", f"<https://x.example/?access_token={TOKEN}>"))),
        with_token(trailers=Fields.of(("Authorization", f"GNAP {TOKEN}"))),
        with_token(url=f"https://u:{TOKEN}@a.example/"),
        with_token(url=f"https://a.example/#access_token={TOKEN}"),
        with_token(url=f"https://a.example/?%69nteract_ref={TOKEN}"),
        with_token(url=f"https://a.example/?next={quote(f'https://b.example/?nonce={TOKEN}', safe='')}"),
        with_token(body=json.dumps({"access_token": {"value": TOKEN}}).encode()),
        with_token(body=json.dumps({"access_token": [{"value": TOKEN}]}).encode()),
        with_token(body=json.dumps({"interact": {"finish": TOKEN}}).encode("utf-16"),
                   fields=Fields.of(("Content-Type", "application/json; charset=utf-16"))),
        with_token(body=b'{"access_token":{"value":"%s"},"access_token":{"value":"other"}}' % TOKEN.encode()),
        with_token(body=b'{"access_token":{"value":"%s' % TOKEN.encode()),
        with_token(body=b'{"\\u0061ccess_token":"%s"}' % TOKEN.encode()),
        with_token(body=gzip.compress(b'{"interact_ref":"%s"}' % TOKEN.encode()),
                   fields=Fields.of(("Content-Encoding", "gzip"))),
        with_token(body=f"grant_type=x&refresh_token={TOKEN}".encode(),
                   fields=Fields.of(("Content-Type", "application/x-www-form-urlencoded"))),
        with_token(body=f"the header was: Authorization: GNAP {TOKEN}".encode()),
    ],
)  # fmt: skip
def test_what_is_secret_is_learned_and_masked(exchange: Exchange) -> None:
    secrets = Secrets()
    secrets.learn(exchange)
    assert TOKEN not in secrets.sweep(f"said again: {TOKEN}")
    masked = secrets.exchange(exchange)
    assert TOKEN not in repr(masked)
    for body in (masked.request.body or b"",):
        assert TOKEN.encode() not in body.replace(b"\0", b"")


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        f"x{TOKEN}x",
        f"/{TOKEN}/",
        quote(f"a b {TOKEN}"),
        f"%2B{TOKEN}",
        json.dumps({"a": TOKEN}),
        json.dumps(json.dumps({"a": [TOKEN]})),
        base64.b64encode(f"debug {TOKEN} end".encode()).decode(),
        base64.urlsafe_b64encode(f'{{"a":"{TOKEN}"}}'.encode()).decode().rstrip("="),
        f"say {base64.b64encode(TOKEN.encode()).decode()}, please",
        TOKEN.encode().hex(),
    ],
)
def test_the_sweep_finds_every_form(text: str) -> None:
    swept = knowing(TOKEN).sweep(text)
    assert TOKEN not in swept
    assert "••••" in swept
    assert mask(TOKEN) in swept or mask(text.split()[-1].strip(",")) in swept or len(swept) < len(text)


@pytest.mark.parametrize("secret", ["p4ss/w0rd+x=y&z", "a-b.c_d:e/f~1", 'quo"te\\s d ü 1'])
def test_secrets_of_short_runs_are_found_too(secret: str) -> None:
    secrets = knowing(secret)
    for text in (secret, quote(secret, safe=""), json.dumps(secret), f"<{secret}>"):
        assert mask(secret) in secrets.sweep(text)


@pytest.mark.parametrize("word", ["payment", "undefined", "Example", "123", "", "abc"])
def test_common_words_are_left_alone(word: str) -> None:
    assert knowing(word).sweep(f"a {word} b") == f"a {word} b"


def test_words_may_end_in_the_middle_of_a_secret() -> None:
    secrets = knowing(TOKEN, "4edb2194-dbdf-46bb-9397-d5fd57b7c8a7")
    assert secrets.text(f"POST /{TOKEN[:30]}") == f"POST /{mask(TOKEN)}"
    assert secrets.text(f"no {TOKEN[:12]}… it said") == f"no {mask(TOKEN)}… it said"
    assert "4edb2194" not in secrets.text("of 4edb2194-dbdf-46b")
    assert secrets.text("POST /OS9M2PM") == "POST /OS9M2PM"  # too short to be told from other text


def test_nothing_but_secrets_is_touched() -> None:
    secrets = Secrets()
    found = list(exchanges(40))
    for exchange in found:
        secrets.learn(exchange)
    for exchange in found:
        masked = secrets.exchange(exchange)
        assert masked.request.url == exchange.request.url
        for (name, value), (_, shown) in zip(exchange.request.fields, masked.request.fields, strict=True):
            assert shown == value or name == "Authorization"
        if b"token" not in (exchange.response.body or b""):
            assert masked.response == exchange.response


def test_what_cannot_be_read_is_left_out_and_said() -> None:
    exchange = with_token(body=b"\x01\x02\xff" + TOKEN.encode(), fields=Fields.of(("Content-Encoding", "own")))
    masked = Secrets().exchange(exchange)
    assert masked.request.body is None
    assert len(masked.notes) == 1


def test_masking_twice_changes_nothing() -> None:
    secrets, again = Secrets(), Secrets()
    exchange = with_token(
        url="https://a.example/?interact_ref=4edb2194-dbdf-46bb-9397-d5fd57b7c8a7",
        fields=Fields.of(("Authorization", f"GNAP {TOKEN}"), ("Cookie", "a=b")),
        body=b'{"nonce":"abcdefgh1"}',
    )
    secrets.learn(exchange)
    once = secrets.exchange(exchange)
    again.learn(once)
    assert again.exchange(once) == once


@pytest.mark.slow
@examples(200)
@given(strategies.exchanges)
def test_any_traffic_can_be_masked(exchange: Exchange) -> None:
    secrets = Secrets()
    secrets.learn(exchange)
    masked = secrets.exchange(exchange)
    assert masked.n == exchange.n


@examples(200)
@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(), st.text())
def test_a_learned_secret_is_nowhere(secret: str, before: str, after: str) -> None:
    secret = f"Zq7Xw9Lm{secret}"
    exchange = with_token(body=json.dumps({"nonce": secret}).encode())
    response = HttpResponse(status=400, body=json.dumps({"error": before + secret + after}).encode())
    exchange = Exchange(n=1, request=exchange.request, response=response, started=AT, ended=AT)
    secrets = Secrets()
    secrets.learn(exchange)
    masked = secrets.exchange(exchange)
    for message in (masked.request, masked.response):
        assert message is not None
        said = json.dumps(json.loads(message.body or b"null"), ensure_ascii=False)
        assert json.dumps(secret, ensure_ascii=False)[1:-1] not in said


def test_what_a_token_says_in_base64_by_chance_is_no_password() -> None:
    token = base64.b64encode(b"a:^H7+\x0b^\x1c|\x01~(").decode()
    secrets = Secrets()
    secrets.learn(with_token(fields=Fields.of(("Authorization", f"GNAP {token}"))))
    assert set(secrets) == {token}
    secrets.learn(with_token(fields=Fields.of(("Authorization", f"Basic {base64.b64encode(b'a:p(4)s/w0').decode()}"))))
    assert "p(4)s/w0" in set(secrets)
    assert words_in(secrets.added()) is None  # no four letters or digits in a row
