"""List the payments and the exchanges of a recording, one a line."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from optrace.cli.exit_codes import ExitCode
from optrace.cli.kept import understood
from optrace.cli.load import add_filter_argument, add_key_arguments, filter_manual, read_filter
from optrace.cli.output import Output, Progress
from optrace.cli.report import document
from optrace.core.text import safe
from optrace.session.steps import Step

EPILOG = f"""
examples:
  optrace ls session.optrace
  optrace ls session.optrace op:outgoing_payment_create status:4xx
  optrace ls session.optrace 'sig:fail or (role:as slow:>500ms)'
  optrace ls session.optrace --json profile:rafiki≠rfc

{filter_manual()}
"""

_STYLES = {"✓": "good", "✗": "bad", "≠": "differs", "?": "unsure", "!": "differs", "·": "dim"}


def configure(parser: ArgumentParser) -> None:
    """The file, a filter, and the form."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    add_filter_argument(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON document, in the form of `check`")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Print what passes the filter."""
    wanted = read_filter(args)
    with understood(args, args.file, output) as found:
        with Progress(output, "filtering") as progress:
            steps = list(found.steps(wanted, progress))
        if args.json:
            output.say_json(document(found, steps))
        else:
            shown = {step.payment for step in steps}
            for payment in found.trace.payments:
                if payment.id in shown:
                    amount = f"  {payment.amount}" if payment.amount else ""
                    output.say(
                        output.style(f"payment {payment.id}  {safe(payment.title + amount)}  {payment.state}", "strong")
                    )
            notes, marks = found.source.notes(), frozenset(found.source.marks())
            for step in steps:
                output.say(line(step, output, args.profile, marked=step.n in marks))
                if step.n in notes:
                    output.say(f"{'':>14}{output.style(f'✎ {safe(notes[step.n])}', 'strong')}")
        if found.source.damage:
            output.tell(f"damaged: {safe(found.source.damage)}")
            return ExitCode.DAMAGED
        return ExitCode.CLEAN if steps else ExitCode.NO_TRAFFIC


def line(step: Step, output: Output, profile: str, *, marked: bool = False) -> str:
    """One exchange on one line: number, mark, what was proven, lanes, label, outcome, time, first finding.

    Args:
        marked: by the user.
    """
    own = output.style("◆", "strong") if marked else " "
    mark = step.mark(profile)
    outcome = str(step.status) if step.status is not None else ("failed" if step.error else "…")
    duration = "" if step.duration is None else f"{step.duration.total_seconds() * 1000:.0f} ms"
    payment = f"p{step.payment}" if step.payment else ""
    lanes = f"{step.source}→{step.target}"
    finding = f"  {step.findings[0].rule} {step.findings[0].title}" if step.findings else ""
    return (
        f"{step.n:>4}{own}{output.style(mark, _STYLES[mark])}{step.proven or '·':<2} {payment:>4}  {lanes:<14} "
        f"{safe(step.label):<42.42} {outcome:>6} {duration:>8}{finding}"
    ).rstrip()
