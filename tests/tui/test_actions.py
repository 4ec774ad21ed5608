"""Each action of the key table: its key is pressed where it means something, and what must be seen is seen.

An action without a line here fails. What more an action can do is tested where it belongs.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from optrace.session.breakpoints import Word
from optrace.session.steps import DEFAULT_PROFILE
from optrace.tui.app import OptraceApp, settle
from optrace.tui.keys import KEYS
from optrace.tui.screens.diff import DiffScreen
from optrace.tui.screens.playing import PlayedScreen
from optrace.tui.tabs.look import BODIES
from optrace.tui.widgets.choices import Choices
from optrace.tui.widgets.lines import Lines
from tests.recordings.truth import FILES
from tests.tui import test_snapshots as stages
from tests.tui.test_breaking import FakeControl
from tests.tui.test_keys import press, running, seen

Sees = Callable[[OptraceApp], object]
BY_ID = {key.id: key for key in KEYS}


def on(name: str) -> Sees:
    return lambda app: type(app.screen).__name__ == name


def tab(index: int) -> Sees:
    return lambda app: app.home.detail.tab == index


def selected(n: int) -> Sees:
    return lambda app: app.home.ladder.selected == n


def scrolled(y: int) -> Sees:
    return lambda app: app.home.detail.body.scroll_offset.y == y


def linked(at: int) -> Sees:
    def sees(app: OptraceApp) -> bool:
        body = app.home.detail.body
        return body._link is not None and body._links.index(body._link) == at

    return sees


def cursor(at: int) -> Sees:
    return lambda app: chosen(app).cursor == at


def ordered(word: Word) -> Sees:
    return lambda app: any(order.word is word for order in control(app).orders)


def control(app: OptraceApp) -> FakeControl:
    found = app.bridge.stops.control
    assert isinstance(found, FakeControl)
    return found


def played(app: OptraceApp) -> PlayedScreen:
    assert isinstance(app.home, PlayedScreen)
    return app.home


def chosen(app: OptraceApp) -> Choices:
    return app.screen.query_one(Choices)


LAST = 33  # messages of the recording that was refused; the one that was, is the 31st
FINISHED: Mapping[str, tuple[str, Sees]] = {  # action -> keys before it, what is to be seen after it and not before
    "help": ("", on("HelpScreen")),
    "palette": ("", on("CommandPalette")),
    "jump": ("", on("JumpScreen")),
    "filter": ("", lambda app: app.home.filtering),
    "next": ("", selected(31)),
    "previous": ("", selected(31)),
    "open": ("", lambda app: app.home.has_class("-full")),
    "back": ("enter", lambda app: not app.home.has_class("-full")),
    "pane": ("", lambda app: isinstance(app.focused, Lines)),
    "why": ("2", tab(0)),
    "request": ("", tab(1)),
    "response": ("", tab(2)),
    "signature": ("", tab(3)),
    "grant": ("", tab(4)),
    "raw": ("", tab(5)),
    "timing": ("", tab(6)),
    "body": ("", lambda app: app.home.body == BODIES[1]),
    "payments": ("", on("PaymentsScreen")),
    "all": ("p enter", lambda app: app.home.ladder.view.payment is None),
    "search": ("n", on("SearchScreen")),
    "lifeline": ("j j", on("LifelineScreen")),
    "scorecard": ("", on("ScorecardScreen")),
    "mark": ("", lambda app: app.home.ladder.marked == {1}),
    "next_mark": ("j m g", selected(2)),
    "previous_mark": ("j m G", selected(2)),
    "compare": ("n k", on("CompareScreen")),
    "diff": ("", on("AgainstScreen")),
    "note": ("", on("NoteScreen")),
    "undo": ("m", lambda app: not app.home.ladder.marked),
    "split": ("", lambda app: app.home.ladder.split),
    "lanes": ("", on("LanesScreen")),
    "profile": ("", lambda app: app.home.profile != DEFAULT_PROFILE),
    "copy": ("", on("CopyScreen")),
    "export": ("", on("ExportScreen")),
    "replay": ("", on("ReplayScreen")),
    "edit": ("j j", on("EditScreen")),
    "reveal": ("", lambda app: "Secrets are shown" in seen(app)),
    "theme": ("", lambda app: app.theme == "optrace-light"),
    "quit": ("", lambda app: app.return_code == 0),
    "down": ("", selected(2)),
    "up": ("j j", selected(2)),
    "page_down": ("", lambda app: (app.home.ladder.selected or 0) > 5),
    "page_up": ("G", lambda app: (app.home.ladder.selected or 0) < LAST - 5),
    "first": ("j", selected(1)),
    "last": ("", selected(LAST)),
    "text_down": ("n enter 6", scrolled(1)),
    "text_up": ("n enter 6 j j", scrolled(1)),
    "text_page_down": ("n enter 6", lambda app: app.home.detail.body.scroll_offset.y > 5),
    "text_page_up": ("n enter 6 G", lambda app: not app.home.detail.body.is_vertical_scroll_end),
    "text_first": ("n enter 6 j", scrolled(0)),
    "text_last": ("n enter 6", lambda app: app.home.detail.body.is_vertical_scroll_end),
    "next_link": ("n tab 5", linked(0)),
    "previous_link": ("n tab 5 l l", linked(0)),
    "follow": ("n tab 5 l", lambda app: app.home.ladder.selected != 31),
    "return": ("n tab 5 l enter", selected(31)),
    "list_down": ("x", cursor(1)),
    "list_up": ("x j j", cursor(1)),
    "list_page_down": ("c", lambda app: chosen(app).cursor > 5),
    "list_page_up": ("x G", lambda app: chosen(app).cursor < 5),
    "list_first": ("x j", cursor(0)),
    "list_last": ("x", lambda app: chosen(app).cursor == len(chosen(app)) - 1),
    "list_choose": ("c", lambda app: app.screen is app.home and app.home.ladder.selected == 31),
    "lane_shrink": ("L", lambda app: app.home.ladder.arrangement.narrow),
    "lane_left": ("L j", lambda app: app.home.ladder.arrangement.order[0] == "s.rs"),
    "lane_right": ("L", lambda app: app.home.ladder.arrangement.order[1] == "s.idp"),
    "lane_rename": ("L", lambda app: app.screen.query_one("#lane-name").has_focus),
    "lane_unused": ("L", lambda app: app.home.ladder.shrink),
    "lane_reset": ("L s", lambda app: not app.home.ladder.arrangement.narrow),
}
SEVERAL: Mapping[str, tuple[str, Sees]] = {  # ten payments
    "payments_back": ("p", lambda app: app.screen is app.home),
    "payments_sort": ("p", lambda app: chosen(app).sort == "title"),  # type: ignore[attr-defined]
    "payments_sort_back": ("p s", lambda app: chosen(app).sort == "n"),  # type: ignore[attr-defined]
    "payments_reverse": ("p", lambda app: chosen(app).backwards),  # type: ignore[attr-defined]
    "payments_mark": ("p", lambda app: "◆" in seen(app)),
    "payments_diff": ("p j", on("DiffScreen")),
}
RUNS: Mapping[str, tuple[str, Sees]] = {  # a payment that was made, against one that was refused
    "diff_next": ("g", lambda app: chosen(app).value == 30),
    "diff_previous": ("g", lambda app: chosen(app).value == 30),
    "diff_all": ("", lambda app: "a what isn't expected" in seen(app)),
}
LIVE: Mapping[str, tuple[str, Sees]] = {  # something waits
    "break": ("", on("BreakpointScreen")),
    "stay": ("", ordered(Word.STAY)),
    "let_all_go": ("", ordered(Word.GO)),
    "let_go": ("", ordered(Word.GO)),
    "drop": ("", ordered(Word.DROP)),
}
PLAYED: Mapping[str, tuple[str, Sees]] = {
    "play": ("", lambda app: not played(app).playback.playing),
    "step": ("", lambda app: played(app).playback.position > timedelta()),
    "step_back": (". .", lambda app: len(app.bridge.trace) < 2),
    "seek_on": ("", lambda app: played(app).playback.position > timedelta()),
    "seek_back": ("]", lambda app: played(app).playback.position == timedelta()),
    "seek_to": ("", on("SeekScreen")),
    "slower": ("", lambda app: played(app).playback.speed < 1),
    "faster": ("", lambda app: played(app).playback.speed > 1),
}
TABLES = {"finished": FINISHED, "several": SEVERAL, "runs": RUNS, "live": LIVE, "played": PLAYED}


def test_each_action_has_a_line() -> None:
    lines = [id for table in TABLES.values() for id in table]
    assert sorted(lines) == sorted(BY_ID)


def finished(tmp_path: Path) -> OptraceApp:
    return stages.recording(Path(shutil.copyfile(stages.SESSIONS / "refused.optrace", tmp_path / "a.optrace")))


@pytest.fixture
def make(tmp_path: Path) -> Mapping[str, Callable[[], OptraceApp]]:
    return {
        "finished": lambda: finished(tmp_path),
        "several": lambda: stages.recording(FILES / "15-concurrent-10.mitm"),
        "runs": stages.two_runs,
        "live": stages.stopped,
        "played": stages.played,
    }


@pytest.mark.slow
@pytest.mark.parametrize("stage", TABLES)
async def test_each_action_does_what_it_says(
    stage: str, make: Mapping[str, Callable[[], OptraceApp]]
) -> None:  # fmt: skip
    app, wrong = make[stage](), []
    leave = app.exit
    async with running(app, (100, 30)) as (pilot, _):
        app.exit = lambda *_, **__: setattr(app, "_return_code", 0)  # type: ignore[method-assign]
        app._return_code = None
        for id, (before, sees) in TABLES[stage].items():
            await begin(stage, app, pilot)
            await press(app, pilot, *(_NAMES.get(key, key) for key in before.split()))
            there = bool(sees(app))
            await press(app, pilot, BY_ID[id].keys.split(",")[0])
            if there or not await becomes(app, pilot, sees):
                wrong.append(f"{id}: {'seen before' if there else 'not seen'}")
        app.exit = leave  # type: ignore[method-assign]
    assert not wrong


_NAMES = {".": "full_stop", "]": "right_square_bracket"}


async def becomes(app: OptraceApp, pilot: Pilot[None], sees: Sees) -> bool:
    for _ in range(200):
        if sees(app):
            return True
        await pilot.pause(0.01)
    return False


async def begin(stage: str, app: OptraceApp, pilot: Pilot[None]) -> None:
    """As it was in the beginning."""
    home = app.home
    if stage == "runs":
        assert isinstance(app.screen, DiffScreen)
        return
    while app.screen is not home:
        app.pop_screen()
        await pilot.pause()
    if home.filtering:
        home.undo_filter()
    for n in app.bridge.marks:
        app.bridge.own.mark(n, False)
    home.remove_class("-full", "-revealed")
    home.revealed, home.body = False, BODIES[0]
    home.ladder.split = home.ladder.shrink = False
    home.ladder.arrangement = type(home.ladder.arrangement)()
    home.judge_by(DEFAULT_PROFILE)
    home.detail.choose(0)
    home.notes_changed()
    app.theme = "optrace-dark"
    if stage == "live":
        app.bridge.stops.control = control = stages.stopped().bridge.stops.control  # with what waits
        assert isinstance(control, FakeControl)
        assert await becomes(app, pilot, lambda app: app.bridge.stops.waiting)
    if isinstance(home, PlayedScreen):
        home.playback.playing, home.playback.speed = True, 1.0
        home.playback.seek(timedelta())
        app.bridge.wake()
    home.ladder.focus()
    home.ladder.action_edge(0)
    await settle(app, pilot)
