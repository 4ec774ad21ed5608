"""Texts that differ only in what each run makes anew."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from optrace.replay.volatile import Twins

ONE, OTHER = "73481ce0-0bd5-49bb-ac94-c86c973cbd4f", "2b8d74ed-035b-4062-9dc0-5b88a546f745"


def test_ids_times_and_hosts_stand_for_each_other() -> None:
    twins = Twins()
    assert twins.alike(f"http://127.0.0.1:80/a/{ONE}", f"https://bank.example/a/{OTHER}")
    assert twins.alike("2026-11-22T15:35:43.732Z", "2026-11-23T10:00:00Z")


def test_a_value_has_one_twin() -> None:
    twins = Twins()
    assert twins.alike(ONE, OTHER)
    assert twins.alike(ONE, OTHER)
    assert not twins.alike(ONE, "00000000-0bd5-49bb-ac94-c86c973cbd4f")
    assert not twins.alike("00000000-0bd5-49bb-ac94-c86c973cbd4f", OTHER)


def test_words_and_numbers_are_meant() -> None:
    twins = Twins()
    assert not twins.alike("grant_rejected", "grant_invalid")
    assert not twins.alike("1000", "700")
    assert not twins.alike(None, "1000")


@given(st.text(), st.text())
def test_what_is_alike_is_so_both_ways(one: str, other: str) -> None:
    assert Twins().alike(one, other) == Twins().alike(other, one)
    assert Twins().alike(one, one)
