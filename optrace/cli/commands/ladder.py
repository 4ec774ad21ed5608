"""Draw the sequence diagram of a recording as text: the seven roles of a payment as lanes, one exchange a row.

Left of the client is the sender's ASE, right of it the recipient's. The marks in the gutter: ✓ verified, ✗ fails,
≠ another profile would judge otherwise, ! refused although it verifies, ? not checkable; S signature, D digest,
H hash."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser, Namespace

from optrace.cli.arguments import columns
from optrace.cli.exit_codes import ExitCode
from optrace.cli.kept import understood
from optrace.cli.load import add_filter_argument, add_key_arguments, read_filter
from optrace.cli.output import Output
from optrace.core.text import safe

EPILOG = """
examples:
  optrace ladder session.optrace
  optrace ladder session.optrace payment:1 --width 120 > payment.txt
  optrace ladder session.optrace --ascii
"""


def configure(parser: ArgumentParser) -> None:
    """The file, a filter, and how to draw."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    add_filter_argument(parser)
    parser.add_argument("--width", type=columns, metavar="N", help="columns (default: the terminal's, 100 on a pipe)")
    parser.add_argument("--ascii", action="store_true", help="no box-drawing characters")
    parser.add_argument("--split", action="store_true", help="request and response as two arrows")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Print the ladder."""
    from optrace.diagram.layout import Diagram
    from optrace.diagram.paint import ladder_text

    wanted = read_filter(args)
    width = args.width or shutil.get_terminal_size((100, 24)).columns
    with understood(args, args.file, output) as found:
        steps = list(found.steps(wanted))
        diagram = Diagram(hosts=found.trace.lane_hosts)
        drawn = ladder_text(
            steps, width, diagram=diagram, ascii_only=args.ascii, split=args.split, profile=args.profile
        )
        output.say(drawn.rstrip("\n"))
        if found.source.damage:
            output.tell(f"damaged: {safe(found.source.damage)}")
            return ExitCode.DAMAGED
        return ExitCode.CLEAN if steps else ExitCode.NO_TRAFFIC
