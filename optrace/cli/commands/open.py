"""Open a recording on the screen: a finished session, one that is still being recorded, a mitmproxy flow file, a HAR
or JSON lines. Several people may look at one live session at a time.

What `check`, `ls` or `ladder` have understood of a long session is kept in the cache: it opens at once, and little of
it is read, however long it is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from optrace.cli.exit_codes import ExitCode
from optrace.cli.kept import recall
from optrace.cli.load import add_key_arguments, given_keys
from optrace.cli.output import Output, Progress
from optrace.cli.screen import show
from optrace.store.sources import open_source

EPILOG = """
examples:
  optrace open session.optrace
  optrace open flows.mitm --jwks https://wallet.example/client=jwks.json
"""


def configure(parser: ArgumentParser) -> None:
    """The file and keys."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Show it until the user leaves."""
    with Progress(output, f"reading {args.file}") as progress:
        source = open_source(args.file, progress)
    kept = recall(args, args.file)
    try:
        hint = "This recording holds no exchange yet." if source.live else "This recording holds no exchange."
        show(
            source,
            keys=list(given_keys(args)),
            title="optrace",
            status=lambda: "",
            hint=hint,
            profile=args.profile,
            config=args.config,
            kept=kept,
        )
        return ExitCode.DAMAGED if source.damage else ExitCode.CLEAN
    finally:
        if kept is not None:
            kept.close()
        source.close()
