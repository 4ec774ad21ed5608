"""What the screen knows of breakpoints and of what waits at them, and what it tells the proxy."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from optrace.core.amends import hold_note
from optrace.core.messages import Exchange
from optrace.session.breakpoints import Breakpoint, Order, Standing, Waiting


class Control(Protocol):
    """One viewer of a session that is being recorded; what goes wrong raises OptraceError. For the worker alone."""

    def set(self, breakpoint: Breakpoint) -> None:
        """Let exchanges wait there."""

    def clear(self, breakpoint: Breakpoint) -> None:
        """Let none wait there any more."""

    def send(self, order: Order) -> None:
        """Say what is to become of an exchange that waits."""

    def look(self) -> Standing:
        """How things stand now, each answer once; it raises nothing, and says that the viewer is there."""

    def leave(self) -> None:
        """Take the viewer's breakpoints away."""


class Stops:
    """The worker looks, the screen sees."""

    def __init__(self, control: Control | None) -> None:
        self.control = control  # None: nobody can be told anything
        self.standing = Standing()
        self.waiting: Mapping[int, Waiting] = {}  # by exchange
        self.answers: deque[tuple[Order, str]] = deque()  # that the screen hasn't told yet

    def look(self, *, live: bool) -> bool:
        """Look again; whether anything is otherwise now. For the worker."""
        if self.control is None:
            return False
        standing = self.control.look() if live else Standing()
        before, self.standing = self.standing, standing
        self.answers.extend(standing.answers)
        same = list(before.breakpoints) == list(standing.breakpoints) and list(before.waiting) == list(standing.waiting)
        if not same:
            self.waiting = {waiting.n: waiting for waiting in standing.waiting}
        return not same or bool(standing.answers)

    def instead(self, exchange: Exchange) -> Exchange:
        """The exchange as it waits, if it does, with a note of it: its answer may be no further than the proxy."""
        waiting = self.waiting.get(exchange.n)
        if waiting is None:
            return exchange
        return replace(waiting.exchange, notes=(*waiting.exchange.notes, hold_note(waiting.part)))

    def leave(self) -> None:
        """Nobody looks any more. For the worker."""
        if self.control is not None:
            self.control.leave()
