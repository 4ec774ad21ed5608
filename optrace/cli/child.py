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
    with _signals() as passed_to:
        try:
            process = subprocess.Popen(list(command), env=dict(environment))
        except OSError as error:
            raise CannotStart(f"{command[0]} can't be run: {error.strerror}", remedy="Check the command.") from error
        passed_to.append(process)
        watch = Watch(process.pid)
        code = process.wait()
        return (code if code >= 0 else 128 - code), watch.stop()


@contextmanager
def _signals() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Signals go to the process that is put into the list, once it is there."""
    processes: list[subprocess.Popen[bytes]] = []

    def hand_on(number: int, _: FrameType | None) -> None:
        if number == signal.SIGINT and _from_terminal():
            return  # the terminal sends Ctrl-C to both, and twice would mean: at once
        for process in processes:
            with contextlib.suppress(OSError):
                process.send_signal(number)

    numbers = [signal.SIGINT, *(getattr(signal, name) for name in _PASSED if hasattr(signal, name))]
    before = {number: signal.signal(number, hand_on) for number in numbers}
    try:
        yield processes
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
