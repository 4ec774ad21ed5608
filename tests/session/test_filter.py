"""The filter: words, fields, refusals that help."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.errors import Usage
from optrace.session.filter import EXAMPLES, parse_filter
from tests.diagram.journey import journey


def kept(text: str, profile: str = "open-payments") -> list[int]:
    keep = parse_filter(text, profile=profile)
    return [step.n for step in journey() if keep.matches(step)]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", list(range(1, 24))),
        ("introspect", [6]),
        ("QUOTE grant", [7]),
        ("op:outgoing_payment", [18, 19, 20, 23]),
        ("status:4xx", [18, 20]),
        ("status:>=401", [18, 20]),
        ("status:403", [20]),
        ("status:none", [23]),
        ("401", [18]),
        ("sig:fail", [18]),
        ("sig:unchecked", [21]),
        ("hash:pass", [16]),
        ("role:idp", [12, 13, 14, 15, 16]),
        ("role:r.as -op:grant", [4, 6]),
        ("payment:1 -status:2xx status:3xx", [11, 15]),
        ("payment:2", []),
        ("mark:≠", [16]),
        ("n:12", [12]),
        ("slow:>1s", []),
        ("slow:<=20ms op:quote", [8]),
        ('"wallet address"', [1, 2]),
        ("https://shop.example/", [4, 16]),
    ],
)
def test_what_is_kept(text: str, numbers: list[int]) -> None:
    assert kept(text) == numbers


def test_verdicts_are_those_of_the_profile() -> None:
    assert kept("hash:fail", "rfc") == [16]


def test_grants_are_written_as_they_are_shown() -> None:
    step = replace(journey()[0], grant=3)
    assert parse_filter("grant:G3").matches(step)
    assert not parse_filter("grant:4").matches(step)


def test_what_leads_up_to_a_payment_belongs_to_it() -> None:
    step = replace(journey()[0], payment=None, scene=1)
    assert parse_filter("payment:1").matches(step)
    assert not parse_filter("payment:2").matches(step)


@pytest.mark.parametrize(
    ("text", "says"), [("stauts:4xx", "status"), ("status:9", "401"), ("sig:bad", "pass"), ("payment:x", "number")]
)
def test_a_mistake_is_explained(text: str, says: str) -> None:
    with pytest.raises(Usage) as error:
        parse_filter(text)
    assert says in f"{error.value.title} {error.value.remedy}"


def test_the_examples_are_filters() -> None:
    for example in EXAMPLES:
        parse_filter(example)


@given(st.text())
def test_any_text_is_a_filter_or_a_mistake(text: str) -> None:
    try:
        keep = parse_filter(text)
    except Usage:
        return
    for step in journey():
        keep.matches(step)
