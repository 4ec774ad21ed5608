"""Look at what a trace needs, and say the cure for what is wrong: the port, the CA and which runtimes trust it, the
variables of the shell, and, of what you name, servers, this machine's clock against theirs, and the keys of a wallet
address.

✓ is as it should be, ✗ has to be mended, · can't be told from here or is good to know. The exit status is 1 if there is
a ✗."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from optrace.cli.arguments import port
from optrace.cli.doctor import machine, network, runtimes
from optrace.cli.doctor.line import Line
from optrace.cli.exit_codes import ExitCode
from optrace.cli.output import Output
from optrace.cli.places import confdir, sessions_directory
from optrace.core.errors import Usage

EPILOG = """
examples:
  optrace doctor
  optrace doctor https://ilp.interledger-test.dev/ -p 9090
  optrace doctor --wallet https://ilp.interledger-test.dev/alice --key private.key
"""

_MARKS = {True: ("✓", "good"), False: ("✗", "bad"), None: ("·", "dim")}


def configure(parser: ArgumentParser) -> None:
    """What to look at."""
    parser.add_argument("urls", nargs="*", metavar="URL", help="servers to reach, and to compare clocks with")
    parser.add_argument("-p", "--listen-port", type=port, default=8080, metavar="PORT", help="default: %(default)s")
    parser.add_argument("--wallet", metavar="WALLET_ADDRESS", help="your client's: its document and its keys")
    parser.add_argument("--key", type=Path, metavar="FILE", help="your private key: is its public half published?")
    parser.add_argument("--json", action="store_true", help="an array of the lines")


def run(args: Namespace, output: Output) -> int:
    """Print each line as soon as it is known."""
    if args.key and not args.wallet:
        raise Usage("--key needs --wallet", remedy="Say whose key it is: --wallet https://wallet.example/alice")
    lines = []
    for line in _lines(args):
        lines.append(line)
        if not args.json:
            _print(line, output)
    if args.json:
        output.say_json([asdict(line) for line in lines])
    return ExitCode.FINDINGS if any(line.ok is False for line in lines) else ExitCode.CLEAN


def _lines(args: Namespace) -> Iterator[Line]:
    yield machine.port(args.listen_port)
    authority = machine.authority(confdir())
    yield authority
    if authority.ok:
        yield from runtimes.runtimes(confdir(), sessions_directory(), os.environ)
    yield from machine.environment(os.environ)
    from optrace.net.probe import probe  # httpx is slow to import

    yield from network.servers(args.urls, probe)
    if args.wallet:
        yield from network.wallet(args.wallet, probe, _read(args.key) if args.key else None)


def _read(path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except OSError as error:
        raise Usage(f"{path} can't be read: {error.strerror}", remedy="Check the path.") from None


def _print(line: Line, output: Output) -> None:
    mark, style = _MARKS[line.ok]
    output.say(f"{output.style(mark, style)} {output.style(f'{line.about:<12}', 'strong')}{line.said}")
    if line.cure:
        output.say(f"{'':14}{output.style(line.cure, 'dim')}")
