"""Only the reading thread touches the recording: a session file is read over one connection, one thread at a time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence

import pytest

from optrace.core.messages import Exchange
from optrace.session.events import Event
from optrace.tui.app import OptraceApp, settle
from optrace.tui.widgets.ladder import Ladder
from tests.diagram.journey import HOSTS
from tests.tui.fakes import FakeSource, FakeTrace, many, two_payments
from tests.tui.test_keys import make_app, running, seen


class Guarded(FakeSource):
    """A recording that remembers which threads asked it for something."""

    def __init__(self, count: int) -> None:
        step_of = many(count)
        super().__init__([step_of(n) for n in range(1, count + 1)])
        self.asked_by: set[str] = set()

    def _note(self) -> None:
        self.asked_by.add(threading.current_thread().name)

    def poll(self, limit: int) -> list[Event]:
        self._note()
        return super().poll(min(limit, 20))

    def exchange(self, n: int) -> Exchange:
        self._note()
        return super().exchange(n)

    @property
    def total(self) -> int | None:
        self._note()
        return len(self.steps)

    @total.setter
    def total(self, _: int | None) -> None:
        """The fake sets it."""


def asked_by(keys: Sequence[str]) -> set[str]:
    async def go() -> set[str]:
        source = Guarded(300)
        app = OptraceApp(source, FakeTrace(many(300), payments=two_payments()[1]), title="optrace", hint="")
        async with app.run_test(size=(120, 40)) as pilot:
            await settle(app, pilot)
            for key in keys:
                await pilot.press(key)
                await settle(app, pilot)
        return source.asked_by

    return asyncio.run(go())


def test_the_screen_never_reads() -> None:
    assert asked_by(["down", "enter", "escape", "end"]) == {"optrace-bridge"}


@pytest.mark.slow
async def test_a_screen_that_is_not_there_yet_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a slow machine a short recording has been read before the first screen stands."""
    early = iter([False] * 3)
    monkeypatch.setattr(Ladder, "is_attached", property(lambda ladder: next(early, True)))
    app = make_app()
    async with running(app):
        assert "GET wallet address bob" in seen(app)
    assert next(early, None) is None


async def test_who_stands_on_which_lane_is_looked_at_under_the_lock() -> None:
    trace = FakeTrace(many(30))
    app = OptraceApp(FakeSource([many(30)(n) for n in range(1, 31)]), trace, title="optrace", hint="")
    async with running(app, (120, 40)) as (pilot, home):
        unlocked: list[str] = []

        class Watched(FakeTrace):
            @property  # type: ignore[override]
            def lane_hosts(self) -> Mapping[str, tuple[str, ...]]:
                if not app.bridge.lock.locked():
                    unlocked.append(threading.current_thread().name)
                return HOSTS

            @lane_hosts.setter
            def lane_hosts(self, _: object) -> None:
                """The fake sets it."""

        trace.__class__ = Watched
        home.ladder.shrink = True
        home.ladder.repaint()
        await pilot.resize_terminal(90, 30)
        await settle(app, pilot)
        assert unlocked == []
