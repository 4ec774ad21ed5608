"""Requests as people paste them."""

from __future__ import annotations

import base64
import contextlib
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.cli.pasted import read_pasted
from optrace.core.errors import Usage
from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from tests.cli_diagnosis.kit import exchanges, raw
from tests.examples import examples


def digest(body: bytes) -> str:
    return f"sha-512=:{base64.b64encode(hashlib.sha512(body).digest()).decode()}:"


def test_origin_form() -> None:
    found = read_pasted(b"POST /quotes?a=%20 HTTP/1.1\r\nHost: rs.example\r\nX: 1\r\n\r\n{}")
    assert (found.request.method, found.request.url) == ("POST", "https://rs.example/quotes?a=%20")
    assert list(found.request.fields) == [("Host", "rs.example"), ("X", "1")]
    assert (found.request.body, found.response, found.notes) == (b"{}", None, ())


def test_the_scheme_can_be_said() -> None:
    assert read_pasted(b"GET / HTTP/1.1\nHost: a:80\n", scheme="http").request.url == "http://a:80/"


def test_absolute_form_needs_no_host() -> None:
    found = read_pasted(b"GET http://rs.example:3000/x\nAccept: */*")
    assert (found.request.url, found.request.body) == ("http://rs.example:3000/x", b"")


def test_pseudo_fields_of_http_2() -> None:
    found = read_pasted(b":method: POST\n:authority: as.example\n:scheme: https\n:path: /t\ncontent-type: a/b\n\n{}")
    assert (found.request.method, found.request.url) == ("POST", "https://as.example/t")
    assert list(found.request.fields) == [("content-type", "a/b")]
    assert (found.request.body, found.request.http_version) == (b"{}", "HTTP/2.0")


def test_a_folded_field_stays_one() -> None:
    found = read_pasted(b"GET / HTTP/1.1\nHost: a\nX: one\n  two\nY: 3\n\n")
    assert found.request.fields.combined("x") == "one two"
    assert found.request.fields.get("y") == "3"


def test_curl_shows_both_messages() -> None:
    found = read_pasted(
        b"*   Trying 127.0.0.1:3000...\n* Connected to rs.example\n"
        b"> POST /quotes HTTP/1.1\r\n> Host: rs.example\r\n> Content-Length: 2\r\n>\r\n"
        b"} [2 bytes data]\n* upload completely sent off: 2 bytes\n"
        b"< HTTP/1.1 100 Continue\r\n< \r\n"
        b"< HTTP/1.1 401 Unauthorized\r\n< Content-Type: application/json\r\n< \r\n"
        b'{ [40 bytes data]\n{"error": {"code": "401"}}\n* Connection #0 left intact\n'
    )
    assert found.request.url == "https://rs.example/quotes"
    assert found.response is not None
    assert (found.response.status, found.response.reason) == (401, "Unauthorized")
    assert found.response.fields.get("content-type") == "application/json"
    assert found.response.body == b'{"error": {"code": "401"}}'


def test_an_answer_may_stand_behind_the_body() -> None:
    found = read_pasted(b"POST / HTTP/1.1\nHost: a\nContent-Length: 2\n\n{}\n\nHTTP/1.1 400 Bad Request\nX: y\n\nno\n")
    assert found.request.body == b"{}"
    assert found.response is not None
    assert (found.response.status, found.response.body) == (400, b"no")


def test_a_body_may_speak_of_http() -> None:
    body = b"one\nHTTP/1.1 200 OK\n"
    head = b"POST / HTTP/1.1\nHost: a\nContent-Length: %d\n\n" % len(body)
    found = read_pasted(head + body)
    assert (found.request.body, found.response) == (body, None)


# what pasting loses


@pytest.mark.parametrize(
    ("body", "pasted"),
    [
        (b'{"a":1}', b'{"a":1}\n'),
        (b'{"a":1}', b'{"a":1}\r\n'),
        (b'{"a":1}\n', b'{"a":1}'),
        (b'{"a":1}\n', b'{"a":1}\n'),
        (b'{\r\n"a":1\r\n}', b'{\n"a":1\n}'),
        (b'{\r\n"a":1\r\n}\r\n', b'{\n"a":1\n}\n'),
    ],
)
@pytest.mark.parametrize("by", ["digest", "length"])
def test_the_reading_that_fits_is_taken(body: bytes, pasted: bytes, by: str) -> None:
    field = f"Content-Digest: {digest(body)}" if by == "digest" else f"Content-Length: {len(body)}"
    found = read_pasted(f"POST / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n".encode() + pasted)
    assert found.request.body == body
    assert bool(found.notes) is (body not in (pasted, pasted.rstrip(b"\r\n")))


def test_a_body_that_fits_nothing_is_kept_and_told() -> None:
    found = read_pasted(b"POST / HTTP/1.1\nHost: a\nContent-Length: 99\nContent-Digest: sha-256=:AA==:\n\n{}\n")
    assert found.request.body == b"{}"
    assert "99" in found.notes[0]


def test_without_a_measure_the_last_newline_is_the_editors() -> None:
    assert read_pasted(b"POST / HTTP/1.1\nHost: a\n\n{}\n").request.body == b"{}"


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
@pytest.mark.parametrize("name", ["01-happy-path", "06-body-altered", "31a-python-sdk"])
def test_recorded_requests_are_read_as_they_were(name: str, newline: str) -> None:
    for one in exchanges(name):
        scheme = one.request.url.partition(":")[0]
        found = read_pasted(raw(one.request, newline=newline), scheme=scheme).request
        assert (found.method, found.url, found.fields) == (one.request.method, one.request.url, one.request.fields)
        assert found.body == one.request.body


# what can't be read

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
NAMES = st.text(st.sampled_from("abcXYZ-09"), min_size=1, max_size=10).filter(lambda name: name.lower() != "host")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"hello",
        b"POST\n",
        b"POST / HTTP/1.1\n\n",
        b"POST / HTTP/1.1\nHost: a\nno field\n\n",
        b":path: /\n",
    ],
)
def test_no_request_is_the_users_mistake(data: bytes) -> None:
    with pytest.raises(Usage) as error:
        read_pasted(data)
    assert error.value.exit_code == 2
    assert error.value.remedy


@examples(200)
@given(data=st.binary(max_size=120), head=st.sampled_from([b"", b"GET / HTTP/1.1\nHost: a\n", b"> GET / HTTP/1.1\n< "]))
def test_only_usage_is_raised_whatever_is_pasted(data: bytes, head: bytes) -> None:
    with contextlib.suppress(Usage):
        read_pasted(head + data)


@examples(100)
@given(fields=st.lists(st.tuples(NAMES, TEXT), max_size=6), newline=st.sampled_from(["\r\n", "\n"]))
def test_fields_keep_their_order_and_case(fields: list[tuple[str, str]], newline: str) -> None:
    request = HttpRequest(
        method="GET", url="https://a/x", fields=Fields.of(("Host", "a"), *fields), body=b""
    )  # fmt: skip
    assert read_pasted(raw(request, newline=newline)).request.fields == request.fields
