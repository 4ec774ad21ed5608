"""Any keys, clicks, sizes and traffic in any order: no exception, and every line of the screen is whole."""

from __future__ import annotations

import asyncio
import os
import random
import unicodedata
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import OutOfBounds, Pilot

from optrace.diagram.cells import cell_width
from optrace.session.trace import Trace
from optrace.tui import keys
from optrace.tui.app import OptraceApp, settle
from optrace.tui.themes import THEMES
from tests.tui.test_looking import Live

TYPED = [*"abcdefghijklmnopqrstuvwxyzGNLPR0123456789!:-~", "space", "colon"]
KEYS = sorted(
    {part for key in keys.KEYS for part in key.keys.split(",")}
    | {"tab", "shift+tab", "backspace", "enter", "escape", "left", "right"}
)
Step = tuple[str, Any]

SEEDS = int(os.environ.get("FUZZ_SEEDS", "2"))  # FUZZ_SEEDS=50 makes ten thousand steps, in some twenty minutes
STEPS_EACH = 200
STEPS = st.one_of(
    st.tuples(st.just("key"), st.sampled_from(KEYS)),
    st.tuples(st.just("key"), st.sampled_from(KEYS)),
    st.tuples(st.just("key"), st.sampled_from(TYPED)),
    st.tuples(st.just("resize"), st.tuples(st.integers(20, 300), st.integers(5, 80))),
    st.tuples(st.just("click"), st.tuples(st.floats(0, 1), st.floats(0, 1))),
    st.tuples(st.just("drag"), st.tuples(st.floats(0, 1), st.floats(0, 1))),
    st.tuples(st.just("traffic"), st.integers(1, 30)),
    st.tuples(st.just("theme"), st.sampled_from(list(THEMES))),
)


def whole(app: OptraceApp, after: list[Step]) -> None:
    """Every line is there, exactly as wide as the screen by both measures, and has nothing that moves the cursor."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height, after[-5:]
    for number, line in enumerate(lines):
        text = "".join(segment.text for segment in line)
        assert cell_len(text) == cell_width(text) == width, (number, text, after[-5:])
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in text), (text, after[-5:])


async def take(step: Step, app: OptraceApp, pilot: Pilot[None], source: Live) -> None:
    what, value = step
    if what == "key":
        await pilot.press(value)
    elif what == "resize":
        await pilot.resize_terminal(*value)
    elif what == "traffic":
        source.say(source._told + value)
    elif what == "theme":
        app.take_theme(value)
    else:
        place = int(value[0] * (app.size.width - 1)), int(value[1] * (app.size.height - 1))
        try:
            if what == "click":
                await pilot.click(offset=place)
            else:
                await pilot.mouse_down(offset=place)
                await pilot.hover(offset=(place[1] % app.size.width, place[0] % app.size.height))
                await pilot.mouse_up(offset=(0, 0))
        except OutOfBounds:
            pass  # the screen was just made smaller
    await pilot.pause()


async def play(steps: list[Step], *, size: tuple[int, int] = (100, 30)) -> None:
    source = Live("tok-faults")
    app = OptraceApp(source, Trace(source.exchange), title="optrace", hint="nothing yet")
    app.exit = lambda *_, **__: None  # type: ignore[method-assign]
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        for number, step in enumerate(steps, 1):
            await take(step, app, pilot, source)
            whole(app, steps[:number])
        await settle(app, pilot, seconds=5)
        whole(app, steps)


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=10, max_size=40))
def test_a_few_hundred_steps(steps: list[Step]) -> None:
    asyncio.run(play(steps))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_many_steps(seed: int) -> None:
    chance = random.Random(seed)

    def one() -> Step:
        what = chance.choices(
            ("key", "typed", "resize", "click", "drag", "traffic", "theme"), (50, 10, 10, 10, 5, 12, 3)
        )[0]
        if what in ("click", "drag"):
            return what, (chance.random(), chance.random())
        if what == "resize":
            return what, (chance.randint(20, 300), chance.randint(5, 80))
        if what == "traffic":
            return what, chance.randint(1, 10)
        if what == "theme":
            return what, chance.choice(list(THEMES))
        return "key", chance.choice(KEYS if what == "key" else TYPED)

    asyncio.run(play([one() for _ in range(STEPS_EACH)]))
