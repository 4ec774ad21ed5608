"""The values of an exchange, what is nearly one, and which one somebody means."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.errors import Usage
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.redact import mask
from optrace.exchanges.view import View
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from optrace.session.values import atoms, find_value, near_miss, secrets_of
from tests.examples import examples

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def view(
    url: str = "https://rs.example/quotes",
    *fields: tuple[str, str],
    body: object = None,
    answer: object = None,
    n: int = 1,
) -> View:
    kind = ("content-type", "application/json")
    return View(
        Exchange(
            n=n,
            request=HttpRequest(
                method="POST",
                url=url,
                fields=Fields.of(*fields, kind),
                body=b"" if body is None else json.dumps(body).encode(),
            ),
            response=HttpResponse(
                status=200, fields=Fields.of(kind), body=b"" if answer is None else json.dumps(answer).encode()
            ),
            started=NOW,
            ended=NOW,
        )
    )


def found(one: View) -> dict[tuple[str, str], str]:
    return {(atom.part, atom.where): atom.value for atom in atoms(one)}


def test_every_place_is_looked_at() -> None:
    one = view(
        "https://rs.example/finish?interact_ref=ab%2Fc",
        ("Authorization", "GNAP T0KEN"),
        ("Location", "https://idp.example/?nonce=N"),
        ("Signature-Input", 'sig1=("@method");keyid="k1";created=7'),
        body={"receiver": "https://r", "list": [{"x": 3}]},
        answer={"debitAmount": {"value": "2500", "assetCode": "USD", "assetScale": 2}, "ok": True},
    )
    assert found(one) | {
        ("request", "URL"): "https://rs.example/finish?interact_ref=ab%2Fc",
        ("request", "URL ?interact_ref"): "ab/c",
        ("request", "Authorization"): "T0KEN",
        ("request", "Location ?nonce"): "N",
        ("request", "Signature-Input ;keyid"): "k1",
        ("request", "Signature-Input ;created"): "7",
        ("request", "body receiver"): "https://r",
        ("request", "body list[0].x"): "3",
        ("response", "body debitAmount"): "25.00 USD",
        ("response", "body debitAmount.value"): "2500",
    } == found(one)


def test_a_form_is_taken_apart_and_a_page_is_not() -> None:
    form = View(
        Exchange(
            n=1,
            request=HttpRequest(
                method="POST",
                url="https://idp.example/",
                fields=Fields.of(("content-type", "application/x-www-form-urlencoded")),
                body=b"interact_ref=a%20b&x=1",
            ),
            response=HttpResponse(
                status=302,
                fields=Fields.of(("content-type", "text/html")),
                body=b'Go to <a href="https://c.example/?hash=1&amp;interact_ref=2">there</a>',
            ),
            started=NOW,
        )
    )
    assert found(form)["request", "body interact_ref"] == "a b"
    assert not any(part == "response" and where.startswith("body") for part, where in found(form))


def test_deep_json_is_no_trouble() -> None:
    deep: object = "x"
    for _ in range(60):
        deep = [deep]
    assert "x" in found(view(body=deep)).values()


def test_secrets_are_those_of_the_one_list() -> None:
    one = view(
        "https://c.example/finish?interact_ref=REF&x=1",
        ("Authorization", "GNAP TOKEN"),
        answer={"access_token": {"value": "NEW", "manage": "https://as.example/token/1"}},
    )
    assert {"REF", "TOKEN", "NEW"} <= secrets_of(one)
    assert not {"1", "https://as.example/token/1"} & secrets_of(one)


# nearly the same


@pytest.mark.parametrize(
    ("value", "got", "difference"),
    [
        ("360C8245B704ADB2", " 360C8245B704ADB2\t", "white space around it"),
        ("360C8245B704ADB2", '"360C8245B704ADB2"', "quotation marks around it"),
        ("360C8245B704ADB2", "360c8245b704adb2", "only upper and lower case differ"),
        ("360C8245B704ADB2", "360C8245B704", "cut from 16 to 12 characters"),
        ("360C8245B704ADB2", "8245B704ADB2", "cut from 16 to 12 characters"),
        ("360C8245B704ADB2", "GNAP 360C8245B704ADB2", "there is more than the value"),
        ("ab/cd+ef==", "ab%2Fcd%2Bef%3D%3D", "percent-encoded once more, or once less"),
        ("ab/cd+ef==", "ab/cd ef==", "+ became a blank"),
        ("ab/cd+efgh==", "ab_cd-efgh", "another base64 alphabet or padding"),
        ("https://a.example/x", "http://a.example/x", "http instead of https"),
        ("https://a.example/x", "https://a.example/x/", "a slash at the end more or less"),
        ("https://a.example/x", "https://A.example/x", "only upper and lower case differ"),
        ("https://a.example/x", "https://a.example:443/x", "the host is written otherwise"),
        ("https://a.example/x", "https://a.example/y", None),
        ("360C8245B704ADB2", "4CD50A6BF1AEA0DE", None),
        ("360C8245B704ADB2", "360", None),
        ("https://a.example/incoming-payments/1", "https://a.example/incoming-payments", None),
    ],
)
def test_what_is_nearly_the_same_and_why(value: str, got: str, difference: str | None) -> None:
    assert near_miss(value, got) == difference


@examples(150)
@given(value=st.text(max_size=40), got=st.text(max_size=40))
def test_nothing_raises_whatever_is_compared(value: str, got: str) -> None:
    for one, other in ((value, got), (f"https://{value}", f"https://{got}")):
        assert near_miss(one, other) is None or near_miss(one, other)


# which one is meant

TOKEN, OTHER = "360C8245B704ADB2D987", "360C82FFFFFFFFFFFFFF"
UUID = "26316fe0-7616-46cd-a404-485faa88ccf3"


@pytest.fixture
def session() -> list[View]:
    return [
        view(answer={"access_token": {"value": TOKEN}}, n=1),
        view(f"https://rs.example/incoming-payments/{UUID}", ("Authorization", f"GNAP {OTHER}"), n=2),
    ]


def meant(session: list[View], said: str) -> str:
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=one.exchange) for one in session)
    return find_value(trace, said, lambda: session)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        (TOKEN, TOKEN),
        (f" {TOKEN} ", TOKEN),
        (mask(TOKEN), TOKEN),
        (mask(TOKEN)[-4:], TOKEN),
        (f"****{mask(OTHER)[-4:]}", OTHER),
        ("360C8245", TOKEN),
        (UUID[:9], UUID),
        ("nothing like it", "nothing like it"),
    ],
)
def test_a_value_its_mask_and_its_beginning(session: list[View], said: str, value: str) -> None:
    assert meant(session, said) == value


def test_a_beginning_that_fits_two_shows_both_masked(session: list[View]) -> None:
    with pytest.raises(Usage) as error:
        meant(session, "360C82")
    assert mask(TOKEN) in error.value.title
    assert TOKEN not in error.value.title


def test_a_beginning_must_be_long_enough(session: list[View]) -> None:
    with pytest.raises(Usage) as error:
        meant(session, "360C8")
    assert "6 characters" in error.value.remedy


def test_four_digits_that_are_a_value_are_that_value() -> None:
    amount = view(body={"incomingAmount": {"value": "2500", "assetCode": "USD", "assetScale": 2}})
    assert meant([amount], "2500") == "2500"
