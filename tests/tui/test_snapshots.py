"""Each screen as text, approved: what stands where, in which style, dark and light.

The text is that of the screen; below it each line's runs of style: `0-12 bold #e8ebf5 on #222635`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest

from optrace.cli.understanding import Understanding
from optrace.diagnosis.search import search
from optrace.store.sources import open_source
from optrace.tui.app import OptraceApp
from tests import long
from tests.tui.test_keys import press, running

GOLDEN = Path(__file__).parents[1] / "golden" / "screens"
SESSIONS = Path(__file__).parents[2] / "samples" / "sessions"

SCREENS = {
    "ladder": ("refused", "n"),
    "message-why": ("refused", "n enter"),
    "message-request": ("refused", "n enter 2"),
    "message-response": ("refused", "n enter 3"),
    "message-signature": ("refused", "n enter 4"),
    "message-grant": ("refused", "n enter 5"),
    "message-raw": ("paid", "j j enter 6"),
    "message-timing": ("paid", "j j enter 7"),
    "copy": ("refused", "n y"),
    "jump": ("paid", "ctrl+o"),
    "lanes": ("paid", "L"),
    "payments": ("paid", "p"),
    "lifeline": ("paid", "j j o"),
    "scorecard": ("refused", "c"),
    "compare": ("refused", "n d"),
    "search": ("refused", "n w"),
    "help": ("paid", "question_mark"),
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


@pytest.mark.parametrize("name", long.parted(SCREENS, SCREENS.keys() - {"ladder", "payments"}))
async def test_each_screen_looks_as_approved(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optrace.tui.screens.search.search", partial(search, clock=lambda: 0.0))  # it says how long
    session, keys = SCREENS[name]
    source = open_source(SESSIONS / f"{session}.optrace")
    app = OptraceApp(source, Understanding(source.exchange), title="optrace", hint="")
    async with running(app, (100, 30)) as (pilot, _):
        await press(app, pilot, *keys.split())
        for theme in ("dark", "light"):
            app.take_theme(theme)
            await pilot.pause()
            check(f"{name}.{theme}.txt", "\n".join(looks(app)) + "\n")


def check(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} differs; UPDATE_GOLDEN=1 approves the new look"
