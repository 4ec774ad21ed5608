"""What is made in haste is what dataclasses make."""

from __future__ import annotations

import dataclasses

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.quick import making, replace

REQUEST = HttpRequest(method="GET", url="https://a/", fields=Fields.of(("Host", "a")))


def test_a_copy_has_what_was_changed_and_all_else() -> None:
    assert replace(REQUEST, body=None, url="https://b/") == dataclasses.replace(REQUEST, body=None, url="https://b/")
    assert replace(HttpResponse(status=200), reason="OK") == HttpResponse(status=200, reason="OK")
    assert replace(REQUEST) == REQUEST
    assert REQUEST.url == "https://a/"


def test_a_value_is_made_of_its_members_in_their_order() -> None:
    for value in (REQUEST, HttpResponse(status=404, reason="Not Found", body=None)):
        members = [getattr(value, field.name) for field in dataclasses.fields(value)]
        assert making(type(value))(*members) == value


def test_a_member_that_is_none_is_refused() -> None:
    with pytest.raises(TypeError):
        replace(REQUEST, verb="GET")
