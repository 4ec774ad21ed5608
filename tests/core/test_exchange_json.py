import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.exchange_json import of_json, of_jsonl, to_json, to_jsonl
from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from tests.examples import examples
from tests.store.strategies import exchanges

AT = datetime(2026, 3, 4, 5, 6, 7, 89, UTC)


@pytest.mark.slow
@examples(150)
@given(exchanges)
def test_nothing_is_lost_on_the_way_and_a_line_is_one_line_of_ascii(exchange):
    line = to_jsonl(exchange)
    assert line.isascii()
    assert "\n" not in line
    assert of_jsonl(line) == exchange


def test_the_form_that_is_documented():
    exchange = Exchange(
        n=3,
        request=HttpRequest(
            method="POST",
            url="https://as.example/",
            fields=Fields([(b"Host", b"as.example"), (b"X", b"\xff")]),
            body=b"{}",
        ),
        response=HttpResponse(status=200, reason="OK", body=None),
        started=AT,
        connection=Connection(client="127.0.0.1:5000"),
        notes=("a note",),
    )
    assert to_json(exchange) == {
        "n": 3,
        "started": "2026-03-04T05:06:07.000089Z",
        "request": {
            "method": "POST",
            "url": "https://as.example/",
            "http_version": "HTTP/1.1",
            "fields": [["Host", "as.example"], ["X", {"base64": "/w=="}]],
            "body": "{}",
        },
        "response": {"status": 200, "reason": "OK", "http_version": "HTTP/1.1", "fields": [], "body": None},
        "connection": {"client": "127.0.0.1:5000"},
        "notes": ["a note"],
    }


def test_what_may_be_left_out():
    line = '{"n":1,"started":"2026-03-04T05:06:07.000089Z","request":{"method":"GET","url":"https://a/"}}'
    assert of_jsonl(line) == Exchange(n=1, request=HttpRequest(method="GET", url="https://a/"), started=AT)


def test_an_instant_of_another_zone_is_the_same_instant():
    line = '{"n":1,"started":"2026-03-04T06:06:07.000089+01:00","request":{"method":"GET","url":"https://a/"}}'
    assert of_jsonl(line).started == AT


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"n": "1"}, "n isn't"),
        ({"n": True}, "n isn't"),
        ({"started": 5}, "started"),
        ({"started": "0001-01-01T00:00:00+14:00"}, "started"),
        ({"request": None}, "request isn't"),
        ({"request": {"url": "x"}}, "request.method"),
        ({"request": {"method": "GET", "url": "x", "fields": [["a"]]}}, "request.fields"),
        ({"request": {"method": "GET", "url": "x", "fields": {}}}, "request.fields"),
        ({"request": {"method": "GET", "url": "x", "body": {"base64": "!"}}}, "request.body"),
        ({"request": {"method": "GET", "url": "x", "body": 7}}, "request.body"),
        ({"response": {"status": "200"}}, "response.status"),
        ({"response": []}, "response isn't"),
        ({"connection": {"client": 1}}, "connection.client"),
        ({"notes": [1]}, "notes"),
        ({"error": 1}, "error"),
    ],
)
def test_a_wrong_shape_says_where(change, where):
    good = {"n": 1, "started": "2026-03-04T05:06:07Z", "request": {"method": "GET", "url": "x"}}
    with pytest.raises(ValueError, match=where):
        of_json(good | change)


@pytest.mark.slow
@examples(100)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_other_json_is_refused_with_a_value_error(value):
    with pytest.raises(ValueError, match="isn't"):
        of_jsonl(json.dumps(value))


@pytest.mark.parametrize("line", ["", "[", b"\xff", "[" * 100_000, '{"n":' + "9" * 5000 + "}"])
def test_what_is_no_json_is_refused_with_a_value_error(line):
    with pytest.raises(ValueError):  # noqa: PT011 - the text is Python's own
        of_jsonl(line)
