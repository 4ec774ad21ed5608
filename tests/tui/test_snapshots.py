"""Each screen as text, approved: what stands where, in which style, dark and light.

The text is that of the screen; below it each line's runs of style: `0-12 bold #e8ebf5 on #222635`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from optrace.cli.understanding import Understanding
from optrace.diagnosis.search import search
from optrace.session.breakpoints import Breakpoint, Part, Waiting
from optrace.session.score import Score
from optrace.store.sources import open_source
from optrace.tui import screens
from optrace.tui.against import Against
from optrace.tui.app import OptraceApp, settle
from optrace.tui.playback import NotedPlayback, PlayedTrace
from tests import long
from tests.tui.test_breaking import FakeControl, until
from tests.tui.test_diff import other
from tests.tui.test_editing import LiveSource, sample
from tests.tui.test_keys import press, running
from tests.tui.test_playback import Clock, iter_events
from tests.tui.test_replaying import FakeReplays

GOLDEN = Path(__file__).parents[1] / "golden" / "screens"
SESSIONS = Path(__file__).parents[2] / "samples" / "sessions"


@dataclass(frozen=True)
class Shot:
    """A screen: the keys that lead to it from the home screen, or on from the shot before; a text that it must show."""

    name: str
    keys: str = ""
    until: str = ""
    on: bool = False  # what was open stays open


def recording(path: Path) -> OptraceApp:
    source = open_source(path)
    return OptraceApp(source, Understanding(source.exchange), title="optrace", hint="", replays=FakeReplays())


def refused() -> OptraceApp:
    return recording(SESSIONS / "refused.optrace")


def paid() -> OptraceApp:
    return recording(SESSIONS / "paid.optrace")


def two_runs() -> OptraceApp:
    source = open_source(SESSIONS / "paid.optrace")
    held = None, Against(path=str(SESSIONS / "refused.optrace"))
    return OptraceApp(
        source,
        Understanding(source.exchange),
        title="optrace",
        hint="",
        open_other=other,
        held=held,  # type: ignore[arg-type]
    )


def played() -> OptraceApp:
    path = SESSIONS / "refused.optrace"
    source, score = open_source(path), Score.of(iter_events(path))  # type: ignore[arg-type]
    playback = NotedPlayback(source, score, monotonic=Clock())
    return OptraceApp(playback, PlayedTrace(lambda: Understanding(playback.exchange)), title="optrace", hint="")


def stopped() -> OptraceApp:
    """A live session in which an answer waits at a breakpoint."""
    source, control, exchange = LiveSource(SESSIONS / "paid.optrace"), FakeControl(), sample("incoming_payment_create")
    now, operation = exchange.started, "incoming_payment_create"
    control.points = [Breakpoint(operation=operation, part=Part.REQUEST)]
    control.waiting[exchange.n] = Waiting(
        exchange=replace(exchange, response=None),
        part=Part.REQUEST,
        operation=operation,
        since=now,
        until=now + timedelta(seconds=30),
    )
    return OptraceApp(
        source, Understanding(source.exchange), title="optrace", hint="", control=control, now=lambda: now
    )


STAGES: Mapping[Callable[[], OptraceApp], Sequence[Shot]] = {
    refused: (
        Shot("ladder", "n"),
        Shot("message-why", "n enter"),
        Shot("message-request", "n enter 2"),
        Shot("message-response", "n enter 3"),
        Shot("message-signature", "n enter 4"),
        Shot("message-grant", "n enter 5"),
        Shot("copy", "n y"),
        Shot("scorecard", "c"),
        Shot("compare", "n k d"),
        Shot("search", "n w"),
        Shot("export", "x"),
        Shot("export-place", "enter", on=True),
        Shot("note", "n a w h y question_mark"),
        Shot("against", "A"),
        Shot("filter", "slash s i g : f a i l"),
        Shot("filter-saved", "ctrl+s", on=True),
    ),
    paid: (
        Shot("message-raw", "j j enter 6"),
        Shot("message-timing", "j j enter 7"),
        Shot("jump", "ctrl+o"),
        Shot("lanes", "L"),
        Shot("payments", "p"),
        Shot("lifeline", "j j o"),
        Shot("help", "question_mark"),
        Shot("palette", "ctrl+p"),
        Shot("edit", "j j e", until="sent anew"),
        Shot("send", "ctrl+s", until="Send it to", on=True),
        Shot("sent", "y", until="Teapot", on=True),
        Shot("replay", "r", until="pays"),
        Shot("replay-asks", "enter", until="The next step pays", on=True),
        Shot("replay-done", "y", until="steps with the recorded outcome", on=True),
    ),
    two_runs: (Shot("diff", on=True), Shot("diff-messages", "enter", on=True)),
    played: (Shot("playback", "full_stop full_stop full_stop full_stop"), Shot("playback-seek", "T")),
    stopped: (
        Shot("waiting", until="goes on in"),
        Shot("breakpoints", "b", until="elsewhere"),
        Shot("edit-waiting", "e", until="Nothing is changed"),
    ),
}


NAMES = {stage.__name__: stage for stage in STAGES}
PICTURED = {
    "AgainstScreen": "against",
    "BreakpointScreen": "breakpoints",
    "CompareScreen": "compare",
    "CopyScreen": "copy",
    "DiffScreen": "diff",
    "EditScreen": "edit",
    "ExportScreen": "export",
    "HelpScreen": "help",
    "HomeScreen": "ladder",
    "JumpScreen": "jump",
    "LanesScreen": "lanes",
    "LifelineScreen": "lifeline",
    "NamingScreen": "filter-saved",
    "NoteScreen": "note",
    "PaymentsScreen": "payments",
    "PlaceScreen": "export-place",
    "PlayedScreen": "playback",
    "ReplayScreen": "replay",
    "ScorecardScreen": "scorecard",
    "SearchScreen": "search",
    "SeekScreen": "playback-seek",
    "SendScreen": "send",
}


def looks(app: OptraceApp) -> Iterator[str]:
    """The screen's text, then where which style begins and ends."""
    strips = app.screen._compositor.render_strips()
    for strip in strips:
        yield strip.text.rstrip()
    yield "-" * app.size.width
    for number, strip in enumerate(strips):
        cells = [
            str(segment.style.clear_meta_and_links())
            for segment in strip
            for _ in segment.text
            if segment.style is not None
        ]
        at, runs = 0, []
        for style, run in groupby(cells):
            length = len(list(run))
            runs.append(f"{at}-{at + length - 1} {style}")
            at += length
        yield f"{number}: " + "; ".join(runs)


@pytest.mark.parametrize("stage", long.parted(NAMES, NAMES))
async def test_each_screen_looks_as_approved(
    stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr("optrace.tui.screens.search.search", partial(search, clock=lambda: 0.0))  # it says how long
    app, wrong = NAMES[stage](), []
    async with running(app, (100, 30)) as (pilot, _):
        for shot in STAGES[NAMES[stage]]:
            if not shot.on:
                await start(app, pilot)
            await press(app, pilot, *shot.keys.split())
            await until(app, pilot, shot.until)
            if shot.name in PICTURED.values():
                assert PICTURED[type(app.screen).__name__] == shot.name
            for field in (*app.screen.query(Input), *app.screen.query(TextArea)):
                field.cursor_blink = False
            for theme in ("light", "dark"):
                app.take_theme(theme)
                app.clear_notifications()
                await settle(app, pilot)
                if not approved(f"{shot.name}.{theme}.txt", "\n".join(looks(app)) + "\n"):
                    wrong.append(f"{shot.name}.{theme}")
    assert not wrong, "UPDATE_GOLDEN=1 approves the new look"


async def start(app: OptraceApp, pilot: Pilot[None]) -> None:
    """Back to the first message on the home screen."""
    while app.screen is not app.home:
        app.pop_screen()
        await pilot.pause()
    home = app.home
    if home.filtering:
        home.undo_filter()
    home.remove_class("-full")
    home.detail.choose(0)
    home.ladder.focus()
    home.ladder.action_edge(0)
    await settle(app, pilot)


def test_every_screen_has_its_picture() -> None:
    """Its class is in the table above, and the stages show that what is pictured is of that class."""
    sources = [path.read_text() for path in Path(screens.__path__[0]).glob("*.py")]
    assert {name for text in sources for name in re.findall(r"^class (\w+Screen)\(", text, re.M)} == set(PICTURED)
    every = {shot.name for shots in STAGES.values() for shot in shots}
    assert set(PICTURED.values()) <= every
    themes = ("dark", "light")
    assert {path.name for path in GOLDEN.iterdir()} == {f"{name}.{theme}.txt" for name in every for theme in themes}


def approved(name: str, text: str) -> bool:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path.exists() and text == path.read_text(encoding="utf-8")
