"""A sandbox that runs once for all tests here, under a clock that only moves when a test moves it.

Others may use `running_sandbox` of tests.sandbox.running for one of their own.
"""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.player import BROWSER, Player
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
    with player.http, player.browser:
        yield player


@pytest.fixture
def browser() -> Iterator[httpx.Client]:
    """Something with a memory for cookies that takes pages."""
    with httpx.Client(trust_env=False, headers=BROWSER) as client:
        yield client
