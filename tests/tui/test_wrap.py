"""What is too long for a line is broken where it can be read on: URLs between their parts, ids at their joints."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from optrace.diagram.cells import cell_width
from optrace.diagram.segments import Segment, text_of
from optrace.tui.widgets.wrap import wrap

ID = "438fa74a-fa7d-4317-9ced-dde32ece1787"
URL = f"http://127.0.0.1:35287/{ID}/outgoing-payments?wallet-address=alice&first=10"


def rows(text: str, width: int) -> list[str]:
    return [text_of(row) for row in wrap([[Segment(text, "text")]], width)]


def test_a_url_is_broken_after_a_slash_and_before_a_parameter() -> None:
    assert rows(URL, 48) == [
        "http://127.0.0.1:35287/",
        f"{ID}/",
        "outgoing-payments?wallet-address=alice&first=10",
    ]
    assert rows(URL, 40)[2:] == ["outgoing-payments?wallet-address=alice", "&first=10"]


def test_an_id_longer_than_a_line_is_broken_at_a_joint() -> None:
    assert rows(URL, 30)[1:3] == ["438fa74a-fa7d-4317-9ced-", "dde32ece1787/outgoing-payments"]


def test_a_path_keeps_what_stands_around_it() -> None:
    text = f"signed with a slash at its end (/{ID}/outgoing-payments/); it was sent without."
    assert rows(text, 66) == ["signed with a slash at its end ", f"(/{ID}/outgoing-payments/); it was", "sent without."]


def test_a_url_that_can_be_broken_nowhere_near_begins_a_line() -> None:
    line = [Segment(" @target-uri ", "dim"), Segment("sent   ", "dim"), Segment(URL, "text")]
    found = [text_of(row) for row in wrap([line], 40)]
    assert found[:2] == [" @target-uri sent   ", "             http://127.0.0.1:35287/"]


def test_json_without_white_space_is_broken_between_its_members() -> None:
    assert rows('{"value":"1000","assetCode":"EUR","assetScale":2}', 30) == [
        '{"value":"1000",',
        '"assetCode":"EUR",',
        '"assetScale":2}',
    ]


def test_what_is_neither_fills_its_lines() -> None:
    assert rows("sha-512=:" + "ab/c+" * 8, 20) == ["sha-512=:ab/c+ab/c+a", "b/c+ab/c+ab/c+ab/c+a", "b/c+ab/c+"]


PARTS = st.sampled_from(["/", "://", "http://", "-", "?", "&", '"', ",", "a", "{", " ", "(", ID, "é", "世", "\u0301"])


@given(st.lists(PARTS, max_size=60).map("".join), st.integers(2, 70))
def test_nothing_is_lost_and_nothing_is_wider(text: str, width: int) -> None:
    found = rows(text, width)
    assert all(cell_width(row) <= width for row in found)
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
