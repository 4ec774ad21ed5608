"""What faults do to messages, and that no message can hurt them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.faults import FAULTS
from optrace.faults.injector import Injector, Outcome
from optrace.faults.order import read_order
from tests.examples import examples

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AS, RS = "https://as.example", "https://rs.example/t"
FINISH = "https://shop.example/done?order=7%2B1&hash=aGFzaA%3D%3D&interact_ref=4f7d"
JSON = ("Content-Type", "application/json")


def request(method: str, url: str, body: object = None, *fields: tuple[str, str]) -> HttpRequest:
    raw = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
    return HttpRequest(method=method, url=url, fields=Fields.of(JSON, *fields), body=raw)


def response(body: object = None, status: int = 200, *fields: tuple[str, str]) -> HttpResponse:
    raw = b"" if body is None else json.dumps(body).encode()
    return HttpResponse(status=status, fields=Fields.of(JSON, ("Content-Length", str(len(raw))), *fields), body=raw)


def finished(order: str) -> Outcome[HttpResponse]:
    return Injector([read_order(order)]).response(
        request("GET", f"{AS}/interact/1/2/finish"), response(None, 302, ("Location", FINISH)), NOW
    )


def read(message: HttpResponse | HttpRequest | None) -> dict:  # type: ignore[type-arg]
    assert message is not None
    assert message.fields.get("content-length") == str(len(message.body or b""))
    value: dict = json.loads(message.body or b"")  # type: ignore[type-arg]
    return value


CONTINUE = request("POST", f"{AS}/continue/1", {"interact_ref": "4f7d"}, ("Authorization", "GNAP C"))
PAY = request("POST", f"{RS}/outgoing-payments", {"quoteId": f"{RS}/quotes/1"}, ("Authorization", "GNAP T"))
GIVEN = {
    "access_token": {
        "value": "T",
        "expires_in": 600,
        "access": [
            {
                "type": "outgoing-payment",
                "limits": {"debitAmount": {"value": "9007199254740993", "assetCode": "USD", "assetScale": 2}},
            }
        ],
    }
}


def test_an_order_acts_as_often_as_it_says_and_only_where_it_says() -> None:
    injector = Injector([read_order("http-500@quote_createx2")])
    ask = request("POST", f"{RS}/quotes", {"receiver": "x"})
    assert injector.request(PAY, NOW).answer is None
    assert [injector.request(ask, NOW).answer is not None for _ in range(3)] == [True, True, False]
    assert injector.acted() == {"http-500@quote_createx2": 2}


def test_what_nobody_asked_for_stays_as_it_is() -> None:
    outcome = Injector([]).response(CONTINUE, response({"a": 1}), NOW)
    assert outcome == Outcome(message=response({"a": 1}))


def test_a_finish_keeps_all_but_what_the_fault_is_about() -> None:
    location = finished("wrong-hash").message.fields.get("location") or ""
    assert location.startswith("https://shop.example/done?order=7%2B1&hash=")
    assert location.endswith("&interact_ref=4f7d")
    assert parse(location).parameter("hash") not in (None, "aGFzaA==")
    reference = finished("wrong-interact-ref").message.fields.get("location") or ""
    assert parse(reference).parameter("hash") == "aGFzaA=="
    assert parse(reference).parameter("interact_ref") != "4f7d"
    denied = finished("deny-consent").message.fields.get("location")
    assert denied == "https://shop.example/done?order=7%2B1&result=grant_rejected"


def test_a_token_expires_when_it_says() -> None:
    injector = Injector([read_order("expired-token=5")])
    outcome = injector.response(CONTINUE, response(GIVEN), NOW)
    assert read(outcome.message)["access_token"]["expires_in"] == 5
    assert injector.request(PAY, NOW + timedelta(seconds=4)).answer is None
    answer = injector.request(PAY, NOW + timedelta(seconds=5)).answer
    assert read(answer)["error"]["description"] == "Inactive Token"
    assert answer is not None
    assert answer.fields.get("www-authenticate") == f"GNAP as_uri={AS}"
    assert injector.request(PAY, NOW + timedelta(seconds=6)).answer is None  # once


def test_tokens_of_another_kind_live_on() -> None:
    injector = Injector([read_order("expired-token@quote_create")])
    assert not injector.response(CONTINUE, response(GIVEN), NOW).said


def test_a_revoked_token_stays_dead() -> None:
    injector = Injector([read_order("revoked-token")])
    assert injector.request(PAY, NOW).answer is not None
    assert injector.request(PAY, NOW).answer is not None
    rotate = request("POST", f"{AS}/token/1", None, ("Authorization", "GNAP T"))
    assert read(injector.request(rotate, NOW).answer)["error"]["code"] == "invalid_client"
    assert injector.acted() == {"revoked-token": 1}


def test_limits_are_lowered_without_rounding_errors() -> None:
    injector = Injector([read_order("limit-exceeded=100")])
    document = read(injector.response(CONTINUE, response(GIVEN), NOW).message)
    assert document["access_token"]["access"][0]["limits"]["debitAmount"]["value"] == "9007199254740993"


@pytest.mark.parametrize(("debit", "refused"), [("400", False), ("600", True)])
def test_a_payment_within_the_lower_limits_goes_on(debit: str, refused: bool) -> None:
    injector = Injector([read_order("limit-exceeded=50")])
    GIVEN_1000 = json.loads(json.dumps(GIVEN).replace("9007199254740993", "1000"))
    injector.response(CONTINUE, response(GIVEN_1000), NOW)
    quote = {"id": f"{RS}/quotes/1", "debitAmount": {"value": debit}}
    injector.response(request("POST", f"{RS}/quotes", {"receiver": "x"}), response(quote, 201), NOW)
    assert (injector.request(PAY, NOW).answer is not None) is refused


def test_one_bit_of_a_signature() -> None:
    signed = request("POST", f"{RS}/quotes", {"a": 1}, ("Signature", "sig1=:AAAA:"))
    outcome = Injector([read_order("broken-signature")]).request(signed, NOW)
    assert outcome.message.fields.get("signature") == "sig1=:AQAA:"


def test_an_amount_is_raised_and_the_length_stays() -> None:
    sent = request("POST", f"{RS}/incoming-payments", {"incomingAmount": {"value": "1000"}})
    outcome = Injector([read_order("altered-body")]).request(sent, NOW)
    assert outcome.message.body == b'{"incomingAmount":{"value":"1001"}}'


def test_the_clock_and_all_instants_move() -> None:
    answer = response({"expiresAt": "2026-01-02T03:09:05.000Z", "n": 1}, 200, ("Date", "Fri, 02 Jan 2026 03:04:05 GMT"))
    outcome = Injector([read_order("clock-skew=60")]).response(PAY, answer, NOW)
    assert read(outcome.message) == {"expiresAt": "2026-01-02T03:10:05.000Z", "n": 1}
    assert outcome.message.fields.get("date") == "Fri, 02 Jan 2026 03:05:05 GMT"


_MEMBERS = [
    "access_token",
    "value",
    "access",
    "limits",
    "debitAmount",
    "quoteId",
    "id",
    "expiresAt",
    "keys",
    "kid",
    "interact",
    "finish",
    "uri",
    "nonce",
    "client",
    "walletAddress",
    "type",
    "expires_in",
]
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(_MEMBERS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
_PATHS = ["/continue/1", "/quotes", "/outgoing-payments", "/x/jwks.json", "/interact/1/2/finish", "/token/1", "//[::1"]


@pytest.mark.slow
@examples(60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["GET", "POST", "DELETE", "\x00"]),
            st.sampled_from(_PATHS),
            _JSON | st.binary(max_size=20),
            _JSON | st.binary(max_size=20),
            st.sampled_from([200, 201, 302, 403]),
            st.text(alphabet="Ab:/?&=#%é\x00", max_size=12),
        ),
        max_size=4,
    )
)
def test_hostile_messages_hurt_nobody(messages) -> None:  # type: ignore[no-untyped-def]
    injector = Injector([read_order(f"{name}:always") for name in FAULTS.names()])
    for method, path, sent, got, status, text in messages:
        extra = Fields.of(JSON, ("Authorization", "GNAP T"), ("Location", text.encode().decode("latin-1")))
        signed = Fields((*extra.raw, (b"Signature", text.encode()), (b"Set-Cookie", b"a"), (b"Date", text.encode())))
        asked = HttpRequest(method=method, url=f"https://a.example{path}", fields=signed, body=_raw(sent))
        outcome = injector.request(asked, NOW)
        injector.response(outcome.message, HttpResponse(status=status, fields=signed, body=_raw(got)), NOW)


def _raw(value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()
