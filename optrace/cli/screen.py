"""The screen over a source: what the commands that show it have in common."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from optrace.cli.aside import Aside
from optrace.cli.config import Config, project_file, remember, user_file
from optrace.cli.keystore import stored
from optrace.cli.understanding import Understanding
from optrace.cli.version import versions
from optrace.cli.writing import whole_file
from optrace.core.errors import CannotStart
from optrace.session.breakpoints import Breakpoint
from optrace.session.events import KeyLearned
from optrace.session.recalled import Recalled, Steps
from optrace.store.reader import SessionReader
from optrace.store.remote import Remote
from optrace.store.sources import Source, open_source

if TYPE_CHECKING:
    from optrace.core.messages import Exchange, HttpRequest
    from optrace.exporters import Exporter, Material
    from optrace.replay.script import Script
    from optrace.tui.against import Against
    from optrace.tui.playback import Playback, PlayedTrace
    from optrace.tui.replays import Target, Watch


def need_a_terminal() -> None:
    """Raise CannotStart unless there is a terminal to draw on, or a browser behind `optrace web`."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise CannotStart(
            "There is no terminal to draw on",
            remedy="On a pipe, use `optrace record`, `optrace ladder FILE` or `optrace check FILE`.",
        )


def _leave_with_the_terminal() -> None:
    """When the terminal is gone, this process goes, as by SIGHUP, which doesn't reach everybody."""
    if os.environ.get("TEXTUAL_DRIVER") or not hasattr(select, "poll"):
        return
    terminal = select.poll()
    terminal.register(sys.stdin.fileno(), 0)  # that it hung up is told without being asked for

    def wait() -> None:
        if any(event & select.POLLHUP for _, event in terminal.poll()):
            os._exit(128 + signal.SIGHUP)  # the screen itself may be stuck in writing to it

    threading.Thread(target=wait, name="optrace-terminal", daemon=True).start()


def show(
    source: Source,
    *,
    keys: Sequence[KeyLearned],
    title: str,
    status: Callable[[], str],
    hint: str,
    profile: str,
    config: Config,
    kept: Steps | None = None,
    play: tuple[Playback, PlayedTrace] | None = None,
    breakpoints: Sequence[Breakpoint] = (),
    held: tuple[int | None, Against] | None = None,
    on_read: Callable[[Understanding], Iterator[bool]] | None = None,
) -> None:
    """Show a source until the user leaves; if its steps are known, little of it is read; if it is to be played, it is.

    Args:
        breakpoints: are set at once, if it is being recorded.
        held: a payment that is held against something at once.
        on_read: what to do, little by little, once all of a finished recording is understood; yields whether
            something is understood otherwise by that.

    Raises:
        CannotStart: there is no terminal.
        NotTold: a breakpoint can't be set.
    """
    need_a_terminal()
    _leave_with_the_terminal()
    from optrace.tui.app import OptraceApp  # Textual is slow to import
    from optrace.tui.keys import keymap_of

    aside = Aside(source, wanted=kept is None and play is None, soon=False)
    trace = Understanding(source.exchange, passes=aside.passes)
    trace.feed(keys)
    shown, understood = play or (source, trace if kept is None else Recalled(kept, trace))
    control = None
    if isinstance(source, SessionReader) and source.live:
        control = Remote(source.path, lambda: datetime.now(UTC))
        for breakpoint in breakpoints:
            control.set(breakpoint)
    app = OptraceApp(
        shown,
        understood,
        title=title,
        status=status,
        hint=hint,
        profile=profile,
        theme=config.theme,
        filters=config.filters,
        on_export=write_export,
        on_filter=lambda name, text: remember(project_file(), "filters", {name: text}),
        keymap=keymap_of(config.keymap, config.keys),
        lanes=config.lanes,
        on_theme=lambda name: remember(user_file(os.environ), "", {"theme": name}),
        on_lanes=lambda settings: remember(project_file(), "lanes", settings),
        control=control,
        signing_keys=lambda: tuple(stored()),
        open_other=partial(_open_other, keys),
        held=held,
        replays=ProcessReplays(),
        poll=aside.poll if understood is trace else None,
        on_read=None if on_read is None or understood is not trace else partial(on_read, trace),
    )
    try:
        app.run()
    finally:
        aside.close()


class ProcessReplays:
    """Replays, with all that they need imported when the first is asked for."""

    def play(self, script: Script, to: Sequence[Target], watch: Watch) -> Path:
        """Play a script."""
        from optrace.cli.replays import play_watched

        return play_watched(script, to, watch)

    def send(self, request: HttpRequest) -> tuple[Exchange, Path]:
        """Send one request."""
        from optrace.cli.replays import send_once

        return send_once(request)

    def open(self, path: Path) -> None:
        """Show a recording in a process of its own."""
        subprocess.run([sys.executable, "-m", "optrace", "open", str(path)], check=False)


@dataclass(frozen=True, slots=True)
class _Other:
    """Another recording, read and understood."""

    name: str
    trace: Understanding
    close: Callable[[], None]


def _open_other(keys: Sequence[KeyLearned], path: str, breathe: Callable[[], None]) -> _Other:
    """Read another recording. Raises OptraceError if it can't be."""
    source = open_source(path, lambda done, total: breathe())
    trace = Understanding(source.exchange)
    trace.feed(keys)
    while events := source.poll():
        trace.feed(events)
        breathe()
    trace.finish()
    return _Other(source.name, trace, source.close)


def write_export(exporter: Exporter, material: Material, path: Path) -> None:
    """Give something out to a file. Raises CannotStart if it can't be written, Usage if it isn't fit for the format."""
    from optrace.exporters import export  # only who gives something out needs it

    with whole_file(path) as out:
        out.writelines(export(exporter, replace(material, versions=versions())))
