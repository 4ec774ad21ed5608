"""Help: every command explains itself and shows examples that work."""

from __future__ import annotations

import pytest

from optrace.cli.commands import COMMANDS
from optrace.cli.main import parser_of
from tests.architecture.command_lines import command_lines, parse
from tests.cli.conftest import Run

VISIBLE = [command.name for command in COMMANDS if not command.hidden]
NOTHING_TO_SHOW = {"version"}


@pytest.mark.parametrize("name", [*VISIBLE, "_proxy"])
def test_each_command_explains_itself(name: str, optrace: Run) -> None:
    done = optrace(name, "--help")
    assert done.status == 0
    assert done.err == ""
    assert done.out.startswith(f"usage: optrace {name}")
    assert "--color" in done.out


@pytest.mark.parametrize("name", sorted({*VISIBLE} - NOTHING_TO_SHOW))
def test_each_command_has_examples_that_parse(name: str) -> None:
    examples = list(command_lines(COMMANDS[name].implementation.EPILOG))
    assert any(f"optrace {name}" in example for example in examples)
    for example in examples:
        parse(example)


@pytest.mark.parametrize("name", VISIBLE)
def test_each_option_is_explained(name: str) -> None:
    for action in parser_of(COMMANDS[name])._actions:
        assert action.help or not action.option_strings, action.option_strings


@pytest.mark.parametrize("words", [("--help",), ("-h",), ("help",)])
def test_the_overview_lists_every_command(words: tuple[str, ...], optrace: Run) -> None:
    done = optrace(*words)
    assert done.status == 0
    for command in COMMANDS:
        assert (f"\n  {command.name} " in done.out) is not command.hidden
        assert command.hidden or command.summary in done.out
    assert max(map(len, done.out.splitlines())) <= 120


@pytest.mark.parametrize(("typed", "meant"), [("chek", "check"), ("laddr", "ladder"), ("recrod", "record")])
def test_an_unknown_command_gets_the_nearest_one(typed: str, meant: str, optrace: Run) -> None:
    done = optrace(typed)
    assert (done.status, done.out) == (2, "")
    assert f"There is no command called {typed}" in done.err
    assert f"Did you mean {meant}?" in done.err


def test_version(optrace: Run) -> None:
    assert optrace("--version").out == optrace("-V").out == optrace("version").out
    assert optrace("version").out.startswith("optrace ")
