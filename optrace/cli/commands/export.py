"""Write a recording, or the part of it that passes a filter, in a format for others: a diagram, a report, an archive,
or code that sends the same requests.

Secrets are masked in every format, equal ones alike, unless --reveal asks for them. What a mask covers can't be
verified any more; in code, a masked secret is read from an environment variable.

Formats:
{formats}"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import MappingProxyType

from optrace.cli.exit_codes import ExitCode
from optrace.cli.exported import Writing, writing
from optrace.cli.kept import understood
from optrace.cli.load import Understood, add_filter_argument, add_key_arguments, loaded, read_filter
from optrace.cli.output import Output, Progress
from optrace.cli.version import versions
from optrace.cli.writing import whole_file
from optrace.exporters import EXPORTERS, Exporter, Material
from optrace.exporters.material import THEMES
from optrace.session.events import ExchangeSeen
from optrace.session.filter import Filter
from optrace.session.steps import Payment, Step
from optrace.store.reader import SessionReader
from optrace.store.sources import Source, open_source

EPILOG = """
examples:
  optrace export session.optrace -f mermaid payment:1
  optrace export session.optrace -f html -o report.html
  optrace export session.optrace -f markdown | gh issue create -F - -t "401 at our AS"
  optrace export session.optrace -f otlp -o traces.jsonl
  optrace export session.optrace -f curl n:12 --reveal
  optrace export session.optrace -f pytest sig:fail -o test_signatures.py
"""

__doc__ = (__doc__ or "").format(  # the docstring is the help
    formats="\n".join(f"  {exporter.name:<9} {exporter.title}" for exporter in EXPORTERS)
)


def configure(parser: ArgumentParser) -> None:
    """The file, the format, a filter, and where to."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    add_filter_argument(parser)
    parser.add_argument("-f", "--format", required=True, metavar="FORMAT", help=", ".join(EXPORTERS.names()))
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="default: standard output")
    parser.add_argument("--reveal", action="store_true", help="don't mask secrets")
    parser.add_argument("--width", type=int, metavar="N", help="columns of the ladder")
    parser.add_argument("--theme", choices=THEMES, help="colours of svg and html")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Write it."""
    exporter = EXPORTERS[args.format]
    wanted = read_filter(args)
    with _opened(args, exporter, wanted, output) as (work, material):
        target = whole_file(args.output) if args.output else nullcontext(output.out)
        with Progress(output, f"writing {exporter.name}") as progress, target as out:
            written = 0
            for piece in work.pieces(material, progress):
                written += out.write(piece)
        if exporter.limit is not None and written > exporter.limit:
            output.tell(
                f"{written:,} characters; many readers of {exporter.name} stop at {exporter.limit:,}: give a filter"
            )
        if material.damage:
            output.tell(f"damaged: {material.damage}")
            return ExitCode.DAMAGED
        return ExitCode.CLEAN if material.numbers else ExitCode.NO_TRAFFIC


@contextmanager
def _opened(args: Namespace, exporter: Exporter, wanted: Filter, output: Output) -> Iterator[tuple[Writing, Material]]:
    """What is exported; analysed only if the format or the filter asks for it."""
    if exporter.closer:
        with loaded(args, args.file, output) as found, _made(args, exporter, found, wanted, output) as made:
            yield made
    elif exporter.understood or wanted:
        with understood(args, args.file, output) as seen, _made(args, exporter, seen, wanted, output) as made:
            yield made
    else:
        with Progress(output, f"reading {Path(args.file).name}") as progress:
            source = open_source(args.file, progress)
        try:
            with _made(args, exporter, Understood(source, _Unread(source)), wanted, output) as made:
                yield made
        finally:
            source.close()


class _Unread:
    """The numbers of exchanges that nobody has to understand."""

    payments: Sequence[Payment] = ()
    lane_hosts: Mapping[str, tuple[str, ...]] = MappingProxyType({})

    def __init__(self, source: Source) -> None:
        numbers = source.numbers() if isinstance(source, SessionReader) else None
        self._numbers = dict.fromkeys(_all_of(source)) if numbers is None else numbers

    def __len__(self) -> int:
        return max(self._numbers, default=0)

    def has(self, n: int) -> bool:
        return n in self._numbers

    def step(self, n: int) -> Step:
        raise IndexError(n)


def _all_of(source: Source) -> Iterator[int]:
    while events := source.poll():
        yield from (event.exchange.n for event in events if isinstance(event, ExchangeSeen))


@contextmanager
def _made(
    args: Namespace, exporter: Exporter, found: Understood, wanted: Filter, output: Output
) -> Iterator[tuple[Writing, Material]]:  # fmt: skip
    source, trace = found.source, found.trace
    everything = array("L", (n for n in range(1, len(trace) + 1) if trace.has(n)))
    with writing(exporter, source, args.file, everything) as work:
        secrets = None if args.reveal else work.learned(everything, output, all_=not wanted)
        yield (
            work,
            Material(
                trace=trace,
                lookup=source.exchange,
                numbers=[step.n for step in found.steps(wanted)] if wanted else everything,
                source=source.name,
                versions=versions(),
                secrets=secrets,
                profile=args.profile,
                width=args.width,
                theme=args.theme,
                notes=source.notes(),
                marks=frozenset(source.marks()),
                damage=source.damage,
            ),
        )
