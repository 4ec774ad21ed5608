"""What is said of an exchange: amounts to the digit, labels of a few words, sentences, and no secret in any of them."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.messages import Exchange
from optrace.core.redact import SECRET_QUERY
from optrace.exchanges import KINDS
from optrace.exchanges.kind import amount_in_words, seconds_in_words
from optrace.exchanges.recognise import recognise
from optrace.exchanges.view import View
from tests.exchanges.test_recognise import AS, BY_ITSELF, DOCUMENT, RS, WALLET
from tests.exchanges.wire import GNAP, Taught, exchange


def usd(value: object, scale: object = 2, code: object = "USD") -> dict[str, object]:
    return {"value": value, "assetCode": code, "assetScale": scale}


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (usd("2500"), "25.00 USD"),
        (usd("5"), "0.05 USD"),
        (usd("0"), "0.00 USD"),
        (usd("007"), "0.07 USD"),
        (usd("000", 0, "JPY"), "0 JPY"),
        (usd("2500", 0, "JPY"), "2500 JPY"),
        (usd("1", 9, "XRP"), "0.000000001 XRP"),
        (usd("18446744073709551615"), "184467440737095516.15 USD"),
        (usd("18446744073709551615", 9), "18446744073.709551615 USD"),
        (usd(2500), "25.00 USD"),  # a number is wrong on the wire, and still an amount to a reader
        (usd("2500", code=None), "25.00"),
        (usd("2500", code="X" * 13), "25.00"),
        (usd("25.00"), ""),
        (usd("-5"), ""),
        (usd("1e3"), ""),
        (usd("٣"), ""),
        (usd(" 5"), ""),
        (usd(True), ""),
        (usd(25.0), ""),
        (usd("5", "2"), ""),
        (usd("5", True), ""),
        (usd("5", -1), ""),
        (usd("5", 256), ""),
        (usd("9" * 41), ""),
        ({}, ""),
        ("2500", ""),
        (None, ""),
    ],
)
def test_amounts(amount: object, words: str) -> None:
    assert amount_in_words(amount) == words


@given(value=st.integers(0, 2**64 - 1), scale=st.integers(0, 255))
def test_an_amount_is_exact(value: int, scale: int) -> None:
    number, code = amount_in_words(usd(str(value), scale)).split(" ")
    with localcontext(prec=400):
        assert Decimal(number) == Decimal(value).scaleb(-scale)
    assert len(number.partition(".")[2]) == scale
    assert code == "USD"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (1, "1 s"), (90, "90 s"), (600, "10 min"), (7200, "2 h"), (86400, "1 d"), (90000, "25 h")],
)
def test_durations(seconds: object, words: str) -> None:
    assert seconds_in_words(seconds) == words


@pytest.mark.parametrize("seconds", [-1, True, "600", 1.5, None])
def test_what_is_no_duration(seconds: object) -> None:
    assert seconds_in_words(seconds) == ""


def grant(*items: object, **more: object) -> dict[str, object]:
    return {"client": WALLET, "access_token": {"access": list(items)}, **more}


PAY = {
    "type": "outgoing-payment",
    "actions": ["create", "read"],
    "identifier": WALLET,
    "limits": {
        "debitAmount": usd("2500"),
        "interval": "R12/2026-01-01T00:00:00Z/P1M",
        "receiver": "https://r.example/i",
    },
}
QUOTE = {"type": "quote", "actions": ["create"]}
QUOTED = {"debitAmount": usd("2600"), "receiveAmount": usd("2400", code="EUR"), "expiresAt": "2026-11-22T12:05:00Z"}

SAID = {
    "wallet address": (
        exchange("GET", WALLET, got={**DOCUMENT, "publicName": "Alice"}),
        "GET wallet address alice",
        f"Alice holds USD with scale 2; grants come from {AS}, resources are at {RS}.",
    ),
    "grant, allowed": (
        exchange(
            "POST", AS, sent=grant(QUOTE), got={"access_token": {"value": "v", "access": [QUOTE], "expires_in": 600}}
        ),
        "grant quote",
        f"{WALLET} asks to create quotes. "
        "The AS gives an access token: may create quotes; it expires in 10 min.",
    ),
    "grant, consent wanted": (
        exchange("POST", AS, sent=grant(PAY), got={"interact": {}, "continue": {"wait": 5}}),
        "grant outgoing-payment",
        f"{WALLET} asks to create and read outgoing payments of {WALLET} up to 25.00 USD debited, in each interval of "
        "R12/2026-01-01T00:00:00Z/P1M, only to https://r.example/i. "
        "The AS wants the user to consent first; continue after 5 s.",
    ),
    "grant, refused": (
        exchange("POST", AS, sent=grant(QUOTE), status=401, got={"error": {"code": "invalid_client"}}),
        "grant quote",
        f"{WALLET} asks to create quotes. The AS answers 401: invalid_client.",
    ),
    "grant, mixed": (exchange("POST", AS, sent=grant(QUOTE, PAY), status=None), "grant mixed", None),
    "grant, subject": (
        exchange("POST", AS, sent={"client": {"jwk": {"kid": "1"}}, "subject": {"sub_ids": []}}, status=None),
        "grant subject",
        "a key given directly asks to know who the user is.",
    ),
    "grant, card": (exchange("POST", AS, sent=grant(QUOTE, interact={"start": ["card"]})), "grant card", None),
    "grant, nothing asked": (exchange("POST", AS, sent=grant(), status=None), "grant request", None),
    "continued": (
        exchange(
            "POST", f"{AS}/continue/1", GNAP, sent={"interact_ref": "r"}, status=404, got={"error": "too_fast"}
        ),
        "continue",
        "The client hands in the interaction reference. The AS answers 404: too_fast.",
    ),
    "pending": (
        exchange("POST", f"{AS}/continue/1", GNAP, got={"continue": {"wait": 30}}),
        "poll",
        "The client asks whether the grant is decided. The grant is still pending; ask again after 30 s.",
    ),
    "incoming payment": (
        exchange(
            "POST",
            f"{RS}/incoming-payments",
            GNAP,
            sent={"walletAddress": WALLET, "incomingAmount": usd("2500")},
            status=201,
            got={"id": f"{RS}/incoming-payments/1"},
        ),
        "POST incoming-payment 25.00 USD",
        f"Creates an incoming payment of 25.00 USD for {WALLET}: {RS}/incoming-payments/1.",
    ),
    "quote": (
        exchange("POST", f"{RS}/quotes", GNAP, sent={}, status=201, got=QUOTED),
        "POST quote 26.00 USD",
        "26.00 USD debited becomes 24.00 EUR received; good until 2026-11-22T12:05:00Z.",
    ),
    "outgoing payment, refused": (
        exchange(
            "POST", f"{RS}/outgoing-payments", GNAP, sent={"debitAmount": usd("1")}, status=403,
            got={"error": {"code": "403", "description": "unauthorized"}},
        ),
        "POST outgoing-payment 0.01 USD",
        "Wants to pay; the RS answers 403: “unauthorized”.",
    ),
    "outgoing payment": (
        exchange("GET", f"{RS}/outgoing-payments/1", GNAP, got={**QUOTED, "sentAmount": usd("0"), "failed": True}),
        "GET outgoing-payment",
        "26.00 USD debited, 24.00 EUR to be received, 0.00 USD sent so far. It failed.",
    ),
    "introspection": (
        exchange("POST", "http://as.internal/", sent={"access_token": "T"}, got={"active": False}),
        "introspect token",
        "The RS asks the AS about a token: it is not active.",
    ),
    "finish": (
        exchange("GET", "https://shop.example/done?hash=h&interact_ref=r"),
        "finish hash",
        "The user is sent back to the client with a hash and an interaction reference.",
    ),
    "finish after a no": (
        exchange("GET", "https://shop.example/done?result=grant_rejected"),
        "finish grant_rejected",
        "The interaction ends without an interaction reference: grant_rejected.",
    ),
    "ILP": (
        exchange("POST", "http://ilp.example/x", ("Content-Type", "application/octet-stream"), sent=b"\x0c"),
        "ILP packet",
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_is_said(name: str) -> None:
    seen, label, sentence = SAID[name]
    view = View(seen)
    kind = recognise(view, Taught())
    assert kind.label(view) == label
    if sentence is not None:
        assert kind.sentence(view) == sentence


# secrets in each place where the protocol has them
SECRET = "S3CR3T-abcdefgh"
QUERY = "&".join(f"{name}={SECRET}" for name in sorted(SECRET_QUERY))
SECRETS = [
    ("Authorization", f"GNAP {SECRET}"),
    ("Cookie", f"sessionId={SECRET}"),
    ("x-idp-secret", SECRET),
]
SECRET_MEMBERS = {
    "access_token": {"value": SECRET, "manage": f"{AS}/token/1", "access": [QUOTE]},
    "continue": {"access_token": {"value": SECRET}, "uri": f"{AS}/continue/1"},
    "interact": {"redirect": f"{AS}/interact/1/{SECRET}", "finish": SECRET},
    "interact_ref": SECRET,
    "hash": SECRET,
    "methods": [{"type": "ilp", "sharedSecret": SECRET}],
}


def with_secrets(seen: Exchange) -> Exchange:
    """The same exchange with a secret in each place that may hold one."""
    view, url = View(seen), seen.request.url
    finish = {"method": "redirect", "uri": f"https://shop.example/?{QUERY}", "nonce": SECRET}
    sent = {**view.sent, "interact": {"start": ["redirect"], "finish": finish}}
    if "interact_ref" in view.sent:
        sent |= {"interact_ref": SECRET, "hash": SECRET}
    if isinstance(view.sent.get("access_token"), str):
        sent["access_token"] = SECRET
    return exchange(
        seen.request.method,
        url + ("&" if "?" in url else "?") + QUERY,
        *seen.request.fields,
        *SECRETS,
        sent=sent if seen.request.body else None,
        status=view.status,
        got={**view.got, **SECRET_MEMBERS},
        answer_headers=[("Set-Cookie", f"sessionId={SECRET}"), ("Location", f"https://shop.example/?{QUERY}")],
    )


@pytest.mark.parametrize("name", BY_ITSELF)
def test_no_secret_is_said(name: str) -> None:
    seen, operation = BY_ITSELF[name]
    view, kind = View(with_secrets(seen)), KINDS[operation]
    assert SECRET not in kind.label(view)
    assert SECRET not in kind.sentence(view)


@pytest.mark.parametrize("path", [f"/interact/1/{SECRET}/other", f"/grant/1/{SECRET}/other", f"/?nonce={SECRET}"])
def test_no_secret_of_an_unknown_url_is_said(path: str) -> None:
    view = View(exchange("GET", f"https://as.example{path}"))
    kind = recognise(view, Taught())
    assert kind.id == "unknown"
    assert SECRET not in kind.label(view)


@pytest.mark.parametrize(("rows", "words"), [([{}], "1 outgoing payment of"), ([], "0 outgoing payments of")])
def test_one_is_not_called_several(rows: list[object], words: str) -> None:
    view = View(exchange("GET", f"{RS}/outgoing-payments?wallet-address={WALLET}", got={"result": rows}))
    assert KINDS["outgoing_payment_list"].sentence(view).startswith(words)
