"""A command that is run as if optrace weren't there: its own terminal, its signals, its exit status."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType

from optrace.capture.recognise import Watch
from optrace.capture.runtimes import Runtime
from optrace.core.errors import CannotStart

# what somebody may send us and means the command; those that a system doesn't have are left out
_PASSED = ("SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH")


def run_child(command: Sequence[str], environment: Mapping[str, str]) -> tuple[int, list[Runtime]]:
    """(exit status, as a shell would tell it; the runtimes that were seen while it ran).

    Raises:
        CannotStart: there is no such command.
    """
    with _signals() as passed:
        try:
            process = subprocess.Popen(list(command), env=dict(environment))
        except OSError as error:
            raise CannotStart(f"{command[0]} can't be run: {error.strerror}", remedy="Check the command.") from error
        passed.to(process)
        watch = Watch(process.pid)
        code = process.wait()
        return (code if code >= 0 else 128 - code), watch.stop()


class _Signals:
    """Hands signals on to a process; those that came before it was there, then."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []

    def hand_on(self, number: int, _: FrameType | None) -> None:
        if number == signal.SIGINT and _from_terminal():
            return  # the terminal sends Ctrl-C to both, and twice would mean: at once
        if self._process is None:
            self._early.append(number)
        else:
            with contextlib.suppress(OSError):
                self._process.send_signal(number)

    def to(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        while self._early:
            self.hand_on(self._early.pop(0), None)


@contextmanager
def _signals() -> Iterator[_Signals]:
    """Signals are handed on, and are not for us."""
    signals = _Signals()
    numbers = [signal.SIGINT, *(getattr(signal, name) for name in _PASSED if hasattr(signal, name))]
    before = {number: signal.signal(number, signals.hand_on) for number in numbers}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _from_terminal() -> bool:
    """Whether we stand in the foreground of a terminal, whose keys reach the command without us."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return os.name == "nt"
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
