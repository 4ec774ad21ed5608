"""What is offered while a filter is typed."""

from __future__ import annotations

import pytest

from optrace.session.filter import parse_filter
from optrace.session.filter.completion import complete, values_in
from optrace.session.filter.index import Index
from tests.diagram.journey import journey

SAVED = {"refused": "status:4xx"}


def offered(text: str, cursor: int | None = None) -> list[str]:
    """The whole texts that the first completions lead to."""
    index = Index()
    for step in journey():
        index.put(step)
    cursor = len(text) if cursor is None else cursor
    found = complete(text, cursor, values=values_in(index), saved=SAVED)
    return [text[: one.start] + one.text + text[cursor:] for one in found]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", "@refused "),
        ("@r", "@refused "),
        ("st", "status:"),
        ("n:1 -ha", "n:1 -hash:"),
        ("(di", "(digest:"),
        ("not from:r", "not from:r.as"),
        ("status:4", "status:401"),
        ("status:>=4", "status:>=401"),
        ("status:401,5", "status:401,5xx"),
        ("op:grant_", "op:grant_request"),
        ("method:p", "method:POST"),
        ("profile:rafiki≠", "profile:rafiki≠rfc"),
        ("~h", "~h "),
        ("zz", ""),
        ("zz:a", ""),
    ],
)
def test_what_is_offered_first(text: str, first: str) -> None:
    assert next(iter(offered(text)), "") == first


def test_it_stands_where_the_cursor_is() -> None:
    assert offered("st sig:fail", 2)[0] == "status: sig:fail"


def test_every_offered_value_can_stand_there() -> None:
    for text in ("op:", "status:", "from:", "role:", "method:", "host:", "finding:", "sig:", "mark:", "profile:"):
        found = offered(text)
        assert found, text
        for one in found:
            parse_filter(one)
