"""GNT-002: The access that needs consent doesn't say whose wallet address it is for."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.exchanges.view import access_items, text
from optrace.rules.evidence.answers import about_schema, words
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-002",
    title="The access that needs consent doesn't say whose wallet address it is for",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/grants"),
    remedy="Set `identifier` to the payer's wallet address, exactly as the `id` of its document.",
    operations=("grant_request",),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014",),
)
def identifier_missing(case: Case) -> Iterator[Found]:
    """You see 400 "access identifier required", or an OpenAPI message that blames another member of the item.

    Cause: the AS must know whose account the user has to open; only `identifier` says it.

    Detected: an outgoing-payment item, or one with `list-all`, has no `identifier`, and the answer is about it or comes
    from the schema validator.

    Source: rafiki packages/auth/src/grant/utils.ts; rafiki PR 612.
    """
    said = words(case)
    next_one = "'interact'" in said  # the AS names one fault at a time
    if case.status != 400 or not ("identifier" in said or about_schema(case) or next_one):
        return
    for index, item in enumerate(access_items(case.view)):
        actions = item.get("actions")
        wants_all = isinstance(actions, list) and "list-all" in actions
        if text(item.get("identifier")) or not (item.get("type") == "outgoing-payment" or wants_all):
            continue
        where = f"access_token.access[{index}].identifier"
        got = "is empty" if "identifier" in item else "is missing"
        weight = Weight.SMELL if next_one else Weight.PROOF
        yield Found(detail=f"`{where}` {got}; {item.get('type')} access needs it.", where=where, weight=weight)
        return
