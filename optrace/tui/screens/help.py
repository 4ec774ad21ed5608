"""All keys, from the same table as the bindings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from optrace.diagram.paint import MARK_STYLES
from optrace.diagram.segments import Segment, Segments
from optrace.session.filter import EXAMPLES
from optrace.tui import keys
from optrace.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.app import ComposeResult

_MARKS = {
    "✓": "every check passes",
    "✗": "a check fails, or the exchange broke",
    "≠": "accepted here, refused by another profile, or the reverse",
    "!": "verifies, and was refused all the same",
    "?": "there is something to check that could not be",
    "·": "nothing to check",
}
_LINES = (
    ("──>", "arrow", "was on the wire"),
    ("┄┄>", "arrow.expected", "not seen: expected next, or implied by others"),
    ("══>", "arrow", "selected"),
    ("──>>", "arrow", "the same call once more"),
    ("in 4s", "clock", "what comes next may not come before that"),
    ("<9m58", "clock", "what comes next has to come within that time"),
    ("▌2", "payment.1", "the payment that it belongs to, where several are shown"),
    ("Δ", "clock", "the time since the message before"),
    ("◆", "marked", "marked, to find it again or to compare two"),
    ("║", "running", "waits at a breakpoint, for so many seconds at most"),
)


class HelpScreen(ModalScreen[None]):
    """A sheet over the screen that any of its keys closes."""

    CSS_PATH = "help.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "close"),
        Binding("question_mark", "dismiss", show=False, id="help"),
    ]

    def __init__(self, pane: str = "everywhere", keymap: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._pane = pane
        self._keymap = keymap or {}

    def compose(self) -> ComposeResult:
        """The sheet."""
        sheet = Vertical(id="sheet")
        sheet.border_title = "keys and signs"
        sheet.border_subtitle = "G what the signs mean   esc closes"
        with sheet:
            yield Lines(id="help-lines")

    def on_mount(self) -> None:
        """Fill the sheet."""
        lines = self.query_one(Lines)
        lines.show(help_lines(self._pane, self._keymap))
        lines.focus()


def help_lines(focused: str = "everywhere", keymap: Mapping[str, str] | None = None) -> list[Segments]:
    """Keys by pane, the focused one first, then what the marks, letters and lines mean."""
    lines: list[Segments] = []
    for pane in sorted(keys.PANES, key=lambda pane: pane != focused):
        here = "   you are here" if pane == focused != "everywhere" else ""
        lines.append([Segment(f" {keys.PANES[pane]}", "head"), Segment(here, "dim")])
        for key in keys.KEYS:
            if key.pane == pane:
                lines.append([Segment(f"  {keys.written(key, keymap):<7} ", "key"), Segment(key.help, "text")])
        lines.append([])
    lines.append([Segment(" Marks", "head")])
    lines += [[Segment(f"  {mark:<7} ", MARK_STYLES[mark]), Segment(text, "text")] for mark, text in _MARKS.items()]
    lines.append([Segment(f"  {'S D H':<7} ", "proven"), Segment("signature, digest, hash: what was judged", "text")])
    lines += [[], [Segment(" Arrows", "head")]]
    lines += [[Segment(f"  {glyph:<7} ", style), Segment(text, "text")] for glyph, style, text in _LINES]
    lines += [[], [Segment(" Filter", "head")], [Segment(f"  {'  '.join(EXAMPLES)}", "text")]]
    lines.append([Segment("  Words search everywhere; - before a term turns it round.", "text")])
    return lines
