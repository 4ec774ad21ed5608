"""A line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that was looked at. `ok` None: it couldn't be told, or is only to be known."""

    about: str  # port, ca, node, environment, clock, ...
    ok: bool | None
    said: str
    cure: str = ""
