#!/usr/bin/env python3
"""Draws the pictures of the README anew, from the sample sessions and the real screen, so that they never lie.

make pictures
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from optrace.cli.screen import ProcessReplays
from optrace.cli.understanding import Understanding
from optrace.store.sources import open_source
from optrace.tui.app import OptraceApp, screenshot

HERE = Path(__file__).parent
SESSIONS = HERE.parent / "sessions"

# picture: session, columns and rows, keys that are pressed first, theme
PICTURES = {
    "why.svg": ("refused", (120, 36), "n", "dark"),
    "signature.svg": ("refused", (120, 40), "n 4", "dark"),
    "payment.svg": ("paid", (120, 36), "g", "dark"),
    "wide.svg": ("refused", (190, 44), "n", "dark"),
    "message.svg": ("refused", (120, 24), "n enter 5 l", "dark"),
    "timing.svg": ("refused", (120, 24), "n enter 7", "dark"),
    "copy.svg": ("refused", (120, 36), "n y", "dark"),
    "jump.svg": ("paid", (120, 30), "ctrl+o", "dark"),
    "lanes.svg": ("paid", (120, 34), "L", "dark"),
    "payments.svg": ("shop", (120, 18), "p", "dark"),
    "all.svg": ("shop", (120, 36), "0 n", "dark"),
    "filter.svg": ("shop", (120, 36), "0 / o p : o", "dark"),
    "search.svg": ("refused", (120, 30), "n w", "dark"),
    "lifeline.svg": ("paid", (120, 30), "j j o j j j enter", "dark"),
    "scorecard.svg": ("paid", (120, 36), "c", "dark"),
    "compare.svg": ("shop", (160, 36), "0 n d", "dark"),
    "diff.svg": ("shop", (120, 36), "p space j d", "dark"),
    "replay.svg": ("paid", (120, 36), "r", "dark"),
    "edit.svg": ("refused", (120, 36), "n e", "dark"),
    "export.svg": ("refused", (120, 30), "x", "dark"),
    "palette.svg": ("paid", (120, 30), "ctrl+p", "dark"),
    "help.svg": ("paid", (120, 40), "?", "dark"),
    "light.svg": ("refused", (120, 36), "n", "light"),
}

_FONT = re.compile(r"@font-face \{.*?\}\n?", re.S)  # the viewer's own monospace font will do


def picture(session: str, size: tuple[int, int], keys: str, theme: str) -> str:
    """One picture, as Textual saves it."""
    source = open_source(SESSIONS / f"{session}.optrace")
    app = OptraceApp(
        source,
        Understanding(source.exchange),
        title="optrace",
        status=lambda: "",
        hint="",
        profile="open-payments",
        theme=theme,
        replays=ProcessReplays(),
    )
    svg = asyncio.run(screenshot(app, size, keys.split()))
    source.close()
    return _FONT.sub("", svg)


def main() -> None:
    """All pictures."""
    for name, (session, size, keys, theme) in PICTURES.items():
        (HERE / name).write_text(picture(session, size, keys, theme))


if __name__ == "__main__":
    main()
