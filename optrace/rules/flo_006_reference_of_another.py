"""FLO-006: The interact_ref belongs to another grant."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.rules.evidence.answers import about_signature
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="FLO-006",
    title="The interact_ref belongs to another grant",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("4.2.3"),
    remedy="Keep each pending grant under a state in its finish URI, and check the hash before you continue.",
    operations=("grant_continue",),
    outcomes=(Outcome.REFUSED,),
)
def reference_of_another(case: Case) -> Iterator[Found]:
    """You see 404 `invalid_continuation` "grant not found".

    Cause: one place for one pending grant, which a second user overwrites; or a callback that was injected.

    Detected: the reference came to the finish of another grant, by its hash or its finish URI.

    Source: rafiki packages/auth/src/grant/routes.ts, isMatchingContinueRequest.
    """
    reference = text(case.view.sent.get("interact_ref"))
    owner = case.memory.references.get(reference) if reference else None
    if reference is None or owner is case.grant or about_signature(case) or case.code == "too_fast":
        return
    if owner is None:
        yield from _never_given(case, reference)
        return
    n = owner.interact_refs.get(reference)
    if n is None or n >= case.row.n or case.grant is None:
        return
    mine = f"this continuation is of the grant of exchange {case.grant.n}."
    detail = f"{mask(reference)} came in exchange {n} for the grant of exchange {owner.n}; {mine}"
    related = tuple(dict.fromkeys((owner.n, n, case.grant.n)))
    yield Found(detail=detail, where="interact_ref", related=related)


def _never_given(case: Case, reference: str) -> Iterator[Found]:
    """A reference that no finish brought, although this grant's did bring one."""
    given = case.grant.interact_refs if case.grant else {}
    right = next((value for value, n in given.items() if n < case.row.n), None)
    if right is not None and case.status == 404:
        n = given[right]
        detail = f"{mask(reference)} came to no finish in this recording; exchange {n} brought {mask(right)}."
        yield Found(detail=detail, where="interact_ref", related=(n,), weight=Weight.EXPLAINS)
