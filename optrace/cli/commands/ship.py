"""What sends a session that is recorded to a collector, as the process that `live` and `record` start."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from optrace.cli.load import add_key_arguments, given_keys
from optrace.cli.output import Output
from optrace.cli.shipping import headers_told, ship
from optrace.cli.version import versions
from optrace.net.collector import Collector, read_headers
from optrace.store.sources import open_source

EPILOG = ""


def configure(parser: ArgumentParser) -> None:
    """The session file and the collector."""
    parser.add_argument("session")
    parser.add_argument("url")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Send until the parent is gone."""
    source = open_source(args.session)
    try:
        with Collector(args.url, read_headers(headers_told())) as collector:
            ship(source, collector, versions(), given_keys(args))
    finally:
        source.close()
    return 0
