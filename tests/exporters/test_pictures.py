"""The ladder as SVG and the page as HTML: complete, and within their promises."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from rich.style import Style

from optrace.exporters.colours import STYLES
from optrace.exporters.material import THEMES
from optrace.tui import palette
from optrace.tui.themes import THEMES as SCREEN_THEMES
from tests.corpus import exchanges
from tests.diagram.journey import journey
from tests.exporters.materials import broken_payment, of, recorded, text
from tests.recordings.truth import EACH

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name", EACH)
def test_each_recording_is_a_picture(name: str) -> None:
    material = recorded(name)
    root = ET.fromstring(text("svg", material))
    rows = root.findall(f"{SVG}g")
    assert len(rows) == len(material.numbers)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for element in root.iter(f"{SVG}text"):
        assert 0 <= float(element.attrib["x"]) <= width
        assert 0 <= float(element.attrib["y"]) <= height


@pytest.mark.parametrize("width", [60, 80, 100, 160, 240])
@pytest.mark.parametrize("theme", THEMES)
def test_words_keep_to_the_grid(width: int, theme: str) -> None:
    root = ET.fromstring(text("svg", of(exchanges(20), width=width, theme=theme)))
    for element in root.iter(f"{SVG}text"):
        if "textLength" in element.attrib:
            assert float(element.attrib["textLength"]) == pytest.approx(8.4 * len(element.text or ""))
    said = " ".join(element.text or "" for element in root.iter(f"{SVG}text"))
    assert "grant quote" in said
    assert not re.search("[│├┤┼─┘]", said)  # lines are drawn, not written


def test_colours_are_those_of_the_screen() -> None:
    for at, theme in enumerate(("dark", "light")):
        screen = palette.Palette(SCREEN_THEMES[theme])
        assert {name: styles[at] for name, styles in STYLES.items() if screen[name] != Style.parse(styles[at])} == {}
    assert journey()


def page_data(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_policy_allows_just_what_is_in_the_page() -> None:
    page = text("html", broken_payment())
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for kind, tag in (("script", "<script>"), ("style", "<style>")):
        inside = page.split(tag, 1)[1].split(f"</{kind}>", 1)[0]
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert "unsafe" not in policy[1]
    assert not re.search(r'\b(src|href|style|on\w+)="', page.split("<script", 1)[0].replace("content=", ""))
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", re.sub(r'id="data">.*?</script>', "", page, flags=re.S))


def test_the_page_has_everything_of_an_exchange() -> None:
    data = page_data(text("html", broken_payment()))
    assert [row[0] for row in data["x"]] == list(range(1, 13))
    strings, (finding,) = data["s"], data["x"][4][18]
    assert strings[finding[0]] == "DIG-008"
    for said in ("GNAP ••••1708", '"@method": ', "https://happy-life.example/tenant-r/incoming-payments"):
        assert said in strings


@pytest.mark.slow
def test_a_thousand_exchanges_are_two_megabytes_at_most() -> None:
    page = text("html", of(exchanges(1000)))
    assert len(page.encode()) <= 2_000_000
    assert len(page_data(page)["x"]) == 1000


@pytest.mark.parametrize("theme", [None, *THEMES])
def test_themes(theme: str | None) -> None:
    assert f'data-theme="{theme or "auto"}"' in text("html", of(exchanges(2), theme=theme))
