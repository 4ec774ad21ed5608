"""The app: one trace, one source, the screens over them."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.events import Event as TextualEvent
from textual.events import Paste
from textual.screen import SystemModalScreen
from textual.theme import Theme

from optrace.core.errors import OptraceError
from optrace.core.findings import PROFILES
from optrace.core.text import pasted
from optrace.diagram.arrangement import Arrangement, arrangement_of
from optrace.session.events import Event
from optrace.session.steps import DEFAULT_PROFILE
from optrace.tui import keys
from optrace.tui.against import Against, OpenOther
from optrace.tui.ascii import Ascii
from optrace.tui.bridge import Bridge, utc_now
from optrace.tui.messages import Answered, DetailReady, TraceFailed, TraceGrew
from optrace.tui.palette import palette_of
from optrace.tui.playback import Playback
from optrace.tui.recording import Source, Trace
from optrace.tui.replays import Replays
from optrace.tui.screens.editing import SigningKeys, no_keys
from optrace.tui.screens.exporting import Export, nowhere
from optrace.tui.screens.home import HomeScreen
from optrace.tui.stops import Control
from optrace.tui.themes import THEMES, textual_theme, theme_name
from optrace.tui.widgets.choices import Choices
from optrace.tui.widgets.ladder import Ladder
from optrace.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from textual.filter import LineFilter
    from textual.pilot import Pilot
    from textual.screen import Screen
    from textual.widget import Widget


class OptraceApp(App[None]):
    """A reader of one recording, finished or live.

    `status` says where optrace listens and what it records to; it is asked once a second, so it must be quick. `hint`
    is what an empty screen teaches: its first line is the title, indented lines are commands to copy. `keymap` holds
    the user's own keys by action id (`optrace/tui/keys.py`), `theme` one of `THEMES`, or empty: dark, or no colour if
    `NO_COLOR` asks for it. `filters` are saved ones by name; `on_filter` is told of a new one. `on_export` writes
    what is to be given out. `lanes` is the table of that name in optrace.toml (`optrace/diagram/arrangement.py`).
    `on_theme` and `on_lanes` are told what the user takes instead, to remember it; they may raise OptraceError.
    `open_other` opens another recording to hold this one against; `held` is a payment (None: all) that is held against
    something at once. `now` is what clocks on the screen go by (UTC); a `Playback` as the source brings its own.
    `control` tells the proxy of a live recording where to stop; `signing_keys` are those that what is edited can be
    signed with. `replays` does a payment again. `poll` reads the source in its own way. `on_read` is begun when a
    finished recording is understood to its end, and walked a little at a time while nobody waits for anything; it
    yields whether something is understood otherwise by that.

    Raises:
        Usage: `keymap` names an unknown action, or one key for two actions; there is no such theme; a lane
            that there isn't.
    """

    TITLE = "optrace"
    CSS_PATH = "screens/home.tcss"  # of the first screen, read with Textual's own styles
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q,ctrl+c", "quit", "quit", show=False, system=True),
        *keys.app_bindings(),
    ]

    def __init__(
        self,
        source: Source,
        trace: Trace,
        *,
        title: str,
        status: Callable[[], str] = lambda: "",
        hint: str,
        profile: str = DEFAULT_PROFILE,
        theme: str = "",
        ascii_only: bool = False,
        keymap: Mapping[str, str] | None = None,
        filters: Mapping[str, str] | None = None,
        lanes: Mapping[str, Any] | None = None,
        on_filter: Callable[[str, str], None] = lambda name, text: None,
        on_export: Export = nowhere,
        on_theme: Callable[[str], None] = lambda name: None,
        on_lanes: Callable[[Mapping[str, Any]], None] = lambda settings: None,
        open_other: OpenOther | None = None,
        held: tuple[int | None, Against] | None = None,
        now: Callable[[], datetime] | None = None,
        control: Control | None = None,
        signing_keys: SigningKeys = no_keys,
        replays: Replays | None = None,
        poll: Callable[[int], Sequence[Event]] | None = None,
        on_read: Callable[[], Iterator[bool]] | None = None,
    ) -> None:
        keys.check_keymap(keymap or {})
        if now is None:
            now = source.now if isinstance(source, Playback) else utc_now
        colourless = bool(os.environ.get("NO_COLOR"))
        first = theme_name(theme) if theme else "plain" if colourless else "dark"
        super().__init__(ansi_color=colourless or THEMES[first].native or None)
        self._begin_with(first, ansi_color=True if colourless else None)
        self._ascii_only = ascii_only
        self._ascii = Ascii()
        self._on_theme = on_theme
        self.bridge = Bridge(
            source, trace, self.post_message, profile=profile, now=now, control=control, poll=poll, on_read=on_read
        )
        self.home: HomeScreen = _home_for(source)(
            self.bridge,
            title=title,
            status=status,
            hint=hint,
            profile=profile,
            ascii_only=ascii_only,
            saved=filters,
            save_filter=on_filter,
            write_export=on_export,
            open_other=open_other,
            held=held,
            arrangement=arrangement_of(lanes or {}),
            on_lanes=self._lanes_changed,
            signing_keys=signing_keys,
            replays=replays,
        )
        self._on_lanes = on_lanes
        self._rows_shown = False
        self.own_keys = dict(keymap or {})

    def _begin_with(self, theme: str, *, ansi_color: bool | None) -> None:
        """The first theme, there before any style is read: a change of it later has all of them read again."""
        for name in THEMES:
            self.register_theme(textual_theme(name))
        self.set_reactive(App.theme, f"optrace-{theme}")
        self.set_reactive(App.ansi_color, ansi_color)
        self.set_class(THEMES[theme].dark, "-dark-mode", update=False)
        self.set_class(not THEMES[theme].dark, "-light-mode", update=False)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_default_screen(self) -> HomeScreen:
        """The home screen is the first one: no other need be made before it."""
        return self.home

    def on_mount(self) -> None:
        """The home screen is there: begin to read."""
        self.theme_changed_signal.subscribe(self, self._recolour)
        if self.own_keys:
            self.set_keymap(self.own_keys)
        self.bridge.start()

    def on_unmount(self) -> None:
        """Stop reading."""
        self.bridge.stop()

    async def on_event(self, event: TextualEvent) -> None:
        """Nothing that is pasted is obeyed by the terminal once it stands on the screen."""
        if isinstance(event, Paste) and not event.is_forwarded:
            event.text = pasted(event.text)
        await super().on_event(event)

    @property
    def clipboard(self) -> str:
        """What was copied last, to be pasted here: of a message, it may be anything."""
        return pasted(super().clipboard)

    @property
    def in_ascii(self) -> bool:
        """Whether the screen keeps to ASCII."""
        return self._ascii_only or palette_of(self).ascii_only

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and ours for ASCII."""
        filters = super().get_line_filters()
        return [*filters, self._ascii] if self.in_ascii else filters

    def take_theme(self, name: str) -> None:
        """Another theme, at once and from now on."""
        self.theme = f"optrace-{name}"
        self._remember(lambda: self._on_theme(name))

    def _lanes_changed(self, arrangement: Arrangement) -> None:
        self._remember(lambda: self._on_lanes(arrangement.settings()))

    def _remember(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OptraceError as error:
            self.notify(error.remedy, title=error.title, severity="warning", markup=False)

    def action_theme(self) -> None:
        """The theme after the one that is on."""
        names = list(THEMES)
        name = names[(names.index(self.theme.removeprefix("optrace-")) + 1) % len(names)]
        self.take_theme(name)
        self.notify(f"theme: {THEMES[name].title}", timeout=2)

    def _recolour(self, _: Theme) -> None:
        if self.home.is_attached:
            self.home.recolour()
        if isinstance(self.screen, SystemModalScreen):  # the open palette, which Textual leaves as it was
            self.stylesheet.update(self.screen)
            self.screen.refresh(layout=True)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy, over ssh too (OSC 52); half characters, which no clipboard takes, become visible."""
        super().copy_to_clipboard(text.encode("utf-8", "backslashreplace").decode("utf-8"))

    def on_trace_grew(self, _: TraceGrew) -> None:
        """Pass on what arrived, then allow the next message."""
        began = time.perf_counter()
        there = self.home.ladder.is_attached  # not yet, or not any more while the user leaves
        if there:
            self.home.grew()
            if not self._rows_shown:
                self._rows_shown = self.home.call_after_refresh(self.bridge.first_rows_shown)
        self.bridge.looked(time.perf_counter() - began, seen=there)

    def on_trace_failed(self, message: TraceFailed) -> None:
        """Say it where it can't be overlooked; what was read stays."""
        self.home.top.failed = message.text
        self.home.top.refresh()

    def on_detail_ready(self, message: DetailReady) -> None:
        """Pass on a detail."""
        if self.home.detail.is_attached:
            self.home.detail_ready(message)

    def on_answered(self, message: Answered) -> None:
        """Hand an answer to whoever asked, if he still wants it."""
        self.bridge.answered(message.question)
        if not message.question.withdrawn and self.home.is_attached:
            message.question.reply(message.value, message.why)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette offers what the keys do, and each theme and profile by its name."""
        panes = {"everywhere", "ladder", *(("playback",) if isinstance(self.bridge.source, Playback) else ())}
        for key in keys.KEYS:
            if key.pane in panes and key.id not in ("pane", "palette"):
                where: Widget = self.home.ladder if key.pane == "ladder" else self.home
                help = f"{key.help}   {keys.written(key, self.own_keys)}"
                yield SystemCommand(key.title, help, partial(where.run_action, key.action))
        for name, colours in THEMES.items():
            yield SystemCommand(f"theme: {colours.title}", "these colours, from now on", partial(self.take_theme, name))
        for profile in PROFILES:
            judge = partial(self.home.judge_by, profile)
            yield SystemCommand(f"profile: {profile}", f"judge as {profile} does", judge)

    def action_help(self) -> None:
        """All keys, those of the focused pane first."""
        from optrace.tui.screens.help import HelpScreen  # not needed for the first rows, as the others below

        if not isinstance(self.screen, HelpScreen):
            pane = next((w.PANE for w in (self.focused,) if isinstance(w, (Ladder, Lines, Choices))), "everywhere")
            self.push_screen(HelpScreen(pane, self.own_keys))

    def action_jump(self) -> None:
        """A letter on each thing on the screen that can be gone to."""
        from optrace.tui.screens.jump import JumpScreen, targets_of

        if not isinstance(self.screen, JumpScreen) and (targets := targets_of(self.screen)):
            self.push_screen(JumpScreen(targets), lambda target: target.go() if target is not None else None)


def _home_for(source: Source) -> Callable[..., HomeScreen]:
    if not isinstance(source, Playback):
        return HomeScreen
    from optrace.tui.screens.playing import PlayedScreen

    return partial(PlayedScreen, playback=source)


async def screenshot(app: OptraceApp, size: tuple[int, int], press: Sequence[str] = ()) -> str:
    """The screen as SVG after some keys were pressed; for the README and for looking at it in tests."""
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        for key in press:
            await pilot.press(key)
            await settle(app, pilot)
        _steady_cursors(app)
        await pilot.pause()
        return app.export_screenshot(title="optrace", simplify=True)


def _steady_cursors(app: OptraceApp) -> None:
    """Show the cursors of fields, which blink: no picture depends on when it is taken."""
    from textual.widgets import Input, TextArea

    for field in (*app.screen.query(Input), *app.screen.query(TextArea)):
        field.cursor_blink = False
        field._restart_blink()


async def settle(app: OptraceApp, pilot: Pilot[None], *, seconds: float = 20.0) -> None:
    """Wait until what was asked of the bridge is on the screen."""
    end = time.monotonic() + seconds
    calm = 0
    while calm < 2 and time.monotonic() < end:
        await pilot.pause()
        calm = calm + 1 if app.bridge.idle else 0
        await asyncio.sleep(0.01)
    await pilot.pause()
