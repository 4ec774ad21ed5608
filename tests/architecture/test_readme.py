"""What the README tells to type can be typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from optrace.cli.commands import COMMANDS
from optrace.core.errors import Usage
from tests.architecture.command_lines import command_lines, parse

README = Path(__file__).parents[2] / "README.md"


def blocks(text: str) -> list[str]:
    """The fenced and the indented code blocks of a Markdown text, and its inline code."""
    fenced = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.M | re.S)
    without = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    indented = re.findall(r"(?:^(?: {4}|\t)[^\n]*\n?)+", without, re.M)
    inline = re.findall(r"`(optrace [a-z][^`\n]*)`", without)
    return [*fenced, *indented, *inline]


def readme() -> str:
    if not README.exists():
        pytest.skip("there is no README yet")
    return README.read_text()


def test_each_command_line_parses() -> None:
    lines = [line for block in blocks(readme()) for line in command_lines(block)]
    assert lines
    for line in lines:
        if re.fullmatch(r"optrace [a-z]+", line):  # its name is mentioned
            assert line.removeprefix("optrace ") in COMMANDS, line
        elif "..." not in line:
            parse(line)


def test_a_wrong_line_is_found() -> None:
    """The test above can fail."""
    text = "$ optrace chek s.optrace\noptrace check s.optrace --no-such\nNO_COLOR=1 optrace ls f.optrace | head\n"
    wrong, worse, right = command_lines(text)
    with pytest.raises(Usage):
        parse(wrong)
    with pytest.raises(Usage):
        parse(worse)
    assert parse(right).file == "f.optrace"


def test_code_is_found_in_all_its_forms() -> None:
    text = "Run `optrace check F`.\n\n    optrace ls F\n\n```sh\noptrace demo\n```\n"
    assert sorted(line for block in blocks(text) for line in command_lines(block)) == [
        "optrace check F",
        "optrace demo",
        "optrace ls F",
    ]
