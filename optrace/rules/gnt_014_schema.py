"""GNT-014: The request doesn't fit the published schema."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS, about_schema, words
from optrace.rules.rule import Found, Outcome, rule

_MODELLED = frozenset({"grant_request", "incoming_payment_create", "quote_create", "outgoing_payment_create"})
_SHOWN = 6  # problems that one finding lists


@rule(
    code="GNT-014",
    title="The request doesn't fit the published schema",
    severity=Severity.ERROR,
    spec=OpenPayments("apis/auth-server"),
    remedy="Mend every member that is listed: the server names only the first. Leave out what is null.",
    operations=API_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def schema(case: Case) -> Iterator[Found]:
    """You see 400 "Received error validating OpenAPI request: body.x must ...", at the AS without a `code`.

    Cause: the body or the query doesn't fit the OpenAPI document of Open Payments. The validator runs before anything
    else and reports only the first fault, which for a choice of forms (`oneOf`) may blame the wrong member.

    Detected: by the words; then the body is read against the schema here, and all faults are listed. Members sent as
    null are among them: the schema wants them left out.

    Source: open-payments-node packages/openapi/src/middleware.ts; rafiki packages/auth/src/shared/gnapErrors.ts.
    """
    said = words(case)
    if not about_schema(case) or "'signature" in said:
        return
    from optrace.core.decode import Undecoded
    from optrace.exchanges.models import read_request  # models are slow to import

    problems: list[str] = []
    if case.row.operation in _MODELLED and (read := read_request(case.view, case.row.operation)) is not None:
        problems = list(read.problems) if isinstance(read, Undecoded) else [f"{name}: is null" for name in read.nulls]
        problems += [f"{name}: is not in the schema" for name in read.unknown if "." not in name]
    told = case.description.partition("request:")[2].strip() or case.description
    detail = f"The server says: {told}."
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        detail += f" Read against the schema here: {'; '.join(problems[:_SHOWN])}{more}."
    yield Found(detail=detail, where=told.partition(" ")[0].removeprefix("body.") or None)
