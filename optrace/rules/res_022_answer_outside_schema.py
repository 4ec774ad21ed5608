"""RES-022: A good answer that doesn't fit the published schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from optrace.core.decode import Undecoded, decode
from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.openpayments.incoming_payment import IncomingPayment
from optrace.openpayments.outgoing_payment import OutgoingPayment
from optrace.openpayments.quote import Quote
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.rows import Row

_MODELS: Mapping[str, Any] = {
    "incoming_payment_create": IncomingPayment,
    "incoming_payment_complete": IncomingPayment,
    "quote_create": Quote,
    "outgoing_payment_create": OutgoingPayment,
    "incoming_payment_get": IncomingPayment,
    "quote_get": Quote,
    "outgoing_payment_get": OutgoingPayment,
}
# beside the published schema and harmless: members that older servers still send
_OLD = frozenset({"updatedAt"})


@rule(
    code="RES-022",
    title="A good answer that doesn't fit the published schema",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=OpenPayments("apis/resource-server"),
    remedy="What was asked for did happen: read the resource before you try again. Update the SDK, or turn off its"
    " validation of answers.",
    operations=tuple(_MODELS),
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
    if _looks_right(_MODELS[case.row.operation], case.view.got):
        return
    read = decode(_MODELS[case.row.operation], case.view.response_body.json)
    problems = list(read.problems) if isinstance(read, Undecoded) else [f"{name}: is null" for name in read.nulls]
    problems += [f"{name}: is not in the schema" for name in read.unknown if name not in _OLD and "." not in name]
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


def _looks_right(model: Any, got: Mapping[str, Any]) -> bool:
    """Whether the members are there, known, and of the right kind at first sight: nearly all answers are."""
    required, known = _members(model)
    if not required <= got.keys() <= known:
        return False
    for name, value in got.items():
        if value is None:
            return False
        if name.endswith("Amount") and not (isinstance(value, dict) and isinstance(value.get("value"), str)):
            return False
    return True


@lru_cache(maxsize=8)
def _members(model: Any) -> tuple[frozenset[str], frozenset[str]]:
    """(required members, known members) of a model."""
    fields = [(field.alias or name, field.is_required()) for name, field in model.model_fields.items()]
    return frozenset(name for name, required in fields if required), _OLD.union(name for name, _ in fields)
