"""How the lines of the base may have been put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, SEEN, Change
from optrace.diagnosis.model import Model
from optrace.diagnosis.subject import Subject

_JOIN = "Join the lines with a single LF (\\n), on every platform, and put none after the last."
_SHAPE = 'Write each line as "name": value, in the order of Signature-Input, the parameters last (RFC 9421 2.5).'

_WAYS: tuple[tuple[int, str, str, str, Callable[[Model], Model]], ...] = (
    (COMMON, "joint", "The lines were joined with CRLF.", _JOIN, lambda m: m._replace(newline="\r\n")),
    (COMMON, "tail", "A newline was signed after the last line.", _JOIN, lambda m: m._replace(tail="\n")),
    (
        SEEN,
        "joint",
        "The lines were joined with CRLF, and one was signed after the last.",
        _JOIN,
        lambda m: m._replace(newline="\r\n", tail="\r\n"),
    ),
    (PLAUSIBLE, "tail", "A CRLF was signed after the last line.", _JOIN, lambda m: m._replace(tail="\r\n")),
    (SEEN, "joint", "The lines were joined with a lone CR.", _JOIN, lambda m: m._replace(newline="\r")),
    (
        PLAUSIBLE,
        "joint",
        "The lines were joined with a backslash and an n.",
        _JOIN,
        lambda m: m._replace(newline="\\n"),
    ),
    (PLAUSIBLE, "joint", "The lines were joined with blanks.", _JOIN, lambda m: m._replace(newline=" ")),
    (PLAUSIBLE, "joint", "The lines were joined with nothing between them.", _JOIN, lambda m: m._replace(newline="")),
    (SEEN, "colon", "There was no blank after the colons.", _SHAPE, lambda m: m._replace(colon=":")),
    (PLAUSIBLE, "colon", "There was an equals sign for the colons.", _SHAPE, lambda m: m._replace(colon="=")),
    (
        SEEN,
        "lines.order",
        "The lines were sorted by name, not in the order of Signature-Input.",
        _SHAPE,
        lambda m: m._replace(lines=tuple(sorted(m.lines))),
    ),
    (
        PLAUSIBLE,
        "lines.order",
        "The lines were in the reverse order.",
        _SHAPE,
        lambda m: m._replace(lines=m.lines[::-1]),
    ),
    (
        PLAUSIBLE,
        "last",
        "The line @signature-params was signed first, not last.",
        _SHAPE,
        lambda m: m._replace(lines=((m.last, m.params), *m.lines), last=""),
    ),
    (SEEN, "last", "The line @signature-params was left out.", _SHAPE, lambda m: m._replace(last="")),
    (
        PLAUSIBLE,
        "last",
        "The last line was signed as @signature-params, without quotes.",
        _SHAPE,
        lambda m: m._replace(last="@signature-params"),
    ),
    (
        PLAUSIBLE,
        "last",
        'The last line was signed under the name "@signature-input".',
        _SHAPE,
        lambda m: m._replace(last='"@signature-input"'),
    ),
)


def base_text(subject: Subject) -> Iterator[Change]:
    """Other line ends, separators and orders."""
    for cost, slot, sentence, remedy, apply in _WAYS:
        yield Change(code="SIG-023", slot=slot, cost=cost, sentence=sentence, remedy=remedy, apply=apply)
