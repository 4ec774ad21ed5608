"""Jump labels: a letter, or two, on each thing on the screen that can be gone to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from textual.geometry import Offset
from textual.screen import ModalScreen, Screen
from textual.widgets import Static
from textual.widgets._footer import FooterKey

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

_LETTERS = "asdfghjklqwertyuiopzxcvbnm"  # those under the fingers first


@dataclass(frozen=True, slots=True)
class Target:
    """One place on the screen, and what going there does."""

    place: Offset
    go: Callable[[], object]


@runtime_checkable
class Jumpable(Protocol):
    """A widget with places to go to."""

    def jump_targets(self) -> Iterable[tuple[Offset, Callable[[], object]]]:
        """Where they are in the widget, and what going there does."""


def targets_of(screen: Screen[Any]) -> list[Target]:
    """All targets that can be seen on a screen, by lines."""
    found = [target for widget in screen.query("*") for target in _targets(widget)]
    return sorted(found, key=lambda target: (target.place.y, target.place.x))


def _targets(widget: Widget) -> Iterator[Target]:
    if not widget.is_on_screen or not widget.display or not widget.size:
        return
    region = widget.content_region
    if isinstance(widget, Jumpable):
        for place, go in widget.jump_targets():
            if place.x < region.width and place.y < region.height:
                yield Target(region.offset + place, go)
    elif isinstance(widget, FooterKey):
        key = widget.key
        yield Target(widget.region.offset, lambda: widget.app.simulate_key(key))


def labels(count: int) -> Sequence[str]:
    """So many labels, none the beginning of another."""
    size = 1 if count <= len(_LETTERS) else 2
    return ["".join(letters) for letters, _ in zip(product(_LETTERS, repeat=size), range(count), strict=False)]


class JumpScreen(ModalScreen[Target | None]):
    """The labels over the screen; what is typed narrows them down, anything else leads back."""

    CSS_PATH = "jump.tcss"

    def __init__(self, targets: Sequence[Target]) -> None:
        super().__init__()
        self._targets = dict(zip(labels(len(targets)), targets, strict=False))
        self._typed = ""

    def compose(self) -> ComposeResult:
        """A label on each target."""
        for label, target in self._targets.items():
            one = Static(label, classes="jump", name=label)
            one.styles.offset = target.place
            yield one

    def on_key(self, event: events.Key) -> None:
        """Take the letter."""
        event.stop()
        typed = self._typed + (event.character or "")
        left = [label for label in self._targets if label.startswith(typed)] if event.character else []
        if typed in self._targets:
            self.dismiss(self._targets[typed])
        elif not left:
            self.dismiss(None)
        else:
            self._typed = typed
            for one in self.query(Static):
                one.display = (one.name or "").startswith(typed)
                one.update((one.name or "")[len(typed) :])

    def on_click(self) -> None:
        """Back."""
        self.dismiss(None)
