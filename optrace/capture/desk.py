"""Where viewers' orders arrive, as the proxy sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from optrace.session.breakpoints import Breakpoint, Order, Waiting


class Desk(Protocol):
    """Where viewers' orders arrive (`optrace/store/desk.py` is one)."""

    def breakpoints(self) -> Sequence[tuple[Breakpoint, str]]:
        """What holds now, each with its viewer. It is asked before each message."""

    def is_there(self, viewer: str) -> bool:
        """Whether a viewer still says that it is there."""

    def hold(self, waiting: Waiting) -> None:
        """Say what waits, or that it waits for longer. Raises if nobody can be told."""

    def release(self, n: int) -> None:
        """It waits no more."""

    def orders(self) -> Sequence[tuple[int, Order]]:
        """What viewers have said since the last call, each with its number."""

    def answer(self, number: int, text: str) -> None:
        """Tell a viewer what came of its order."""


class NoDesk:
    """Where nobody can say anything."""

    def breakpoints(self) -> Sequence[tuple[Breakpoint, str]]:
        """None."""
        return ()

    def is_there(self, viewer: str) -> bool:
        """Nobody is."""
        return False

    def hold(self, waiting: Waiting) -> None:
        """Nothing waits."""

    def release(self, n: int) -> None:
        """Nothing waited."""

    def orders(self) -> Sequence[tuple[int, Order]]:
        """None."""
        return ()

    def answer(self, number: int, text: str) -> None:
        """Nobody asked."""
