"""GNT-015: The AS answers 500 without saying why."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.openpayments.units import read_money
from optrace.rules.evidence.answers import quoted, words
from optrace.rules.evidence.money import amounts_in, interval_of, limits_asked
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-015",
    title="The AS answers 500 without saying why",
    severity=Severity.INFO,
    weight=Weight.HYPOTHESIS,
    remedy="Check the request for what is listed here; if nothing fits, ask the wallet's operator for its log.",
    operations=("grant_request",),
    outcomes=(Outcome.REFUSED,),
)
def opaque_500(case: Case) -> Iterator[Found]:
    """You see 500 `request_denied` "internal server error".

    Cause: Rafiki's catch-all around the creation of a grant: a value that its database or a parser refuses.

    Detected: by the answer. What is known to end there is looked for in the request: an interval that can't be read,
    limits in another asset, an empty access list.

    Source: rafiki packages/auth/src/grant/routes.ts.
    """
    if case.status != 500 or case.view.response_body.kind != "json":
        return
    if "internal server error" not in words(case) and case.code != "request_denied":
        return
    suspects = []
    for where, limits in limits_asked(case):
        if isinstance(why := interval_of(limits), str):
            suspects.append(f"`{where}.interval`: {why}")
        suspects += [f"`{where}.{name}` is null" for name, value in limits.items() if value is None]
    amounts = amounts_in(case.view.sent)
    suspects += [f"`{where}`: not an amount" for where, value in amounts if read_money(value) is None]
    listed = f" Suspects in the request: {'; '.join(suspects)}." if suspects else " Nothing in the request stands out."
    yield Found(detail=f"The server's catch-all answered {quoted(case)}.{listed}")
