"""Recordings of the repository, understood once, and their scripts."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from optrace.replay.script import Script, script_of
from optrace.session.trace import Trace
from optrace.store.sources import open_source
from tests.recordings import truth

ROOT = Path(__file__).parents[2]
SAMPLES = ("paid", "refused", "shop")
EACH = (*truth.EACH, *SAMPLES)


@cache
def trace(name: str) -> Trace:
    """A recording of tests/recordings, or a sample session."""
    if name not in SAMPLES:
        return truth.understood(name)
    source = open_source(ROOT / "samples" / "sessions" / f"{name}.optrace")
    found = Trace(source.exchange)
    while events := source.poll(500):
        found.feed(events)
    return found


@cache
def script(name: str) -> Script:
    """Its script."""
    return script_of(trace(name))
