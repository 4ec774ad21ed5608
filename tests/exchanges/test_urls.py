"""URLs as keys: texts stay as they are, look-alikes meet, and a Location leads where a browser would go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.urls import canonical, join, parse, place


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example", "https://a.example/"),
        ("https://a.example/x", "http://a.example/x/"),
        ("https://A.Example/x", "https://a.example:443/x"),
        ("http://a.example:80/x?q=1", "https://a.example/x/?q=1"),
        ("https://[2001:DB8::1]:443/", "https://[2001:db8::1]"),
    ],
)
def test_look_alikes_meet(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/x", "https://a.example/X"),
        ("https://a.example/x", "https://a.example/x?"),
        ("https://a.example/x", "https://a.example/x//"),
        ("https://a.example/x", "https://a.example:8443/x"),
        ("https://a.example/%78", "https://a.example/x"),
        ("https://a.example:4430/", "https://a.example:443/"),
    ],
)
def test_others_stay_apart(one: str, other: str) -> None:
    assert canonical(one) != canonical(other)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://idp.example/consent?x=1#top", "https://idp.example/consent?x=1#top"),
        ("https://idp.example?x=1", "https://idp.example?x=1"),
        ("/consent", "https://as.example:3006/consent"),
        ("finish?x=1", "https://as.example:3006/interact/1/finish?x=1"),
        ("?result=no", "https://as.example:3006/interact/1/2?result=no"),
        ("../done", "https://as.example:3006/interact/done"),
        ("//idp.example/consent", "https://idp.example/consent"),
        ("", "https://as.example:3006/interact/1/2?clientName=x"),
        ("//[", "//["),
    ],
)
def test_where_a_location_leads(location: str, target: str) -> None:
    assert join("https://as.example:3006/interact/1/2?clientName=x", location) == target


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:pw@A.example:8443/x", "a.example"),
        ("http://[::1]:3000/", "[::1]"),
        ("//a.example", "a.example"),
        ("/x", ""),
        ("https://[broken/x", ""),
    ],
)
def test_hosts(url: str, host: str) -> None:
    assert parse(url).host == host


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None)))
def test_any_text_is_taken(one: str, other: str) -> None:
    parts = parse(one)
    assert isinstance(place(one), str)
    assert parts.segments is not None
    assert parts.host == parts.host.lower()
    assert list(parts.parameters()) is not None
    assert canonical(one) == canonical(one)
    assert isinstance(join(one, other), str)
