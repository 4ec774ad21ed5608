"""What an importer is, and what it brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from optrace.core.messages import Exchange
from optrace.session.events import Noted

Progress = Callable[[int, int], None]  # (bytes read, bytes in all)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A foreign recording: its exchanges, numbered from 1 in the order of their requests."""

    exchanges: tuple[Exchange, ...]
    notes: tuple[Noted, ...] = ()
    damage: str | None = None  # what could not be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """A foreign format. `read` raises NotASession or DamagedSession only if it brings nothing at all."""

    name: str
    recognises: Callable[[bytes], bool]  # by the first 4 kB of the file
    read: Callable[[Path, Progress], Imported]


def numbered(
    exchanges: Iterable[Exchange], *, key: Callable[[Exchange], datetime | int] = lambda exchange: exchange.started
) -> tuple[Exchange, ...]:
    """Exchanges in the order of their requests, numbered from 1; what started together stays as it came."""
    in_order = sorted(exchanges, key=key)
    return tuple(replace(exchange, n=n) for n, exchange in enumerate(in_order, 1))
