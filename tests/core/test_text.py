"""Hostile text: nothing that moves the cursor, changes colour or reorders what is read gets through."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.text import pasted, safe, safe_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ümläut, 漢字, 🙂", "plain text, ümläut, 漢字, 🙂"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\ud800", "\\ud800"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_what_is_escaped(text, shown):
    assert safe(text) == shown


def test_lines():
    assert safe_lines("a\r\nb\tc\n\x1b") == ["a", "b  c", "\\x1b"]


@given(st.text(st.characters(codec=None)))
def test_no_control_character_is_left(text):
    shown = safe(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in shown)
    assert safe(shown) == shown
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ('{"a":\r\n\t"\x1b[31mred\x07"}', '{"a":\n  "[31mred"}'),
        ("\u202egnp.exe\x9b2J \ud800", "gnp.exe2J "),
        ("漢字 👩\u200d💻", "漢字 👩\u200d💻"),
    ],
)
def test_what_is_pasted_could_have_been_typed(text: str, typed: str) -> None:
    assert pasted(text) == typed
