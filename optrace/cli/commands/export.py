"""Write a recording, or the part of it that passes a filter, in a format for others: a diagram, a report, an archive,
or code that sends the same requests.

Secrets are masked in every format, equal ones alike, unless --reveal asks for them. What a mask covers can't be
verified any more; in code, a masked secret is read from an environment variable.

Formats:
{formats}"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import add_filter_argument, add_key_arguments, given_keys, loaded, read_filter
from optrace.cli.output import Output, Progress
from optrace.cli.version import versions
from optrace.cli.writing import whole_file
from optrace.core.masking import Secrets
from optrace.exporters import EXPORTERS, Exporter, Material, export
from optrace.exporters.material import THEMES
from optrace.session.events import ExchangeSeen
from optrace.session.filter import Filter
from optrace.session.trace import Trace
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
    with _material(args, exporter, wanted, output) as material:
        target = whole_file(args.output) if args.output else nullcontext(output.out)
        with Progress(output, f"writing {exporter.name}") as progress, target as out:
            written = 0
            for piece in export(exporter, _counting(material, progress)):
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
def _material(args: Namespace, exporter: Exporter, wanted: Filter, output: Output) -> Iterator[Material]:
    """What is exported; analysed only if the format or the filter asks for it."""
    if exporter.understood or wanted:
        with loaded(args, args.file, output, rules=exporter.understood) as found:
            secrets = None if args.reveal else Secrets()
            if secrets is not None:
                with Progress(output, "looking for secrets") as progress:
                    for n in range(1, len(found.trace) + 1):
                        if found.trace.has(n):
                            secrets.learn(found.source.exchange(n))
                        progress(n, len(found.trace))
            yield _made(args, found.source, found.trace, [step.n for step in found.steps(wanted)], secrets)
        return
    with Progress(output, f"reading {Path(args.file).name}") as progress:
        source = open_source(args.file, progress)
        try:
            trace, numbers, secrets = Trace(), dict[int, None](), None if args.reveal else Secrets()
            trace.feed(given_keys(args))
            while events := source.poll():
                for event in events:
                    if isinstance(event, ExchangeSeen):
                        numbers[event.exchange.n] = None
                        if secrets is not None and not event.exchange.in_flight:
                            secrets.learn(event.exchange)
                progress(len(numbers), source.total)
            yield _made(args, source, trace, sorted(numbers), secrets)
        finally:
            source.close()


def _made(args: Namespace, source: Source, trace: Trace, numbers: list[int], secrets: Secrets | None) -> Material:
    return Material(
        trace=trace,
        lookup=source.exchange,
        numbers=numbers,
        source=source.name,
        versions=versions(),
        secrets=secrets,
        profile=args.profile,
        width=args.width,
        theme=args.theme,
        damage=source.damage,
    )


def _counting(material: Material, progress: Progress) -> Material:
    return replace(material, progress=lambda done: progress(done, len(material.numbers)))
