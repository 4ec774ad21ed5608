"""Signals on their way to a command that is run."""

from __future__ import annotations

import signal
import subprocess
from typing import Any, cast

from optrace.cli.child import _Signals


class Process:
    def __init__(self) -> None:
        self.got: list[int] = []

    def send_signal(self, number: int) -> None:
        self.got.append(number)


def test_a_signal_that_comes_while_the_command_starts_reaches_it() -> None:
    signals, process = _Signals(), Process()
    signals.hand_on(signal.SIGTERM, None)
    signals.hand_on(signal.SIGUSR1, None)
    signals.to(cast("subprocess.Popen[Any]", process))
    signals.hand_on(signal.SIGHUP, None)
    assert process.got == [signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP]
