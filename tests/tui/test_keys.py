"""Every key does what its help says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from optrace.core.errors import Usage
from optrace.session.events import Event
from optrace.session.steps import Payment, Step
from optrace.tui import keys
from optrace.tui.app import OptraceApp, settle
from optrace.tui.keys import KEYS
from optrace.tui.screens.help import HelpScreen
from optrace.tui.screens.home import HomeScreen
from optrace.tui.screens.payments import PaymentsScreen
from optrace.tui.tally import Tally
from tests import long
from tests.diagram.journey import journey
from tests.tui.fakes import FakeSource, FakeTrace, payment, two_payments

HINT = "No traffic yet.\n\nPoint a client here:\n  export HTTPS_PROXY=http://localhost:8080"


def make_app(
    steps: Sequence[Step] | None = None, payments: tuple[Payment, ...] = (), *, live: bool = False
) -> OptraceApp:
    steps = journey() if steps is None else steps
    payments = payments or ((payment(1, [step.n for step in steps]),) if steps else ())
    trace = FakeTrace(lambda n: steps[n - 1], payments=payments)
    return OptraceApp(
        FakeSource(steps, live=live), trace, title="optrace", status=lambda: "listening on :8080", hint=HINT
    )


@asynccontextmanager
async def running(app: OptraceApp, size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[Pilot[None], HomeScreen]]:
    async with app.run_test(size=size) as pilot:
        await settle(app, pilot)
        yield pilot, app.home


async def press(app: OptraceApp, pilot: Pilot[None], *pressed: str) -> None:
    for key in pressed:
        await pilot.press(key)
        await settle(app, pilot)


def seen(app: OptraceApp) -> str:
    """What is on the screen, as text."""
    width = app.size.width
    strips = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip)[:width].rstrip() for strip in strips)


async def test_the_first_look() -> None:
    app = make_app()
    async with running(app) as (_, home):
        text = seen(app)
        assert "listening on :8080" in text
        assert "sender · alice.example" in text
        assert "▶  1 ·" in text
        assert "23 msg  1✗  1≠  1!  1?" in text
        assert "message 1: GET wallet address bob" in text
        assert home.ladder.has_focus


async def test_moving() -> None:
    app = make_app()
    async with running(app, (80, 24)) as (pilot, home):
        for pressed, expected in (
            (("j",), 2),
            (("down",), 3),
            (("k",), 2),
            (("up",), 1),
            (("k",), 1),
            (("G",), 23),
            (("j",), 23),
            (("g",), 1),
            (("end",), 23),
            (("home",), 1),
        ):
            await press(app, pilot, *pressed)
            assert home.ladder.selected == expected, pressed
        await press(app, pilot, "pagedown")
        page = home.ladder.selected
        assert page is not None
        assert page > 5
        await press(app, pilot, "pageup")
        assert home.ladder.selected == 1
        await press(app, pilot, "G")
        assert "▶23" in seen(app)


@pytest.mark.slow
async def test_findings_are_found_in_both_directions_and_round_the_end() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        visited = []
        for key in ("n", "n", "n", "n", "N", "N", "N"):
            await press(app, pilot, key)
            visited.append(home.ladder.selected)
        assert visited == [16, 18, 20, 16, 20, 18, 16]


async def test_nothing_to_find_is_said() -> None:
    app = make_app(journey()[:3])
    async with running(app) as (pilot, home):
        await press(app, pilot, "n")
        assert home.ladder.selected == 1
        assert [note.message for note in app._notifications] == ["Nothing wrong in what is shown."]


async def test_what_nobody_has_looked_at_yet_is_not_called_right() -> None:
    app = make_app(journey()[:3])
    async with running(app) as (pilot, home):
        home.bridge.tally = Tally(home.profile)
        home.action_finding(1)
        await pilot.pause()
        assert [note.message for note in app._notifications] == [
            "Nothing wrong so far, but not all has been looked at yet."
        ]


@pytest.mark.slow
async def test_the_tabs() -> None:
    app = make_app()
    async with running(app, (120, 60)) as (pilot, _):
        await press(app, pilot, "n", "n")
        assert "The signature was made over another URL" in seen(app)
        assert "Sign the exact URL" in seen(app)
        for key, words in (
            ("2", "GNAP ••••"),
            ("3", "401"),
            ("4", "no signature"),
            ("5", "debitAmount"),
            ("6", "POST https://rs.alice.example/outgoing-payments HTTP/1.1"),
            ("1", "RFC 9421"),
        ):
            await press(app, pilot, key)
            assert words in seen(app), key


@pytest.mark.slow
async def test_full_screen_and_back() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "enter")
        assert "CLIENT" not in seen(app)
        assert home.detail.body.has_focus
        await press(app, pilot, "n")
        assert "16 GET" in seen(app)  # the loop works there, too
        await press(app, pilot, "escape")
        assert "CLIENT" in seen(app)
        assert home.ladder.has_focus


@pytest.mark.slow
async def test_tab_goes_to_the_other_pane() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "tab")
        assert home.detail.body.has_focus
        await press(app, pilot, "tab")
        assert home.ladder.has_focus


@pytest.mark.slow
async def test_filtering() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", *"status:4xx", "enter")
        assert [home.ladder.view.n_at(i) for i in range(len(home.ladder.view))] == [18, 20]
        assert "filter status:4xx" in seen(app)
        assert "2 of 23" in seen(app)
        assert home.ladder.selected == 18
        await press(app, pilot, "escape")
        assert len(home.ladder.view) == 23
        assert home.ladder.selected == 18


@pytest.mark.slow
async def test_nothing_matches() -> None:
    app = make_app()
    async with running(app) as (pilot, _):
        await press(app, pilot, "slash", *"zzz", "enter")
        assert "Nothing matches the filter." in seen(app)


@pytest.mark.slow
async def test_payments() -> None:
    steps, payments = two_payments()
    app = make_app(steps, payments)
    async with running(app) as (pilot, home):
        assert home.ladder.view.payment == 1  # a payment is the unit
        assert "alice → bob 25.50 USD paid" in seen(app).splitlines()[0]
        assert "payment 1/2" in seen(app)
        await press(app, pilot, "p")
        assert isinstance(app.screen, PaymentsScreen)
        assert "alice → carol" in seen(app)
        await press(app, pilot, "j", "enter")
        assert home.ladder.view.payment == 2
        assert home.ladder.selected == 23
        await press(app, pilot, "0")
        assert len(home.ladder.view) == 44
        assert "all 2 payments" in seen(app)
        await press(app, pilot, "p", "escape")
        assert home.is_current
        assert home.ladder.view.payment is None


@pytest.mark.slow
async def test_leaving_the_filter_line_leaves_nothing_else() -> None:
    steps, payments = two_payments()
    app = make_app(steps, payments)
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash", "x", "escape")
        assert home.ladder.view.payment == 1
        assert home.ladder.has_focus
        await press(app, pilot, "escape")
        assert home.ladder.view.payment is None


async def test_split() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "s")
        assert "session set up" not in seen(app)
        assert home.ladder.painter.height == 3
        assert "OK" in seen(app)
        await press(app, pilot, "s")
        assert home.ladder.painter.height == 1


async def test_profiles() -> None:
    app = make_app()
    async with running(app) as (pilot, _):
        assert "1✗  1≠" in seen(app)
        await press(app, pilot, "P", "P")
        assert "rfc" in seen(app).splitlines()[-2]
        assert "2✗  1!" in seen(app)


@pytest.mark.slow
async def test_secrets_are_masked_until_revealed() -> None:
    app = make_app()
    async with running(app, (120, 60)) as (pilot, _):
        for tab in "123456":
            await press(app, pilot, tab)
            assert "SECRET-TOKEN" not in seen(app), tab
        await press(app, pilot, "R")
        assert "Secrets are shown" in seen(app)
        for tab in "256":
            await press(app, pilot, tab)
            assert "SECRET-TOKEN" in seen(app), tab
        await press(app, pilot, "R")
        assert "SECRET-TOKEN" not in seen(app)
        assert "Secrets are shown" not in seen(app)


@pytest.mark.slow
async def test_help_names_every_key() -> None:
    app = make_app()
    async with running(app, (110, 170)) as (pilot, home):
        await press(app, pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        text = seen(app)
        for key in KEYS:
            assert key.help in text, key
        await press(app, pilot, "escape")
        assert home.is_current


@pytest.mark.slow
async def test_the_palette_opens_and_knows_the_actions() -> None:
    app = make_app()
    async with running(app) as (pilot, _):
        names = {command.title for command in app.get_system_commands(app.screen)}
        expected = {key.title for key in KEYS if key.pane in ("everywhere", "ladder")} - {"pane", "palette"}
        assert {name for name in names if ":" not in name} == expected
        await press(app, pilot, "ctrl+p", *"payments", "enter")
        assert isinstance(app.screen, PaymentsScreen)


async def test_quit() -> None:
    app = make_app()
    async with running(app) as (pilot, _):
        await pilot.press("q")
    assert app.return_code == 0
    assert app.bridge.source.closed  # type: ignore[attr-defined]


async def test_the_footer_has_at_most_eight_keys() -> None:
    shown = [key for key in KEYS if key.pane == "everywhere" and key.footer]
    assert len(shown) + 1 <= 8  # and the palette


async def test_an_empty_screen_teaches() -> None:
    app = make_app([], live=True)
    async with running(app) as (_, __):
        text = seen(app)
        assert "No traffic yet." in text
        assert "export HTTPS_PROXY=http://localhost:8080" in text
        assert "● LIVE" in text


async def test_the_selection_stays_when_others_arrive() -> None:
    steps = journey()[:-1]
    app = make_app(steps[:10], live=True)
    source = app.bridge.source
    assert isinstance(source, FakeSource)
    app.bridge.trace._step_of = lambda n: steps[n - 1]  # type: ignore[attr-defined]
    async with running(app, (80, 20)) as (pilot, home):
        assert home.ladder.selected == 10  # follows until the user moves
        source.steps += steps[10:12]
        while len(home.ladder.view) < 12:
            await settle(app, pilot)
        assert home.ladder.selected == 12
        await press(app, pilot, "g")
        source.steps += steps[12:15]
        while len(home.ladder.view) < 15:
            await settle(app, pilot)
        assert home.ladder.selected == 1
        assert "+3 new" in seen(app)
        await press(app, pilot, "G")
        assert home.ladder.selected == 15
        assert "new" not in seen(app).splitlines()[-2]
        assert "follow" in seen(app).splitlines()[-2]


@pytest.mark.slow
async def test_clicks() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await pilot.click("#ladder", offset=(30, 4))
        await settle(app, pilot)
        assert home.ladder.selected == 5
        await pilot.click("#detail-head", offset=(home.detail.head._places[1][0] + 1, 0))
        await settle(app, pilot)
        assert home.detail.tab == 1
        await pilot.click("#ladder", offset=(30, 6), times=2)
        await settle(app, pilot)
        assert home.has_class("-full")


SIZES = [(40, 12), (80, 24), (200, 50), (59, 24), (120, 40), (160, 40), (250, 20)]


@pytest.mark.parametrize("size", long.parted(SIZES, set(SIZES) - {(80, 24)}))
async def test_every_size_shows_ladder_and_selection(size: tuple[int, int]) -> None:
    app = make_app()
    async with running(app, size) as (pilot, _):
        await press(app, pilot, "n", "n")
        text = seen(app)
        assert "▶" in text
        assert "401" in text
        assert size[0] < 160 or "┌─ sender" in text or "sender ASE" in text


async def test_a_broken_source_is_said_and_what_was_read_stays() -> None:
    app = make_app()
    original = app.bridge._poll

    def poll(limit: int) -> Sequence[Event]:
        if app.bridge.trace.version:
            raise OSError("disk on fire")
        return original(limit)

    app.bridge._poll = poll
    async with app.run_test(size=(120, 40)) as pilot:
        for _ in range(100):
            await pilot.pause(0.02)
            if "disk on fire" in seen(app):
                break
        assert "disk on fire" in seen(app)
        assert "▶  1" in seen(app)


@pytest.mark.slow
async def test_hostile_text_moves_nothing() -> None:
    nasty = "\x1b[31mred\x1b]0;x\x07[bold]\u202etxet\r\n\x9b2J"
    steps = [replace(step, label=nasty, url=f"https://x/{nasty}", error=nasty, problems=(nasty,)) for step in journey()]
    app = make_app(steps, (payment(1, [step.n for step in steps], nasty, nasty), payment(2, [1], nasty)))
    async with running(app, (120, 60)) as (pilot, _):
        for key in ("1", "2", "3", "4", "5", "6", "R", "s", "P", "enter", "escape", "p"):
            await press(app, pilot, key)
            text = seen(app)
            for forbidden in ("\x1b", "\x07", "\x9b", "\r", "\u202e"):
                assert forbidden not in text, (key, forbidden)
        assert "[bold]" in text  # shown, not obeyed


async def test_what_is_pasted_is_not_obeyed() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "slash")
        app.post_message(Paste("a\x1b[31mb\x07\u202e"))
        app._clipboard = "c\x9bd"  # what was copied of a message
        await press(app, pilot, "ctrl+v")
        assert home.filter_bar.input.value == "a[31mbcd"


def test_a_clash_of_the_users_own_keys_names_both_actions() -> None:
    with pytest.raises(Usage) as error:
        keys.check_keymap({"split": "P"})
    assert "split" in error.value.title
    assert "profile" in error.value.title
    with pytest.raises(Usage):
        keys.check_keymap({"splitt": "x"})
    keys.check_keymap({})


async def test_the_users_own_keys() -> None:
    steps = journey()
    trace = FakeTrace(lambda n: steps[n - 1])
    app = OptraceApp(FakeSource(steps), trace, title="optrace", hint=HINT, keymap={"split": "z"})
    async with running(app) as (pilot, home):
        await press(app, pilot, "z")
        assert home.ladder.split


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 120])
async def test_the_footer_shows_what_matters_at_the_moment(width: int) -> None:
    def footer() -> str:
        return seen(app).splitlines()[-1]

    app = make_app()
    async with running(app, (width, 30)) as (pilot, home):
        assert "r replay" in footer()
        await press(app, pilot, "m")
        assert "' next mark" in footer()
        await press(app, pilot, "m", "enter")
        assert "esc back" in footer()
        assert "y copy" in footer()
        assert "e edit" in footer()
        assert "^p palette" in footer()
        await press(app, pilot, "escape")
        assert "r replay" in footer()
        app.set_keymap({"replay": "z"})
        await press(app, pilot, "enter", "escape")
        assert "z replay" in footer()
        assert home.moment() == "recorded"
    app = make_app(live=True)
    async with running(app, (width, 30)):
        assert "b break" in footer()


def test_the_footer_names_actions_that_there_are_and_no_more_than_eight() -> None:
    everywhere = {key.id for key in KEYS if key.pane == "everywhere"}
    for shown in keys.MOMENTS.values():
        assert set(shown) <= everywhere
        assert len(shown) < 8
