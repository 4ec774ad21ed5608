"""The live screen: a proxy, a recording, and the sequence diagram that grows as the client works.

Point a client at the proxy (the empty screen shows how), or start it with `optrace run`. Leaving the screen stops the
proxy; the session stays on disk."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from optrace.capture.process import ProxyProcess
from optrace.cli.clock import utc_now
from optrace.cli.exit_codes import ExitCode
from optrace.cli.faults import faults_on
from optrace.cli.hints import pointing_here
from optrace.cli.load import add_key_arguments, given_keys
from optrace.cli.output import Output
from optrace.cli.places import new_session
from optrace.cli.recorder import add_proxy_arguments, start_proxy
from optrace.cli.report import count
from optrace.cli.screen import need_a_terminal, show
from optrace.cli.shipping import add_otlp_argument, shipping
from optrace.session.breakpoints import read_breakpoint
from optrace.store.sources import open_source

EPILOG = """
examples:
  optrace live
  optrace live -p 9090 -w payment.optrace
  optrace live --otlp http://localhost:4318
  optrace live --break outgoing_payment_create --break grant_continue:response
  optrace live --key https://wallet.example/client=client.pem
"""


def configure(parser: ArgumentParser) -> None:
    """Where to record, keys, and the proxy."""
    parser.add_argument("-w", "--write", type=Path, metavar="FILE", help="the session file; must not exist yet")
    parser.add_argument(
        "--break",
        action="append",
        default=[],
        dest="stops",
        metavar="OPERATION[:response]",
        help="let such requests, or the answers to them, wait in the proxy from the start, such as quote_create;"
        " repeatable. Later `b` sets and clears breakpoints on the screen",
    )
    add_otlp_argument(parser)
    add_key_arguments(parser)
    add_proxy_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Show it until the user leaves."""
    need_a_terminal()
    keys = list(given_keys(args))
    stops = [read_breakpoint(text) for text in args.stops]
    path = args.write or new_session(utc_now())
    with shipping(args, path, output) as ship, start_proxy(args, path) as proxy:
        ship()
        source = open_source(path)
        try:
            show(
                source,
                keys=keys,
                title="optrace",
                status=Status(proxy, path, faults_on(args)),
                hint=pointing_here(proxy.port),
                profile=args.profile,
                config=args.config,
                breakpoints=stops,
            )
            recorded = source.total or 0
        finally:
            source.close()
    if faults := faults_on(args):
        output.tell(f"{faults}; what was changed is marked")
    if recorded or args.write:
        output.tell(f"{count(recorded, 'exchange')} in {path}   (optrace open {path})")
    else:
        path.unlink(missing_ok=True)  # nothing passed by, and nobody named the file
    return ExitCode.CLEAN


class Status:
    """The truth for the status line: where the proxy listens, and what isn't recorded."""

    def __init__(self, proxy: ProxyProcess, path: Path, faults: str = "") -> None:
        self._proxy = proxy
        self._faults = faults  # what is changed on purpose
        self._path = path
        self._trouble: str | None = None

    def __call__(self) -> str:
        """In a few words."""
        proxy = self._proxy
        for trouble in proxy.troubles():
            self._trouble = trouble
        if proxy.exit_code is not None:
            return "PROXY STOPPED"
        if self._trouble:
            return f"NOT RECORDING: {self._trouble}"
        where = f"{proxy.host}:{proxy.port} → {self._path.name}"
        return f"{self._faults}  {where}" if self._faults else where
