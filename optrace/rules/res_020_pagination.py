"""RES-020: The list is asked for in a way that the server doesn't know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import words
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-020",
    title="The list is asked for in a way that the server doesn't know",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("apis/resource-server"),
    remedy="Give `wallet-address`, and either `first` or `last` (1 to 100); `last` needs a `cursor`. Leave out what is"
    " empty.",
    operations=("incoming_payment_list", "outgoing_payment_list"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("GNT-014",),
)
def pagination(case: Case) -> Iterator[Found]:
    """You see 400 "first and last are mutually exclusive", "last requires cursor", or that `wallet-address` is
    required.

    Cause: the names and rules of the query: `wallet-address` (not `walletAddress`) is always needed, `first` and `last`
    exclude each other, `last` goes back from a cursor, both go up to 100.

    Detected: in the query, when the server refused it or its schema.

    Source: rafiki wallet_address/routes.ts, listSubresource.
    """
    if case.status != 400 or "'signature" in words(case):
        return
    query: dict[str, str] = {}
    for name, value in case.view.parts.parameters():
        query.setdefault(name, value)
    faults = list(_faults(query))
    if faults:
        yield Found(detail=f"{'; '.join(fault for _, fault in faults)}.", where=faults[0][0])


def _faults(query: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if not query.get("wallet-address"):
        plain = {name.lower().replace("_", "").replace("-", ""): name for name in query}
        alike = plain.get("walletaddress")
        said = f"there is `{alike}` instead" if alike and alike != "wallet-address" else "it is missing"
        yield "wallet-address", f"`wallet-address` is required, and {said}"
    if query.get("first") and query.get("last"):
        yield "last", "`first` and `last` exclude each other"
    if query.get("last") and not query.get("cursor"):
        yield "last", "`last` needs a `cursor`"
    for name in ("first", "last", "cursor"):
        value = query.get(name)
        if value == "":
            yield name, f"`{name}` is empty"
        elif value and name != "cursor" and not (value.isascii() and value.isdigit() and 1 <= int(value[:9]) <= 100):
            yield name, f"`{name}` is {value[:20]}, not a number from 1 to 100"
