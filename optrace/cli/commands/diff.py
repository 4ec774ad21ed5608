"""Hold two recordings against each other, aligned by lane and protocol step: a good run against a bad one, one SDK
against another, one wallet against another.

Ids, tokens, nonces, hosts and times differ between any two runs; they are compared by what they are: where a value was
born and where it is used. What is left is expected (keys, times, how often somebody polls), a consequence of something
before it, or unexpected. The first unexpected difference is where the runs part. Exits with 1 if there is one."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import Loaded, add_key_arguments, given_keys, loaded
from optrace.cli.output import Output, Progress
from optrace.cli.screen import need_a_terminal, show
from optrace.cli.version import versions
from optrace.core.errors import Usage
from optrace.core.masking import Secrets
from optrace.core.text import safe
from optrace.replay.align import Comparison, Side, align
from optrace.session.steps import Payment
from optrace.store.sources import open_source

EPILOG = """
examples:
  optrace diff good.optrace bad.optrace
  optrace diff good.optrace bad.optrace --format html > difference.html
  optrace diff good.optrace bad.optrace --tui      on the screen: enter opens two messages side by side
  optrace diff session.optrace --payment 1:2       two payments of one recording
  optrace diff python.mitm node.mitm --all --format json
"""


def configure(parser: ArgumentParser) -> None:
    """The two sides, and the form."""
    parser.add_argument("one", metavar="A", help="a recording")
    parser.add_argument("other", metavar="B", nargs="?", help="another one (default: A, for two of its payments)")
    parser.add_argument(
        "--payment", type=_payments, metavar="N[:M]", default=(None, None), help="payment N of A, and M (or N) of B"
    )
    parser.add_argument("--all", action="store_true", help="also list what any two runs differ in")
    parser.add_argument("--format", choices=("text", "json", "html"), default="text", help="default: %(default)s")
    parser.add_argument("--tui", action="store_true", help="on the screen, where both can be looked into")
    parser.add_argument("--reveal", action="store_true", help="don't mask secrets")
    add_key_arguments(parser)


def _payments(text: str) -> tuple[int, int]:
    one, colon, other = text.partition(":")
    try:
        first = int(one)
        return first, int(other) if colon else first
    except ValueError:
        raise ArgumentTypeError(f"{text} names no payments; write 1 or 1:2") from None


@dataclass(frozen=True, slots=True)
class _Chosen:
    """One side: what was chosen of a recording."""

    loaded: Loaded
    side: Side
    payment: Payment | None

    @property
    def name(self) -> str:
        return self.loaded.source.name


def run(args: Namespace, output: Output) -> int:
    """Compare, and print."""
    if args.other is None and args.payment == (None, None):
        raise Usage("There is nothing to hold the recording against", remedy="optrace diff A B, or --payment 1:2")
    if args.tui:
        return _on_the_screen(args, output)
    with (
        _side(args, args.one, args.payment[0], output) as one,
        _side(args, args.other or args.one, args.payment[1], output) as other,
    ):
        if not one.side.script.steps or not other.side.script.steps:
            return ExitCode.NO_TRAFFIC
        comparison = align(one.side, other.side, profile=args.profile)
        _print(args, output, comparison, (one, other), _cleaner(args, (one, other), output))
        if damage := one.loaded.source.damage or other.loaded.source.damage:
            output.tell(f"damaged: {safe(damage)}")
            return ExitCode.DAMAGED
        return ExitCode.CLEAN if comparison.first is None else ExitCode.FINDINGS


def _on_the_screen(args: Namespace, output: Output) -> int:
    """The first recording, its payment held against the other's."""
    need_a_terminal()
    from optrace.tui.against import Against  # Textual is slow to import

    one, other = args.payment
    with Progress(output, f"reading {args.one}") as progress:
        source = open_source(args.one, progress)
    try:
        if args.other is not None:
            open_source(args.other).close()  # better said here than on the screen
        show(
            source,
            keys=list(given_keys(args)),
            title="optrace",
            status=lambda: "",
            hint="This recording holds no exchange.",
            profile=args.profile,
            config=args.config,
            held=(one, Against(path=args.other, payment=other)),
        )
        return ExitCode.DAMAGED if source.damage else ExitCode.CLEAN
    finally:
        source.close()


@contextmanager
def _side(args: Namespace, path: str, number: int | None, output: Output) -> Iterator[_Chosen]:
    with loaded(args, path, output) as found:
        payment = None
        if number is not None:
            payment = next((each for each in found.trace.payments if each.id == number), None)
            if payment is None:
                last = len(found.trace.payments)
                raise Usage(
                    f"There is no payment {number} in {found.source.name}",
                    remedy=f"It has payments 1 to {last}." if last else "It holds no payment at all.",
                )
        with Progress(output, f"linking {Path(path).name}") as progress:
            side = Side.of(found.trace, payment, progress=progress)
        yield _Chosen(found, side, payment)


def _cleaner(args: Namespace, sides: tuple[_Chosen, _Chosen], output: Output) -> Callable[[str], str]:
    if args.reveal:
        return lambda text: text
    secrets = Secrets()
    with Progress(output, "looking for secrets"):
        for side in sides:
            for step in side.side.script.steps:
                secrets.learn(step.exchange)
    return secrets.text


def _print(
    args: Namespace,
    output: Output,
    comparison: Comparison,
    sides: tuple[_Chosen, _Chosen],
    clean: Callable[[str], str],
) -> None:
    from optrace.cli.comparison import describe, document, lines

    said = [describe(side.payment, len(side.side.script.steps)) for side in sides]
    if args.format == "json":
        one, other = ({"source": side.name, "payment": side.payment.id if side.payment else None} for side in sides)
        output.say_json(document(comparison, (one, other), versions()["optrace"], clean))
    elif args.format == "html":
        from optrace.exporters.comparison import page

        heads: Any = [(side.name, clean(words)) for side, words in zip(sides, said, strict=True)]
        output.out.write(page(comparison, heads, clean))
    else:
        width = max(len(side.name) for side in sides)
        for side, words in zip(sides, said, strict=True):
            output.say(f"{safe(side.name):<{width}}  {safe(clean(words))}")
        output.say()
        for line in lines(comparison, output, clean, everything=args.all):
            output.say(line)
