"""`optrace`: finds the command, reads its arguments, runs it, and turns errors into words and exit statuses."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import re
import sys
from collections.abc import Sequence
from tempfile import gettempdir

from optrace.cli.command import Command
from optrace.cli.commands import COMMANDS
from optrace.cli.config import COLORS, Config, read_config
from optrace.cli.exit_codes import ExitCode
from optrace.cli.output import Output
from optrace.core.errors import CannotStart, OptraceError, Usage

_DEFAULT = "live"
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_NEGATED = re.compile(r"-(?:[a-z]+[:<>!≠]|[@~\"'(])")  # a term of a filter that begins as an option does
_TAIL = """\
`optrace COMMAND --help` explains a command and shows examples.
Without a command: the live screen (`optrace live`).

Exit status: 0 clean, 1 findings, 2 wrong usage, 3 no matching traffic, 4 could not start, 5 damaged recording."""


def run() -> None:
    """The entry point of the `optrace` script."""
    gc.set_threshold(20_000, 20)  # imports and recordings make many objects, and nearly no rings of them
    status = main(sys.argv[1:])
    gc.freeze()  # Python would look through all of them once more before it leaves
    sys.exit(status)


def main(argv: Sequence[str]) -> int:
    """Run one command line; returns the exit status. Prints what went wrong, raises nothing of the user's making."""
    output = Output()
    try:
        try:
            status = _main(list(argv), output)
        except SystemExit as done:  # argparse has printed the help
            status = int(done.code or 0)
        sys.stdout.flush()
        return status
    except OptraceError as error:
        output.complain(error)
        return error.exit_code
    except BrokenPipeError:  # whoever read our output has seen enough
        _leave_output()
        return ExitCode.CLEAN
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _leave_output()
        where = f"Temporary files go to {gettempdir()}; TMPDIR names another place."
        output.complain(CannotStart("A disk is full", remedy=f"Make room, and try again. {where}"))
        return ExitCode.CANNOT_START
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _leave_output() -> None:
    """What is still to be written to standard output has nowhere to go: Python would complain of it at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _main(argv: list[str], output: Output) -> int:
    if argv and argv[0] in ("-h", "--help", "help"):
        print(overview())
        return ExitCode.CLEAN
    if argv and argv[0] in ("-V", "--version"):
        argv[0] = "version"
    name = argv.pop(0) if argv and not argv[0].startswith("-") else _DEFAULT
    command = COMMANDS[name]
    parser = parser_of(command, read_config())
    if any(action.dest == "filter" for action in parser._actions):
        argv = [f"!{word[1:]}" if _NEGATED.match(word) else word for word in argv]
    rest = any(action.nargs == argparse.REMAINDER for action in parser._actions)
    args = parser.parse_args(argv) if rest else parser.parse_intermixed_args(argv)  # options after a filter, too
    output.color, output.quiet, output.verbose = args.color, args.quiet, args.verbose
    return command.implementation.run(args, output)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        raise Usage(
            message[:1].upper() + message[1:],
            remedy=f"{self.format_usage().strip()}\n       {self.prog} --help explains it.",
        )


def parser_of(command: Command, config: Config | None = None) -> argparse.ArgumentParser:
    """The argument parser of a command, with its help; the settings are its defaults, and `args.config`."""
    implementation = command.implementation
    parser = _Parser(
        prog=f"optrace {command.name}",
        description=(implementation.__doc__ or command.summary).strip(),
        epilog=implementation.EPILOG.strip() or None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    implementation.configure(parser)
    config = config or Config()
    parser.set_defaults(config=config)
    if parser.get_default("profile"):
        parser.set_defaults(profile=config.profile)
    common = parser.add_argument_group("common")
    common.add_argument(
        "--color",
        choices=COLORS,
        default=config.color,
        help="auto: on a terminal, unless NO_COLOR is set (default: %(default)s)",
    )
    common.add_argument("-q", "--quiet", action="store_true", help="no talk on standard error")
    common.add_argument("-v", "--verbose", action="store_true", help="more talk")
    return parser


def overview() -> str:
    """All commands, as `optrace --help` prints them."""
    lines = ["optrace: tracing proxy and debugger for Open Payments", "", "Usage: optrace [COMMAND] [ARGUMENTS]"]
    group, width = "", max(len(command.name) for command in COMMANDS if not command.hidden)
    for command in COMMANDS:
        if command.hidden:
            continue
        if command.group != group:
            group = command.group
            lines += ["", group]
        lines.append(f"  {command.name:<{width}} {command.arguments:<35} {command.summary}")
    return "\n".join([*lines, "", _TAIL])
