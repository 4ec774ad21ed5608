"""The recording proxy, as the process that the other commands start."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from optrace.capture.process import serve_child
from optrace.cli.output import Output
from optrace.cli.recorder import add_proxy_arguments, proxy_options, recording

EPILOG = ""


def configure(parser: ArgumentParser) -> None:
    """The session file and the proxy's options."""
    parser.add_argument("session", type=Path)
    parser.add_argument("--offline", action="store_true")
    add_proxy_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Serve until the parent is gone."""
    options = proxy_options(args)
    return serve_child(options, lambda trouble: recording(args.session, options, offline=args.offline, trouble=trouble))
