"""Jump labels, the palette, help for the focused pane, keymaps."""

from __future__ import annotations

import pytest

from optrace.core.errors import Usage
from optrace.tui import keys
from optrace.tui.app import OptraceApp
from optrace.tui.screens.help import HelpScreen, help_lines
from optrace.tui.screens.jump import JumpScreen, labels, targets_of
from optrace.tui.screens.payments import PaymentsScreen
from optrace.tui.widgets.lines import plain_text
from tests.tui.fakes import two_payments
from tests.tui.test_keys import make_app, press, running, seen


def label_at(app: OptraceApp, x: int, y: int) -> str:
    """The label that was put on a place of the screen."""
    screen = app.screen
    assert isinstance(screen, JumpScreen)
    return next(label for label, target in screen._targets.items() if target.place == (x, y))


@pytest.mark.slow
async def test_a_label_leads_to_a_row_a_tab_and_a_button() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        top = home.ladder.content_region.y
        await press(app, pilot, "ctrl+o")
        assert "sender · alice.example" in seen(app)  # the screen can be seen behind the labels
        await press(app, pilot, *label_at(app, 0, top + 6))
        assert app.screen is home
        assert home.ladder.selected == 7
        await press(app, pilot, "ctrl+o")
        start = home.detail.head._places[2][0]
        await press(app, pilot, *label_at(app, start, home.detail.head.region.y))
        assert home.detail.tab == 2
        await press(app, pilot, "ctrl+o", *("escape",))
        assert app.screen is home
        await press(app, pilot, "ctrl+o")
        await press(app, pilot, *label_at(app, 0, app.size.height - 1))
        assert isinstance(app.screen, HelpScreen)


@pytest.mark.slow
async def test_labels_on_payments() -> None:
    steps, payments = two_payments()
    app = make_app(steps, payments)
    async with running(app) as (pilot, home):
        await press(app, pilot, "p")
        assert isinstance(app.screen, PaymentsScreen)
        top = app.screen.list.content_region.y
        await press(app, pilot, "ctrl+o", *("s" if len(targets_of(app.screen_stack[-1])) <= 26 else "as"))
        assert top
        assert app.screen is home
        assert home.ladder.view.payment == 2


@pytest.mark.parametrize("count", [0, 1, 26, 27, 200])
def test_no_label_is_the_beginning_of_another(count: int) -> None:
    found = labels(count)
    assert len(set(found)) == count
    assert len({len(label) for label in found}) <= 1


async def test_typing_the_first_letter_narrows_the_labels_down() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "ctrl+o")
        label = label_at(app, 0, home.ladder.content_region.y)
        assert len(label) == 2
        await press(app, pilot, label[0])
        assert isinstance(app.screen, JumpScreen)
        await press(app, pilot, "!")
        assert app.screen is home


@pytest.mark.slow
async def test_every_command_of_the_palette_runs() -> None:
    app = make_app()
    app.exit = lambda *_, **__: None  # type: ignore[method-assign]
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for title in [command.title for command in app.get_system_commands(app.screen)]:
            command = next(one for one in app.get_system_commands(app.screen) if one.title == title)
            result = command.callback()
            if hasattr(result, "__await__"):
                await result
            await pilot.pause()
            while app.screen is not app.home:
                app.pop_screen()
                await pilot.pause()


@pytest.mark.slow
async def test_themes_and_profiles_are_commands() -> None:
    app = make_app()
    async with running(app) as (pilot, home):
        await press(app, pilot, "ctrl+p", *"theme: light", "enter")
        assert app.theme == "optrace-light"
        await press(app, pilot, "ctrl+p", *"profile: rafiki", "enter")
        assert home.profile == "rafiki"


@pytest.mark.slow
async def test_help_begins_with_the_focused_pane_on_every_screen() -> None:
    app = make_app()
    async with running(app) as (pilot, _):
        for opens, first in ((), "In the ladder"), (("tab",), "In the message"), (("p",), "In a list"):
            await press(app, pilot, *opens, "question_mark")
            assert isinstance(app.screen, HelpScreen)
            assert seen(app).index(first) < seen(app).index("Everywhere")
            await press(app, pilot, "escape")


def test_help_names_the_keys_that_are_on() -> None:
    text = plain_text(help_lines("ladder", {"split": "ctrl+s,x"}))
    assert "  ^s x    request and response as two arrows" in text


@pytest.mark.parametrize("name", list(keys.KEYMAPS))
def test_no_keymap_clashes(name: str) -> None:
    keys.keymap_of(name, {})


def test_wrong_keymaps_are_refused_with_both_names() -> None:
    with pytest.raises(Usage, match="wanted by both next and down"):
        keys.keymap_of("vim", {"down": "n"})
    with pytest.raises(Usage, match="no keymap called arows") as error:
        keys.keymap_of("arows", {})
    assert "arrows" in error.value.remedy
    with pytest.raises(Usage, match="no action called splt") as error:
        keys.keymap_of("", {"splt": "x"})
    assert "split" in error.value.remedy


@pytest.mark.slow
async def test_the_keys_of_sngrep() -> None:
    steps = make_app().bridge.source.steps  # type: ignore[attr-defined]
    app = make_app(steps)
    app.own_keys = keys.keymap_of("sngrep", {})
    async with running(app) as (pilot, home):
        await press(app, pilot, "x")
        assert home.ladder.split
        await press(app, pilot, "h")
        assert isinstance(app.screen, HelpScreen)
        assert "h f1 ?" in seen(app)
