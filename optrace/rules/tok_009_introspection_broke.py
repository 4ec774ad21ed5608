"""TOK-009: The resource server could not ask its authorization server about the token."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import RESOURCE_CALLS
from optrace.rules.evidence.tokens import why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-009",
    title="The resource server could not ask its authorization server about the token",
    severity=Severity.INFO,
    weight=Weight.PROOF,
    spec=RFC9635("9"),
    remedy="Try again after a while, with growing pauses; if it lasts, tell the wallet's operator.",
    operations=RESOURCE_CALLS,
    outcomes=(Outcome.REFUSED,),
)
def introspection_broke(case: Case) -> Iterator[Found]:
    """You see 401 "Invalid Token".

    Cause: introspection failed inside the wallet. The client and its token are not at fault.

    Detected: by those words, for a token that is otherwise good; the same token working before or after, or several
    tokens failing at once, makes it certain.

    Source: rafiki packages/backend/src/open_payments/auth/middleware.ts; web-monetization-extension 417.
    """
    if why_refused(case) != "TOK-009" or case.token is None:
        return
    calls = [row for row in case.memory.calls_with(case.token.value, 200) if row.n != case.row.n]
    fine = [row.n for row in calls if row.status is not None and row.status < 300]
    before = max((n for n in fine if n < case.row.n), default=None)
    after = min((n for n in fine if n > case.row.n), default=None)
    asked = [row for row in case.trace.rows_after(case.row.n, 32) if row.partner == case.row.n]
    broken = next((r for r in asked if r.operation == "token_introspect" and (r.error or (r.status or 0) >= 400)), None)
    said = [f"before (exchange {before})"] if before else []
    said += [f"after (exchange {after})"] if after else []
    detail = f"Token {mask(case.token.value)} was good {' and '.join(said)}." if said else "The token looks good here."
    if broken is not None:
        detail += f" The introspection in exchange {broken.n} got {broken.status or broken.error}."
    related = tuple(n for n in (before, after, broken.n if broken else None) if n)
    yield Found(detail=detail, related=related)
