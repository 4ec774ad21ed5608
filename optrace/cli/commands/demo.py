"""Watch a complete Open Payments payment: a sandbox with two ASEs, a client that pays from one to the other, and this
proxy between them, which draws, decodes and verifies every exchange as it happens. Needs no network and no account.

Without a terminal it does the same and prints the diagram and the verdicts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optrace.capture.environment import proxy_environment
from optrace.capture.process import ProxyProcess
from optrace.cli.clock import utc_now
from optrace.cli.exit_codes import ExitCode
from optrace.cli.faults import add_fault_arguments, fault_orders
from optrace.cli.follow import Follower
from optrace.cli.output import Output
from optrace.cli.places import new_session
from optrace.cli.recorder import start_proxy
from optrace.cli.report import text
from optrace.cli.screen import show
from optrace.core.errors import CannotStart
from optrace.core.findings import PROFILES
from optrace.faults.order import Order
from optrace.session.steps import DEFAULT_PROFILE
from optrace.store.sources import open_source

EPILOG = """
examples:
  optrace demo
  optrace demo --browser        consent in your own browser
  optrace demo --reject         the user says no
  optrace demo --fault wrong-hash --fault slow=2@quote_create
"""

_SETTLE = 1.0  # seconds that the screen stands empty before the client starts
_WAIT = 1  # seconds before a grant may be continued; Rafiki's five are long to watch


def configure(parser: ArgumentParser) -> None:
    """What happens at the consent page."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="keep the session in this file")
    parser.add_argument("--browser", action="store_true", help="open the consent page in your browser and wait")
    parser.add_argument("--reject", action="store_true", help="say no at the consent page")
    parser.add_argument(
        "--pace", type=float, default=None, metavar="SECONDS", help="pause before each step of the client"
    )
    parser.add_argument("--profile", choices=PROFILES, default=DEFAULT_PROFILE, help="default: %(default)s")
    add_fault_arguments(parser)
    parser.set_defaults(
        listen_host="127.0.0.1", listen_port=0, mode="regular", upstream_ca=None, ignore_hosts=[], offline=True
    )


def run(args: Namespace, output: Output) -> int:
    """Show the payment, or print it."""
    on_screen = sys.stdin.isatty() and sys.stdout.isatty()
    pace = args.pace if args.pace is not None else (0.35 if on_screen else 0.0)
    path = args.output or new_session(utc_now())
    output.tell("starting two ASEs and the proxy …")
    orders = fault_orders(args)
    with start_proxy(args, path) as proxy, _sandbox(proxy, orders) as addresses:
        client = _Client(args, proxy, addresses, pace, path.with_suffix(".client.log"))
        try:
            status = _on_screen(args, path, proxy, client) if on_screen else _printed(args, path, client, output)
        finally:
            client.stop()
    output.tell(f"the session is in {path}   (optrace open {path})")
    return status


def _on_screen(args: Namespace, path: Path, proxy: ProxyProcess, client: _Client) -> int:
    source = open_source(path)
    threading.Timer(_SETTLE, client.start).start()
    try:
        show(
            source,
            keys=[],
            title="optrace",
            status=lambda: _status(args, proxy),
            hint="Two banks stand on this machine.\nIn a second, Alice pays Bob at the Demo Shop.",
            profile=args.profile,
            config=args.config,
        )
    finally:
        source.close()
    return ExitCode.CLEAN


def _status(args: Namespace, proxy: ProxyProcess) -> str:
    if proxy.exit_code is not None:
        return "PROXY STOPPED"
    faults = f"FAULTS IN THE SANDBOX: {', '.join(args.fault)}  " if args.fault else ""
    return f"{faults}{proxy.host}:{proxy.port}"


def _printed(args: Namespace, path: Path, client: _Client, output: Output) -> int:
    from optrace.cli.load import Loaded
    from optrace.diagram.layout import Diagram
    from optrace.diagram.paint import ladder_text

    source = open_source(path)
    follower = Follower(source, None, args.profile)
    client.start()
    follower.until(client.ended)
    follower.trace.finish()
    trace = follower.trace
    steps = [trace.step(n) for n in range(1, len(trace) + 1) if trace.has(n)]
    output.say(ladder_text(steps, 120, diagram=Diagram(hosts=trace.lane_hosts), profile=args.profile).rstrip("\n"))
    for line in text(Loaded(source, trace), steps, output, args.profile):
        output.say(line)
    source.close()
    if client.status:
        output.tell(f"the client failed:\n{client.log()}")
    return ExitCode.FINDINGS if client.status else ExitCode.CLEAN


class _Client:
    """The sample client, paying through the proxy."""

    def __init__(self, args: Namespace, proxy: ProxyProcess, addresses: dict[str, str], pace: float, log: Path) -> None:
        words = [sys.executable, str(_sample()), "--sender", addresses["sender"], "--recipient", addresses["recipient"]]
        words += ["--client", addresses["client"], "--key", addresses["key"], "--key-id", addresses["key_id"]]
        words += ["--amount", "1000", "--pace", str(pace)]
        words += ["--browser"] if args.browser else ["--reject"] if args.reject else []
        self._words = words
        self._environment = proxy_environment(proxy.url, None, os.environ)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._rejects = bool(args.reject)

    def start(self) -> None:
        """Begin to pay."""
        if self._stopped:
            return
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._words, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def ended(self) -> bool:
        """Whether the client is through."""
        return self._process is not None and self._process.poll() is not None

    @property
    def status(self) -> int:
        """Not 0 if the payment failed against what was asked for."""
        code = self._process.returncode if self._process else 0
        return 0 if self._rejects else code or 0

    def log(self) -> str:
        """What the client printed."""
        return self._log.read_text("utf-8", "replace")

    def stop(self) -> None:
        """End it if it still runs, and clear its log away."""
        self._stopped = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(5)
        self._log.unlink(missing_ok=True)


def _sample() -> Path:
    """The sample client: in the source tree, or where the wheel put it."""
    import optrace

    tree = Path(optrace.__file__).parent.parent / "samples" / "pay.py"
    installed = Path(sys.prefix) / "share" / "optrace" / "samples" / "pay.py"
    for path in (tree, installed):
        if path.exists():
            return path
    raise CannotStart(
        "The sample client isn't installed", remedy="Reinstall optrace, or run the demo in its source tree."
    )


@contextmanager
def _sandbox(proxy: ProxyProcess, orders: tuple[Order, ...]) -> Iterator[dict[str, str]]:
    """The sandbox in a process of its own, whose servers call each other through the proxy."""
    words = [sys.executable, "-m", "optrace", "sandbox", "--json", "--wait", str(_WAIT), "--via", proxy.url]
    words += [word for order in orders for word in ("--fault", order.text)]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        line = process.stdout.readline()
        if not line:
            said = process.stderr.read().decode("utf-8", "replace").strip()
            raise CannotStart("The sandbox could not start", remedy=said or "Try `optrace sandbox`.")
        addresses: dict[str, str] = json.loads(line)
        yield addresses
    finally:
        process.terminate()
        end = time.monotonic() + 5
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()
