"""RES-022: A good answer that doesn't fit the published schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.rows import Row

# (required members, the others) of the answers: models are slow to import, and nearly no answer is worth one
_ID, _AMOUNTS = {"id", "walletAddress", "createdAt"}, {"debitAmount", "receiveAmount"}
_INCOMING = (
    _ID | {"completed", "receivedAmount"},
    {"incomingAmount", "expiresAt", "metadata", "methods"},
)
_QUOTE = (_ID | _AMOUNTS | {"receiver", "method"}, {"expiresAt"})
_OUTGOING = (
    _ID | _AMOUNTS | {"receiver", "sentAmount"},
    {"quoteId", "failed", "grantSpentDebitAmount", "grantSpentReceiveAmount", "metadata"},
)
MEMBERS: Mapping[str, tuple[Set[str], Set[str]]] = {
    "incoming_payment_create": _INCOMING,
    "incoming_payment_complete": _INCOMING,
    "quote_create": _QUOTE,
    "outgoing_payment_create": _OUTGOING,
    "incoming_payment_get": _INCOMING,
    "quote_get": _QUOTE,
    "outgoing_payment_get": _OUTGOING,
}
# beside the published schema and harmless: members that older servers still send
OLD = frozenset({"updatedAt"})
_EXPECTED = {  # operation -> (required members, all of them, those that are amounts)
    operation: (required, required | others | OLD, [name for name in required | others if name.endswith("Amount")])
    for operation, (required, others) in MEMBERS.items()
}


@rule(
    code="RES-022",
    title="A good answer that doesn't fit the published schema",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=OpenPayments("apis/resource-server"),
    remedy="What was asked for did happen: read the resource before you try again. Update the SDK, or turn off its"
    " validation of answers.",
    operations=tuple(MEMBERS),
    outcomes=(Outcome.OK,),
)
def answer_outside_schema(case: Case) -> Iterator[Found]:
    """You see an exception "Could not validate OpenAPI response" although HTTP was 200 or 201.

    Cause: the client's schema is older or stricter than the server. The side effect did happen, and a retry makes a
    second payment.

    Detected: the answer is read against the schema of Open Payments; a repetition of the same call is named.

    Source: open-payments-node packages/open-payments/src/client/requests.ts, handleError; rafiki PR 705.
    """
    if case.view.response_body.kind != "json" or not case.view.succeeded:
        return
    if _looks_right(case.row.operation, case.view.got):
        return
    from optrace.core.decode import Undecoded
    from optrace.exchanges.models import read_response

    read = read_response(case.view, case.row.operation)
    if read is None:
        return
    problems = list(read.problems) if isinstance(read, Undecoded) else [f"{name}: is null" for name in read.nulls]
    problems += [f"{name}: is not in the schema" for name in read.unknown if name not in OLD and "." not in name]
    if not problems:
        return
    detail = f"Against the schema: {'; '.join(problems[:4])}."
    again = next((row.n for row in case.trace.rows_after(case.row.n, 64) if _same(case, row)), None)
    if again is not None:
        detail += f" Exchange {again} makes the same call again."
    yield Found(detail=detail, where=problems[0].partition(":")[0], related=(again,) if again else ())


def _same(case: Case, row: Row) -> bool:
    if row.operation != case.row.operation or row.url != case.row.url:
        return False
    other = case.other(row.n)
    return other is not None and other.request.body == case.exchange.request.body


def _looks_right(operation: str, got: Mapping[str, Any]) -> bool:
    """Whether the members are there, known, and of the right kind at first sight: nearly all answers are."""
    required, known, amounts = _EXPECTED[operation]
    if not required <= got.keys() <= known or None in got.values():
        return False
    for name in amounts:
        if name in got and not (isinstance(value := got[name], dict) and isinstance(value.get("value"), str)):
            return False
    return True
