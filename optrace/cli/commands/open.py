"""Open a recording on the screen: a finished session, one that is still being recorded, a mitmproxy flow file, a HAR
or JSON lines. Several people may look at one live session at a time.

With --play a finished recording runs in its own time: messages appear as they did, and nothing is known before it was;
space pauses, . goes to the next message, [ and ] go back and on. Gaps of more than two seconds are shortened to two.

What was understood of a long session, by `check`, `ls`, `ladder` or here, is kept in the cache: the next time it opens
at once, and little of it is read, however long it is."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from optrace.cli.exit_codes import ExitCode
from optrace.cli.kept import keeping, recall, state_before
from optrace.cli.load import add_key_arguments, given_keys
from optrace.cli.output import Output, Progress
from optrace.cli.played import played, speed
from optrace.cli.screen import need_a_terminal, show
from optrace.core.errors import Usage
from optrace.store.sources import open_source

EPILOG = """
examples:
  optrace open session.optrace
  optrace open session.optrace --play
  optrace open session.optrace --play --speed 4x
  optrace open flows.mitm --jwks https://wallet.example/client=jwks.json
"""


def configure(parser: ArgumentParser) -> None:
    """The file and keys."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    parser.add_argument("--play", action="store_true", help="run it in its own time")
    parser.add_argument(
        "--speed", type=speed, metavar="N", help="how fast to play it, such as 4x or 0.5x (default: 1x)"
    )
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Show it until the user leaves."""
    if args.speed is not None and not args.play:
        raise Usage("--speed says how fast to play", remedy="optrace open FILE --play --speed 4x")
    if args.play:
        need_a_terminal()  # before it is read
    keys, path = list(given_keys(args)), Path(args.file)
    state = state_before(args, args.file)
    with Progress(output, f"reading {args.file}") as progress:
        source = open_source(args.file, progress)
        play = played(source, keys, args.speed or 1.0, progress) if args.play else None
    kept = None if args.play else recall(args, args.file)
    try:
        hint = "This recording holds no exchange yet." if source.live else "This recording holds no exchange."
        show(
            source,
            keys=keys,
            title="optrace",
            status=lambda: "",
            hint=hint,
            profile=args.profile,
            config=args.config,
            kept=kept,
            play=play,
            on_read=lambda trace: keeping(source, trace, path, state),
        )
        return ExitCode.DAMAGED if source.damage else ExitCode.CLEAN
    finally:
        if kept is not None:
            kept.close()
        source.close()
