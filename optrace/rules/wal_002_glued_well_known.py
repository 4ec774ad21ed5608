"""WAL-002: /.well-known/pay stands before a path."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="WAL-002",
    title="/.well-known/pay stands before a path",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/wallet-addresses"),
    remedy="A pointer with a path becomes https://host/path; only a pointer without one gets /.well-known/pay.",
    operations=("wallet_address_get", "jwks_get", "unknown", "did_get"),
    outcomes=(Outcome.REFUSED, Outcome.BROKEN),
    absorbs=("WAL-011",),
)
def glued_well_known(case: Case) -> Iterator[Found]:
    """You see 404.

    Cause: the default path was put before the path of a pointer that has one.

    Detected: the path of the request begins with `/.well-known/pay/` and goes on with more than the keys' document.

    Source: n8n-nodes-interledger nodes/Interledger/utils/paymentPointerUtils.ts.
    """
    prefix, path = "/.well-known/pay/", case.view.parts.path
    rest = path.removeprefix(prefix)
    if path.startswith(prefix) and rest.strip("/") not in ("", "jwks.json", "did.json"):
        right = f"{case.view.parts.origin}/{rest}"
        yield Found(detail=f"{case.view.url} should be {right}.", where="url", remedy=f"Use {right}.")
