"""RES-021: The wallet address is inactive, or the server doesn't have it."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS, quoted, words
from optrace.rules.evidence.tokens import wallet_of_call
from optrace.rules.evidence.wallets import document_of
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-021",
    title="The wallet address is inactive, or the server doesn't have it",
    severity=Severity.ERROR,
    weight=Weight.EXPLAINS,
    remedy="Use another wallet address, or have its owner activate it at the wallet.",
    operations=(*RESOURCE_CALLS, "incoming_payment_get_public", "wallet_address_get"),
    outcomes=(Outcome.REFUSED,),
)
def wallet_inactive(case: Case) -> Iterator[Found]:
    """You see 400 "inactive wallet address" or "Could not get wallet address", 404 for a read.

    Cause: the wallet's operator or its owner has deactivated the address; or the address isn't one of this server's.

    Detected: by the words; an address that differs from a known one by a slash or by case is WAL-005's.

    Source: rafiki quote/errors.ts, wallet_address/middleware.ts.
    """
    said = words(case)
    inactive = "inactive wallet address" in said
    if not inactive and not ("could not get wallet address" in said and case.row.operation != "wallet_address_get"):
        return
    wallet = wallet_of_call(case)
    document = document_of(case, wallet)
    detail = f"The server says {quoted(case)}" + (f" of {wallet}." if wallet else ".")
    if document is not None and not inactive:
        detail += f" Its document (exchange {document.n}) names {document.resource_server} as its server."
    related = (document.n,) if document else ()
    yield Found(detail=detail, where="walletAddress", related=related, weight=Weight.PROOF if inactive else None)
