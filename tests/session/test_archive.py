"""What was put aside is as if it never had been, whatever comes of it later; and it takes next to no room."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.cli.understanding import Understanding
from optrace.core.findings import Finding, Severity
from optrace.core.messages import Exchange
from optrace.exchanges.view import View
from optrace.session import archive
from optrace.session.boxes import Boxes, Contents
from optrace.session.events import Event, ExchangeSeen
from optrace.session.groups import Group
from optrace.session.lifelines import lifeline
from optrace.session.rows import Row
from optrace.session.shelves import Named
from optrace.session.steps import Payment, Step
from optrace.session.trace import Trace
from optrace.store.sources import open_source
from tests.corpus import EXCHANGES, exchanges, reusing_tokens

FAR = 10**9  # exchanges: nothing is put aside
FILES = sorted(Path(__file__).parent.parent.joinpath("recordings/files").glob("*.mitm"))
FINDING = Finding(rule="FLO-001", severity=Severity.INFO, title="t", detail="d", remedy="")
MADE = tuple(exchanges(20 * EXCHANGES))


def told(events: Iterable[Event], aside: int, kind: type[Trace] | type[Understanding] = Trace) -> Trace:
    trace = kind(aside=aside)
    trace.feed(events)
    return trace


def seen(found: Sequence[Exchange]) -> list[Event]:
    return [ExchangeSeen(exchange=exchange) for exchange in found]


def steps_of(trace: Trace) -> list[Step]:
    return [trace.step(n) for n in range(1, len(trace) + 1) if trace.has(n)]


def understood(trace: Trace) -> tuple[list[Step], Sequence[Payment], object]:
    return steps_of(trace), tuple(trace.payments), trace.lane_hosts


def aside_of(trace: Trace) -> int:
    return sum(not trace.memory.rows.is_here(n) for n in range(1, len(trace) + 1))


def events_of(path: Path) -> list[Event]:
    source, found = open_source(str(path)), list[Event]()
    while events := source.poll(1000):
        found += events
    source.close()
    return found


@pytest.mark.parametrize(
    ("aside", "opened"),
    [(5, 1), pytest.param(12, 2048, marks=pytest.mark.slow), pytest.param(40, 2, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_recording_is_understood_the_same(
    monkeypatch: pytest.MonkeyPatch, path: Path, aside: int, opened: int
) -> None:
    monkeypatch.setattr(archive, "_OPEN", opened)
    events = events_of(path)
    assert understood(told(events, aside)) == understood(told(events, FAR))


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_rules_find_the_same(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(archive, "_OPEN", 2)
    events = events_of(path)
    near, far = told(events, 6, Understanding), told(events, FAR, Understanding)
    for trace in (near, far):
        assert isinstance(trace, Understanding)
        trace.finish()
    assert understood(near) == understood(far)


@pytest.mark.slow
@given(st.lists(st.tuples(st.integers(0, len(MADE) - 1), st.booleans()), max_size=20), st.integers(4, 60))
def test_what_comes_of_it_later_finds_it(later: list[tuple[int, bool]], aside: int) -> None:
    """Calls of payments long past come again, whole or without an answer, between new ones."""
    story = list(MADE[:100])
    for at, answered in later:
        again = replace(MADE[at], n=len(story) + 1, started=story[-1].started + timedelta(milliseconds=7))
        if again.ended is not None:
            again = replace(again, ended=again.started + timedelta(milliseconds=3))
        story.append(again if answered else replace(again, response=None, ended=None))
    story += [replace(one, n=len(story) + 1 + at) for at, one in enumerate(MADE[100 : 100 + aside])]
    near, far = told(seen(story), aside), told(seen(story), FAR)
    assert understood(near) == understood(far)


def test_nearly_nothing_is_left() -> None:
    trace = told(seen(MADE), 20)
    assert aside_of(trace) > len(MADE) - 40
    assert not any(len(named) > 40 for named in (trace.memory.tokens, trace.memory.interactions))
    steps_of(trace)
    assert aside_of(trace) == 0


def test_what_is_looked_into_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_OPEN", 2)
    trace = told(seen(MADE), 20)
    before, size = steps_of(trace), aside_of(trace)
    assert size > len(MADE) - 60
    assert steps_of(trace)[::-1] == [trace.step(n) for n in range(len(trace), 0, -1)]
    assert aside_of(trace) > len(MADE) - 60
    trace.found(3, (FINDING,))
    assert steps_of(trace)[2] == replace(before[2], findings=(FINDING,))
    assert aside_of(trace) > len(MADE) - 60
    trace.feed(seen([replace(one, n=one.n + len(MADE)) for one in MADE]))  # it is put aside again
    assert aside_of(trace) > len(MADE)


def test_rules_that_look_at_everything_leave_it_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "_OPEN", 2)
    trace = told(seen(MADE), 20, Understanding)
    assert isinstance(trace, Understanding)
    for looking in (trace.concluding(), trace.reviewing()):
        least = min(aside_of(trace) for _ in looking)
        trace.tidy()
        assert least > 0
        assert aside_of(trace) > len(MADE) - 70


def test_what_is_held_stays() -> None:
    trace = told(seen(MADE[:30]), 20)
    row = trace.row(6)
    grant = trace.row(12).grant
    trace.feed(seen(MADE[30:]))
    assert trace.row(6) is row
    assert trace.row(12).grant is grant
    assert trace.memory.rows.is_here(6)
    assert aside_of(trace) > 100


def test_one_thing_is_never_two() -> None:
    trace = told(seen(MADE), 20)
    calls = [trace.row(n) for n in range(1, 60)]
    grants = {id(row.grant): row.grant for row in calls if row.grant is not None}
    for grant in grants.values():
        assert all(trace.row(n).grant is grant for n in grant.rows)
        assert all(trace.memory.tokens[token.value] is token and token.grant is grant for token in grant.tokens)
    assert len({grant.n for grant in grants.values()}) == len(grants)


def test_findings_go_along() -> None:
    found = Understanding(aside=20)
    found.feed(seen([replace(MADE[9], n=1, response=replace(MADE[9].response, status=401))]))  # type: ignore[type-var]
    assert found.step(1).findings
    before = found.step(1).findings
    found.feed(seen([replace(one, n=one.n + 1) for one in MADE]))
    assert found.step(1).findings == before


def test_a_lifeline_reaches_back() -> None:
    near, far = (Trace(lambda n: MADE[n - 1], aside=aside) for aside in (20, FAR))
    for trace in (near, far):
        trace.feed(seen(MADE))
    token = next(token.value for token in far.memory.grants[2].tokens)
    assert near.memory.birth(token) == far.memory.birth(token)
    views = [View(exchange) for exchange in MADE]
    assert lifeline(near, token, views) == lifeline(far, token, views)


def test_tokens_for_all_payments_are_understood_the_same() -> None:
    story = seen(list(reusing_tokens(160)))
    assert understood(told(story, 20)) == understood(told(story, FAR))


def test_a_box_keeps_what_it_held() -> None:
    boxes, group = Boxes(), Group(1)
    trace = told(seen(MADE[:12]), FAR)
    rows = [trace.row(n) for n in range(4, 9)]
    contents = Contents(rows, [], None, [3], [(0, "a name", 7)])
    box = boxes.write(group, contents)
    assert box == 0
    assert boxes.group(box) is group
    back = boxes.read(box)
    assert back[1:] == contents[1:]
    assert [one_by_one(row) for row in back.rows] == [one_by_one(row) for row in rows]
    assert all(ours.source is theirs.source for ours, theirs in zip(back.rows, rows, strict=True))
    assert boxes.write(group, back) == box


def one_by_one(row: Row) -> list[object]:
    return [getattr(row, name) for name in Row.__slots__ if name != "grant"]


def test_what_cannot_be_written_stays() -> None:
    row = Row(1, "unknown", "GET", "https://x.example/", MADE[0].started, "", error=lambda: None)  # type: ignore[arg-type]
    assert Boxes().write(None, Contents([row], [], None, [], [])) is None


def test_names_of_what_was_put_aside() -> None:
    named = Named[str]()
    named["a"], named["b"] = "x", "y"
    asked = []

    def bring(box: int) -> None:
        asked.append(box)
        named["a"] = "x"

    named.bring = bring
    named.leave("a", 3)
    assert "c" not in named
    assert named.get("b") == "y"
    assert not asked
    assert "a" in named
    assert asked == [3]
    named.leave("a", 4)
    assert named["a"] == "x"
    assert asked == [3, 4]
    with pytest.raises(KeyError):
        named["c"]


def test_what_is_written_only_in_part_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            return super().write(data[:3])

    monkeypatch.setattr("optrace.session.boxes.tempfile.TemporaryFile", lambda **_: Full())
    trace = told(seen(MADE[:12]), FAR)
    assert Boxes().write(Group(1), Contents([trace.row(4)], [], None, [], [])) is None
