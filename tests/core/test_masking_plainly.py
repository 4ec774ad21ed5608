"""Every short cut of the masking gives what the long way gives: all structure looked at, each text swept alone for each
secret in each of its forms, nothing remembered."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from unittest.mock import patch
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core import masked_bodies, masking
from optrace.core.fields import Fields
from optrace.core.glance import Glance
from optrace.core.masking import Secrets
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.needles import Needles
from optrace.core.redact import mask
from optrace.core.sweep import CODED, Sweep, decoded, words_in, written
from tests.examples import examples
from tests.exporters.materials import START, planted, recording
from tests.recordings.truth import NAMES
from tests.store import strategies

SECRETS = ("OS9M2PMHKUR64TB8N6BW7OZB8CDFONP219RP1LT0", "4edb2194-dbdf-46bb-9397-d5fd57b7c8a7", 'p4"s/w0 d+=%&',
           "Zq7Xw9Lm", "abcdef", "Zq7Xw9Lm/ü+1", "a-b.c_d:e/f~1")  # fmt: skip
CODINGS = (
    str,
    lambda s: quote(s, safe=""),
    lambda s: quote(quote(s), safe=""),
    lambda s: json.dumps(s),
    lambda s: base64.b64encode(s.encode()).decode(),
    lambda s: base64.urlsafe_b64encode(f"say {s} now".encode()).decode().rstrip("="),
    lambda s: s.encode().hex(),
    lambda s: s.encode().hex().upper() + "==",
    lambda s: s.swapcase(),
    lambda s: s[: len(s) // 2],
)
planting = st.builds(lambda secret, coding: coding(secret), st.sampled_from(SECRETS), st.sampled_from(CODINGS))
texts = st.lists(
    planting | st.text(max_size=8) | st.sampled_from(["•", "=", "==", "/", "%", "%2", "\\u00", "x", "GNAP ", "token="])
).map("".join)


class Plainly(Sweep):
    """Looks for each secret in each form."""

    def found(self, text: str) -> set[str]:
        return {secret for secret in self if any(form in text for form in written(secret))}

    def holds(self, text: str) -> bool:
        return True

    def sweep(self, text: str) -> str:
        for secret in sorted(self.found(text), key=len, reverse=True):
            for form in sorted(set(written(secret)), key=lambda form: (-len(form), form)):
                text = text.replace(form, mask(secret))
        return CODED.sub(self._coded, text)

    def _coded(self, match: object) -> str:
        said = decoded(match[0])  # type: ignore[index]
        return mask(match[0]) if said and self.found(said) else match[0]  # type: ignore[index]


class PlainSecrets(Plainly, Secrets):
    """Remembers nothing but the secrets."""

    def _remember(self, fresh: object) -> None:
        self._learned.clear()


@contextmanager
def no_short_cuts() -> Iterator[None]:
    yes, no = (lambda *_: True), (lambda *_: False)
    with (
        patch.object(masking, "_may_hide", yes),
        patch.object(masking, "_may_hide_in", yes),
        patch.object(masked_bodies, "_stands_plainly", no),
        patch.object(masked_bodies, "whole_secrets", lambda *_: ([], True)),
    ):
        yield


def plainly(exchanges: list[Exchange]) -> list[Exchange]:
    with no_short_cuts():
        secrets = PlainSecrets()
        for exchange in exchanges:
            secrets.learn(exchange)
            secrets._learned.clear()
        return [secrets.exchange(exchange) for exchange in exchanges]


def quickly(exchanges: list[Exchange]) -> list[Exchange]:
    secrets = Secrets()
    for exchange in exchanges:
        secrets.learn(exchange)
    once = [secrets.exchange(exchange) for exchange in exchanges]
    assert [secrets.exchange(exchange) for exchange in exchanges] == once  # with all that is remembered by now
    at_a_glance(exchanges, secrets, once)
    return once


def at_a_glance(exchanges: list[Exchange], secrets: Secrets, once: list[Exchange]) -> None:
    """What a glance learns is what there is to learn, and what it takes for masked is."""
    glance, told = Glance(), Secrets()
    words = words_in(secrets.added())
    needles = None if words is None else Needles(words)
    for exchange, masked in zip(exchanges, once, strict=True):
        seen = glance.exchange(exchange)
        new, words = glance.taken()
        for secret in new:
            told.add(secret)
        if needles is not None and not needles.within(words):
            assert seen == masked
    assert set(told) == set(secrets)


@pytest.mark.slow
@examples(300)
@given(st.lists(texts, min_size=1, max_size=6))
def test_a_sweep_finds_what_the_long_way_finds(said: list[str]) -> None:
    quick, plain = Sweep(), Plainly()
    for secret in SECRETS:
        quick.add(secret)
        plain.add(secret)
    for text in said:
        assert quick.sweep(text) == plain.sweep(text)
        assert quick.holds(text) or quick.sweep(text) == text


@pytest.mark.slow
@examples(150)
@given(st.lists(strategies.exchanges, min_size=1, max_size=3))
def test_any_traffic_is_masked_as_the_long_way_masks_it(exchanges: list[Exchange]) -> None:
    assert quickly(exchanges) == plainly(exchanges)


def said(text: str, name: str) -> Exchange:
    """An exchange that says a text everywhere; what stands under `name` may be secret."""
    body = json.dumps({name: text, "list": [text, {"value": text}], "access_token": {"value": text, text: 1}})
    field = text.encode("utf-8", "surrogatepass").replace(b"\n", b" ").replace(b"\r", b" ")
    url = f"https://a.example/x?{name}={quote(text, safe='', errors='replace')}"
    return Exchange(
        n=1,
        request=HttpRequest(method="POST", url=url, fields=Fields([(name.encode(), field), (b"X-Debug", field)]),
                            body=body.encode("utf-8", "surrogatepass")),
        response=HttpResponse(status=400, reason=text, body=text.encode("utf-8", "surrogatepass")),
        started=START,
        notes=(text,),
    )  # fmt: skip


@pytest.mark.slow
@examples(150)
@given(st.lists(st.tuples(texts, st.sampled_from(["nonce", "token", "Authorization", "Cookie", "note"])), min_size=1,
                max_size=4))  # fmt: skip
def test_planted_secrets_are_masked_as_the_long_way_masks_them(plants: list[tuple[str, str]]) -> None:
    exchanges = [said(SECRETS[0], "token"), said(SECRETS[2], "nonce"), *(said(*plant) for plant in plants)]
    assert quickly(exchanges) == plainly(exchanges)


@pytest.mark.slow
@examples(150)
@given(texts, st.sampled_from(["note", "token", "Cookie"]))
def test_a_glance_takes_no_exchange_for_masked_that_isnt(text: str, name: str) -> None:
    exchanges = [said(SECRETS[0], "token"), said(SECRETS[1], "nonce")]
    leaking = said("nothing", "note")
    request = replace(leaking.request, body=text.encode("utf-8", "surrogatepass"))
    quickly([replace(leaking, request=request, notes=(text,)), *exchanges, said(SECRETS[1], name)])


@pytest.mark.parametrize("name", [NAMES[0], NAMES[-1]])
def test_a_recording_is_masked_as_the_long_way_masks_it(name: str) -> None:
    exchanges = list(recording(name).values())[:40]
    assert quickly(exchanges) == plainly(exchanges)


def test_a_session_with_plants_is_masked_as_the_long_way_masks_it() -> None:
    material, _ = planted()
    exchanges = [material.lookup(n) for n in material.numbers]
    assert quickly(exchanges) == plainly(exchanges)


def test_what_is_said_of_the_connection_is_masked_too() -> None:
    token = SECRETS[0]
    exchange = said(token, "token")
    upstream = replace(exchange.connection, upstream_url=f"http://b.example/?x={token}&token=other-1", sni=token)
    masked = quickly([replace(exchange, connection=upstream)])[0]
    assert token not in repr(masked.connection)
    assert "other-1" not in repr(masked.connection)
