"""The screen of `optrace open` in a browser on this machine. Prints an address that opens it once; the browser that
used it may reload it. Only the loopback interface is listened on, and the page loads nothing from elsewhere."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import add_key_arguments
from optrace.cli.output import Output
from optrace.store.sources import open_source

EPILOG = """
examples:
  optrace web session.optrace
  optrace web session.optrace --port 8222
"""


def configure(parser: ArgumentParser) -> None:
    """The file, the port, keys."""
    parser.add_argument("file", metavar="FILE", help="a recording; a live one is followed")
    parser.add_argument("--port", type=int, default=0, help="where the page is (default: a free one)")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Serve it until Ctrl-C."""
    open_source(args.file).close()  # what can't be opened is said here, not in the browser
    from optrace.tui.web import Page  # aiohttp and Textual are slow to import

    page = Page(command(args), port=args.port, title=f"optrace {Path(args.file).name}")
    output.say(page.address)
    output.out.flush()
    output.tell("Open it in a browser on this machine; it works once. Ctrl-C ends it.")
    page.run()
    return ExitCode.CLEAN


def command(args: Namespace) -> list[str]:
    """The command line whose screen is served."""
    words = [sys.executable, "-m", "optrace", "open", str(Path(args.file).absolute()), "--profile", args.profile]
    words += [word for key in args.key for word in ("--key", key)]
    words += [word for jwks in args.jwks for word in ("--jwks", jwks)]
    return [*words, "--offline"] if args.offline else words
