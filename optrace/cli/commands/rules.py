"""The rules: what optrace can find, and the manual page of each.

A page says what the developer sees, the cause, how it is detected, what to do, and where it was seen. Codes never
change their meaning; a name that is nearly right gets the right one suggested."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import Any

from optrace.cli.exit_codes import ExitCode
from optrace.cli.output import Output
from optrace.core.errors import Usage
from optrace.core.findings import Severity
from optrace.rules import NOT_FROM_THE_WIRE, RULES
from optrace.rules.rule import Rule

EPILOG = """
examples:
  optrace rules ls
  optrace rules ls SIG
  optrace rules ls --json | jq '.[] | select(.severity == "risk") | .code'
  optrace rules show SIG-003
"""

_STYLES = {Severity.ERROR: "bad", Severity.RISK: "differs", Severity.WARN: "differs", Severity.INFO: "dim"}


def configure(parser: ArgumentParser) -> None:
    """ls or show, and which."""
    parser.add_argument("what", choices=("ls", "show"), help="ls: list them; show: the manual page of some")
    parser.add_argument("codes", nargs="*", metavar="CODE", help="codes such as SIG-003; for ls also a family, SIG")
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(args: Namespace, output: Output) -> int:
    """List rules or print their pages."""
    if args.what == "show":
        return _show(args, output)
    chosen = [rule for rule in sorted(RULES, key=lambda rule: rule.code) if _wanted(rule, args.codes)]
    if args.codes and not chosen:
        families = sorted({rule.code.partition("-")[0] for rule in RULES})
        raise Usage(f"There are no rules called {' '.join(args.codes)}", remedy=f"Families: {', '.join(families)}.")
    if args.json:
        output.say_json([_member(rule) for rule in chosen])
        return ExitCode.CLEAN
    for rule in chosen:
        severity = output.style(f"{rule.severity.value:<5}", _STYLES[rule.severity])
        output.say(f"{rule.code}  {severity}  {rule.title}")
    return ExitCode.CLEAN


def _wanted(rule: Rule, codes: list[str]) -> bool:
    return not codes or any(rule.code == code.upper() or rule.code.startswith(f"{code.upper()}-") for code in codes)


def _show(args: Namespace, output: Output) -> int:
    if not args.codes:
        raise Usage("Which rule?", remedy="optrace rules show SIG-003; `optrace rules ls` lists them.")
    codes = [code.upper() for code in args.codes]
    for code in codes:
        if code in NOT_FROM_THE_WIRE:
            raise Usage(f"{code} can't be told from what goes over the wire", remedy=NOT_FROM_THE_WIRE[code])
    rules = [RULES[code] for code in codes]
    if args.json:
        members = [_member(rule) for rule in rules]
        output.say_json(members[0] if len(members) == 1 else members)
        return ExitCode.CLEAN
    for number, rule in enumerate(rules):
        if number:
            output.say()
        for line in _page(rule, output):
            output.say(line)
    return ExitCode.CLEAN


def _page(rule: Rule, output: Output) -> Iterator[str]:
    yield f"{output.style(rule.code, 'title')}  {output.style(rule.title, 'strong')}"
    severity = output.style(rule.severity.value, _STYLES[rule.severity])
    yield f"{severity}, {_STRENGTHS[rule.weight.name]}"
    yield ""
    yield from rule.page.splitlines()
    yield ""
    yield f"Fix: {rule.remedy}"
    if rule.operations is not None:
        yield f"Looked for in: {', '.join(sorted(rule.operations))}"
    if rule.spec is not None:
        yield f"See: {rule.spec}  {rule.spec.link or ''}".rstrip()


_STRENGTHS = {
    "PROOF": "proved by the wire itself or by a counterfactual",
    "EXPLAINS": "explains the server's words",
    "HYPOTHESIS": "a hypothesis: it would explain them, and can't be proved from here",
    "SMELL": "a smell: true, and not the cause of a failure by itself",
}


def _member(rule: Rule) -> dict[str, Any]:
    return {
        "code": rule.code,
        "title": rule.title,
        "severity": rule.severity.value,
        "weight": rule.weight.name.lower(),
        "page": rule.page,
        "remedy": rule.remedy,
        "operations": None if rule.operations is None else sorted(rule.operations),
        "outcomes": sorted(outcome.value for outcome in rule.outcomes),
        "spec": None if rule.spec is None else {"name": str(rule.spec), "link": rule.spec.link},
    }
