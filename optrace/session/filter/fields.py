"""The fields of a filter: what each looks at, which values it can have, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from optrace.core.findings import PROFILES, Severity, Verdict
from optrace.core.registry import Registry
from optrace.exchanges import KINDS
from optrace.exchanges.grant_request import ACCESS_TYPES
from optrace.session.filter import facets
from optrace.session.filter.facets import Facet
from optrace.session.filter.mistakes import WrongValue, meant
from optrace.session.filter.subject import Subject
from optrace.session.filter.values import Accept, instant, number, ordered, seconds, size, status
from optrace.session.steps import LANES

Reader = Callable[[str, str, str], Accept]  # value, comparison, profile -> test of the facet's value


@dataclass(frozen=True, slots=True)
class Field:
    """`name:value`. Without a facet the test gets the subject. `ordered`: `>` and the like can stand before values."""

    name: str
    help: str
    example: str
    facet: Facet | None
    read: Reader
    ordered: bool = False
    signs: bool = False  # its values may look like comparisons
    values: tuple[str, ...] = ()  # offered while typing, besides those of the trace


_VERDICTS = tuple(verdict.value for verdict in Verdict)
_SEVERITIES = tuple(severity.value for severity in Severity)
_BARE_ROLES = tuple(dict.fromkeys(lane.rpartition(".")[2] for lane in LANES))
_SIDES = {"sender": "s.", "recipient": "r."}
_ROLES = tuple(dict.fromkeys((*_SIDES, *_BARE_ROLES, *LANES)))
_OPERATIONS = KINDS.names()
_VARIANTS = (*ACCESS_TYPES, "mixed", "subject", "subject+access", "card")
_WORDS = tuple(dict.fromkeys((*(word for name in _OPERATIONS for word in name.split("_")), *_OPERATIONS, *_VARIANTS)))


def _is_role(value: str) -> Callable[[str], bool]:
    value = value.casefold()
    if value not in _ROLES:
        raise WrongValue(f"There is no role called {value}", meant(value, _ROLES))
    if side := _SIDES.get(value):
        return lambda lane: lane.startswith(side)
    end = f".{value}"
    return lambda lane: lane == value or lane.endswith(end)


def _role(value: str, op: str, profile: str) -> Accept:
    fits = _is_role(value)
    return lambda ends: fits(ends[0]) or fits(ends[1])


def _end(which: int, value: str, op: str, profile: str) -> Accept:
    fits = _is_role(value)
    return lambda ends: fits(ends[which])


def _operation(value: str, op: str, profile: str) -> Accept:
    value = value.casefold()
    if not any(value in name for name in (*_OPERATIONS, *_VARIANTS)):
        raise WrongValue(f"There is no operation called {value}", meant(value, _WORDS))
    return lambda got: value in got[0] or value in (got[1] or "")


def _method(value: str, op: str, profile: str) -> Accept:
    value = value.upper()
    return lambda method: method.upper() == value


def _verdict(kind: str, value: str, op: str, profile: str) -> Accept:
    value = value.casefold()
    if value == "any":
        return lambda verdicts: getattr(verdicts, kind)[profile] is not Verdict.NONE
    if value not in _VERDICTS:
        raise WrongValue(f"There is no verdict called {value}", meant(value, (*_VERDICTS, "any")))
    wanted = Verdict(value)
    return lambda verdicts: getattr(verdicts, kind)[profile] is wanted


_COMPARED = re.compile(r"(.+?)(!=|≠|=)(.+)")


def _profile(value: str, op: str, profile: str) -> Accept:
    found = _COMPARED.fullmatch(value)
    names = (found[1], found[3]) if found else (value,)
    for name in names:
        if name not in PROFILES:
            raise WrongValue(f"There is no profile called {name}", meant(name, PROFILES))
    if found is None:
        return lambda verdicts: any(by[value] is Verdict.FAIL for _, by in verdicts.items())
    one, other = found[1], found[3]
    if found[2] == "=":
        return lambda verdicts: all(by[one] is by[other] for _, by in verdicts.items())
    return lambda verdicts: any(by[one] is not by[other] for _, by in verdicts.items())


def _finding(value: str, op: str, profile: str) -> Accept:
    value = value.casefold()
    if value in ("any", "none"):
        return lambda found: bool(found) is (value == "any")
    if value in _SEVERITIES:
        return lambda found: any(severity == value for _, severity, _ in found)
    return lambda found: any(rule.casefold().startswith(value) or value in title.casefold() for rule, _, title in found)


def _host(value: str, op: str, profile: str) -> Accept:
    value = value.casefold()
    return lambda host: value in host


def _mark(value: str, op: str, profile: str) -> Accept:
    at = PROFILES.index(profile)
    return lambda marks: marks[at] in value


def _status(value: str, op: str, profile: str) -> Accept:
    return status(value, op)


def _number(value: str, op: str, profile: str) -> Accept:
    return ordered(number, value, op)


def _slow(value: str, op: str, profile: str) -> Accept:
    return ordered(seconds, value, op if op or ".." in value or value == "none" else ">")


def _size(value: str, op: str, profile: str) -> Accept:
    test = ordered(size, value, op)

    def accept(subject: Subject) -> bool:
        return test(subject.size)

    return accept


def _instant(which: str, value: str, op: str, profile: str) -> Accept:
    return instant(value, which)


def _token(value: str, op: str, profile: str) -> Accept:
    if value in ("any", "none"):
        return lambda subject: bool(subject.tokens) is (value == "any")
    value = value.removeprefix("••••") if len(value) == 8 else value
    return lambda subject: any(value in token for token in subject.tokens)


def _note(value: str, op: str, profile: str) -> Accept:
    value = value.casefold()
    if value in ("any", "none"):
        return lambda subject: bool(subject.notes) is (value == "any")
    return lambda subject: any(value in note.casefold() for note in subject.notes)


def _marked(value: str, op: str, profile: str) -> Accept:
    value = value.casefold()
    if value not in _YES_NO:
        raise WrongValue(f"marked: is yes or no, not {value}", meant(value, _YES_NO))
    return lambda subject: subject.marked is (value == "yes")


def _field(name: str, help: str, example: str, facet: Facet | None, read: Reader, **more: Any) -> Field:
    return Field(name, help, f"{name}:{example}", facet, read, **more)


_ANY = ("any", "none")
_YES_NO = ("yes", "no")
_MARKS = ("✗", "≠", "!", "?", "✓", "·")
_METHODS = ("GET", "POST", "PATCH", "DELETE", "OPTIONS")
FIELDS = Registry(
    "filter field",
    (
        _field("op", "operation, or what a grant is asked for", "quote", facets.OPERATION, _operation, values=_WORDS),
        _field("status", "status of the answer", "4xx", facets.STATUS, _status, ordered=True,
               values=("2xx", "3xx", "4xx", "5xx", "none")),
        _field("sig", "verdict on the signature", "fail", facets.VERDICTS, partial(_verdict, "signature"),
               values=(*_VERDICTS, "any")),
        _field("payment", "payment, by its number", "1", facets.PAYMENT, _number, ordered=True, values=("none",)),
        _field("role", "role at either end", "as", facets.ENDS, _role, values=_ROLES),
        _field("slow", "longer than", ">500ms", facets.TOOK, _slow, ordered=True),
        _field("finding", "rule, severity or title of a finding", "SIG-003", facets.FINDINGS, _finding,
               values=(*_ANY, *_SEVERITIES)),
        _field("host", "part of the host name", "wallet.example", facets.HOST, _host),
        _field("from", "role that asks", "client", facets.ENDS, partial(_end, 0), values=_ROLES),
        _field("to", "role that answers", "r.as", facets.ENDS, partial(_end, 1), values=_ROLES),
        _field("method", "method", "POST", facets.METHOD, _method, values=_METHODS),
        _field("digest", "verdict on the Content-Digest", "fail", facets.VERDICTS, partial(_verdict, "digest"),
               values=(*_VERDICTS, "any")),
        _field("hash", "verdict on the interaction hash", "differs", facets.VERDICTS, partial(_verdict, "hash"),
               values=(*_VERDICTS, "any")),
        _field("profile", "fails by this profile, or two of them differ", "rafiki≠rfc", facets.VERDICTS, _profile,
               values=(*PROFILES, "rafiki≠rfc", "rafiki≠open-payments", "open-payments≠rfc")),
        _field("grant", "grant, by its number", "G3", facets.GRANT, _number, ordered=True, values=("none",)),
        _field("token", "token, part of it or its mask", "9f2c", None, _token, values=_ANY),
        _field("size", "bytes of the bodies", ">10kB", None, _size, ordered=True),
        _field("after", "sent after (UTC)", "15:40", facets.STARTED, partial(_instant, ">")),
        _field("before", "sent before (UTC)", "2026-11-22T15:40:07Z", facets.STARTED, partial(_instant, "<")),
        _field("note", "your note on it", "any", None, _note, values=_ANY),
        _field("marked", "marked by you", "yes", None, _marked, values=_YES_NO),
        _field("n", "number of the exchange", "5..9", facets.N, _number, ordered=True),
        _field("mark", "mark in the gutter", "✗≠", facets.MARKS, _mark, signs=True, values=_MARKS),
    ),
    lambda field: field.name,
)  # fmt: skip
EXAMPLES = tuple(field.example for field in FIELDS)
