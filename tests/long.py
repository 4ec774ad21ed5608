"""Parameters that take long: the others of the same test stay among the fast ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest
from _pytest.mark import ParameterSet

# recordings and rules whose diagnosis searches for the longest
RECORDINGS = {"05-wrong-key", "43-signed-otherwise", "sig-faults", "two-faults"}
RULES = {"SIG-034", "SIG-036"}


def parted(values: Iterable[object], long: Collection[object]) -> list[ParameterSet]:
    """Values for `parametrize`, those that take long marked as slow."""
    return [
        pytest.param(value, marks=pytest.mark.slow if value in long else (), id=str(value) or "empty")
        for value in values
    ]
