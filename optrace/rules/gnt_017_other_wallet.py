"""GNT-017: The grant is for another wallet address."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.tokens import need, shown, why_refused
from optrace.rules.evidence.wallets import difference, loose
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="GNT-017",
    title="The grant is for another wallet address",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("8"),
    remedy="Use one spelling everywhere: the `id` of the wallet address document.",
    operations=RESOURCE_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def other_wallet(case: Case) -> Iterator[Found]:
    """You see 403 "Insufficient Grant", although type and action are right.

    Cause: the `identifier` of the grant is compared with the wallet address of the call as exact text. A slash, upper
    case, http, or a vanity domain is enough.

    Detected: the identifier of the token's access against `walletAddress` in the body, `wallet-address` in the query,
    or the wallet address of the resource.

    Source: rafiki packages/auth/src/access/utils.ts; rafiki 2906.
    """
    wanted = need(case)
    if why_refused(case) != "GNT-017" or case.token is None or wanted is None or wanted.wallet is None:
        return
    identifier = next(
        (text(i.get("identifier")) for i in case.token.access if i.get("type") == wanted.type and i.get("identifier")),
        None,
    )
    if identifier is None:
        return
    detail = f"Token {shown(case.token)} is for {identifier}; this call is about {wanted.wallet}."
    if loose(identifier) == loose(wanted.wallet):
        detail += f" What differs is {difference(wanted.wallet, identifier)}."
    related = tuple(dict.fromkeys((case.token.grant.n, case.token.born)))
    yield Found(detail=detail, where="walletAddress", related=related)
