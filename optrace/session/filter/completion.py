"""What could stand where the user types: fields, their values, expressions, saved filters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from optrace.session.filter import facets
from optrace.session.filter.fields import FIELDS
from optrace.session.filter.http import SIGNS
from optrace.session.filter.index import Index
from optrace.session.filter.nodes import quoted

_MOST = 40  # of each kind
_CHUNK = re.compile(r"[-!]*([^\s()]*)$")
_FIELD = re.compile(r"([A-Za-z]+)(:(?:>=|<=|!=|[=≠<>])?|>=|<=|!=|[≠<>])(?:.*,)?(.*)$", re.S)
_PLAIN = re.compile(r"[^\s()\"',]+")


@dataclass(frozen=True, slots=True)
class Completion:
    """A text that could stand from `start` on in the place of what was typed there."""

    start: int
    text: str
    help: str = ""


def complete(
    text: str, cursor: int, *, values: Mapping[str, Sequence[str]], saved: Mapping[str, str]
) -> tuple[Completion, ...]:
    """What could be meant by the word before the cursor, what is more likely first.

    Args:
        values: what there is in the trace, by the field that it is a value of.
        saved: saved filters by name.
    """
    found = _CHUNK.search(text[:cursor])
    start, typed = (found.start(1), found[1]) if found else (cursor, "")
    if field := _FIELD.match(typed):
        return tuple(_values(field[1].lower(), field[3], start + field.start(3), values))
    if typed.startswith("~"):
        signs = (sign for sign in SIGNS if f"~{sign.name}".startswith(typed.lower()))
        return tuple(Completion(start, f"~{sign.name} ", sign.help) for sign in signs)
    names = [Completion(start, f"@{name} ", inner) for name, inner in saved.items() if f"@{name}".startswith(typed)]
    fields = [
        Completion(start, f"{field.name}:", field.help) for field in FIELDS if field.name.startswith(typed.lower())
    ]
    return tuple(names + fields)[:_MOST]


def _values(
    name: str, typed: str, start: int, values: Mapping[str, Sequence[str]]
) -> Iterator[Completion]:  # fmt: skip
    if name not in FIELDS:
        return
    wanted = typed.strip("\"'").casefold()
    known = list(dict.fromkeys((*values.get(name, ()), *FIELDS[name].values)))
    begins = [value for value in known if value.casefold().startswith(wanted)]
    holds = [value for value in known if wanted in value.casefold() and value not in begins]
    for value in (begins + holds)[:_MOST]:
        yield Completion(start, value if _PLAIN.fullmatch(value) else quoted(value))


def values_in(index: Index) -> dict[str, tuple[str, ...]]:
    """What there is in a session, by field, for `complete`."""
    ends = index.values(facets.ENDS)
    findings = [one for found in index.values(facets.FINDINGS) for one in found]
    statuses = sorted(status for status in index.values(facets.STATUS) if status is not None)
    return {
        "op": _some(name for operation, variant in index.values(facets.OPERATION) for name in (operation, variant)),
        "status": _some(map(str, statuses)),
        "from": _some(source for source, _ in ends),
        "to": _some(target for _, target in ends),
        "role": _some(role for pair in ends for role in pair),
        "method": _some(index.values(facets.METHOD)),
        "host": _some(index.values(facets.HOST)),
        "finding": _some(sorted({rule for rule, _, _ in findings})),
    }


def _some(values: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))[:_MOST]
