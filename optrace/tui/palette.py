"""Colours: two themes for Textual, and what each style name of the painters means in them.

A colour never stands alone: whatever it says, a glyph or a word says as well.
"""

from __future__ import annotations

from collections.abc import Mapping

from rich.style import Style
from textual.theme import Theme

DARK = Theme(
    name="optrace-dark",
    primary="#7aa2f7",
    secondary="#bb9af7",
    accent="#2ac3a2",
    foreground="#d5d9e5",
    background="#13151d",
    surface="#1a1d28",
    panel="#222635",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    dark=True,
    variables={
        "footer-key-foreground": "#7aa2f7",
        "footer-background": "#1a1d28",
        "footer-description-foreground": "#8b93ab",
        "block-cursor-text-style": "none",
        "scrollbar": "#333a50",
        "scrollbar-background": "#13151d",
    },
)
LIGHT = Theme(
    name="optrace-light",
    primary="#2a5bc0",
    secondary="#7a3fb5",
    accent="#0c7a66",
    foreground="#252a36",
    background="#fbfbfc",
    surface="#f1f2f5",
    panel="#e5e8ee",
    success="#2f7a1c",
    warning="#8f5f00",
    error="#c21f45",
    dark=False,
    variables={
        "footer-key-foreground": "#2a5bc0",
        "footer-background": "#f1f2f5",
        "footer-description-foreground": "#5a6274",
        "block-cursor-text-style": "none",
        "scrollbar": "#c3c8d4",
        "scrollbar-background": "#fbfbfc",
    },
)

# style name -> (dark, light)
_STYLES: Mapping[str, tuple[str, str]] = {
    "space": ("", ""),
    "text": ("#d5d9e5", "#252a36"),
    "dim": ("#707a96", "#6a7387"),
    "strong": ("bold #e8ebf5", "bold #14171f"),
    "lifeline": ("#3b4259", "#c3c8d4"),
    "legend": ("#4f5874", "#9299aa"),
    "head": ("bold #8b93ab", "bold #5a6274"),
    "head.sender": ("bold #7aa2f7", "bold #2a5bc0"),
    "head.client": ("bold #2ac3a2", "bold #0c7a66"),
    "head.recipient": ("bold #bb9af7", "bold #7a3fb5"),
    "pointer": ("bold #e8ebf5", "bold #14171f"),
    "marked": ("bold #2ac3a2", "bold #0c7a66"),
    "number": ("#8b93ab", "#5a6274"),
    "pass": ("#9ece6a", "#2f7a1c"),
    "fail": ("bold #f7768e", "bold #c21f45"),
    "differs": ("bold #e0af68", "bold #8f5f00"),
    "alert": ("bold #ff9e64", "bold #b04a08"),
    "unchecked": ("#7dcfff", "#0b6a91"),
    "nothing": ("#4f5874", "#9299aa"),
    "proven": ("#707a96", "#6a7387"),
    "time": ("#4f5874", "#9299aa"),
    "arrow": ("#a9b3d0", "#454d60"),
    "arrow.servers": ("#6b7694", "#848c9e"),
    "arrow.fail": ("bold #f7768e", "bold #c21f45"),
    "arrow.differs": ("#e0af68", "#8f5f00"),
    "arrow.alert": ("#ff9e64", "#b04a08"),
    "arrow.running": ("bold #2ac3a2", "bold #0c7a66"),
    "arrow.expected": ("#4f5874", "#a3a9b8"),
    "expected": ("italic #5d6785", "italic #9299aa"),
    "clock": ("#707a96", "#6a7387"),
    "running": ("bold #2ac3a2", "bold #0c7a66"),
    "method": ("#707a96", "#7b8497"),
    "label": ("#d5d9e5", "#252a36"),
    "note": ("italic #7f9f5f", "italic #4f7a3f"),
    "note.bad": ("italic #f7768e", "italic #c21f45"),
    "status.ok": ("#9ece6a", "#2f7a1c"),
    "status.redirect": ("#7dcfff", "#0b6a91"),
    "status.error": ("bold #f7768e", "bold #c21f45"),
    "status.none": ("#707a96", "#6a7387"),
    # detail
    "title": ("bold #e8ebf5", "bold #14171f"),
    "key": ("#7aa2f7", "#2a5bc0"),
    "string": ("#a9d18e", "#2f6b24"),
    "literal": ("#e0af68", "#8f5f00"),
    "punctuation": ("#707a96", "#7b8497"),
    "secret": ("#bb9af7", "#7a3fb5"),
    "link": ("underline #7dcfff", "underline #0b6a91"),
    "covered": ("#2ac3a2", "#0c7a66"),
    "proof": ("#2ac3a2", "#0c7a66"),
    "fix": ("bold #9ece6a", "bold #2f7a1c"),
    "banner": ("bold #13151d on #f7768e", "bold #ffffff on #c21f45"),
    "tab": ("#8b93ab", "#5a6274"),
    "tab.on": ("bold #13151d on #7aa2f7", "bold #ffffff on #2a5bc0"),
    "live": ("bold #9ece6a", "bold #2f7a1c"),
    "only.sent": ("bold underline #13151d on #f7768e", "bold underline #ffffff on #c21f45"),
    "only.signed": ("bold underline #13151d on #2ac3a2", "bold underline #ffffff on #0c7a66"),
    "chip": ("bold #13151d on #2ac3a2", "bold #ffffff on #0c7a66"),
}
_SELECTED = ("#262c42", "#dfe6f7")
_SELECTED_IDLE = ("#1e2231", "#eceff5")


class Palette:
    """The Rich styles of one theme, by style name."""

    def __init__(self, *, dark: bool) -> None:
        which = 0 if dark else 1
        self.dark = dark
        self._styles = {name: Style.parse(pair[which]) for name, pair in _STYLES.items()}
        self.selected = Style(bgcolor=_SELECTED[which])
        self.selected_idle = Style(bgcolor=_SELECTED_IDLE[which])

    def __getitem__(self, name: str) -> Style:
        return self._styles[name]


PALETTES = {True: Palette(dark=True), False: Palette(dark=False)}
STYLE_NAMES = frozenset(_STYLES)
