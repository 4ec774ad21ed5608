"""Where captured exchanges go, and the guard that keeps trouble there away from the traffic."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from optrace.core.messages import Exchange
from optrace.core.text import safe
from optrace.session.events import Noted

logger = logging.getLogger(__name__)

QUIET = timedelta(minutes=1)  # between two notes about the same trouble


class Sink(Protocol):
    """What takes the captured exchanges: the session file, a list in a test."""

    def request(self, exchange: Exchange) -> int:
        """Keep a request before it is forwarded (the exchange's own `n` is 0); returns the number it got."""

    def response(self, n: int, exchange: Exchange) -> None:
        """Keep an exchange that ended: it has a response, an error, or both."""

    def note(self, noted: Noted) -> None:
        """Keep something that is to be said about the session."""


def utc_now() -> datetime:
    """The clock of the edge."""
    return datetime.now(UTC)


def log_warning(text: str) -> None:
    """The last resort when not even a note can be kept."""
    logger.warning(text)


class GuardedSink:
    """A sink that never raises. Trouble is said once a minute at most, and once more when it is over.

    Args:
        complain: is told when the sink can't even take a note (a full disk); it may raise as well.
    """

    def __init__(
        self, sink: Sink, *, complain: Callable[[str], None] = log_warning, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._sink = sink
        self._complain = complain
        self._now = now
        self._lost = 0  # messages, since recording last worked
        self._said: dict[str, datetime] = {}

    def request(self, exchange: Exchange) -> int | None:
        """The number of the recorded request, or None if it could not be recorded."""
        try:
            n = self._sink.request(exchange)
        except Exception as error:
            self._lose(error)
            return None
        self._recovered()
        return n

    def response(self, n: int, exchange: Exchange) -> bool:
        """Whether the end of the exchange was recorded."""
        try:
            self._sink.response(n, exchange)
        except Exception as error:
            self._lose(error)
            return False
        self._recovered()
        return True

    def note(self, text: str, level: str = "info", *, about: str | None = None) -> None:
        """Say something, unless something `about` the same was said within the last minute."""
        now = self._now()
        if about is not None:
            said = self._said.get(about)
            if said is not None and now - said < QUIET:
                return
            if len(self._said) > 1000:
                self._said.clear()
            self._said[about] = now
        try:
            self._sink.note(Noted(at=now, text=text, level=level))
        except Exception:
            try:
                self._complain(text)
            except Exception:
                logger.exception(text)

    def trouble(self, where: str, error: Exception) -> None:
        """Say that optrace itself failed somewhere."""
        logger.debug("%s", where, exc_info=error)
        self.note(
            f"optrace could not read a message ({where}: {_reason(error)}); the traffic is not affected",
            "error",
            about=f"{where} {type(error).__name__}",
        )

    def _lose(self, error: Exception) -> None:
        self._lost += 1
        self.note(
            f"Not recorded: {_reason(error)}. The traffic goes on, and is lost to this session until this is mended",
            "error",
            about=f"lost {type(error).__name__}",
        )

    def _recovered(self) -> None:
        if self._lost:
            lost, self._lost = self._lost, 0
            self._said = {about: at for about, at in self._said.items() if not about.startswith("lost ")}
            self.note(f"Recording works again; {lost} message{'s were' if lost > 1 else ' was'} not recorded", "warn")


def _reason(error: Exception) -> str:
    return safe(str(error))[:300] or type(error).__name__
