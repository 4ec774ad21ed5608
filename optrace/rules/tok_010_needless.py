"""TOK-010: A token is sent on a call that needs none."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.tokens import shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-010",
    title="A token is sent on a call that needs none",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=RFC9635("2"),
    remedy="Send tokens only where they belong; don't share one client object between calls with and without a token.",
    operations=("grant_request", "wallet_address_get", "jwks_get", "incoming_payment_get"),
    outcomes=(Outcome.OK, Outcome.REFUSED),
)
def needless(case: Case) -> Iterator[Found]:
    """You see nothing, or a public read of an incoming payment that is refused with 401 or 403.

    Cause: a client object that keeps the last token and sends it along with grant requests and public reads.

    Detected: `Authorization` on a grant request, on a read of a wallet address or its keys; or on the read of an
    incoming payment at a server that doesn't trust the token, where a read without it would succeed.

    Source: open-payments-php lib/ApiClient.php; rafiki app.ts, canSkipAuthValidation.
    """
    if case.view.authorization is None:
        return
    token = case.token
    which = f"Token {shown(token)}" if token and token.born < case.row.n else "A token"
    related = (token.born,) if token and token.born < case.row.n else ()
    if case.row.operation != "incoming_payment_get":
        yield Found(detail=f"{which} is sent, and this call takes none.", where="Authorization", related=related)
    elif case.refused and why_refused(case) in ("TOK-006", "TOK-014", "TOK-008"):
        detail = f"{which} isn't taken here; without any token the public part of the payment can be read."
        yield Found(detail=detail, where="Authorization", related=related)
