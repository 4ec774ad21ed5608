"""Editing a message: what isn't touched stays to the byte, and secrets come back in the place of their masks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.masking import Secrets
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.replay.edit import Draft, WrongEdit, changes
from tests.diagram.journey import START

BODY = b'{ "incomingAmount": {"value":"1000", "assetCode":"EUR", "assetScale":2}, "metadata": {"a": null} }\n'
REQUEST = HttpRequest(
    method="POST",
    url="https://rs.example/incoming-payments?x=1",
    fields=Fields.of(
        ("Host", "rs.example"),
        ("Authorization", "GNAP T0p-Secret-Token-99"),
        ("X-Odd", "  two  spaces "),
        ("Content-Length", str(len(BODY))),
        ("Signature", "sig1=:AAAA:"),
    ),
    body=BODY,
)
RESPONSE = HttpResponse(status=201, reason="Created", fields=Fields.of(("Content-Type", "application/json")), body=BODY)


def secrets() -> Secrets:
    found = Secrets()
    found.learn(Exchange(n=1, request=REQUEST, response=RESPONSE, started=START))
    return found


def names(draft: Draft) -> dict[str, str]:
    return {row.name: row.text for row in draft.rows}


def test_the_rows_of_a_request() -> None:
    draft = Draft(REQUEST, secrets())
    rows = names(draft)
    assert rows["URL"] == REQUEST.url
    assert rows["incomingAmount.value"] == "1000"
    assert rows["incomingAmount.assetScale"] == "2"
    assert rows["metadata.a"] == "null"
    assert "Signature" not in rows
    assert "Content-Length" not in rows
    assert "Secret" not in rows["Authorization"]
    assert rows["Authorization"].startswith("GNAP ••••")
    assert "T0p-Secret-Token-99" not in draft.text
    assert "T0p-Secret-Token-99" in Draft(REQUEST, None).text


def test_one_value_changes_and_no_other_byte() -> None:
    draft = Draft(REQUEST, secrets())
    place = next(row.place for row in draft.rows if row.name == "incomingAmount.value")
    edited = draft.with_rows({place: "2000"})
    assert edited == replace(REQUEST, body=BODY.replace(b"1000", b"2000"))
    assert changes(REQUEST, edited) == "the body was changed"


def test_a_masked_value_comes_back_with_what_is_written_round_it() -> None:
    draft = Draft(REQUEST, secrets())
    row = next(row for row in draft.rows if row.name == "Authorization")
    edited = draft.with_rows({row.place: row.text.replace("GNAP", "Bearer")})
    assert edited.fields.get("authorization") == "Bearer T0p-Secret-Token-99"
    text = draft.with_text(draft.text.replace("GNAP", "Bearer"))
    assert text == edited


def test_the_text_says_it_all() -> None:
    draft = Draft(REQUEST, secrets())
    text = draft.text.replace("POST https://rs.example/incoming-payments?x=1", "PUT https://rs.example/other")
    edited = draft.with_text(text.replace('"EUR"', '"USD"').replace("Host: rs.example\n", ""))
    assert isinstance(edited, HttpRequest)
    assert (edited.method, edited.url) == ("PUT", "https://rs.example/other")
    assert "host" not in edited.fields
    assert edited.fields.raw[1] == REQUEST.fields.raw[2]  # the odd one is as it came
    assert edited.body == BODY.replace(b"EUR", b"USD")
    assert changes(REQUEST, edited) == "the method, the URL, field host and the body were changed"


def test_an_answer_gets_another_status() -> None:
    draft = Draft(RESPONSE, None)
    edited = draft.with_rows({("status",): "403"})
    assert isinstance(edited, HttpResponse)
    assert (edited.status, edited.reason) == (403, "Forbidden")
    assert draft.with_text(draft.text.replace("201 Created", "500 Ouch")) == replace(
        RESPONSE, status=500, reason="Ouch"
    )
    assert changes(RESPONSE, edited) == "the status was changed"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "POST",
        "GET ftp://x/",
        "GET https://a b/",
        "GET https://rs.example/\nno colon",
        "GET https://rs.example/\nX: €",
    ],
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(WrongEdit):
        Draft(REQUEST, None).with_text(text)


@pytest.mark.parametrize("status", ["", "99", "600", "twelve", "²"])
def test_what_is_no_status_is_refused(status: str) -> None:
    with pytest.raises(WrongEdit):
        Draft(RESPONSE, None).with_rows({("status",): status})


def test_no_field_is_smuggled_in() -> None:
    draft = Draft(REQUEST, None)
    with pytest.raises(WrongEdit):
        draft.with_rows({("field", 0): "rs.example\r\nX-Evil: 1"})


def test_a_body_that_is_no_text_stays_as_it_is() -> None:
    binary = replace(REQUEST, body=b"\x00\xff\xfe")
    draft = Draft(binary, None)
    edited = draft.with_text(draft.text.replace("POST", "PUT"))
    assert edited.body == b"\x00\xff\xfe"
    with pytest.raises(WrongEdit):
        draft.with_text(draft.text + "x")


@given(st.binary(max_size=80), st.lists(st.tuples(st.binary(max_size=8), st.binary(max_size=12)), max_size=5))
def test_nothing_raises_and_what_isnt_touched_is_the_same(body: bytes, fields: list[tuple[bytes, bytes]]) -> None:
    request = replace(REQUEST, body=body, fields=Fields(fields))
    draft = Draft(request, secrets())
    assert draft.with_text(draft.text) == request
    assert draft.with_rows({row.place: row.text for row in draft.rows}) == request
