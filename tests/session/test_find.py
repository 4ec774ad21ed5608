"""A filter over a whole session finds what it finds one by one, whatever is packed, indexed or read again."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Buffer
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.session.filter import Filter, Subject, parse_filter
from optrace.session.filter.find import Finder, Own
from optrace.session.filter.index import Index
from optrace.session.filter.subject import wire_text
from optrace.session.filter.texts import Texts
from tests.session.test_filter import FILTERS, subjects

NOTES = {3: "Look at THIS", 20: "and this"}
MARKS = frozenset({5, 20})


def noted() -> list[Subject]:
    """The exchanges of both recordings in a row, numbered through, two of them with notes."""
    found = []
    for n, subject in enumerate(subjects(), start=1):
        view = subject.view
        assert view is not None
        exchange = view.exchange
        said = (NOTES[n],) if n in NOTES else ()
        found.append(Subject(replace(subject.step, n=n), lambda at=exchange: at, said, marked=n in MARKS))  # type: ignore[misc]
    return found


def finder(packed: int) -> Finder:
    """A finder in which so many exchanges are packed."""
    every, index, texts = noted(), Index(), Texts()
    for subject in every:
        index.put(subject.step)
        if len(texts) < packed and subject.view is not None:
            texts.add(wire_text(subject.view))
    return Finder(index, texts, lambda n: every[n - 1], lambda: Own(NOTES, MARKS))


ALL_PACKED, HALF_PACKED, NONE_PACKED = finder(1000), finder(20), finder(0)


def one_by_one(keep: Filter) -> list[int]:
    return [subject.step.n for subject in noted() if keep.matches(subject)]


@given(FILTERS)
def test_it_finds_the_same(text: str) -> None:
    keep = parse_filter(text)
    wanted = one_by_one(keep)
    for each in (ALL_PACKED, HALF_PACKED, NONE_PACKED):
        assert each.find(keep.node) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "",
        "gnap",
        "THIS",
        "note:this -n:3",
        "marked:yes",
        "not marked:yes note:none",
        "note:and or marked:yes",
        "GNAP -~m get (token:any or size:<10)",
        "zz\xff",
        "not gnap",
        "@method",
        "~b ASSETCODE",
        '~hq "content-type: application"',
        "~bs value -~bq value",
        "not ~h digest or ~b nowhere",
    ],
)
def test_some_of_them(text: str) -> None:
    keep = parse_filter(text)
    for each in (ALL_PACKED, HALF_PACKED, NONE_PACKED):
        assert each.find(keep.node) == one_by_one(keep)


def test_a_step_that_is_understood_otherwise_by_now_is_put_again() -> None:
    found = finder(0)
    keep = parse_filter("status:599")
    assert found.find(keep.node) == []
    found.index.put(replace(noted()[4].step, status=599))
    assert found.find(keep.node) == [5]
    assert len(found.index) == len(noted())


@given(st.lists(st.text(max_size=5), max_size=600), st.text(min_size=1, max_size=2))
def test_packed_texts_are_searched_as_they_are(words: list[str], word: str) -> None:
    everyone = int.from_bytes(b"\x01" * len(words), "little")
    expected = bytes(word.casefold() in each.casefold() for each in words)
    with tempfile.TemporaryFile(buffering=0) as file:
        texts = Texts(lambda: file)
        for each in words:
            texts.add(each)
        assert texts.find(word, everyone) == int.from_bytes(expected, "little")


def test_there_is_an_end_to_the_room() -> None:
    texts = Texts(room=10)
    for _ in range(256):
        assert not texts.full
        texts.add("some text that is packed")
    assert texts.full


def test_a_full_disk_is_an_end_too() -> None:
    class Full(io.BytesIO):
        def write(self, data: Buffer, /) -> int:
            return super().write(bytes(data)[:100])

    texts = Texts(Full)
    for n in range(256):
        assert not texts.full
        texts.add(f"text {n}")
    assert texts.full
    assert len(texts) == 256
    assert texts.find("text 255", int.from_bytes(b"\x01" * 256, "little")) == 1 << 8 * 255


def test_whoever_waits_is_told_how_far_it_is_and_can_end_it() -> None:
    told: list[tuple[int, int]] = []

    class Enough(Exception):
        pass

    def breathe(done: int, total: int) -> None:
        told.append((done, total))
        if len(told) == 3:
            raise Enough

    slow = finder(0)
    slow = Finder(slow.index, slow.texts, slow.subject, slow.own, breathe)
    with pytest.raises(Enough):
        slow.find(parse_filter("nowhere").node)
    assert told == [(n, len(noted())) for n in (1, 2, 3)]


def test_a_column_of_many_values_grows() -> None:
    index, step = Index(), noted()[0].step
    for n in range(1, 0x10000 + 3):
        index._columns["host"].put(n - 1, f"h{n}")
    index._count = 0x10000 + 2
    found = index._columns["host"].find(lambda host: host in ("h1", "h65538"))
    assert found == 1 | 1 << 8 * 65537
    assert step.n == 1
