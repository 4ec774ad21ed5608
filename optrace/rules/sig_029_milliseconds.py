"""SIG-029: created is in milliseconds."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import severity
from optrace.rules.rule import Found, Weight, rule

_CREATED = re.compile(r";\s*(created|expires)=(\d{12,})")


@rule(
    code="SIG-029",
    title="created is in milliseconds",
    severity=Severity.ERROR,
    weight=Weight.SMELL,
    spec=RFC9421("2.3"),
    remedy="Write seconds since 1970: `Math.floor(Date.now() / 1000)`.",
)
def milliseconds(case: Case) -> Iterator[Found]:
    """You see nothing at Rafiki; strict verifiers refuse a signature from the far future.

    Cause: `Date.now()` and its kin count milliseconds. (The signature of Rafiki's own admin API does use them.)

    Detected: `created` or `expires` has twelve digits or more.

    Source: RFC 9421 2.3; rafiki commit 8f3cc3901 for the admin side.
    """
    inputs = case.exchange.request.fields.get("signature-input")
    for name, digits in _CREATED.findall(inputs) if inputs else ():
        yield Found(
            detail=f"`{name}` is {digits[:24]}{_unit(digits)}.",
            where=name,
            severity=severity(case),
        )


def _unit(digits: str) -> str:
    """What so many digits count, by this century's seconds, which have ten."""
    for places, unit in ((3, "milliseconds"), (6, "microseconds"), (9, "nanoseconds")):
        if len(digits) - places == 10:
            return f", which would be {unit}; the seconds are {digits[:10]}"
    return "; seconds have ten digits"
