"""INT-009: The finish URI has parameters that the server overwrites."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig, text
from optrace.rules.rule import Found, Weight, rule

_SET = ("hash", "interact_ref", "result", "message")


@rule(
    code="INT-009",
    title="The finish URI has parameters that the server overwrites",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=RFC9635("4.2.1"),
    remedy="Give your own parameters other names, or put the state into the path; leave the fragment out.",
    operations=("grant_request",),
)
def finish_query_overwritten(case: Case) -> Iterator[Found]:
    """You see your own `hash`, `interact_ref` or `result` vanish in the callback, or a fragment after the query.

    Cause: the server sets its parameters on the given URL; of the same names only its own are left.

    Detected: `finish.uri` has one of these names in its query, or a `#`.

    Source: rafiki packages/auth/src/interaction/routes.ts.
    """
    uri = text(dig(case.view.sent, "interact", "finish", "uri"))
    if uri is None:
        return
    names = [name for name, _ in parse(uri).parameters() if name in _SET]
    if names:
        detail = f"finish.uri has {', '.join(dict.fromkeys(names))} in its query, which the server sets."
        yield Found(detail=detail, where="interact.finish.uri")
    if "#" in uri:
        yield Found(detail="finish.uri has a fragment; the query comes before it.", where="interact.finish.uri")
