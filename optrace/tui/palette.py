"""What each style name of the painters looks like in each theme.

A colour never stands alone: whatever it says, a glyph or a word says as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.style import Style

from optrace.tui.themes import THEMES, Colours

if TYPE_CHECKING:
    from textual.app import App

# style name -> attributes, and colours by their names in `Colours`; what follows `on` is the background
_STYLES: Mapping[str, str] = {
    "space": "",
    "text": "text",
    "dim": "dim",
    "strong": "bold strong",
    "lifeline": "line",
    "legend": "faint",
    "head": "bold muted",
    "head.sender": "bold blue",
    "head.client": "bold teal",
    "head.recipient": "bold violet",
    "pointer": "bold strong",
    "marked": "bold teal",
    "number": "muted",
    "pass": "green",
    "fail": "bold red",
    "differs": "bold amber",
    "alert": "bold orange",
    "unchecked": "cyan",
    "nothing": "faint",
    "proven": "dim",
    "time": "faint",
    "arrow": "arrow",
    "arrow.servers": "dim",
    "arrow.fail": "bold red",
    "arrow.differs": "amber",
    "arrow.alert": "orange",
    "arrow.running": "bold teal",
    "arrow.expected": "faint",
    "expected": "italic faint",
    "clock": "dim",
    "running": "bold teal",
    "method": "dim",
    "label": "text",
    # one after the other, so that neighbours differ; red and green are left to verdicts
    "payment.0": "violet",
    "payment.1": "blue",
    "payment.2": "amber",
    "payment.3": "cyan",
    "payment.4": "strong",
    "noted": "bold amber",
    "note": "italic leaf",
    "note.bad": "italic red",
    "status.ok": "green",
    "status.redirect": "cyan",
    "status.error": "bold red",
    "status.none": "dim",
    # detail
    "title": "bold strong",
    "key": "blue",
    "string": "leaf",
    "literal": "amber",
    "punctuation": "dim",
    "secret": "violet",
    "link": "underline cyan",
    "link.on": "bold reverse cyan",
    "covered": "teal",
    "proof": "teal",
    "fix": "bold green",
    "banner": "bold back on red",
    "tab": "muted",
    "tab.on": "bold back on blue",
    "live": "bold green",
    "only.sent": "bold underline back on red",
    "only.signed": "bold underline back on teal",
    "chip": "bold back on teal",
    "jump": "bold back on amber",
}
STYLE_NAMES = frozenset(_STYLES)
_WORD = re.compile(r"\w+")
_ATTRIBUTES = frozenset({"bold", "italic", "underline", "reverse", "on"})


class Palette:
    """The Rich styles of one theme, by style name."""

    def __init__(self, colours: Colours) -> None:
        self.ascii_only = colours.ascii_only
        self._styles = {name: _style(definition, colours) for name, definition in _STYLES.items()}
        self.selected = Style.parse(colours.selected)
        self.selected_idle = Style.parse(colours.selected_idle)

    def __getitem__(self, name: str) -> Style:
        return self._styles[name]


def _style(definition: str, colours: Colours) -> Style:
    if not colours.coloured and " on " in definition:
        definition = definition.partition("back on")[0] + "reverse"
    words = _WORD.sub(lambda word: word[0] if word[0] in _ATTRIBUTES else getattr(colours, word[0]), definition)
    return Style.parse(words)


_PALETTES = {name: Palette(colours) for name, colours in THEMES.items()}
_DEFAULT = _PALETTES["dark"]


def palette_of(app: App[Any]) -> Palette:
    """The styles of the theme that is on now."""
    return _PALETTES.get(app.current_theme.name.removeprefix("optrace-"), _DEFAULT)
