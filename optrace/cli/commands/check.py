"""Judge recordings: what each exchange is, whether its signature, digest and interaction hash are right, and what is
wrong, named and with its remedy.

Reads .optrace sessions, mitmproxy flow files, HAR and JSON lines. Exits with 1 if something is wrong, with 3 if there
is no Open Payments traffic: an empty recording is never a pass."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import Loaded, add_key_arguments, loaded
from optrace.cli.output import Output
from optrace.cli.report import document, text
from optrace.core.findings import Severity, Verdict
from optrace.session.steps import Step

EPILOG = """
examples:
  optrace check session.optrace
  optrace check run.mitm --offline --jwks https://wallet.example/client=jwks.json
  optrace check *.optrace --format json | jq '.exchanges[] | select(.findings != [])'
  optrace check session.optrace --profile rafiki --fail-on risk
"""

_LEVELS = [severity.value for severity in Severity]


def configure(parser: ArgumentParser) -> None:
    """Files, keys, format and when to fail."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: %(default)s")
    parser.add_argument(
        "--fail-on",
        choices=[*_LEVELS, "never"],
        default="error",
        help="the least severity of a finding that makes the exit status 1 (default: %(default)s)",
    )
    parser.add_argument("--reveal", action="store_true", help="don't mask secrets in URLs")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Check each file; the worst status counts."""
    documents: list[dict[str, Any]] = []
    statuses: list[ExitCode] = []
    for path in args.files:
        with loaded(args, path, output) as found:
            steps = [found.trace.step(n) for n in range(1, len(found.trace) + 1) if found.trace.has(n)]
            if args.format == "json":
                documents.append(document(found, steps, reveal=args.reveal))
            else:
                for line in text(found, steps, output, args.profile):
                    output.say(line)
            statuses.append(_status(found, steps, args))
    if args.format == "json":
        output.say(json.dumps(documents[0] if len(documents) == 1 else documents, ensure_ascii=False, indent=1))
    return max(statuses, key=_FROM_GOOD_TO_BAD.index)


_FROM_GOOD_TO_BAD = [ExitCode.CLEAN, ExitCode.NO_TRAFFIC, ExitCode.FINDINGS, ExitCode.DAMAGED]


def _status(found: Loaded, steps: list[Step], args: Namespace) -> ExitCode:
    if found.source.damage:
        return ExitCode.DAMAGED
    if not any(step.operation not in ("unknown", "cors_preflight", "infra_admin", "infra_health") for step in steps):
        return ExitCode.NO_TRAFFIC
    if args.fail_on == "never":
        return ExitCode.CLEAN
    counted = _LEVELS[: _LEVELS.index(args.fail_on) + 1]
    wrong = any(finding.severity.value in counted for step in steps for finding in step.findings)
    failed = any(by[args.profile] is Verdict.FAIL for step in steps for _, by in step.verdicts.items())
    return ExitCode.FINDINGS if wrong or failed else ExitCode.CLEAN
