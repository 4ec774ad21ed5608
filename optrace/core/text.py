"""Hostile text made safe to show: control characters, bidi overrides and lone surrogates become visible escapes."""

from __future__ import annotations

import json
import re

# C0, DEL, C1, bidi controls, zero-width and line separators, BOM, lone surrogates, interlinear and tag characters
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
# of these, what nobody types; a joiner within an emoji, a soft hyphen and the like may stand in a message
_UNTYPED = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def safe(text: str) -> str:
    """One line of text in which nothing can move the cursor, change colour or reorder what is read."""
    return _UNSAFE.sub(_escape, text)


def safe_lines(text: str) -> list[str]:
    """The lines of a text, each safe to show; a tab is two spaces."""
    return [safe(line.replace("\t", "  ")) for line in text.replace("\r\n", "\n").split("\n")]


def safe_json(text: str) -> str:
    """A JSON text in which the same is escaped as JSON does it; the line breaks between its tokens stay."""
    return _UNSAFE.sub(lambda match: "\n" if match[0] == "\n" else json.dumps(match[0])[1:-1], text)


def pasted(text: str) -> str:
    """What comes from a clipboard, as somebody could have typed it: lines without what moves the cursor or reorders."""
    lines = text.replace("\r\n", "\n").replace("\t", "  ").split("\n")
    return "\n".join(_UNTYPED.sub("", line) for line in lines)


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char in _SHORT:
        return _SHORT[char]
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
