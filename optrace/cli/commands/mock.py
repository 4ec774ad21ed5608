"""The ASE of a recording comes alive, to build and test a client against: it verifies the client's signatures, answers
its fresh nonces with hashes that fit, issues tokens, and enforces rights, limits, waits and expiries. Accounts, assets,
prices and times are the recording's; the rules are the sandbox's, which are Rafiki's.

What the recording doesn't have is answered with the closest recorded step and what was otherwise there; standard error
tells the same, also when something is refused that was once accepted.

With one side only, the other is somebody else's: what is sent to it arrives, what is asked for comes after a while."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from optrace.cli.arguments import first_of_eleven
from optrace.cli.exit_codes import ExitCode
from optrace.cli.faults import add_fault_arguments, fault_orders
from optrace.cli.load import add_key_arguments, given_keys, loaded
from optrace.cli.output import Output
from optrace.cli.places import sessions_directory

EPILOG = """
examples:
  optrace mock session.optrace --as both
  optrace mock wallet.mitm --as recipient --on-miss 404
  optrace mock session.optrace --as sender --auto-consent 0 --fault expired-token
"""


def configure(parser: ArgumentParser) -> None:
    """The recording, the side, and what the sandbox takes too."""
    parser.add_argument("file", metavar="FILE", help="a recording with a payment in it")
    parser.add_argument(
        "--as", dest="side", choices=("sender", "recipient", "both"), required=True, help="whose ASE is to answer"
    )
    parser.add_argument(
        "--on-miss",
        choices=("explain", "404", "forward"),
        default="explain",
        help="what isn't in the recording: say what is closest (404 with JSON), a bare 404, or ask the recorded host,"
        " which no signed call survives unless the client signs that host's URL (default: %(default)s)",
    )
    parser.add_argument(
        "--port", type=first_of_eleven, default=0, metavar="PORT", help="first of eleven in a row; 0: any free ones"
    )
    parser.add_argument(
        "--auto-consent", type=float, metavar="SECONDS", help="the identity provider says yes by itself"
    )
    parser.add_argument(
        "--wait", type=int, metavar="SECONDS", help="before a grant may be continued, instead of the recorded wait"
    )
    parser.add_argument("--via", metavar="PROXY", help="send the servers' own calls through a proxy")
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="PEM; with --private-key, everything is https")
    parser.add_argument("--private-key", type=Path, metavar="FILE", help="PEM; the certificate's key")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="PEM file of the CAs that the servers trust")
    parser.add_argument("--key-dir", type=Path, metavar="DIR", help="where the mock client's private key is written")
    add_fault_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the addresses as one JSON line")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Answer until Ctrl-C."""
    return asyncio.run(_serve(args, output))


async def _serve(args: Namespace, output: Output) -> int:
    from optrace.cli.sandbox import config, serve, stopped_by_signals
    from optrace.core.urls import canonical
    from optrace.net.fetch import fetcher
    from optrace.sandbox.config import Side
    from optrace.sandbox.mock import mock_config, mock_of
    from optrace.sandbox.recalled import OnMiss
    from optrace.sandbox.recollection import recollect

    stop = stopped_by_signals()
    orders = fault_orders(args)
    with loaded(args, args.file, output, rules=False) as found:
        recollection = recollect(found.trace)
    given = {f"{canonical(key.wallet_address)}/jwks.json": key.document or b"" for key in given_keys(args)}
    recollection = replace(recollection, documents={**recollection.documents, **given})
    sides = tuple(Side) if args.side == "both" else (Side(args.side),)
    base = config(
        first_port=args.port,
        auto_consent=None if args.auto_consent is None else timedelta(seconds=args.auto_consent),
        wait=timedelta(0),
        certificate=args.certificate,
        private_key=args.private_key,
        key_dir=args.key_dir or sessions_directory(),
        faults=orders,
    )
    settings = mock_config(recollection, sides, base)
    if args.wait is not None:
        settings = replace(settings, timing=replace(settings.timing, wait=timedelta(seconds=args.wait)))
    async with fetcher(proxy=args.via, ca=args.ca) as fetch:
        mock = mock_of(recollection, settings, fetch=fetch, on_miss=OnMiss(args.on_miss), tell=output.tell)
        await serve(mock, stop, args, output)
    return ExitCode.CLEAN
