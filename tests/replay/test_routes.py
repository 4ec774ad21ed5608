"""Where a replay may send: to named hosts, and nowhere else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.urls import parse
from optrace.replay.kinds import ValueKind
from optrace.replay.routes import Outside, Routes
from optrace.replay.script import Slot

ROUTES = Routes(
    [
        ("https://bank.example", "https://staging.bank.example"),
        ("https://bank.example/alice", "https://staging.bank.example/accounts/carol/"),
        ("http://as.example:3006", "http://127.0.0.1:4001"),
    ]
)


@pytest.mark.parametrize(
    ("recorded", "live"),
    [
        ("https://bank.example/bob", "https://staging.bank.example/bob"),
        ("http://bank.example/bob/", "https://staging.bank.example/bob/"),
        ("https://bank.example", "https://staging.bank.example"),
        ("https://bank.example/alice", "https://staging.bank.example/accounts/carol"),
        ("https://bank.example/alice/jwks.json", "https://staging.bank.example/accounts/carol/jwks.json"),
        ("https://bank.example/alicent", "https://staging.bank.example/alicent"),
        ("http://as.example:3006/tenant?x=/1", "http://127.0.0.1:4001/tenant?x=/1"),
        ("https://elsewhere.example/x", "https://elsewhere.example/x"),
        ("https://bank.example.evil.example/x", "https://bank.example.evil.example/x"),
    ],
)
def test_the_longest_recorded_beginning_counts(recorded: str, live: str) -> None:
    assert ROUTES.live(recorded) == live


@pytest.mark.parametrize(
    "url",
    [
        "https://bank.example/alice",  # the recorded host isn't a live one
        "https://staging.bank.example.evil.example/",
        "https://staging.bank.example@evil.example/",
        "https://user:pw@staging.bank.example/",
        "https://staging.bank.example:8443/",
        "http://127.0.0.1:4002/",
        "http://127.0.0.1/",
        "//evil.example/x",
        "file:///etc/passwd",
        "gopher://127.0.0.1:4001/",
        "/relative",
        "",
    ],
)
def test_other_hosts_are_not_reached(url: str) -> None:
    assert ROUTES.reach(url) is None


def test_a_named_host_is_reached_under_the_scheme_that_was_named() -> None:
    assert ROUTES.reach("https://staging.bank.example/x?y") == "https://staging.bank.example/x?y"
    assert ROUTES.reach("http://staging.bank.example/x") == "https://staging.bank.example/x"
    assert ROUTES.reach("https://127.0.0.1:4001/token/1") == "http://127.0.0.1:4001/token/1"


@given(st.text())
def test_what_is_reached_is_always_named(url: str) -> None:
    found = ROUTES.reach(url)
    assert found is None or parse(found).origin.lower() in ROUTES.origins


def slot(kind: ValueKind, recorded: str) -> Slot:
    return Slot(name="x", kind=kind, recorded=recorded, n=1, part="request")


def test_values_from_outside() -> None:
    outside = Outside(
        ROUTES,
        clients={"shop.example/client": "http://127.0.0.1:4009/client"},
        finish_uri="http://127.0.0.1:9/finish",
        nonce=lambda: "fresh",
        later=timedelta(hours=1),
    )
    assert outside(slot(ValueKind.CLIENT_NONCE, "old")) == "fresh"
    assert outside(slot(ValueKind.CLIENT, "https://shop.example/client/")) == "http://127.0.0.1:4009/client"
    assert outside(slot(ValueKind.WALLET_ADDRESS, "https://bank.example/alice")).endswith("/accounts/carol")  # type: ignore[union-attr]
    assert outside(slot(ValueKind.FINISH_URI, "https://shop.example/done")) == "http://127.0.0.1:9/finish"
    assert outside(slot(ValueKind.TIME, "2026-01-01T00:00:00Z")) == "2026-01-01T01:00:00.000Z"
    assert outside(slot(ValueKind.TOKEN, "unknown")) == "unknown"
