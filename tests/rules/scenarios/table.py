"""The table of scenarios: code -> a function that plays it, with the fault or without."""

from __future__ import annotations

from collections.abc import Callable

from tests.rules.scene import Scene

Scenario = Callable[[Scene, bool], None]

SCENARIOS: dict[str, Scenario] = {}


def sample(code: str) -> Callable[[Scenario], Scenario]:
    """Enter a scenario into the table."""

    def enter(scenario: Scenario) -> Scenario:
        assert code not in SCENARIOS
        SCENARIOS[code] = scenario
        return scenario

    return enter
