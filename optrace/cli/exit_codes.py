"""What the exit status of each command means."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit statuses. `optrace run` returns its child's, unless that is 0 and --check found something."""

    CLEAN = 0
    FINDINGS = 1  # findings, differences, or a failed verification
    USAGE = 2
    NO_TRAFFIC = 3  # an empty recording must not pass
    CANNOT_START = 4  # port taken, no permission, no terminal
    DAMAGED = 5  # what could be read was printed
    INTERRUPTED = 130
