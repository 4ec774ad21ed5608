"""Opening recordings for commands: the source, the keys that the user gave, and the trace over all of it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from optrace.cli.aside import Aside
from optrace.cli.output import Output, Progress
from optrace.core.errors import OptraceError, Usage
from optrace.core.findings import PROFILES
from optrace.core.messages import Exchange
from optrace.core.text import safe
from optrace.session.events import KeyLearned
from optrace.session.filter import FIELDS, Filter, Subject, parse_filter
from optrace.session.filter.http import EXPLAINED
from optrace.session.recalled import Steps
from optrace.session.steps import DEFAULT_PROFILE, Step
from optrace.session.trace import Trace
from optrace.store.ahead import Ahead
from optrace.store.sources import Source, open_source

if TYPE_CHECKING:
    from optrace.rules.engine import Diagnosis

ASIDE = 50_000  # exchanges back, payments are put aside: not before, since the rules would bring all of them back
AT_HAND = 10_000  # exchanges: the rules look at all of them once more, and reading them again takes as long as that
_PATIENCE = 8.0  # seconds for all keys that are fetched


@dataclass(slots=True)
class Understood:
    """A recording, and each of its exchanges as understood."""

    source: Source
    trace: Steps

    def exchange(self, n: int) -> Exchange:
        """One exchange. Raises Usage if there is none with this number."""
        if not self.trace.has(n):
            last = len(self.trace)
            raise Usage(f"There is no exchange {n} in {self.source.name}", remedy=f"It has exchanges 1 to {last}.")
        return self.source.exchange(n)

    def steps(self, wanted: Filter, progress: Callable[[int, int], None] = lambda done, total: None) -> Iterator[Step]:
        """The steps that pass a filter."""
        notes, marks = self.source.notes(), frozenset(self.source.marks())
        for n in range(1, len(self.trace) + 1):
            if self.trace.has(n):
                step = self.trace.step(n)
                said = (notes[n],) if n in notes else ()
                if wanted.matches(Subject(step, partial(self._look, n), said, marked=n in marks)):
                    yield step
            progress(n, len(self.trace))

    def _look(self, n: int) -> Exchange | None:
        try:
            return self.source.exchange(n)
        except (LookupError, OptraceError):  # what can't be read holds no words
            return None


@dataclass(slots=True)
class Loaded(Understood):
    """A recording, read to its present end and understood, with all that the fold knows."""

    trace: Trace


def add_key_arguments(parser: ArgumentParser) -> None:
    """--key, --jwks, --offline and --profile."""
    keys = parser.add_argument_group("keys")
    keys.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="WALLET_ADDRESS=FILE",
        help="a public or private key (JWK or PEM) that verifies a client's signatures; repeatable",
    )
    keys.add_argument(
        "--jwks",
        action="append",
        default=[],
        metavar="WALLET_ADDRESS=FILE",
        help="what the wallet address answers at /jwks.json; repeatable",
    )
    keys.add_argument("--offline", action="store_true", help="never fetch a key that isn't in the recording")
    parser.add_argument(
        "--profile",
        choices=PROFILES,
        default=DEFAULT_PROFILE,
        help="whose eyes: the RFCs, the Open Payments specification, or Rafiki's verifier (default: %(default)s)",
    )


def add_filter_argument(parser: ArgumentParser) -> None:
    """FILTER, the last words of the command line."""
    parser.add_argument(
        "filter",
        nargs="*",
        default=[],  # without it argparse would call it required
        metavar="FILTER",
        help="words that stand anywhere, terms such as op:quote status:4xx sig:fail, `or`, `not`, ( ), @saved filters; "
        "`optrace ls --help` lists them",
    )


def filter_manual() -> str:
    """The fields of a filter, for the help."""
    fields = "\n".join(f"  {field.example:<28} {field.help}" for field in FIELDS)
    signs = "\n".join(f"  {sign:<28} {help}" for sign, help in EXPLAINED.items())
    return f"""filter:
{fields}
  comparisons: status:>=400, slow:1s..2s, status:401,403; not equal: method:!=GET
  together: side by side or `and`, `or`, `not` or `-`, ( ); words search everywhere, quote "two words"
  @name is a filter saved as `name = "..."` below [filters] in optrace.toml

as in mitmproxy, with regular expressions:
{signs}"""


def read_filter(args: Namespace) -> Filter:
    """The filter of the command line. Raises Usage if it can't be read."""
    return parse_filter(" ".join(args.filter), profile=args.profile, saved=args.config.filters)


def given_keys(args: Namespace) -> Iterator[KeyLearned]:
    """The keys of --key and --jwks. Raises Usage for a file that can't be read or holds no key."""
    from optrace.cli.keyfile import as_jwks  # cryptography is slow to import

    for option, pairs in (("--jwks", args.jwks), ("--key", args.key)):
        for pair in pairs:
            wallet, found, name = pair.rpartition("=")
            if not found or not wallet:
                raise Usage(
                    f"{option} {pair} doesn't name a wallet address",
                    remedy=f"{option} https://wallet.example/alice=FILE",
                )
            try:
                data = Path(name).expanduser().read_bytes()
            except OSError as error:
                raise Usage(f"{option}: {name} can't be read: {error.strerror}", remedy="Check the path.") from error
            document = data if option == "--jwks" else as_jwks(data)
            yield KeyLearned(wallet_address=wallet, document=document, seen=datetime.now(UTC), how="given")


def _diagnosis(trace: Trace) -> Diagnosis:
    from optrace.rules.engine import Diagnosis  # two hundred modules, and a screen imports this one

    return Diagnosis(trace)


@contextmanager
def loaded(args: Namespace, path: str, output: Output, *, rules: bool = True) -> Iterator[Loaded]:
    """Read a recording to its present end, with the user's keys; fetch what is missing unless --offline."""
    with Progress(output, f"reading {Path(path).name}") as progress:
        source = open_source(path, progress)
        aside = Aside(source)
        try:
            at_hand = AT_HAND if rules else 0
            trace = Trace(Ahead(source).exchange, at_hand=at_hand, aside=ASIDE, passes=aside.passes)
            trace.feed(given_keys(args))
            diagnosis = _diagnosis(trace) if rules else None
            total = (source.total or 0) * (2 if rules else 1)  # the rules look at each once more
            while events := aside.poll():
                trace.feed(events)
                progress(len(trace), total)
            if not args.offline and "redacted" not in source.info:  # whose keys are nobody's
                trace.feed(fetched_keys(trace, output))
            if diagnosis is not None:
                read = len(trace)
                diagnosis.look(lambda n: progress(read + n, 2 * read), ended=not source.live)
            yield Loaded(source, trace)
        finally:
            aside.close()
            source.close()


def fetched_keys(trace: Trace, output: Output) -> list[KeyLearned]:
    """The keys that are missing, asked of their wallet addresses. Nothing that fails here is an error."""
    missing = trace.missing_keys()
    if not missing:
        return []
    from optrace.net.keys import KeyFetcher  # httpx is slow to import

    found: list[KeyLearned] = []
    output.tell(f"fetching the keys of {safe(', '.join(missing))} (--offline leaves that out)")
    with KeyFetcher(found.append, traffic_hosts=trace.hosts()) as fetcher:
        for owner in missing:
            fetcher.want(owner)
        fetcher.wait(_PATIENCE)
    for event in found:
        if event.error:
            output.tell(safe(f"no keys from {event.wallet_address}: {event.error}"))
    return found
