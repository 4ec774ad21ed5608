"""The versions of optrace and of what it stands on, for bug reports."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from optrace.cli.exit_codes import ExitCode
from optrace.cli.output import Output
from optrace.cli.version import versions

EPILOG = ""


def configure(parser: ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="as a JSON object")


def run(args: Namespace, output: Output) -> int:
    """Print them."""
    found = versions()
    if args.json:
        output.say(json.dumps(found, indent=1))
    else:
        for name, version in found.items():
            output.say(f"{name:<13} {version}")
    return ExitCode.CLEAN
