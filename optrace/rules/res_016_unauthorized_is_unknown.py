"""RES-016: “Unauthorized” means that there is no such resource."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS, about_unknown_resource
from optrace.rules.evidence.money import resource
from optrace.rules.evidence.wallets import difference
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="RES-016",
    title="“Unauthorized” means that there is no such resource",
    severity=Severity.INFO,
    weight=Weight.PROOF,
    remedy="Check the id and the tenant in the URL; tokens and signatures were not even looked at.",
    operations=(*RESOURCE_CALLS, "incoming_payment_get_public"),
    outcomes=(Outcome.REFUSED,),
    absorbs=("TOK-008",),
)
def unauthorized_is_unknown(case: Case) -> Iterator[Found]:
    """You see 401 with `details.description` "Failed to get wallet address from ...", which looks like a login problem.

    Cause: the id or the tenant is wrong, or the payment expired unpaid and was deleted. Rafiki looks up the wallet
    address of the resource before it looks at the token.

    Detected: by those details; the id is compared with those in answers of the session.

    Source: rafiki packages/backend/src/open_payments/wallet_address/middleware.ts.
    """
    if case.status != 401 or not about_unknown_resource(case):
        return
    url = case.view.url.partition("?")[0].removesuffix("/").removesuffix("/complete")
    last = url.rpartition("/")[2]
    seen = resource(case, url)
    if seen is not None:
        detail = f"Exchange {seen.n} still had this resource"
        expires = seen.instant("expiresAt")
        if expires is not None and expires < case.started:
            detail += f"; it expired at {expires:%H:%M:%S} UTC, and an expired payment that got nothing is deleted"
        yield Found(detail=f"{detail}.", where="url", related=(seen.n,))
        return
    earlier = (row.flow for row in case.earlier(lambda row: row.flow is not None))
    flows = (case.memory.flows[flow] for flow in earlier if flow is not None)
    urls = (url for flow in flows for url in (flow.incoming, flow.quote, flow.outgoing) if url)
    near = next((known for known in urls if known.rpartition("/")[2] == last), None)
    n = case.memory.birth(near) if near else None
    if near is not None and n is not None and n < case.row.n:
        detail = f"The id is known from exchange {n} as {near}: what differs here is {difference(url, near)}."
        yield Found(detail=detail, where="url", related=(n,))
        return
    yield Found(detail=f"No answer of this session brought the id {last}.", where="url")
