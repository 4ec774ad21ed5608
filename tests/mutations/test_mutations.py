"""Each planted fault is the first that is said, in one recording of them all and in a recording of its own kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.mutations.recording import built, checked, write, wrong
from tests.mutations.table import TABLE

pytestmark = pytest.mark.slow

KINDS = sorted({entry.id.split("-")[0] for entry in TABLE})


def test_all_of_them_in_one_recording(tmp_path: Path) -> None:
    cases = built(TABLE)
    assert not list(wrong(cases, checked(write(cases, tmp_path / "all.mitm"))))


@pytest.mark.parametrize("kind", KINDS)
def test_a_recording_of_one_kind(kind: str, tmp_path: Path) -> None:
    cases = built(entry for entry in TABLE if entry.id.startswith(f"{kind}-"))
    assert not list(wrong(cases, checked(write(cases, tmp_path / "kind.mitm"))))


def test_the_table_knows_every_kind_of_fault_once() -> None:
    assert len({entry.id for entry in TABLE}) == len(TABLE)
    assert len(TABLE) > 500
