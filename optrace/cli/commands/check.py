"""Judge recordings: what each exchange is, whether its signature, digest and interaction hash are right, and what is
wrong, named and with its remedy.

Reads .optrace sessions, mitmproxy flow files, HAR and JSON lines. Exits with 1 if something is wrong, with 3 if there
is no Open Payments traffic: an empty recording is never a pass. With --expect, what was accepted before doesn't
count."""

from __future__ import annotations

import json
from argparse import Action, ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from optrace.cli.examine import Examined, examine
from optrace.cli.exit_codes import ExitCode
from optrace.cli.expected import read_expected, write_expected
from optrace.cli.formats import FORMATS
from optrace.cli.load import add_key_arguments
from optrace.cli.output import Output
from optrace.cli.policy import LEVELS, Policy, worst
from optrace.cli.schema import DOCUMENT

EPILOG = """
examples:
  optrace check session.optrace
  optrace check run.mitm --offline --jwks https://wallet.example/client=jwks.json
  optrace check *.optrace --format json | jq '.exchanges[] | select(.findings != [])'
  optrace check session.optrace --profile rafiki --fail-on risk
  optrace check session.optrace --filter 'payment:2 -role:idp'
  optrace check --schema > check.schema.json
  optrace check session.optrace --write-expect accepted.toml
  optrace check session.optrace --expect accepted.toml --format junit > report.xml
"""


def configure(parser: ArgumentParser) -> None:
    """Files, keys, format and when to fail."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="recordings")
    forms = ("text", "json", *FORMATS.names())
    parser.add_argument("-f", "--format", choices=forms, default="text", help="default: %(default)s")
    parser.add_argument(
        "--fail-on",
        choices=[*LEVELS, "never"],
        default="error",
        help="the least severity of a finding that makes the exit status 1 (default: %(default)s)",
    )
    parser.add_argument(
        "--expect", type=Path, metavar="FILE", help="accepted findings: TOML or JSON lines; only others count"
    )
    parser.add_argument(
        "--write-expect", type=Path, metavar="FILE", help="accept all that fails now: write it to FILE for --expect"
    )
    parser.add_argument(
        "--filter",
        default=[],
        nargs=1,
        metavar="FILTER",
        help="judge only the exchanges that pass it, such as 'payment:2 role:as'; `optrace ls --help` explains it",
    )
    parser.add_argument("--reveal", action="store_true", help="don't mask secrets in URLs")
    parser.add_argument("--schema", action=_Schema, nargs=0, help="print the JSON Schema of --format json, and exit")
    add_key_arguments(parser)


class _Schema(Action):
    """Prints the schema; no file is needed for that."""

    def __call__(self, parser: ArgumentParser, *_: object) -> None:
        print(json.dumps(DOCUMENT, indent=1))
        parser.exit()


def run(args: Namespace, output: Output) -> int:
    """Check each file; the worst status counts."""
    accepted = read_expected(args.expect) if args.expect else ()
    policy = Policy(profile=args.profile, fail_on=args.fail_on, accepted=accepted)
    found = examine(args, policy, output)
    documents = [one.document for one in found]
    _print(args, policy, found, output)
    for entry in policy.unused(documents):
        at = f" at {entry.url}" if entry.url else ""
        output.tell(f"accepted, and not found any more: {entry.rule} in {entry.operation}{at}")
    status = worst([policy.status(document) for document in documents])
    if args.write_expect:
        entries = policy.acceptable(documents)
        write_expected(args.write_expect, entries)
        output.tell(f"{args.write_expect}: {len(entries)} accepted")
        return ExitCode.CLEAN if status is ExitCode.FINDINGS else status
    return status


def _print(args: Namespace, policy: Policy, found: list[Examined], output: Output) -> None:
    documents: list[dict[str, Any]] = [one.document for one in found]
    if args.format == "text":
        for one in found:
            for line in one.lines:
                output.say(line)
    elif args.format == "json":
        output.say_json(documents[0] if len(documents) == 1 else documents)
    else:
        output.say(FORMATS[args.format].render(documents, policy))
