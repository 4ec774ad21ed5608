"""Any keys, texts, clicks, sizes and traffic in any order, over every kind of recording, and on every screen.

A play deals the ways to all screens of its stage among its other steps, so that each is reached, and whatever comes
next happens there. What must hold after each step is in `whole`, what must hold in the end in `play`.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any

from rich.cells import cell_len
from textual.events import MouseScrollDown, MouseScrollUp, Paste
from textual.message import Message
from textual.pilot import OutOfBounds, Pilot

from optrace.cli.screen import write_export
from optrace.cli.understanding import Understanding
from optrace.core.errors import OptraceError
from optrace.diagram.cells import cell_width
from optrace.session.breakpoints import Part, Waiting
from optrace.signatures.keys import SigningKey, generate_ed25519
from optrace.tui import keys
from optrace.tui.app import OptraceApp, settle
from optrace.tui.messages import DetailReady, TraceFailed
from optrace.tui.playback import NotedPlayback
from optrace.tui.questions import Question, Withdrawn
from optrace.tui.themes import THEMES
from tests.tui import test_snapshots as pictures
from tests.tui.test_breaking import FakeControl
from tests.tui.test_diff import other
from tests.tui.test_looking import Live
from tests.tui.test_replaying import FakeReplays

Step = tuple[str, Any]

KEYS = sorted(
    {part for key in keys.KEYS for part in key.keys.split(",")}
    | {"tab", "shift+tab", "backspace", "enter", "escape", "left", "right", "ctrl+s", "ctrl+t", "ctrl+z", "delete"}
)
TYPED = [*"abcdefghijklmnopqrstuvwxyzGNLPR0123456789!:-~", "space", "colon"]
TEXTS = (  # what somebody types or pastes, where it means something and where it doesn't
    "status:4xx", "op:quote_create", "sig:fail or (~b amount", "not (", '"', "@faults", "marked:yes", "~h digest",
    "1:20", "50%", "#12", "sandbox", "https://a.example=http://b.example", "refused.optrace", "no/such/place", "10.00",
    "漢字かな", "e\u0301\u200d👩\u200d💻", "\u202egnp.exe", "[bold]x[/]", "\x1b[31mred\x07\r\n\ttwo\x9b2J", "x" * 400,
)  # fmt: skip


@dataclass
class Stage:
    """What is played on: an app, the ways to its screens, and what passes while it is open."""

    app: OptraceApp
    ways: tuple[tuple[str, ...], ...]  # keys from the home screen
    screens: frozenset[str]  # classes that these ways lead to
    pass_by: Callable[[int], None]
    failed: list[BaseException | str]  # in the worker


def live() -> tuple[OptraceApp, Callable[[int], None]]:
    """Messages arrive, and some of them wait at a breakpoint."""
    source, control = Live("tok-faults"), FakeControl()
    app = OptraceApp(source, Understanding(source.exchange), title="optrace", hint="nothing yet", control=control)

    def arrive(count: int) -> None:
        n = min(source._told + count, len(source._full))
        source.say(n)
        if count % 3 == 0:
            part, now = list(Part)[n % 2], datetime.now(UTC)
            exchange = source.exchange(n) if part is Part.RESPONSE else replace(source.exchange(n), response=None)
            until = now + timedelta(seconds=30)
            waiting = Waiting(exchange=exchange, part=part, operation="unknown", since=now, until=until)
            control.waiting = {**control.waiting, n: waiting}

    return app, arrive


def played() -> tuple[OptraceApp, Callable[[int], None]]:
    """Time passes."""
    app = pictures.played()
    playback = app.bridge.source
    assert isinstance(playback, NotedPlayback)
    clock = playback._monotonic
    assert isinstance(clock, pictures.Clock)

    def tick(seconds: int) -> None:
        clock.now += seconds
        app.bridge.wake()

    return app, tick


def finished(make: Callable[[], OptraceApp]) -> tuple[OptraceApp, Callable[[int], None]]:
    """Nothing passes by."""
    return make(), lambda _: None


STAGES: Mapping[str, Callable[[], tuple[OptraceApp, Callable[[int], None]]]] = {
    "live": live,
    "played": played,
} | {make.__name__: partial(finished, make) for make in pictures.STAGES if make is not pictures.played}


_DIFFS = frozenset({"AgainstScreen", "DiffScreen"})


@cache
def key() -> SigningKey:
    return generate_ed25519("fuzz")


def stage_of(name: str) -> Stage:
    """The app of a stage, with all that it can be given."""
    app, pass_by = STAGES[name]()
    app.exit = lambda *_, **__: None  # type: ignore[method-assign]
    home = app.home
    home.signing_keys, home.write_export, home.open_other = (lambda: [("shop", key())]), write_export, other
    home.replays, home.saved = FakeReplays(), {"faults": "status:4xx"}
    if name == "two_runs":  # its screen is left for good, and comes back so
        return Stage(app, (("A", *"refused", "full_stop", *"optrace", "enter"),), _DIFFS, pass_by, watched(app))
    shots = pictures.STAGES[pictures.refused if name == "live" else pictures.NAMES[name]]
    ways: list[tuple[str, ...]] = []
    for shot in shots:
        ways.append((*(ways[-1] if shot.on and ways else ()), *shot.keys.split()))
    named = {shot.name for shot in shots}
    screens = frozenset(screen for screen, shot in pictures.PICTURED.items() if shot in named)
    return Stage(app, tuple(ways), screens if name != "live" else frozenset(), pass_by, watched(app))


def watched(app: OptraceApp) -> list[BaseException | str]:
    """What goes wrong in the worker, which the screen would only say."""
    failed: list[BaseException | str] = []
    ask, post = app.bridge.ask, app.bridge._post

    def asked(question: Question) -> None:
        work = question.work

        def tried(breathe: Callable[[], None]) -> Any:
            try:
                return work(breathe)
            except (OptraceError, Withdrawn):
                raise
            except Exception as error:
                failed.append(error)
                raise

        question.work = tried
        ask(question)

    def told(message: Message) -> Any:
        if isinstance(message, TraceFailed):
            failed.append(message.text)
        elif isinstance(message, DetailReady) and message.detail is None:
            failed.append(message.why)
        return post(message)

    app.bridge.ask, app.bridge._post = asked, told  # type: ignore[method-assign, assignment]
    return failed


def steps_of(stage: Stage, chance: random.Random, count: int) -> list[Step]:
    """Steps at random, and each way once among them."""
    steps = [_one(chance) for _ in range(count)]
    for way in stage.ways:
        steps.insert(chance.randrange(len(steps) + 1), ("way", way))
    return steps


def _one(chance: random.Random) -> Step:
    return chance.choices(*zip(*_KINDS, strict=True))[0](chance)


def _place(chance: random.Random) -> tuple[float, float]:
    return chance.random(), chance.random()


_KINDS: tuple[tuple[Callable[[random.Random], Step], int], ...] = (
    (lambda chance: ("key", chance.choice(KEYS)), 45),
    (lambda chance: ("key", chance.choice(TYPED)), 10),
    (lambda chance: ("type", chance.choice(TEXTS)), 4),
    (lambda chance: ("paste", chance.choice(TEXTS)), 4),
    (lambda chance: ("resize", (chance.randint(20, 300), chance.randint(5, 80))), 8),
    (lambda chance: ("click", _place(chance)), 10),
    (lambda chance: ("drag", _place(chance)), 4),
    (lambda chance: ("scroll", (*_place(chance), chance.random() < 0.5)), 4),
    (lambda chance: ("traffic", chance.randint(1, 10)), 10),
    (lambda chance: ("theme", chance.choice(list(THEMES))), 2),
)


async def play(stage: Stage, steps: list[Step], *, size: tuple[int, int] = (100, 30)) -> set[str]:
    """Take the steps; the classes of the screens that were reached."""
    app, reached = stage.app, set[str]()
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        for number, step in enumerate(steps, 1):
            await take(step, stage, pilot, reached)
            whole(app, steps[:number])
        await settle(app, pilot, seconds=20)
        whole(app, steps)
        assert app.bridge.idle
        assert not stage.failed, stage.failed
    return reached


async def take(step: Step, stage: Stage, pilot: Pilot[None], reached: set[str]) -> None:
    """One step."""
    app, (what, value) = stage.app, step
    if what == "way":
        await pictures.start(app, pilot)
        app.screen.clear_selection()  # which would be copied
        app.home.show_all()
        app.home.ladder.action_edge(0)
        await settle(app, pilot)
        for pressed in value:
            await pilot.press(pressed)
            await settle(app, pilot)
            reached.add(type(app.screen).__name__)
    elif what == "key":
        await pilot.press(value)
    elif what == "type":
        await pilot.press(*(char for char in value[:40] if char.isprintable()))
    elif what == "paste":
        app.post_message(Paste(value))
    elif what == "resize":
        await pilot.resize_terminal(*value)
    elif what == "traffic":
        stage.pass_by(value)
    elif what == "theme":
        app.take_theme(value)
    else:
        await point(what, value, app, pilot)
    await pilot.pause()
    reached.add(type(app.screen).__name__)


async def point(what: str, value: tuple[Any, ...], app: OptraceApp, pilot: Pilot[None]) -> None:
    """Something with the mouse, at a place given in shares of the screen."""
    place = int(value[0] * (app.size.width - 1)), int(value[1] * (app.size.height - 1))
    try:
        if what == "click":
            await pilot.click(offset=place)
        elif what == "scroll":
            kind = MouseScrollDown if value[2] else MouseScrollUp
            await pilot._post_mouse_events([kind], offset=place)
        else:
            await pilot.mouse_down(offset=place)
            await pilot.hover(offset=(place[1] % app.size.width, place[0] % app.size.height))
            await pilot.mouse_up(offset=(0, 0))
    except OutOfBounds:
        pass  # the screen was just made smaller


def whole(app: OptraceApp, after: list[Step]) -> None:
    """Every line is there, exactly as wide as the screen by both measures, and has nothing that moves the cursor."""
    width, height = app.size
    lines = app.screen._compositor.render_strips()
    assert len(lines) == height, after[-5:]
    for number, line in enumerate(lines):
        text = "".join(segment.text for segment in line)
        assert cell_len(text) == cell_width(text) == width, (number, text, after[-5:])
        assert not any(unicodedata.category(char) in ("Cc", "Cs") for char in text), (text, after[-5:])
