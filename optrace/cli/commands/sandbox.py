"""Two complete ASEs on this machine, to build and test a client against: wallet addresses, authorization servers with
consent pages that a person can click in a browser, resource servers. They verify signatures and tokens for real and
answer as Rafiki does. Money is play money; everything is forgotten at the end."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from datetime import timedelta
from pathlib import Path

from optrace.cli.arguments import first_of_eleven
from optrace.cli.exit_codes import ExitCode
from optrace.cli.faults import add_fault_arguments, catalogue, fault_orders
from optrace.cli.output import Output
from optrace.cli.places import sessions_directory

EPILOG = """
examples:
  optrace sandbox
  optrace sandbox --auto-consent 0 --json
  optrace sandbox --via http://127.0.0.1:8080     the servers' own calls pass the proxy, too
  optrace sandbox --fault expired-token --fault slow=8@quote_create
  optrace sandbox --faults                        what else can go wrong
"""


def configure(parser: ArgumentParser) -> None:
    """Ports, consent, TLS."""
    parser.add_argument(
        "--port", type=first_of_eleven, default=0, metavar="PORT", help="first of eleven in a row; 0: any free ones"
    )
    parser.add_argument(
        "--auto-consent", type=float, metavar="SECONDS", help="the identity provider says yes by itself"
    )
    parser.add_argument(
        "--wait", type=int, default=5, metavar="SECONDS", help="before a grant may be continued (default: %(default)s)"
    )
    parser.add_argument(
        "--via", metavar="PROXY", help="send the servers' own calls (introspection, keys) through a proxy"
    )
    parser.add_argument("--certificate", type=Path, metavar="FILE", help="PEM; with --private-key, everything is https")
    parser.add_argument("--private-key", type=Path, metavar="FILE", help="PEM; the certificate's key")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="PEM file of the CAs that the servers trust")
    parser.add_argument("--key-dir", type=Path, metavar="DIR", help="where the client's private key is written")
    add_fault_arguments(parser)
    parser.add_argument("--faults", action="store_true", help="list the faults and what each is diagnosed as")
    parser.add_argument("--json", action="store_true", help="print the addresses as one JSON line")


def run(args: Namespace, output: Output) -> int:
    """Serve until Ctrl-C."""
    if args.faults:
        output.say(catalogue().rstrip("\n"))
        return ExitCode.CLEAN
    return asyncio.run(_serve(args, output))


async def _serve(args: Namespace, output: Output) -> int:
    from optrace.cli.sandbox import config, serve, stopped_by_signals
    from optrace.net.fetch import fetcher
    from optrace.sandbox.serve import Sandbox

    stop = stopped_by_signals()
    settings = config(
        first_port=args.port,
        auto_consent=None if args.auto_consent is None else timedelta(seconds=args.auto_consent),
        wait=timedelta(seconds=args.wait),
        certificate=args.certificate,
        private_key=args.private_key,
        key_dir=args.key_dir or sessions_directory(),
        faults=fault_orders(args),
    )
    async with fetcher(proxy=args.via, ca=args.ca) as fetch:
        await serve(Sandbox(settings, fetch=fetch), stop, args, output)
    return ExitCode.CLEAN
