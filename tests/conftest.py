"""What all tests share."""

from __future__ import annotations

import gc

from hypothesis import settings

import tests.examples  # noqa: F401  (the profiles)

settings.load_profile("whole")  # until the command line says otherwise
gc.disable()


def pytest_collection_finish() -> None:
    """Thousands of tests, and the recordings that are kept understood, aren't looked through for garbage each time."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)
