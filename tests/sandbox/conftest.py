"""A sandbox that runs once for all tests here, under a clock that only moves when a test moves it.

Others may use `running_sandbox` of tests.sandbox.running for one of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.player import Player
from tests.sandbox.running import Clock, Running, running_sandbox


@pytest.fixture(scope="session")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def sandbox(clock: Clock) -> Iterator[Running]:
    with running_sandbox(clock=clock) as running:
        yield running


@pytest.fixture
def player(sandbox: Running, clock: Clock) -> Iterator[Player]:
    sandbox.hops.clear()
    player = Player(sandbox, clock)
    yield player
    player.http.close()
