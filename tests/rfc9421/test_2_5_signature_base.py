"""RFC 9421 2.5: how the signature base is put together, and what stops it."""

from __future__ import annotations

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.signatures.base import BadComponent, BadValue, MissingComponent, signature_base
from optrace.signatures.components import Component
from tests.rfc9421.vectors import request

PARAMS = '("@method");created=1'


def test_lines_in_the_order_received_and_no_newline_after_the_last() -> None:
    base = signature_base(request("test-request"), ["@authority", "@method", "content-type"], PARAMS)
    assert base == (
        b'"@authority": example.com\n"@method": POST\n"content-type": application/json\n"@signature-params": '
        + PARAMS.encode()
    )


def test_an_empty_list_leaves_only_the_parameters() -> None:
    assert signature_base(request("test-request"), [], "();created=1") == b'"@signature-params": ();created=1'


def test_the_identifier_keeps_the_order_of_its_parameters() -> None:
    item = Component("example", (("key", "a"), ("sf", True)))
    message = HttpRequest(method="GET", url="https://a.example/", fields=Fields.of(("Example", "a=1")))
    assert signature_base(message, [item], "x").startswith(b'"example";key="a";sf: 1\n')


def test_a_component_listed_twice_is_an_error_whatever_the_order_of_its_parameters() -> None:
    message = request("test-request")
    with pytest.raises(BadComponent, match="twice"):
        signature_base(message, ["@method", "date", "@method"], PARAMS)
    one, two = Component("date", (("bs", True), ("tr", True))), Component("date", (("tr", True), ("bs", True)))
    message = HttpRequest(method="GET", url="https://a.example/", trailers=Fields.of(("Date", "x")))
    with pytest.raises(BadComponent, match="twice"):
        signature_base(message, [one, two], PARAMS)
    assert signature_base(message, [one, Component("date", (("tr", True),))], PARAMS)


def test_a_missing_field_is_an_error() -> None:
    with pytest.raises(MissingComponent, match="x-absent"):
        signature_base(request("test-request"), ["x-absent"], PARAMS)


def test_characters_beyond_ascii_are_an_error() -> None:
    message = HttpRequest(method="GET", url="https://a.example/", fields=Fields.of(("X-Name", "K\xe4se")))
    with pytest.raises(BadValue, match="ASCII"):
        signature_base(message, ["x-name"], PARAMS)
    encoded = signature_base(message, [Component("x-name", (("bs", True),))], PARAMS)
    assert encoded.startswith(b'"x-name";bs: :S+RzZQ==:\n')


def test_a_line_break_in_a_value_is_an_error() -> None:
    message = HttpRequest(method="GET\nX", url="https://a.example/")
    with pytest.raises(BadValue, match="line break"):
        signature_base(message, ["@method"], PARAMS)
