"""Make a session of recordings in other formats: HAR of browsers and proxies, mitmproxy flow files, JSON lines, or
other sessions. Several files become one session, one after the other; their content says what they are, not their name.

What a format doesn't tell (header order in a HAR, who asked in it) stays unknown."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from optrace.cli.clock import utc_now
from optrace.cli.exit_codes import ExitCode
from optrace.cli.output import Output, Progress
from optrace.cli.version import versions
from optrace.core.errors import CannotStart, Usage
from optrace.core.text import safe
from optrace.store.sources import copy_events, open_source
from optrace.store.writer import SessionWriter

EPILOG = """
examples:
  optrace import browser.har -o session.optrace
  optrace import run-1.mitm run-2.mitm -o both.optrace
  optrace import exported.jsonl -o again.optrace
"""


def configure(parser: ArgumentParser) -> None:
    """The files and the session."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the session; must not exist")


def run(args: Namespace, output: Output) -> int:
    """Copy all events; what is damaged is copied as far as it can be read."""
    path: Path = args.output
    if path.exists():
        raise Usage(f"{path} exists already", remedy="Give another name: a session is never written over.")
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    info = {**versions(), "imported": ", ".join(Path(file).name for file in args.files)}
    try:
        with SessionWriter.create(unfinished, info=info, clock=utc_now) as writer:
            whole = [_copy(file, writer, output) for file in args.files]
            if writer.lost:
                raise CannotStart(f"{path} can't be written: {writer.trouble}", remedy="Make room and try again.")
        unfinished.rename(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return ExitCode.CLEAN if all(whole) else ExitCode.DAMAGED


def _copy(file: str, writer: SessionWriter, output: Output) -> bool:
    """Copy one recording; whether all of it could be read."""
    with Progress(output, f"reading {Path(file).name}") as progress:
        source = open_source(file, progress)
    try:
        with Progress(output, f"importing {source.name}") as progress:
            copy_events(source, writer, lambda done: progress(done, None))
        if source.damage:
            output.tell(safe(f"damaged: {source.name}: {source.damage}"))
        return source.damage is None
    finally:
        source.close()
