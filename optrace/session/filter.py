"""The filter of the ladder and of lists: words and `field:value` terms, all of which must hold.

    role:as status:4xx sig:fail op:quote -op:jwks payment:1 slow:>500ms

Bare words are looked for in the label, URL, status and operation, without regard to case; a term with `-` before it
must not hold.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from optrace.core.errors import Usage
from optrace.core.findings import Verdict
from optrace.core.registry import Registry
from optrace.session.steps import DEFAULT_PROFILE, ByProfile, Step

Test = Callable[[Step], bool]


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter text means; an empty one lets everything through."""

    text: str
    tests: tuple[Test, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tests)

    def matches(self, step: Step) -> bool:
        """Whether a step passes every term."""
        return all(test(step) for test in self.tests)


def parse_filter(text: str, *, profile: str = DEFAULT_PROFILE) -> Filter:
    """Read a filter text.

    Raises:
        Usage: an unknown field or a value that the field can't have.
    """
    try:
        terms = shlex.split(text)
    except ValueError:  # a quotation that isn't closed yet
        terms = text.split()
    return Filter(text, tuple(_term(term, profile) for term in terms))


def _term(term: str, profile: str) -> Test:
    if len(term) > 1 and term[0] == "-":
        positive = _term(term[1:], profile)
        return lambda step: not positive(step)
    name, colon, value = term.partition(":")
    if colon and value and name.isascii() and name.isalpha() and not value.startswith("//"):
        return _FIELDS[name.lower()].test(value, profile)
    word = term.casefold()
    return lambda step: (
        word in step.label.casefold()
        or word in step.url.casefold()
        or word in step.operation
        or word == str(step.status)
        or word == step.method.casefold()
    )


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    test: Callable[[str, str], Test]  # value, profile
    example: str


def _operation(value: str, _: str) -> Test:
    value = value.casefold()
    return lambda step: value in step.operation or value in (step.variant or "")


_STATUS = re.compile(r"(?P<op>[<>]=?)?(?P<digits>[1-5](?:xx|\d\d))$", re.I)
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
}


def _status(value: str, _: str) -> Test:
    if value == "none":
        return lambda step: step.status is None
    match = _STATUS.match(value)
    if match is None:
        raise Usage(f"{value} is no status", remedy="Say 401, 4xx, >=400 or none.")
    if match["digits"][1:].lower() == "xx":
        hundreds = int(match["digits"][0])
        compare = _COMPARE[match["op"] or ""]
        return lambda step: step.status is not None and compare(step.status // 100, hundreds)
    wanted, compare = int(match["digits"]), _COMPARE[match["op"] or ""]
    return lambda step: step.status is not None and compare(step.status, wanted)


def _number(of: Callable[[Step], int | None]) -> Callable[[str, str], Test]:
    def test(value: str, _: str) -> Test:
        if value == "none":
            return lambda step: of(step) is None
        digits = value.lstrip("GgTt")  # as they are shown: G3
        if not digits.isascii() or not digits.isdigit():
            raise Usage(f"{value} is no number", remedy="Say a number, or none.")
        return lambda step: of(step) == int(digits)

    return test


def _verdict(of: Callable[[Step], ByProfile]) -> Callable[[str, str], Test]:
    def test(value: str, profile: str) -> Test:
        wanted = _VERDICTS[value.lower()]
        return lambda step: of(step)[profile] is wanted

    return test


def _role(value: str, _: str) -> Test:
    value = value.casefold()
    ends = ("." + value, value)
    return lambda step: any(role == value or role.endswith(ends[0]) for role in (step.source, step.target))


def _mark(value: str, profile: str) -> Test:
    return lambda step: step.mark(profile) in value


_SLOW = re.compile(r"(?P<op>[<>]=?)?(?P<number>\d{1,9}(?:\.\d{1,6})?)(?P<unit>ms|s|m)?$")
_UNITS = {"ms": timedelta(milliseconds=1), "s": timedelta(seconds=1), "m": timedelta(minutes=1)}


def _slow(value: str, _: str) -> Test:
    match = _SLOW.match(value)
    if match is None:
        raise Usage(f"{value} is no duration", remedy="Say >500ms or >2s.")
    limit = (float(match["number"]) * _UNITS[match["unit"] or "ms"]).total_seconds()
    compare = _COMPARE[match["op"] or ">"]
    return lambda step: step.duration is not None and compare(step.duration.total_seconds(), limit)


_VERDICTS = Registry("verdict", Verdict, lambda verdict: verdict.value)
_FIELDS = Registry(
    "filter field",
    (
        _Field("op", _operation, "op:quote"),
        _Field("status", _status, "status:4xx"),
        _Field("payment", _number(lambda step: step.payment or step.scene), "payment:1"),
        _Field("grant", _number(lambda step: step.grant), "grant:G3"),
        _Field("n", _number(lambda step: step.n), "n:12"),
        _Field("sig", _verdict(lambda step: step.verdicts.signature), "sig:fail"),
        _Field("digest", _verdict(lambda step: step.verdicts.digest), "digest:fail"),
        _Field("hash", _verdict(lambda step: step.verdicts.hash), "hash:differs"),
        _Field("role", _role, "role:as"),
        _Field("mark", _mark, "mark:✗≠"),
        _Field("slow", _slow, "slow:>500ms"),
    ),
    lambda field: field.name,
)

EXAMPLES = tuple(field.example for field in _FIELDS)
