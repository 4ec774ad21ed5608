"""Faults planted together are found together: every pair that can be made, and triples of the common ones."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.diagnosis.search import Budget
from tests.diagnosis.desk import KEY, SECOND, codes, found, rules
from tests.diagnosis.faults import FAULTS, Signed
from tests.examples import examples

URL = "https://auth.recipient.example/438fa74a-fa7d-4317-9ced-dde32ece1787"
UNLIKELY = {"no blank", "reversed"}  # each alone is rare: together they are beyond the budget
PAIRS = [
    (one, two)
    for one, two in combinations(FAULTS, 2)
    if FAULTS[one].part != FAULTS[two].part and {one, two} != UNLIKELY
]
COMMON = ("scheme", "slash", "method", "charset", "crlf", "newline", "no params", "sha-512", "other key")
TRIPLES = [
    names for names in combinations(COMMON, 3) if len({FAULTS[name].part for name in names}) == 3
]  # fmt: skip


def planted(*names: str) -> Signed:
    """The arguments of `forge` for several faults."""
    arguments: Signed = {}
    for name in names:
        FAULTS[name].plant(arguments, URL)
    if arguments.pop("as_kid", False):
        arguments |= {"params": f';keyid="{KEY.kid}";created=1767614401', "published": (KEY, SECOND)}
    return arguments


@pytest.mark.slow
@pytest.mark.parametrize(("one", "two"), PAIRS)
def test_a_pair_is_found_as_that_pair(one: str, two: str) -> None:
    wanted = {FAULTS[one].code, FAULTS[two].code}
    result = found(url=URL, **planted(one, two))
    assert {change.code for change in result.changes} == wanted
    assert len(result.changes) == 2


@pytest.mark.slow
@examples(12)
@given(st.sampled_from(TRIPLES))
def test_a_triple_is_found_as_that_triple(names: tuple[str, ...]) -> None:
    result = found(url=URL, **planted(*names))
    assert {change.code for change in result.changes} == {FAULTS[name].code for name in names}
    assert len(result.changes) == 3
    assert result.tried <= 2000  # the unit of what a search costs


def test_both_rules_speak_and_name_each_other() -> None:
    assert set(rules(url=URL, **planted("scheme", "charset"))[:2]) == {"SIG-001", "SIG-030"}


def test_the_simplest_account_wins() -> None:
    # the URL of the root with and without slash: one change, though two would give the same text
    assert codes(url="https://as.example/", signed={"@target-uri": "http://as.example/"}) == {"SIG-001"}


def test_the_budget_ends_the_search() -> None:
    result = found(budget=Budget(candidates=25), url=URL, **planted("scheme", "charset", "crlf"))
    assert (result.proof, result.tried, result.exhausted) == (None, 25, False)
