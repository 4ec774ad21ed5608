"""Make a copy of a recording that can be mailed: without its secrets, and still verifiable.

Tokens, nonces, references, cookies, keys and the names of people get stand-ins of the same shape, equal ones alike.
Then digests and interaction hashes are computed again, and everything is signed again with throwaway keys, whose
private halves nobody keeps. What was right stays right; what was broken stays broken in the same way, so that verdicts,
findings and comparisons are those of the original. Your notes come along, changed as all texts are. Of a message that
the proxy changed on purpose, only what it became does.

At the end every secret is looked for in all that was written: as it is, in base64, percent-encoded, in hexadecimal and
JSON-escaped, in compressed bodies, too. If one is left, there is no file. Whether optrace says the same of the copy is
compared as well."""

from __future__ import annotations

import gc
import os
import secrets
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

from optrace.cli.aside import Aside
from optrace.cli.clock import utc_now
from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import ASIDE, AT_HAND, add_key_arguments, fetched_keys, given_keys
from optrace.cli.output import Output, Progress
from optrace.cli.proving import Prover, proving
from optrace.cli.version import versions
from optrace.core.errors import CannotStart, Usage
from optrace.core.text import safe
from optrace.redaction.compare import Said, differences, said_of
from optrace.redaction.redact import Redaction
from optrace.redaction.residue import WINDOW
from optrace.rules.engine import Diagnosis
from optrace.session.events import Event
from optrace.session.rows import Row
from optrace.session.trace import Trace
from optrace.store.ahead import Ahead
from optrace.store.sources import open_source, record_events
from optrace.store.writer import SessionWriter

EPILOG = """
examples:
  optrace redact session.optrace -o for-support.optrace
  optrace redact session.optrace -o for-support.optrace --hosts
  optrace redact browser.har -o for-support.optrace --key https://wallet.example/alice=key.pem
"""

_SHOWN = 10  # exchanges that are judged otherwise


def configure(parser: ArgumentParser) -> None:
    """The recording, the copy, and whether hosts are replaced."""
    parser.add_argument("file", metavar="FILE", help="a recording")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="OUT", help="the copy; must not exist")
    parser.add_argument("--hosts", action="store_true", help="replace the names of hosts, and public addresses, too")
    add_key_arguments(parser)


def run(args: Namespace, output: Output) -> int:
    """Read, understand, change, look for what is left, compare."""
    path: Path = args.output
    if path.exists():
        raise Usage(f"{path} exists already", remedy="Give another name: a session is never written over.")
    given: list[Event] = list(given_keys(args))
    redaction = Redaction(secrets.token_bytes(32), hosts=args.hosts)
    with Progress(output, f"reading {Path(args.file).name}") as progress:
        source = open_source(args.file, progress)
    aside = Aside(source)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with proving(unfinished, source.total or 0) as proof:
            trace = Trace(Ahead(source).exchange, at_hand=AT_HAND, aside=ASIDE, passes=aside.passes)
            fetched = _understood(args, aside, source.total, trace, redaction, given, output)
            if not len(trace):
                return ExitCode.NO_TRAFFIC
            _write(args.file, unfinished, redaction, proof, given, fetched, output)
            proof.closed()
            with Progress(output, "looking for what is left") as progress:
                Diagnosis(trace).look(lambda n: progress(n, 2 * len(trace)), ended=True)
                proof.finish(lambda done: progress(len(trace) + done // 2, 2 * len(trace)))
            unfinished.rename(path)
            _tell(output, path, redaction, proof, len(trace))
            same = _compared(said_of(trace), proof.said(), output)
        if source.damage:
            output.tell(safe(f"damaged: {source.damage}"))
            return ExitCode.DAMAGED
        return ExitCode.CLEAN if same else ExitCode.FINDINGS
    finally:
        for side in ("", "-wal", "-shm"):  # which stay if it was read when it was given up
            Path(f"{unfinished}{side}").unlink(missing_ok=True)
        aside.close()
        source.close()


def _understood(
    args: Namespace,
    events_of: Aside,
    total: int | None,
    trace: Trace,
    redaction: Redaction,
    given: list[Event],
    output: Output,
) -> list[Event]:
    """Take in and learn all of a recording; returns the keys that were fetched for it."""
    with Progress(output, "understanding") as progress:
        _learn(redaction, trace, given)
        while events := events_of.poll():
            _learn(redaction, trace, events)
            progress(len(trace), 2 * (total or 0))  # the rules look at each once more
        fetched: list[Event] = [] if args.offline else list(fetched_keys(trace, output))
        _learn(redaction, trace, fetched)
        read = len(trace)
        Diagnosis(trace).look(lambda n: progress(read + n, 2 * read), ended=True, only=_is_doubtful)
        redaction.understand(trace)
    gc.freeze()  # what is understood stays: no need to look through it for garbage again and again
    return fetched


def _is_doubtful(row: Row) -> bool:
    """Whether what was signed may have to be searched for; all else can be looked at while the proof is finished."""
    return not row.verdicts.signature.fine


def _learn(redaction: Redaction, trace: Trace, events: list[Event]) -> None:
    trace.feed(events)
    for event in events:
        redaction.learn(event)


def _write(
    file: str,
    path: Path,
    redaction: Redaction,
    proof: Prover,
    given: list[Event],
    fetched: list[Event],
    output: Output,
) -> None:
    """Write the copy: the keys that were given, what was recorded, the keys that were fetched."""
    source = open_source(file)
    numbers: dict[int, int] = {}
    try:
        info = {**versions(), "redacted": utc_now().isoformat()}
        with SessionWriter.create(path, info=info, clock=utc_now) as writer, Progress(output, "redacting") as progress:
            proof.begin(redaction.secrets())
            record_events(map(redaction.event, given), writer, numbers)
            while events := source.poll():
                with writer.together():
                    record_events(map(redaction.event, events), writer, numbers)
                progress(len(numbers), source.total)
            record_events(map(redaction.event, fetched), writer, numbers)
            for n, text in source.notes().items():
                if n in numbers:
                    writer.annotate(numbers[n], redaction.texts.text(text))
            for n in source.marks():
                if n in numbers:
                    writer.mark(numbers[n])
            if writer.lost:
                raise CannotStart(f"{path} can't be written: {writer.trouble}", remedy="Make room and try again.")
            proof.written()
    finally:
        source.close()


def _tell(output: Output, path: Path, redaction: Redaction, proof: Prover, exchanges: int) -> None:
    hosts = redaction.texts.hosts
    counted = [_count(proof.looked_for, "secret"), _count(len(redaction.texts.names), "name")]
    counted += [_count(len(list(hosts)), "host")] if hosts is not None else []
    output.tell(
        f"{safe(str(path))}: {_count(exchanges, 'exchange')}. {', '.join(counted)} and"
        f" {_count(len(redaction.keys), 'key')} have stand-ins; no secret is left."
    )
    if proof.unprovable:
        output.tell(
            f"{_count(proof.unprovable, 'secret')} of fewer than {WINDOW} letters can't be told from other text:"
            " replaced where secrets stand, and not looked for elsewhere"
        )


def _compared(before: Iterable[Said | None], after: Iterable[Said | None], output: Output) -> bool:
    """Whether the same is said of the copy; what isn't is told."""
    found = list(differences(before, after))
    for n, what in found[:_SHOWN]:
        output.tell(f"exchange {n} is judged otherwise than before: {what}")
    if len(found) > _SHOWN:
        output.tell(f"and {len(found) - _SHOWN} more")
    if not found:
        output.tell("Every verdict and finding is as it was.")
    return not found


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
