"""What the style names of the painted ladder look like, dark and light; the same colours as on the screen."""

from __future__ import annotations

from collections.abc import Mapping

BACKGROUND = {"dark": "#13151d", "light": "#fbfbfc"}
TEXT = {"dark": "#d5d9e5", "light": "#252a36"}

# style name -> (dark, light), each a colour with "bold" or "italic" before it
STYLES: Mapping[str, tuple[str, str]] = {
    "lifeline": ("#3b4259", "#c3c8d4"),
    "legend": ("#5f6987", "#7f8798"),
    "head": ("bold #8b93ab", "bold #5a6274"),
    "head.sender": ("bold #7aa2f7", "bold #2a5bc0"),
    "head.client": ("bold #2ac3a2", "bold #0c7a66"),
    "head.recipient": ("bold #bb9af7", "bold #7a3fb5"),
    "number": ("#8b93ab", "#5a6274"),
    "pass": ("#9ece6a", "#2f7a1c"),
    "fail": ("bold #f7768e", "bold #c21f45"),
    "differs": ("bold #e0af68", "bold #8f5f00"),
    "alert": ("bold #ff9e64", "bold #b04a08"),
    "unchecked": ("#7dcfff", "#0b6a91"),
    "nothing": ("#5f6987", "#7f8798"),
    "proven": ("#7a84a1", "#656d80"),
    "time": ("#5f6987", "#7f8798"),
    "arrow": ("#a9b3d0", "#454d60"),
    "arrow.servers": ("#7a84a1", "#656d80"),
    "arrow.fail": ("bold #f7768e", "bold #c21f45"),
    "arrow.differs": ("#e0af68", "#8f5f00"),
    "arrow.alert": ("#ff9e64", "#b04a08"),
    "arrow.running": ("bold #2ac3a2", "bold #0c7a66"),
    "arrow.expected": ("#5f6987", "#7f8798"),
    "expected": ("italic #5f6987", "italic #7f8798"),
    "clock": ("#7a84a1", "#656d80"),
    "running": ("bold #2ac3a2", "bold #0c7a66"),
    "method": ("#7a84a1", "#656d80"),
    "label": ("#d5d9e5", "#252a36"),
    "payment.0": ("#bb9af7", "#7a3fb5"),
    "payment.1": ("#7aa2f7", "#2a5bc0"),
    "payment.2": ("#e0af68", "#8f5f00"),
    "payment.3": ("#7dcfff", "#0b6a91"),
    "payment.4": ("#e8ebf5", "#14171f"),
    "noted": ("bold #e0af68", "bold #8f5f00"),
    "note": ("italic #a9d18e", "italic #2f6b24"),
    "note.bad": ("italic #f7768e", "italic #c21f45"),
    "status.ok": ("#9ece6a", "#2f7a1c"),
    "status.redirect": ("#7dcfff", "#0b6a91"),
    "status.error": ("bold #f7768e", "bold #c21f45"),
    "status.none": ("#7a84a1", "#656d80"),
}


def colour(style: str, theme: str) -> str:
    """The colour of a style."""
    return STYLES[style][theme == "light"].rpartition(" ")[2]


def css(style: str, theme: str) -> str:
    """A style as declarations for text in SVG."""
    weight, _, _ = STYLES[style][theme == "light"].rpartition(" ")
    more = {"bold": ";font-weight:700", "italic": ";font-style:italic", "": ""}[weight]
    return f"fill:{colour(style, theme)}{more}"
