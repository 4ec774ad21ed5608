"""FLO-016: There is nothing left to cancel."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import about_client, about_signature, words
from optrace.rules.evidence.grants import cancelled_in
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-016",
    title="There is nothing left to cancel",
    severity=Severity.INFO,
    weight=Weight.PROOF,
    spec=RFC9635("5.4"),
    remedy="Treat it as done.",
    operations=("grant_cancel",),
    outcomes=(Outcome.REFUSED,),
)
def nothing_left_to_cancel(case: Case) -> Iterator[Found]:
    """You see 400 `invalid_client`, 401 `invalid_continuation` or 404 for DELETE of continue.uri.

    Cause: the grant is gone already, or the key that signed it was removed from the wallet.

    Detected: an earlier cancellation of this grant; or a client whose keys no longer have the keyid.

    Source: web-monetization-extension 332, 595.
    """
    if about_client(case):
        yield Found(
            detail="The server finds no key for this client: with its key the client lost its grants.",
            weight=Weight.HYPOTHESIS,
        )
        return
    if about_signature(case):
        return
    n = cancelled_in(case)
    if n is not None:
        yield Found(detail=f"The grant was cancelled in exchange {n}.", related=(n,))
    elif case.status == 404 and "unknown grant" in words(case):
        yield Found(detail="The server doesn't know this grant any more.", weight=Weight.EXPLAINS)
    elif case.code == "invalid_continuation" and case.token is not None and case.token.kind == "continuation":
        detail = f"The token is the one of exchange {case.token.born}; the server has no such grant any more."
        yield Found(detail=detail, related=(case.token.born,), weight=Weight.EXPLAINS)
