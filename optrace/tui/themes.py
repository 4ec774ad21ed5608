"""The themes: the same named colours in each. A new theme is a `Colours` in `THEMES`.

`ansi`, `ascii` and `plain` use what the terminal itself has, so they fit a light terminal as well as a dark one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from textual.theme import Theme

from optrace.core.errors import Usage
from optrace.core.text import safe


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """The colours of one theme, as Rich writes them. From `text` to `line` they stand back more and more."""

    title: str  # for people
    dark: bool = True
    native: bool = False  # the terminal's own sixteen colours
    coloured: bool = True
    ascii_only: bool = False
    text: str
    strong: str
    arrow: str
    muted: str
    dim: str
    faint: str
    line: str
    blue: str
    violet: str
    teal: str
    green: str
    leaf: str
    red: str
    amber: str
    orange: str
    cyan: str
    back: str
    surface: str
    panel: str
    scrollbar: str
    selected: str  # a style: what marks the chosen line beside its pointer
    selected_idle: str


_DARK = Colours(
    title="dark",
    text="#d5d9e5",
    strong="#e8ebf5",
    arrow="#a9b3d0",
    muted="#8b93ab",
    dim="#7a84a1",
    faint="#5f6987",
    line="#3b4259",
    blue="#7aa2f7",
    violet="#bb9af7",
    teal="#2ac3a2",
    green="#9ece6a",
    leaf="#a9d18e",
    red="#f7768e",
    amber="#e0af68",
    orange="#ff9e64",
    cyan="#7dcfff",
    back="#13151d",
    surface="#1a1d28",
    panel="#222635",
    scrollbar="#333a50",
    selected="on #262c42",
    selected_idle="on #1e2231",
)
_LIGHT = Colours(
    title="light",
    dark=False,
    text="#252a36",
    strong="#14171f",
    arrow="#454d60",
    muted="#5a6274",
    dim="#656d80",
    faint="#7f8798",
    line="#c3c8d4",
    blue="#2a5bc0",
    violet="#7a3fb5",
    teal="#0c7a66",
    green="#2f7a1c",
    leaf="#2f6b24",
    red="#c21f45",
    amber="#8f5f00",
    orange="#b04a08",
    cyan="#0b6a91",
    back="#fbfbfc",
    surface="#f1f2f5",
    panel="#e5e8ee",
    scrollbar="#c3c8d4",
    selected="on #dfe6f7",
    selected_idle="on #eceff5",
)
_CONTRAST = Colours(
    title="high contrast",
    text="#ffffff",
    strong="#ffffff",
    arrow="#ffffff",
    muted="#e0e0e0",
    dim="#d0d0d0",
    faint="#b8b8b8",
    line="#808080",
    blue="#8ab8ff",
    violet="#e0b0ff",
    teal="#40ffd0",
    green="#80ff60",
    leaf="#b0ff90",
    red="#ff9494",
    amber="#ffe040",
    orange="#ffb060",
    cyan="#80e8ff",
    back="#000000",
    surface="#000000",
    panel="#202020",
    scrollbar="#909090",
    selected="on #00285c",
    selected_idle="on #282828",
)
# blue for good, orange for bad (after Okabe and Ito), which the common colour blindnesses tell apart
_SAFE = Colours(
    title="colour-blind safe",
    text="#d8dce6",
    strong="#f0f2f8",
    arrow="#aeb6c8",
    muted="#949cb0",
    dim="#8089a0",
    faint="#667088",
    line="#3d4458",
    blue="#7fb8e8",
    violet="#e3a0c8",
    teal="#56b4e9",
    green="#56b4e9",
    leaf="#a8cfe8",
    red="#ff8a3c",
    amber="#f0e442",
    orange="#e8a84c",
    cyan="#b8c8e8",
    back="#12141b",
    surface="#191c26",
    panel="#222634",
    scrollbar="#353c50",
    selected="on #263048",
    selected_idle="on #1e2332",
)
_ANSI = Colours(
    title="the terminal's sixteen",
    native=True,
    text="default",
    strong="bold default",
    arrow="default",
    muted="default",
    dim="dim default",
    faint="dim default",
    line="dim default",
    blue="blue",
    violet="magenta",
    teal="cyan",
    green="green",
    leaf="green",
    red="red",
    amber="yellow",
    orange="yellow",
    cyan="cyan",
    back="black",
    surface="default",
    panel="default",
    scrollbar="default",
    selected="bold",
    selected_idle="",
)
_NO_COLOUR = dict.fromkeys(("blue", "violet", "teal", "green", "leaf", "red", "amber", "orange", "cyan"), "default")


def _like(colours: Colours, **other: object) -> Colours:
    values = {name: getattr(colours, name) for name in Colours.__dataclass_fields__}
    return Colours(**(values | other))


THEMES: Mapping[str, Colours] = {
    "dark": _DARK,
    "light": _LIGHT,
    "contrast": _CONTRAST,
    "safe": _SAFE,
    "ansi": _ANSI,
    "ascii": _like(_ANSI, title="ASCII", ascii_only=True),
    "plain": _like(_ANSI, title="no colour", coloured=False, **_NO_COLOUR),
}


# what Textual's own widgets ask of a theme without colours of its own
_NATIVE = {
    "ansi-background": "ansi_black",
    "ansi-foreground": "ansi_white",
    "border-blurred": "ansi_black",
    "block-cursor-foreground": "ansi_black",
    "block-cursor-background": "ansi_white",
    "input-cursor-background": "ansi_black",
    "input-cursor-foreground": "ansi_bright_white",
    "input-selection-background": "ansi_bright_blue",
    "input-selection-foreground": "ansi_black",
    "screen-selection-background": "ansi_bright_blue",
    "screen-selection-foreground": "ansi_black",
}


def theme_name(name: str) -> str:
    """A theme by the name that the user gives it. Raises Usage if there is none."""
    name = name.removeprefix("optrace-")
    if name not in THEMES:
        near = get_close_matches(name, THEMES, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(THEMES)}."
        raise Usage(f"There is no theme called {safe(name)}", remedy=hint)
    return name


def textual_theme(name: str) -> Theme:
    """A theme as Textual wants it, called `optrace-` and its name."""
    colours = THEMES[name]

    def css(colour: str) -> str:
        word = colour.rpartition(" ")[2]
        return f"ansi_{word}" if colours.native else word

    return Theme(
        name=f"optrace-{name}",
        dark=colours.dark,
        ansi=colours.native,
        primary=css(colours.blue),
        secondary=css(colours.violet),
        accent=css(colours.teal),
        foreground=css(colours.text),
        background=css("default" if colours.native else colours.back),
        surface=css(colours.surface),
        panel=css(colours.panel),
        boost=css(colours.surface),
        success=css(colours.green),
        warning=css(colours.amber),
        error=css(colours.red),
        variables={
            "footer-key-foreground": css(colours.blue),
            "footer-background": css(colours.surface),
            "footer-description-foreground": css(colours.muted),
            "block-cursor-text-style": "bold reverse" if colours.native else "none",
            "scrollbar": css(colours.scrollbar),
            "scrollbar-background": css("default" if colours.native else colours.back),
            **(_NATIVE if colours.native else {}),
        },
    )
