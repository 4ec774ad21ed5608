"""Any keys, clicks, sizes and traffic in any order: nothing fails, every line is whole, every screen is reached."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.tui import fuzzing
from tests.tui import test_snapshots as pictures

SEEDS = int(os.environ.get("FUZZ_SEEDS", "0"))  # FUZZ_SEEDS=50 makes ten thousand steps and more, in half an hour
NAMES = list(fuzzing.STAGES)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copies of the samples, which are marked and noted on, and a directory that exports may be written to."""
    shutil.copytree(pictures.SESSIONS, tmp_path / "sessions")
    monkeypatch.setattr(pictures, "SESSIONS", tmp_path / "sessions")
    monkeypatch.chdir(tmp_path / "sessions")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS or len(NAMES)))
async def test_many_steps(seed: int, place: Path) -> None:
    stage = fuzzing.stage_of(NAMES[seed % len(NAMES)])
    steps = fuzzing.steps_of(stage, random.Random(seed), 200 if SEEDS else 50)
    reached = await fuzzing.play(stage, steps)
    assert reached >= stage.screens


def test_the_stages_have_all_screens_between_them() -> None:
    assert set(pictures.PICTURED) == {screen for name in NAMES for screen in fuzzing.stage_of(name).screens}
