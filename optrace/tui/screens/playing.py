"""The home screen while a recording is played: the same screen, and a bar that tells and steers the playing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from optrace.tui import keys
from optrace.tui.bridge import Bridge
from optrace.tui.messages import SoughtTo
from optrace.tui.news import News
from optrace.tui.playback import Playback
from optrace.tui.screens.home import HomeScreen
from optrace.tui.widgets.playback_bar import PlaybackBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

_SEEK = timedelta(seconds=5)
_TICK = 0.1  # seconds between two looks at the clock


class PlayedScreen(HomeScreen):
    """Follows what happens as if it happened now."""

    BINDINGS: ClassVar[list[BindingType]] = keys.playing()

    def __init__(self, bridge: Bridge, playback: Playback, **settings: Any) -> None:
        super().__init__(bridge, **settings)
        self.playback = playback
        self.position = PlaybackBar(playback, id="playback")
        self.top.badge = "▶ PLAYBACK "
        self._rewound = 0
        self._stepped_to: int | None = None  # the exchange to be selected once it has come

    def compose(self) -> ComposeResult:
        """The home screen, and the bar above the line at its bottom."""
        for widget in super().compose():
            if widget is self.bottom:
                yield self.position
            yield widget

    def on_mount(self) -> None:
        """Keep the bar going."""
        super().on_mount()
        self.playback.toggle()
        self.set_interval(_TICK, self.position.tick)

    def grew(self) -> None:
        """Take in what was played, or what is left after going back."""
        if self._rewound != self.bridge.rewound:
            self._rewound = self.bridge.rewound
            self._news = News()
            self.bottom.news = None
            view = self.ladder.view
            self.show(view.payment, view.filter or None)
        super().grew()
        if (n := self._stepped_to) is not None and self.ladder.view.position(n) is not None:
            self._stepped_to = None
            self.ladder.select(n)

    def moment(self) -> str:
        """What steers it is always shown."""
        return ""

    # steering

    def _steered(self) -> None:
        self.position.tick()
        self.ladder.refresh()
        self.bridge.wake()

    def action_play(self) -> None:
        """Pause, or play on."""
        self.playback.toggle()
        self.ladder.follow = self.ladder.follow or self.playback.playing
        self._steered()

    def action_step(self, by: int) -> None:
        """Pause at the next message, or at the one before."""
        self._stepped_to = self.playback.step(by)
        self._steered()
        self.bridge.tell()

    def action_seek(self, by: int) -> None:
        """Some seconds on or back."""
        self._go(self.playback.position + by * min(_SEEK, self.playback.score.length / 10))

    def action_hurry(self, by: int) -> None:
        """Faster or slower."""
        self.playback.hurry(by)
        self._steered()

    def action_seek_to(self) -> None:
        """Ask for a time."""

        def chosen(position: timedelta | None) -> None:
            if position is not None:
                self._go(position)

        self.app.push_screen(SeekScreen(self.playback.score.find), chosen)

    @on(SoughtTo)
    def _sought(self, message: SoughtTo) -> None:
        self._go(message.position)

    def _go(self, position: timedelta) -> None:
        self._stepped_to = None
        self.playback.seek(position)
        self.ladder.follow = True
        self._steered()
        self.bridge.tell()


class SeekScreen(ModalScreen[timedelta | None]):
    """Comes back with a position, or None."""

    CSS_PATH = "naming.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss(None)", "back")]

    def __init__(self, find: Callable[[str], timedelta]) -> None:
        super().__init__()
        self._find = find

    def compose(self) -> ComposeResult:
        """The sheet."""
        sheet = Vertical(id="naming")
        sheet.border_title = "go to"
        sheet.border_subtitle = "enter goes there, esc leaves"
        with sheet:
            yield Input(placeholder="14s, 1:20, 15:40:12, 50% or #12", id="name")

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        try:
            position = self._find(event.value)
        except ValueError as error:
            self.query_one("#naming").border_subtitle = str(error)
            self.app.bell()
        else:
            self.dismiss(position)
