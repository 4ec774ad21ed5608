"""The footer of the home screen: the keys that matter at this moment, eight at most, the palette's among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual.widgets import Footer
from textual.widgets._footer import FooterKey

if TYPE_CHECKING:
    from textual.app import ComposeResult


class MomentFooter(Footer):
    """Shows the actions that `moment` names by their ids, in that order; without any, those that are always shown."""

    def __init__(self, moment: Callable[[], Sequence[str]]) -> None:
        super().__init__(compact=True)
        self._moment = moment

    def compose(self) -> ComposeResult:
        """The keys of the moment, then the palette's."""
        wanted = self._moment() if self._bindings_ready else ()
        if not wanted:
            yield from super().compose()
            return
        active = self.screen.active_bindings
        by_id = {one.binding.id: one for one in reversed(active.values())}  # of several keys the first
        shown = [(by_id[id], "") for id in wanted if id in by_id]
        palette = active.get(self.app.COMMAND_PALETTE_BINDING)
        for (_, binding, enabled, tooltip), classes in (*shown, *([(palette, "-command-palette")] if palette else ())):
            yield FooterKey(
                binding.key,
                self.app.get_key_display(binding),
                binding.description,
                binding.action,
                disabled=not enabled,
                tooltip=tooltip or binding.tooltip,
                classes=classes,
            ).data_bind(compact=Footer.compact)
