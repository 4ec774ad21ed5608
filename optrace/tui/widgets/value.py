"""One value of a form."""

from __future__ import annotations

from textual.events import Key
from textual.widgets import Input


class Value(Input):
    """Takes the keys that edit at once: they would go round by the screen, and letters typed later overtake them."""

    def key_backspace(self, event: Key) -> None:
        """Take the character before the cursor away."""
        event.stop()
        self.action_delete_left()

    def key_delete(self, event: Key) -> None:
        """Take the character under the cursor away."""
        event.stop()
        self.action_delete_right()

    def key_left(self, event: Key) -> None:
        """To the left."""
        event.stop()
        self.action_cursor_left()

    def key_right(self, event: Key) -> None:
        """To the right."""
        event.stop()
        self.action_cursor_right()

    def key_home(self, event: Key) -> None:
        """To the start."""
        event.stop()
        self.action_home()

    def key_end(self, event: Key) -> None:
        """To the end."""
        event.stop()
        self.action_end()
