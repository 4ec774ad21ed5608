"""Themes: each can be taken while the screen runs, can be read, and keeps what it promises."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.color import Color

from optrace.cli.understanding import Understanding
from optrace.core.errors import Usage
from optrace.store.sources import open_source
from optrace.tui.app import OptraceApp
from optrace.tui.ascii import in_ascii
from optrace.tui.palette import palette_of
from optrace.tui.themes import THEMES
from tests import long
from tests.diagram.journey import journey
from tests.tui.fakes import FakeSource, FakeTrace
from tests.tui.test_keys import make_app, press, running, seen

READ = ("text", "strong", "arrow", "muted", "blue", "violet", "teal", "green", "leaf", "red", "amber", "orange", "cyan")
SAMPLE = Path(__file__).parents[2] / "samples" / "sessions" / "refused.optrace"
FAINT = ("dim", "faint")


def themed(theme: str = "", **other: object) -> OptraceApp:
    steps = journey()
    trace = FakeTrace(lambda n: steps[n - 1])
    return OptraceApp(FakeSource(steps), trace, title="optrace", hint="", theme=theme, **other)  # type: ignore[arg-type]


@pytest.mark.slow
async def test_one_key_goes_through_all_of_them() -> None:
    taken: list[str] = []
    app = themed(on_theme=taken.append)
    async with running(app) as (pilot, _):
        first = app.theme
        for _name in THEMES:
            await press(app, pilot, "t")
            assert "wallet address bob" in seen(app)
        assert app.theme == first
    assert sorted(taken) == sorted(THEMES)


@pytest.mark.parametrize("name", ["light", "optrace-light"])
async def test_the_first_one_can_be_chosen(name: str) -> None:
    app = themed(name)
    async with running(app) as (_pilot, _):
        assert app.theme == "optrace-light"


def test_a_wrong_name_gets_the_nearest_right_one() -> None:
    with pytest.raises(Usage) as error:
        themed("ligth")
    assert error.value.remedy == "Did you mean light?"


def luminance(colour: str) -> float:
    def linear(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else float(((share + 0.055) / 1.055) ** 2.4)

    red, green, blue = Color.parse(colour).get_truecolor()
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("name", "read", "faint"), [("dark", 4.5, 3), ("light", 4.5, 3), ("safe", 4.5, 3), ("contrast", 7, 7)]
)
def test_what_must_be_read_stands_out(name: str, read: float, faint: float) -> None:
    colours = THEMES[name]
    for least, names in ((read, READ), (faint, FAINT)):
        for one in names:
            for ground in (colours.back, colours.surface, colours.selected.removeprefix("on ")):
                ratio = contrast(getattr(colours, one), ground)
                assert ratio >= (least if ground == colours.back else least * 0.8), (one, ground, ratio)


@pytest.mark.slow
async def test_ascii_is_ascii_to_the_last_cell() -> None:
    app = themed("ascii")
    async with running(app, (120, 40)) as (pilot, _):
        assert palette_of(app).ascii_only
        for keys in ("n", "1", "4", "question_mark", "escape", "p", "escape", "enter", "6"):
            await press(app, pilot, keys)
            for strip in app.screen._compositor.render_strips():
                for filter in app.get_line_filters():
                    strip = strip.apply_filter(filter, app.screen.background_colors[1])
                assert strip.text.isascii(), (keys, strip.text)


@pytest.mark.parametrize("theme", long.parted(THEMES, THEMES.keys() - {"light"}))
async def test_what_lies_under_a_sheet_stays_in_sight(theme: str) -> None:
    source = open_source(SAMPLE)
    app = OptraceApp(source, Understanding(source.exchange), title="optrace", hint="", theme=theme)
    async with running(app, (100, 30)) as (pilot, _):
        for keys in ("y", "x", "A", "question_mark"):
            await press(app, pilot, keys)
            assert app.screen is not app.home
            assert "refused.optrace" in seen(app).splitlines()[0], keys
            await press(app, pilot, "escape")


def test_a_character_keeps_its_cells() -> None:
    assert in_ascii("a│b─✓") == "a|b-+"
    assert in_ascii("支払い") == "??????"
    assert in_ascii("e\u0301") == "?"
    assert in_ascii("❤️!") == "??!"


def test_what_the_screens_are_drawn_with_has_a_form_in_ascii() -> None:
    for path in (Path(__file__).parents[1] / "golden" / "screens").glob("*.dark.txt"):
        text = path.read_text(encoding="utf-8").partition("\n---")[0]
        assert in_ascii(text).count("?") == text.count("?"), path.name
    for told_apart in ("●○·", "✓✗≠", "→←↔", "✗↳·="):
        assert len({in_ascii(one) for one in told_apart}) == len(told_apart)


async def test_no_color_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_app()
    async with running(app) as (_pilot, home):
        assert app.theme == "optrace-plain"
        for strip in app.screen._compositor.render_strips():
            for filter in app.get_line_filters():
                strip = strip.apply_filter(filter, home.background_colors[1])
            for segment in strip:
                for colour in (segment.style.color, segment.style.bgcolor) if segment.style else ():
                    assert colour is None or colour.is_default, segment
