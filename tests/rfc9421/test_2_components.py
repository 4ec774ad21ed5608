"""RFC 9421 2.1 to 2.4: component values, with the examples of its text."""

from __future__ import annotations

from typing import Any

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.signatures.components import (
    BadComponent,
    BadValue,
    BaseError,
    Component,
    MissingComponent,
    component_value,
)

# 2.1, with the empty field of its text
FIELDS = Fields.of(
    ("Host", "www.example.com"),
    ("Date", "Tue, 20 Apr 2021 02:07:56 GMT"),
    ("X-OWS-Header", "   Leading and trailing whitespace.   "),
    ("X-Obs-Fold-Header", "Obsolete\r\n    line folding."),
    ("Cache-Control", "max-age=60"),
    ("Cache-Control", "   must-revalidate"),
    ("Example-Dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c)"),
    ("X-Empty-Header", ""),
)


def value(name: str, message: HttpRequest | HttpResponse | None = None, /, **params: Any) -> str:
    message = message or HttpRequest(method="GET", url="https://www.example.com/", fields=FIELDS)
    return component_value(Component(name, tuple(params.items())), message)


def at(url: str, method: str = "POST", authority: str | None = None) -> HttpRequest:
    return HttpRequest(method=method, url=url, authority=authority)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("date", "Tue, 20 Apr 2021 02:07:56 GMT"),
        ("x-ows-header", "Leading and trailing whitespace."),
        ("x-obs-fold-header", "Obsolete line folding."),
        ("cache-control", "max-age=60, must-revalidate"),
        ("example-dict", "a=1,    b=2;x=1;y=2,   c=(a   b   c)"),
        ("x-empty-header", ""),
    ],
)
def test_2_1_field_values(name: str, expected: str) -> None:
    assert value(name) == expected


def test_2_1_a_field_that_is_not_there() -> None:
    with pytest.raises(MissingComponent, match="no such field"):
        value("x-absent")


@pytest.mark.parametrize(
    ("field", "sent", "expected"),
    [
        ("Example-Dict", "a=1,    b=2;x=1;y=2,   c=(a   b   c)", "a=1, b=2;x=1;y=2, c=(a b c)"),
        ("Example-Dict", "a=1,    b=2;x=1;y=2,   c=(a   b   c), d", "a=1, b=2;x=1;y=2, c=(a b c), d"),
        ("Content-Digest", "sha-256=:AAAA:,   sha-512=:BBBB:", "sha-256=:AAAA:, sha-512=:BBBB:"),
        ("X-List", "a,   b;q=1.0,  ?0", "a, b;q=1.0, ?0"),
        ("X-Item", "  17 ", "17"),
    ],
)
def test_2_1_1_strict_serialisation(field: str, sent: str, expected: str) -> None:
    message = HttpRequest(method="GET", url="https://a.example/", fields=Fields.of((field, sent)))
    assert value(field.lower(), message, sf=True) == expected


@pytest.mark.parametrize("sent", ["a=", '"open', "a, a"])
def test_2_1_1_what_cannot_be_serialised_strictly(sent: str) -> None:
    message = HttpRequest(method="GET", url="https://a.example/", fields=Fields.of(("X-Field", sent)))
    with pytest.raises(BadValue):
        value("x-field", message, sf=True)


@pytest.mark.parametrize(("key", "expected"), [("a", "1"), ("d", "?1"), ("b", "2;x=1;y=2"), ("c", "(a b c)")])
def test_2_1_2_dictionary_members(key: str, expected: str) -> None:
    fields = Fields.of(("Example-Dict", " a=1,    b=2;x=1;y=2,   c=(a   b   c), d"))
    message = HttpRequest(method="GET", url="https://a.example/", fields=fields)
    assert value("example-dict", message, key=key) == expected
    with pytest.raises(MissingComponent):
        value("example-dict", message, key="z")


def test_2_1_3_byte_sequences() -> None:
    lines = Fields.of(("Example-Header", "value, with, lots"), ("Example-Header", "of, commas"))
    line = Fields.of(("Example-Header", "value, with, lots, of, commas"))
    two = HttpRequest(method="GET", url="https://a.example/", fields=lines)
    one = HttpRequest(method="GET", url="https://a.example/", fields=line)
    assert value("example-header", two, bs=True) == ":dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:"
    assert value("example-header", one, bs=True) == ":dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:"


def test_2_1_4_trailers() -> None:
    message = HttpResponse(status=200, fields=Fields.of(("Expires", "a")), trailers=Fields.of(("Expires", "b")))
    assert value("expires", message, tr=True) == "b"
    assert value("expires", message) == "a"
    with pytest.raises(MissingComponent, match="trailer"):
        value("expires", HttpResponse(status=200, fields=Fields.of(("Expires", "a"))), tr=True)


def test_2_2_1_method_keeps_its_case() -> None:
    assert value("@method", at("https://a.example/", "post")) == "post"


def test_2_2_2_target_uri() -> None:
    assert (
        value("@target-uri", at("https://www.example.com/path?param=value"))
        == "https://www.example.com/path?param=value"
    )
    assert value("@target-uri", at("https://www.example.com")) == "https://www.example.com/"
    assert value("@target-uri", at("https://www.example.com?a=1")) == "https://www.example.com/?a=1"
    assert value("@target-uri", at("https://www.example.com/#part")) == "https://www.example.com/"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.example.com/path", "www.example.com"),
        ("https://WWW.Example.com:443/", "www.example.com"),
        ("http://www.example.com:80/", "www.example.com"),
        ("http://www.example.com:443/", "www.example.com:443"),
        ("https://www.example.com:8443/", "www.example.com:8443"),
        ("https://[2001:DB8::1]:443/", "[2001:db8::1]"),
    ],
)
def test_2_2_3_authority(url: str, expected: str) -> None:
    assert value("@authority", at(url)) == expected


def test_2_2_4_scheme() -> None:
    assert value("@scheme", at("HTTP://www.example.com/")) == "http"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (at("https://www.example.com/path?param=value"), "/path?param=value"),
        (at("https://www.example.com"), "/"),
        (at("https://www.example.com/?"), "/?"),
        (at("https://www.example.com", "CONNECT", "www.example.com:80"), "www.example.com:80"),
        (at("https://www.example.com*", "OPTIONS"), "*"),
    ],
)
def test_2_2_5_request_target(request_: HttpRequest, expected: str) -> None:
    assert value("@request-target", request_) == expected


def test_2_2_6_path() -> None:
    assert value("@path", at("https://www.example.com/a%2Fb//c?x")) == "/a%2Fb//c"
    assert value("@path", at("https://www.example.com")) == "/"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://e.example/path?param=value&foo=bar&baz=bat%2Dman", "?param=value&foo=bar&baz=bat%2Dman"),
        ("https://e.example/path?queryString", "?queryString"),
        ("https://e.example/path?", "?"),
        ("https://e.example/path", "?"),
    ],
)
def test_2_2_7_query(url: str, expected: str) -> None:
    assert value("@query", at(url)) == expected


PARAMETERS = (
    "https://www.example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value&"
    "bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something&qux=&twice=1&twice=2&tilde=~"
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("var", "this%20is%20a%20big%0Amultiline%20value"),
        ("bar", "with%20plus%20whitespace"),
        ("fa%C3%A7ade%22%3A%20", "something"),
        ("qux", ""),
        ("tilde", "%7E"),
    ],
)
def test_2_2_8_query_parameters(name: str, expected: str) -> None:
    assert value("@query-param", at(PARAMETERS), name=name) == expected


@pytest.mark.parametrize("name", ["absent", "twice"])
def test_2_2_8_a_parameter_that_is_not_there_once(name: str) -> None:
    with pytest.raises(MissingComponent):
        value("@query-param", at(PARAMETERS), name=name)


def test_2_2_9_status() -> None:
    assert value("@status", HttpResponse(status=200)) == "200"
    with pytest.raises(BadComponent, match="no status"):
        value("@status", at("https://a.example/"))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("@unknown", {}),
        ("@signature-params", {}),
        ("@method", {"sf": True}),
        ("@method", {"name": "x"}),
        ("@method", {"req": True}),  # in a request
        ("@query-param", {}),
        ("@query-param", {"name": 1}),
        ("date", {"req": True}),
        ("date", {"bs": True, "sf": True}),
        ("example-dict", {"bs": True, "key": "a"}),
        ("example-dict", {"unknown": True}),
        ("example-dict", {"sf": False}),
    ],
)
def test_2_5_identifiers_that_stop_the_construction(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(BadComponent):
        value(name, **params)


def test_2_4_a_response_has_request_components_only_with_req() -> None:
    answered = at("https://a.example/x")
    response = HttpResponse(status=200, fields=Fields.of(("Date", "now")))
    assert component_value(Component("@path", (("req", True),)), response, answered) == "/x"
    with pytest.raises(BadComponent):
        component_value(Component("@path"), response, answered)
    with pytest.raises(MissingComponent):
        component_value(Component("date", (("req", True),)), response, answered)
    with pytest.raises(BaseError):
        component_value(Component("@path", (("req", True),)), response, None)
