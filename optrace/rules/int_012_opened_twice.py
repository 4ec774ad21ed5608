"""INT-012: The interaction had been decided already."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.interaction import finish_query
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.grants import expired_in, rows_of
from optrace.rules.rule import Found, Weight, rule
from optrace.session.rows import Row

_LIFE = timedelta(minutes=10)
_INTERACTION = ("interact_start", "interact_finish_request", "consent_accept", "consent_reject", "consent_get")
_DECIDED = ("consent_accept", "consent_reject", "interact_finish_request", "grant_cancel")


@rule(
    code="INT-012",
    title="The interaction had been decided already",
    severity=Severity.ERROR,
    spec=RFC9635("4.1.1"),
    remedy="Open each interact.redirect once; for another try make a new grant request.",
    operations=(*_INTERACTION, "finish_redirect"),
)
def opened_twice(case: Case) -> Iterator[Found]:
    """You see 403 or a redirect with "invalid interaction", or 404 "unknown interaction". A finish that is asked for
    again after a yes just gives the same redirect with the same hash.

    Cause: the link was opened a second time, from the history, a reload or a second tab, after the user had decided
    or the grant was given up.

    Detected: that answer, and an earlier decision, finish or cancellation of the same grant.

    Source: rafiki packages/auth/src/interaction/routes.ts.
    """
    result = finish_query(case.view).get("result")
    said = words(case) if case.refused else ""
    if result not in ("invalid_interaction", "unknown_interaction") and "interaction" not in said:
        return
    if "expired" in said or expired_in(case) is not None:
        return
    rows = rows_of(case, case.grant) if case.grant is not None else iter(())
    before = next((row for row in rows if _decided(row)), None)
    if before is not None:
        detail = f"It was decided in exchange {before.n} ({before.label}); the link can't be used again."
        yield Found(detail=detail, related=(before.n,), weight=Weight.PROOF)
    elif result == "unknown_interaction" or "unknown interaction" in said:
        yield Found(detail="The server knows no such interaction: its id or nonce is wrong, or it is gone.")
    elif case.grant is None or case.grant.started is None or case.started - case.grant.started <= _LIFE:
        yield Found(detail="The server says that the interaction is no longer pending.", weight=Weight.HYPOTHESIS)


def _decided(row: Row) -> bool:
    return row.operation in _DECIDED and row.status is not None and row.status < 400
