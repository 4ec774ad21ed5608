"""FLO-001: The continuation came before the user's consent."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.grants import cancelled_in, expired_in, finished_in, issued_in, rejected_in, rows_of
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-001",
    title="The continuation came before the user's consent",
    severity=Severity.ERROR,
    spec=RFC9635("5.1"),
    remedy="Wait until the browser comes back to your finish URI with an interact_ref, then continue with it.",
    operations=("grant_continue", "grant_poll"),
    outcomes=(Outcome.REFUSED,),
)
def before_consent(case: Case) -> Iterator[Found]:
    """You see 404 `invalid_continuation` "grant not found" for a made-up interact_ref, 401 `request_denied` "grant
    interaction not approved" for a real one.

    Cause: nobody has said yes yet. The reference comes only with the redirect to the finish URI. A poll without a
    finish that is answered 200 with only `continue` is no error.

    Detected: no finish of this grant, and no consent, was seen before the call; the reference occurs in no exchange.

    Source: open-payments 541, 560; rafiki packages/auth/src/grant/routes.ts.
    """
    said = words(case)
    if not ("grant not found" in said or "not approved" in said or case.code == "request_denied"):
        return
    if "cannot be polled" in said or finished_in(case) or issued_in(case) or rejected_in(case) or cancelled_in(case):
        return
    reference = text(case.view.sent.get("interact_ref"))
    owner = case.memory.references.get(reference) if reference else None
    if reference and owner is not None and owner.interact_refs.get(reference, case.row.n) < case.row.n:
        return  # FLO-006, or a reference that is known
    opened = case.grant is not None and any(r.operation == "interact_start" for r in rows_of(case, case.grant))
    detail = "No finish of this grant was seen before this call"
    if (expired := expired_in(case)) is not None:
        detail += f"; its interaction had expired (exchange {expired})."
    else:
        detail += "; the user has opened the interaction, and not decided." if opened else "."
    if reference:
        seen = case.memory.birth(reference)  # a nonce, or another value that was taken for it
        where = f"exchange {seen}, and in no finish" if seen and seen < case.row.n else "no earlier exchange"
        detail += f" The reference {mask(reference)} occurs in {where}."
    related = (case.grant.n,) if case.grant is not None else ()
    weight = Weight.PROOF if opened or "not approved" in said else Weight.EXPLAINS
    yield Found(detail=detail, where="interact_ref", related=related, weight=weight)
