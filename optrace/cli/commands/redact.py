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

import os
import secrets
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from pathlib import Path

from optrace.cli.exit_codes import ExitCode
from optrace.cli.load import add_key_arguments, fetched_keys, given_keys
from optrace.cli.output import Output, Progress
from optrace.cli.recorder import utc_now
from optrace.cli.understanding import Understanding
from optrace.cli.version import versions
from optrace.core.errors import CannotStart, OptraceError, Usage
from optrace.core.text import safe
from optrace.redaction.compare import differences
from optrace.redaction.redact import Redaction
from optrace.redaction.residue import WINDOW, Residue
from optrace.session.events import Event
from optrace.store.sources import open_source, record_events
from optrace.store.writer import SessionWriter

EPILOG = """
examples:
  optrace redact session.optrace -o for-support.optrace
  optrace redact session.optrace -o for-support.optrace --hosts
  optrace redact browser.har -o for-support.optrace --key https://wallet.example/alice=key.pem
"""

_SHOWN = 10  # exchanges that are judged otherwise


class SecretLeft(OptraceError):
    """The proof failed."""

    title = "A secret is left in {where}: nothing was written"
    remedy = "Give away an export instead: `optrace export FILE -f html` masks what it can't read, too."
    exit_code = ExitCode.FINDINGS


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
    try:
        trace = Understanding(source.exchange)
        with Progress(output, "understanding") as progress:
            _learn(redaction, trace, given)
            while events := source.poll():
                _learn(redaction, trace, events)
                progress(len(trace), source.total)
            fetched: list[Event] = [] if args.offline else list(fetched_keys(trace, output))
            _learn(redaction, trace, fetched)
            trace.finish()
            redaction.understand(trace)
        if not len(trace):
            return ExitCode.NO_TRAFFIC
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            _write(args.file, unfinished, redaction, given, fetched, output)
            residue, copy = _proven(unfinished, redaction, len(trace), output)
            unfinished.rename(path)
        finally:
            unfinished.unlink(missing_ok=True)
        _tell(output, path, redaction, residue, len(trace))
        same = _compared(trace, copy, output)
        if source.damage:
            output.tell(safe(f"damaged: {source.damage}"))
            return ExitCode.DAMAGED
        return ExitCode.CLEAN if same else ExitCode.FINDINGS
    finally:
        source.close()


def _learn(redaction: Redaction, trace: Understanding, events: Iterable[Event]) -> None:
    events = list(events)
    trace.feed(events)
    for event in events:
        redaction.learn(event)


def _write(
    file: str, path: Path, redaction: Redaction, given: list[Event], fetched: list[Event], output: Output
) -> None:  # fmt: skip
    """Write the copy: the keys that were given, what was recorded, the keys that were fetched."""
    source = open_source(file)
    numbers: dict[int, int] = {}
    try:
        info = {**versions(), "redacted": utc_now().isoformat()}
        with SessionWriter.create(path, info=info, clock=utc_now) as writer, Progress(output, "redacting") as progress:
            record_events(map(redaction.event, given), writer, numbers)
            while events := source.poll():
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
    finally:
        source.close()


def _proven(path: Path, redaction: Redaction, total: int, output: Output) -> tuple[Residue, Understanding]:
    """Read the copy again, and look for every secret in it. Raises SecretLeft if there is one."""
    residue = Residue(redaction.secrets())
    copy = open_source(path)
    try:
        trace = Understanding(copy.exchange)
        for n, text in copy.notes().items():
            if residue.in_text(text):
                raise SecretLeft(where=f"the note on exchange {n}")
        with Progress(output, "looking for what is left") as progress:
            while events := copy.poll():
                for event in events:
                    if (where := residue.in_event(event)) is not None:
                        raise SecretLeft(where=where)
                trace.feed(events)
                progress(len(trace), total)
            trace.finish()
        return residue, trace
    finally:
        copy.close()


def _tell(output: Output, path: Path, redaction: Redaction, residue: Residue, exchanges: int) -> None:
    hosts = redaction.texts.hosts
    counted = [_count(residue.looked_for, "secret"), _count(len(redaction.texts.names), "name")]
    counted += [_count(len(list(hosts)), "host")] if hosts is not None else []
    output.tell(
        f"{safe(str(path))}: {_count(exchanges, 'exchange')}. {', '.join(counted)} and"
        f" {_count(len(redaction.keys), 'key')} have stand-ins; no secret is left."
    )
    if residue.unprovable:
        output.tell(
            f"{_count(residue.unprovable, 'secret')} of fewer than {WINDOW} letters can't be told from other text:"
            " replaced where secrets stand, and not looked for elsewhere"
        )


def _compared(before: Understanding, after: Understanding, output: Output) -> bool:
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
