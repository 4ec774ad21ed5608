"""A finished recording, to be played on the screen in its own time."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from optrace.cli.understanding import Understanding
from optrace.core.errors import Usage
from optrace.core.text import safe
from optrace.session.events import Event, ExchangeSeen, KeyLearned
from optrace.session.score import Score
from optrace.store.sources import Source

if TYPE_CHECKING:
    from optrace.tui.playback import Playback, PlayedTrace

Reading = Callable[[int, int | None], None]  # exchanges read, and in all
_SLOWEST, _FASTEST = 0.1, 100.0


def speed(text: str) -> float:
    """`4x`, `0.5x` or `4`: how fast a recording is played. Raises ArgumentTypeError."""
    match = re.fullmatch(r"(\d{1,3}(?:\.\d{1,3})?|\.\d{1,3})x?", text.strip().lower(), re.ASCII)
    if match is None or not _SLOWEST <= float(match[1]) <= _FASTEST:
        raise ArgumentTypeError(f"{safe(text)} is no speed; write 4x, 0.5x, from {_SLOWEST:g}x to {_FASTEST:g}x")
    return float(match[1])


def played(source: Source, keys: Sequence[KeyLearned], speed: float, reading: Reading) -> tuple[Playback, PlayedTrace]:
    """What the screen shows of a recording that is played: the source, and what is understood at each point.

    Raises Usage if it is still being recorded.
    """
    from optrace.tui.playback import PlayedTrace, playback  # Textual is slow to import

    if source.live:
        raise Usage(
            f"{safe(source.name)} is still being recorded", remedy="Open it without --play: it is followed as it grows."
        )
    shown = playback(source, Score.of(_events(source, reading)), speed=speed)
    return shown, PlayedTrace(partial(_understanding, shown, keys))


def _understanding(shown: Playback, keys: Sequence[KeyLearned]) -> Understanding:
    trace = Understanding(shown.exchange)
    trace.feed(keys)
    return trace


def _events(source: Source, reading: Reading) -> Iterator[Event]:
    total, done = source.total, 0
    while events := source.poll():
        yield from events
        done += sum(isinstance(event, ExchangeSeen) and not event.exchange.in_flight for event in events)
        reading(done, total)
