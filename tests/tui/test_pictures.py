"""The README's pictures show what the screen shows."""

from __future__ import annotations

import html
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

PICTURES = Path(__file__).parents[2] / "samples" / "pictures"


def words(svg: str) -> list[str]:
    """The text of a picture, without what differs from one version of Textual to another, and what was measured."""
    texts = [html.unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]
    return [re.sub(r"verified\xa0in\xa0[\d.]+\xa0ms", "", text) for text in texts]


@pytest.mark.slow
def test_each_picture_is_what_the_screen_shows() -> None:
    script: dict[str, Any] = runpy.run_path(str(PICTURES / "draw.py"))
    drawn = {path.name for path in PICTURES.glob("*.svg")}
    assert drawn == set(script["PICTURES"])
    for name, (session, size, keys, theme) in script["PICTURES"].items():
        svg = script["picture"](session, size, keys, theme)
        assert words(svg) == words((PICTURES / name).read_text()), f"{name}: `make pictures` draws it anew"
