"""What the screen asks the worker: work that may take a while, and whom to tell what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from sys import maxsize
from typing import Any

EVERYTHING = maxsize  # `until` the end


class Withdrawn(Exception):
    """Nobody waits for the answer any more."""


@dataclass(slots=True, eq=False)
class Question:
    """One piece of work.

    `work` runs in the worker thread, with what it needs of the source; it calls its argument from time to time, so
    that what arrives is still read, and so that it can be ended. `reply` is called on the screen's thread, with the
    result, or with None and why there is none.
    """

    name: str  # a later question of the same name takes its place
    work: Callable[[Callable[[], None]], Any]
    reply: Callable[[Any, str], None]
    until: int = 0  # the exchange up to which the session has to be read for it, where only its steps are known yet
    withdrawn: bool = False
