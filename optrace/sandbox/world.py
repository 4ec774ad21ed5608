"""What all servers of a sandbox share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from optrace.sandbox.config import SandboxConfig
from optrace.sandbox.settlement import settle
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
        settle(self.ases, after=self.config.timing.settlement, now=now)
        return now
