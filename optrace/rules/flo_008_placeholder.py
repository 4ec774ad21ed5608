"""FLO-008: A placeholder was sent in place of a value."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.gnap.tokens import TokenFault
from optrace.rules.evidence.tokens import authorization
from optrace.rules.rule import Found, Outcome, Weight, rule

_WORDS = frozenset({"undefined", "null", "nan", "none", "[object object]", "%5bobject%20object%5d"})

_TEMPLATE = re.compile(
    r"(?:\$?\{|%7[Bb]){1,2}[\w.-]*(?:\}|%7[Dd]){1,2}|:[a-z]\w*|(?:<|%3[Cc])\w+(?:>|%3[Ee])"
)  # {id}, :id, <id>


@rule(
    code="FLO-008",
    title="A placeholder was sent in place of a value",
    severity=Severity.ERROR,
    weight=Weight.EXPLAINS,
    remedy="Find the field that was not there when the request was built, and stop when it is missing.",
    outcomes=(Outcome.REFUSED, Outcome.BROKEN),
    absorbs=("TOK-014", "RES-016"),
)
def placeholder(case: Case) -> Iterator[Found]:
    """You see 401, 403 or 404 for a call with `undefined`, `null`, `[object Object]` or `{id}` in it.

    Cause: a field of an earlier answer was read under a wrong name, or wasn't there, and was put into a text.

    Detected: those words, or a template that was not filled, in Authorization, in the path, or in the query.

    Source: RFC 9635 5.2 for the answer that most often lacks the field.
    """
    if case.row.operation == "unknown" and case.view.authorization is None:
        return
    found = authorization(case)
    if found is not None and TokenFault.PLACEHOLDER in found.faults:
        detail = f'Authorization is "{found.raw}": access_token.value was missing when the request was built.'
        yield Found(detail=detail, where="Authorization")
        return
    segments = case.view.parts.segments
    for index, segment in enumerate(segments):
        if segment.lower() in _WORDS or _TEMPLATE.fullmatch(segment):
            before = segments[index - 1] if index else "the host"
            detail = f"The path has {segment} after {before}: the id or URL of an earlier answer was missing."
            yield Found(detail=detail, where="url", weight=Weight.PROOF)
            return
    for name, value in case.view.parts.parameters():
        if value.lower() in _WORDS or _TEMPLATE.fullmatch(value):
            yield Found(detail=f"The query has `{name}={value}`.", where=name, weight=Weight.PROOF)
            return
