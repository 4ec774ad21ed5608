"""Run a command with its HTTP going through optrace, and say at the end what was wrong.

It sets the proxy and CA variables that Node, Python, PHP, Java, Go, Rust, .NET, Ruby, Deno, Bun and curl read, on
loopback too, records, and hands signals on. What the command prints is left alone; the summary goes to standard error.
If nothing comes through, it says why that runtime goes around proxies, and the line that helps.

Exits as the command does. With --check, errors in the traffic turn a success into 1, so that a test run fails in CI,
and a success without any traffic into 3."""

from __future__ import annotations

import os
from argparse import REMAINDER, ArgumentParser, Namespace
from pathlib import Path

from optrace.capture.environment import proxy_environment
from optrace.capture.recognise import recognise
from optrace.capture.trust import trust_files
from optrace.cli.child import run_child
from optrace.cli.clock import utc_now
from optrace.cli.exit_codes import ExitCode
from optrace.cli.faults import faults_on
from optrace.cli.follow import Follower
from optrace.cli.hints import nothing_came
from optrace.cli.load import Loaded
from optrace.cli.output import Output
from optrace.cli.places import confdir, new_session, sessions_directory
from optrace.cli.recorder import add_proxy_arguments, start_proxy
from optrace.cli.report import text
from optrace.core.errors import Usage
from optrace.core.findings import Severity, Verdict
from optrace.core.text import safe
from optrace.session.steps import DEFAULT_PROFILE
from optrace.store.sources import open_source

EPILOG = """
examples:
  optrace run -- node pay.js
  optrace run -o test.optrace --check -- npm test
  optrace run --upstream-ca our-ca.pem -- python pay.py          servers with a CA of your own
  optrace run -- curl https://wallet.example/alice
"""


def configure(parser: ArgumentParser) -> None:
    """Where to record, whether to judge, and the command."""
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the session file; must not exist yet")
    parser.add_argument("--check", action="store_true", help="exit with 1 if the traffic has errors")
    parser.add_argument("--offline", action="store_true", help="never fetch a client's keys")
    add_proxy_arguments(parser)
    parser.set_defaults(listen_port=0)
    parser.add_argument("command", nargs=REMAINDER, metavar="-- CMD", help="the command and its arguments")


def run(args: Namespace, output: Output) -> int:
    """Run the command through the proxy."""
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    if not command:
        raise Usage("There is no command to run", remedy="optrace run -- CMD ARGUMENTS")
    path = args.output or new_session(utc_now())
    with start_proxy(args, path) as proxy:
        environment = proxy_environment(proxy.url, trust_files(confdir(), sessions_directory()), os.environ)
        code, seen = run_child(command, environment)
        died, troubles = proxy.exit_code is not None, proxy.troubles()
    if died:
        output.tell(f"error: the proxy stopped while the command ran; nothing after that is recorded\n{proxy.stderr}")
    for trouble in filter(None, troubles):
        output.tell(f"error: {safe(trouble)}")
    source = open_source(path)
    follower = Follower(source, None)
    follower.until(lambda: True)
    follower.trace.finish()
    trace = follower.trace
    steps = [trace.step(n) for n in range(1, len(trace) + 1) if trace.has(n)]
    if steps:
        for line in text(Loaded(source, trace), steps, Output(color=output.color, out=output.err), DEFAULT_PROFILE):
            output.tell(line)
    if args.fault and steps:
        output.tell(faults_on(args))
    for note in trace.notes:
        output.tell(f"  {note.level}: {safe(note.text)}")
    if steps:
        output.tell(f"optrace open {path}")
    elif all(note.level == "warn" for note in trace.notes):  # else they say what came, and why it isn't here
        read = recognise(command, Path.cwd(), os.environ.get("PATH"))
        output.tell("\n".join(nothing_came(list(dict.fromkeys([*read, *seen])))))
    source.close()
    wrong = any(by[DEFAULT_PROFILE] is Verdict.FAIL for step in steps for _, by in step.verdicts.items()) or any(
        finding.severity is Severity.ERROR for step in steps for finding in step.findings
    )
    if code == 0 and args.check:
        return ExitCode.FINDINGS if wrong else ExitCode.CLEAN if steps else ExitCode.NO_TRAFFIC
    return code
