"""What turned up wrong while the user watches: each message is told once."""

from __future__ import annotations

from optrace.tui.tally import Tally

_BACK = 500  # exchanges that may be judged otherwise by now, since they were in flight or their keys came late


class News:
    """Which messages have been told of."""

    def __init__(self) -> None:
        self._told: set[int] = set()

    def of(self, tally: Tally, *, quiet: bool) -> list[int]:
        """The numbers of messages that carry a finding or a bad mark since the last look; none while `quiet`."""
        fresh: list[int] = []
        n = tally.flagged_after(0 if quiet else max(0, len(tally.marks) - _BACK))
        while n is not None:
            if n not in self._told:
                self._told.add(n)
                fresh.append(n)
            n = tally.flagged_after(n)
        return [] if quiet else fresh
