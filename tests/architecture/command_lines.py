"""The command lines of prose: what a reader would type, held against the commands that there are."""

from __future__ import annotations

import re
import shlex
from argparse import REMAINDER, Namespace
from collections.abc import Iterator

from optrace.cli.commands import COMMANDS
from optrace.cli.main import parser_of

_ENDS = {"|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1"}


def command_lines(text: str) -> Iterator[str]:
    """Each `optrace ...` that stands at the start of a line, after a prompt, variables, or `$(`."""
    for line in text.replace("\\\n", " ").splitlines():
        found = re.search(r"(?:^|\$\()\s*(?:\$ )?(?:[A-Z_]+=\S* )*(optrace(?: [^)]*)?)$", line.strip()) or re.search(
            r"\$\((optrace [^)]*)\)", line
        )
        if found:
            yield re.split(r"   +", found[1])[0]  # what comes after a gap explains it


def parse(line: str) -> Namespace:
    """Read a command line as `optrace` does. Raises Usage if it can't be."""
    words = []
    for word in shlex.split(line, comments=True):
        if word in _ENDS:
            break
        words.append(word)
    assert words[0] == "optrace"
    name = words[1] if len(words) > 1 and not words[1].startswith("-") else "live"
    if {"--help", "--version", "help"} & set(words[1:2]):
        return Namespace()
    parser = parser_of(COMMANDS[name])
    rest = any(action.nargs == REMAINDER for action in parser._actions)
    arguments = words[2:] if len(words) > 1 and words[1] == name else words[1:]
    if arguments in (["--help"], ["--schema"]):
        return Namespace()
    return parser.parse_args(arguments) if rest else parser.parse_intermixed_args(arguments)
