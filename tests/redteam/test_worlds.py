"""Made-up recordings of every kind that may come, against what is true of them by the way they were made."""

from __future__ import annotations

import pytest

from tests.redteam.judge import mismatches, understood
from tests.redteam.scenarios import SCENARIOS, starting_at

MANY = [name for name in SCENARIOS if "concurrent" in name]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_recording_is_understood(name: str) -> None:
    assert mismatches(SCENARIOS[name]()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["client_at_elsewhere_all_hops", "two_tabs", "recurring", *MANY])
def test_the_same_while_it_happens(name: str) -> None:
    world = SCENARIOS[name]()
    assert mismatches(world, understood(world.exchanges(), live=True)) == []


@pytest.mark.parametrize("first", range(1, 17))
@pytest.mark.parametrize("hops", [False, True])
def test_a_recording_that_starts_late(first: int, hops: bool) -> None:
    """What is said is right. A lane without a side, and a hash that isn't checked, are all that may be missing."""
    world = starting_at(first * (2 if hops else 1), hops=hops)
    trace = understood(world.exchanges())
    for expected in world.truth()["exchanges"]:
        step = trace.step(expected["n"])
        assert step.operation in (expected["operation"], *expected["also_accept"].get("operation", ()))
        assert not [found.rule for found in step.findings if found.severity.value == "error"], step
        assert step.verdicts.signature["rfc"].value == expected["verdicts"]["signature"]["rfc"], step
        assert step.verdicts.hash["rfc"].value in (expected["verdicts"]["hash"]["rfc"], "unchecked"), step
        target = expected["to"]
        right = (target, target and target.partition(".")[2], *expected["also_accept"].get("to", ()), "unknown")
        assert target is None or step.target in right, step
