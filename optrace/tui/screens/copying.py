"""What to copy: a small list over the message; a digit takes one at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType

from optrace.diagram.segments import Segment
from optrace.tui.bridge import Bridge
from optrace.tui.screens.sheet import Sheet
from optrace.tui.widgets.choices import Choice, Choices

if TYPE_CHECKING:
    from optrace.tui.copies import Copy

_TITLE = 11  # cells


class CopyScreen(Sheet):
    """Copies one thing and goes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(digit), f"take({digit})", show=False) for digit in range(1, 10)),
        Binding("y", "take(1)", show=False),
    ]

    def __init__(self, bridge: Bridge, copies: Sequence[Copy], *, masked: bool) -> None:
        self.list = Choices()
        super().__init__(bridge, "copy", self.list)
        self._copies = copies
        self._masked = masked
        self.add_class("-small")

    def on_mount(self) -> None:
        """The list."""
        super().on_mount()
        self.head("copy, with secrets masked" if self._masked else "copy, secrets and all", "esc closes")
        self.list.offer([self._choice(number, copy) for number, copy in enumerate(self._copies, 1)], cursor=0)

    def _choice(self, number: int, copy: Copy) -> Choice:
        there = copy.make is not None
        line = [
            Segment(f" {number} ", "key" if there else "dim"),
            Segment(f"{copy.title:<{_TITLE}}", "title" if there else "dim"),
            Segment(copy.about, "text" if there else "dim"),
        ]
        return Choice(line, number if there else None)

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        self.action_take(message.value)

    def action_take(self, number: int) -> None:
        """Copy the one with this number."""
        if number > len(self._copies):
            return
        copy = self._copies[number - 1]
        if copy.make is None:
            self.notify(f"{copy.title}: {copy.about}.", timeout=3, markup=False)
            return
        text = copy.make()
        self.app.copy_to_clipboard(text)
        masked = ", secrets masked" if self._masked else ""
        self.app.notify(f"{copy.title} copied: {len(text):,} characters{masked}.", timeout=3, markup=False)
        self.dismiss(None)
