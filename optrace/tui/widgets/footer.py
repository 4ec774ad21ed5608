"""The footer of the home screen: the keys that matter at this moment, eight at most, the palette's among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.widgets import Footer
from textual.widgets._footer import FooterKey

from optrace.diagram.cells import cell_width

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

_PALETTE = "-command-palette"  # Textual's class of the key that stands at the right end


class MomentFooter(Footer):
    """Shows the actions that `moment` names by their ids, in that order; without any, those that are always shown."""

    def __init__(self, moment: Callable[[], Sequence[str]]) -> None:
        super().__init__(compact=True)
        self._moment = moment
        self._made_for = 0  # columns

    def on_resize(self) -> None:
        """Other keys have room."""
        if self.size.width != self._made_for:
            self.call_after_refresh(self.recompose)

    def compose(self) -> ComposeResult:
        """The keys that have room, each as a whole."""
        found = list(self._keys())
        self._made_for = room = self.size.width
        room -= sum(_width(key) for key in found if key.has_class(_PALETTE))
        for key in found:
            if self._made_for and not key.has_class(_PALETTE):
                if room < _width(key):
                    continue
                room -= _width(key)
            yield key

    def _keys(self) -> Iterator[Widget]:
        """The keys of the moment, then the palette's."""
        wanted = self._moment() if self._bindings_ready else ()
        if not wanted:
            yield from super().compose()
            return
        active = self.screen.active_bindings
        by_id = {one.binding.id: one for one in reversed(active.values())}  # of several keys the first
        shown = [(by_id[id], "") for id in wanted if id in by_id]
        palette = active.get(self.app.COMMAND_PALETTE_BINDING)
        for (_, binding, enabled, tooltip), classes in (*shown, *([(palette, _PALETTE)] if palette else ())):
            yield FooterKey(
                binding.key,
                self.app.get_key_display(binding),
                binding.description,
                binding.action,
                disabled=not enabled,
                tooltip=tooltip or binding.tooltip,
                classes=classes,
            ).data_bind(compact=Footer.compact)


def _width(key: Widget) -> int:
    """The cells of a key, with the one beside it."""
    return cell_width(f"{key.key_display} {key.description} ") if isinstance(key, FooterKey) else 0
