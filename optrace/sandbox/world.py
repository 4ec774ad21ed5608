"""What all servers of a sandbox share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from optrace.sandbox.config import SandboxConfig, Side
from optrace.sandbox.settlement import receive_from_strangers, settle
from optrace.sandbox.state import Ase, Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The clock (UTC), the randomness, the settings, and the ASEs between which money moves."""

    config: SandboxConfig
    clock: Callable[[], datetime]
    ids: Ids
    ases: Sequence[Ase]

    def now(self) -> datetime:
        """The time, by which all that is due has happened."""
        now = self.clock()
        timing = self.config.timing
        settle(self.ases, after=timing.settlement, now=now, strangers=len(self.ases) == 1)
        if self.config.sides == (Side.RECIPIENT,):
            receive_from_strangers(self.ases, after=timing.arrival, now=now)
        return now
