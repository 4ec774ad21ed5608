"""Record what passes by, without a screen: a line for each exchange as it ends, and a session file to open later.

A request is in the file before it is forwarded, so nothing that left is lost, even if the machine goes down. The
traffic is never altered."""

from __future__ import annotations

import re
import signal
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from optrace.cli.clock import utc_now
from optrace.cli.exit_codes import ExitCode
from optrace.cli.faults import faults_on
from optrace.cli.follow import Follower
from optrace.cli.output import Output
from optrace.cli.places import new_session
from optrace.cli.recorder import add_proxy_arguments, start_proxy
from optrace.cli.report import count
from optrace.cli.shipping import add_otlp_argument, shipping
from optrace.store.sources import open_source

EPILOG = """
examples:
  optrace record
  optrace record -o payment.optrace --for 5m
  optrace record --otlp http://localhost:4318
  optrace record -p 0 -m reverse:https://auth.wallet.example
"""

_UNITS = {"s": 1, "m": 60, "h": 3600}


def seconds(text: str) -> float:
    """`90`, `90s`, `5m` or `1h` as seconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", text)
    if match is None:
        raise ArgumentTypeError(f"{text} is no duration; write 90s, 5m or 1h")
    return float(match[1]) * _UNITS[match[2] or "s"]


def configure(parser: ArgumentParser) -> None:
    """Where to record, and for how long."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the session file; must not exist yet")
    parser.add_argument("--for", type=seconds, dest="duration", metavar="TIME", help="stop after 90s, 5m, 1h")
    parser.add_argument("--offline", action="store_true", help="never fetch a client's keys")
    add_otlp_argument(parser)
    add_proxy_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Record until the time is over or Ctrl-C."""
    path = args.output or new_session(utc_now())
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    until = time.monotonic() + args.duration if args.duration else float("inf")
    with shipping(args, path, output) as ship, start_proxy(args, path) as proxy:
        ship()
        output.tell(f"listening on {proxy.url}, recording to {path}; Ctrl-C stops")
        if faults := faults_on(args):
            output.tell(faults)
        source = open_source(path)
        follower = Follower(source, output)
        follower.until(lambda: stop.is_set() or time.monotonic() > until or proxy.exit_code is not None)
    follower.until(lambda: True)
    source.close()
    output.tell(f"{count(len(follower.trace), 'exchange')} in {path}")
    return ExitCode.CLEAN if len(follower.trace) else ExitCode.NO_TRAFFIC
