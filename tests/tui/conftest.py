"""What the screen keeps in a session, it keeps in copies here: the samples stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "samples" / "sessions"


def times() -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in SAMPLES.glob("*.optrace")}


@pytest.fixture(autouse=True)
def samples_are_left_alone() -> Iterator[None]:
    before = times()
    yield
    assert times() == before
