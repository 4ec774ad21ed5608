"""Two payments held against each other on the screen: where the runs part, and both messages side by side."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from optrace.cli.screen import _open_other
from optrace.cli.understanding import Understanding
from optrace.diagram.cells import cell_width
from optrace.replay.align import Cause, Side, align
from optrace.store.sources import open_source
from optrace.tui.against import Against
from optrace.tui.alignment import rows
from optrace.tui.app import OptraceApp, settle
from optrace.tui.screens.compare import CompareScreen
from optrace.tui.screens.diff import DiffScreen, hosts_of_both
from optrace.tui.screens.holding import AgainstScreen
from optrace.tui.screens.payments import PaymentsScreen
from tests import long
from tests.tui.test_keys import HINT, press, seen

SAMPLES = Path(__file__).parents[2] / "samples" / "sessions"
PAID, REFUSED = SAMPLES / "paid.optrace", SAMPLES / "refused.optrace"
CONCURRENT = Path(__file__).parents[1] / "recordings" / "files" / "15-concurrent-10.mitm"


def other(path: str, breathe: Callable[[], None]) -> object:
    return _open_other((), path, breathe)


@asynccontextmanager
async def opened(
    path: Path, held: tuple[int | None, Against] | None = None, size: tuple[int, int] = (120, 44)
) -> AsyncIterator[tuple[OptraceApp, Pilot[None]]]:
    source = open_source(path)
    trace = Understanding(source.exchange)
    app = OptraceApp(source, trace, title="optrace", hint=HINT, open_other=other, held=held)  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        yield app, pilot


SIZES = [(80, 24), (120, 44), (200, 50)]


@pytest.mark.parametrize("size", long.parted(SIZES, SIZES[1:]))
async def test_it_opens_where_the_runs_part(size: tuple[int, int]) -> None:
    async with opened(PAID, (None, Against(path=str(REFUSED))), size) as (app, _):
        screen = app.screen
        assert isinstance(screen, DiffScreen)
        text = seen(app)
        assert "A paid.optrace · B refused.optrace" in text
        assert screen.comparison.first == screen.list.value == 30
        assert screen._outcome()[0].text == " Alike for 30 steps. "
        row = next(row for row in text.splitlines() if "▶" in row)  # it is in sight
        assert "✗ 31 ↔ 31" in row
        assert "the runs part here 201 ↔ 401" in row
        assert "request signature verdict" in text


@pytest.mark.slow
async def test_enter_puts_both_messages_side_by_side_with_hosts_as_one() -> None:
    async with opened(PAID, (None, Against(path=str(REFUSED)))) as (app, pilot):
        await press(app, pilot, "enter")
        assert isinstance(app.screen, CompareScreen)
        text = seen(app)
        assert "A 31 beside B 31" in text
        assert "201 Created" in text
        assert "401 Unauthorized" in text
        host = next(row for row in text.splitlines() if " host: " in row)
        assert "~ host: 127.0.0.1:" in host  # another name, and nothing else
        await press(app, pilot, "escape")
        assert isinstance(app.screen, DiffScreen)


async def test_n_walks_from_one_unexpected_difference_to_the_next_and_round_the_end() -> None:
    async with opened(CONCURRENT, (1, Against(payment=2))) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, DiffScreen)
        unexpected = [at for at, pair in enumerate(screen.comparison.pairs) if pair.cause is Cause.UNEXPECTED]
        if unexpected:
            assert screen.list.value == unexpected[0]
        await press(app, pilot, "n")
        walked = [screen.list.value]
        await press(app, pilot, "N")
        assert (screen.list.value in unexpected) or not unexpected
        assert walked[0] in (unexpected or walked)


@pytest.mark.slow
async def test_all_shows_what_any_two_runs_differ_in_and_stays_on_its_pair() -> None:
    async with opened(PAID, (None, Against(path=str(REFUSED)))) as (app, pilot):
        screen = app.screen
        assert isinstance(screen, DiffScreen)
        few = len(screen.list)
        await press(app, pilot, "a")
        assert len(screen.list) > few
        assert screen.list.value == 30
        await press(app, pilot, "a")
        assert len(screen.list) == few


@pytest.mark.slow
async def test_two_payments_marked_in_the_list() -> None:
    async with opened(CONCURRENT) as (app, pilot):
        await press(app, pilot, "p", "g", "space", "j", "j", "space")
        assert seen(app).count("◆") == 2
        await press(app, pilot, "d")
        assert isinstance(app.screen, DiffScreen)
        assert "A payment 1" in seen(app)
        assert "B payment 3" in seen(app)
        await press(app, pilot, "escape")
        assert isinstance(app.screen, PaymentsScreen)
        await press(app, pilot, "space", "escape")


@pytest.mark.slow
async def test_the_payments_of_two_messages_marked_in_the_ladder() -> None:
    async with opened(CONCURRENT) as (app, pilot):
        await press(app, pilot, "0", "g")
        trace = app.bridge.trace
        one = next(n for n in range(1, 40) if trace.step(n).payment == 1)
        two = next(n for n in range(1, 40) if trace.step(n).payment == 4)
        app.home.ladder.select(one)
        await press(app, pilot, "space")
        app.home.ladder.select(two)
        await press(app, pilot, "space", "A")
        assert isinstance(app.screen, DiffScreen)
        assert "B payment 4" in seen(app)


@pytest.mark.slow
async def test_a_number_or_a_file_is_asked_for() -> None:
    async with opened(CONCURRENT) as (app, pilot):
        await press(app, pilot, "A")
        assert isinstance(app.screen, AgainstScreen)
        assert "hold payment 1 against" in seen(app)
        await press(app, pilot, *"no-such-file", "enter")
        assert "there is no such file" in seen(app)
        await press(app, pilot, *(["backspace"] * 12), "7", "enter")
        assert isinstance(app.screen, DiffScreen)
        assert "B payment 7" in seen(app)
        await press(app, pilot, "escape", "A", *"77", "enter")
        assert any("There is no payment 77" in note.message for note in app._notifications)
    async with opened(PAID) as (app, pilot):
        await press(app, pilot, "A", *str(REFUSED), "enter")
        assert isinstance(app.screen, DiffScreen)
        assert "B refused.optrace" in seen(app)


@pytest.mark.slow
async def test_a_recording_that_cant_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("nothing of the kind")
    async with opened(PAID) as (app, pilot):
        await press(app, pilot, "A", *str(path), "enter")
        assert app.home.is_current
        assert [note.title for note in app._notifications if note.severity == "warning"] == ["They can't be compared"]


@pytest.mark.slow
async def test_secrets_stay_masked_until_they_are_shown() -> None:
    source = open_source(PAID)
    tokens = [b"GNAP "]
    for n in range(1, 34):
        field = source.exchange(n).request.fields.get("authorization")
        if field:
            tokens.append(field.removeprefix("GNAP ").encode())
    source.close()
    async with opened(PAID, (None, Against(path=str(REFUSED))), (200, 50)) as (app, pilot):
        for key in ("a", "pagedown", "pagedown", "enter"):
            await press(app, pilot, key)
            text = seen(app)
            assert not [token for token in tokens[1:] if token.decode() in text]


def side(path: Path, payment: int | None = None) -> Side:
    source = open_source(path)
    trace = Understanding(source.exchange)
    while events := source.poll():
        trace.feed(events)
    trace.finish()
    found = next((one for one in trace.payments if one.id == payment), None)
    return Side.of(trace, found)


@pytest.mark.parametrize("width", [40, 76, 109, 110, 196])
@pytest.mark.parametrize("everything", [False, True])
def test_each_row_fits(width: int, everything: bool) -> None:
    comparison = align(side(PAID), side(REFUSED))
    painted = list(rows(comparison, lambda text: text * 3, width, everything=everything))
    assert len({row.pair for row in painted if row.head}) > 30
    for row in painted:
        if row.head or width > 60:
            assert sum(cell_width(segment.text) for segment in row.line) <= max(width, 60), row


def test_hosts_that_play_the_same_part_are_twins() -> None:
    comparison = align(side(PAID), side(REFUSED))
    twins = hosts_of_both(comparison)
    assert twins
    assert set(twins.values()).isdisjoint(twins)
    assert hosts_of_both(align(side(PAID), side(PAID))) == {}
