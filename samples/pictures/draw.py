#!/usr/bin/env python3
"""Draws the pictures of the README anew, from the sample sessions and the real screen, so that they never lie.

python samples/pictures/draw.py
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from optrace.cli.understanding import Understanding
from optrace.store.sources import open_source
from optrace.tui.app import OptraceApp, screenshot

HERE = Path(__file__).parent
SESSIONS = HERE.parent / "sessions"

# picture: session, columns and rows, keys that are pressed first
PICTURES = {
    "why.svg": ("refused", (120, 36), "n"),
    "signature.svg": ("refused", (120, 40), "n4"),
    "payment.svg": ("paid", (120, 36), "g"),
    "wide.svg": ("refused", (190, 44), "n"),
}

_FONT = re.compile(r"@font-face \{.*?\}\n?", re.S)  # the viewer's own monospace font will do


def draw(name: str, session: str, size: tuple[int, int], keys: str) -> None:
    """One picture, as Textual saves it."""
    source = open_source(SESSIONS / f"{session}.optrace")
    app = OptraceApp(
        source, Understanding(source.exchange), title="optrace", status=lambda: "", hint="", profile="open-payments"
    )
    svg = asyncio.run(screenshot(app, size, list(keys)))
    (HERE / name).write_text(_FONT.sub("", svg))
    source.close()


def main() -> None:
    """All pictures."""
    for name, (session, size, keys) in PICTURES.items():
        draw(name, session, size, keys)


if __name__ == "__main__":
    main()
