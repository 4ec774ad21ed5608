"""TOK-001: The Authorization field isn't `GNAP <token>`."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.gnap.tokens import FAULTS, TokenFault
from optrace.rules.evidence.answers import CONTINUATIONS, MANAGEMENT, RESOURCE_CALLS, about_client, about_schema, words
from optrace.rules.evidence.tokens import SHAPE, authorization, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-001",
    title="The Authorization field isn't `GNAP <token>`",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("7.2"),
    remedy="Send `Authorization: GNAP <token>`: GNAP in capitals, one space, the bare token; then sign it.",
    operations=(*RESOURCE_CALLS, *CONTINUATIONS, "grant_cancel", *MANAGEMENT),
    outcomes=(Outcome.OK, Outcome.REFUSED, Outcome.BROKEN),
)
def scheme(case: Case) -> Iterator[Found]:
    """You see 401 "Missing or invalid authorization header value" at the RS; at the AS 401 "missing continuation
    information" or 401 "invalid grant".

    Cause: `Bearer`, lower-case `gnap`, no scheme at all, or two spaces. The RS splits at one space and wants exactly
    two parts; the AS looks for the letters `GNAP `.

    Detected: the field isn't `GNAP`, one space and a token. If what follows is a known token, the finding says which.

    Source: rafiki packages/backend/src/open_payments/auth/middleware.ts, introspect.
    """
    value = case.view.authorization
    if value is None or (value.startswith("GNAP ") and value.count(" ") == 1):
        return
    found = authorization(case)
    faults = [fault for fault in found.faults if fault in SHAPE] if found else []
    if found is None or not faults or TokenFault.PLACEHOLDER in found.faults:
        return
    detail = f"The field is {_masked(found.raw, found.token)}: {'; '.join(FAULTS[fault] for fault in faults)}."
    token = case.token
    if token is not None and token.born < case.row.n:
        detail += f" What stands in it is the {token.kind} token of exchange {token.born}."
    related = (token.born,) if token is not None and token.born < case.row.n else ()
    if case.status is None:
        yield Found(detail=detail, where="Authorization", related=related, weight=Weight.SMELL)
    elif not case.refused:
        yield Found(
            detail=f"{detail} This server took it.",
            where="Authorization",
            related=related,
            severity=Severity.RISK,
            weight=Weight.SMELL,
        )
    elif why_refused(case) == "TOK-001" or (case.row.operation not in RESOURCE_CALLS and not _elsewhere(case)):
        yield Found(detail=detail, where="Authorization", related=related)
    else:
        yield Found(detail=detail, where="Authorization", related=related, weight=Weight.SMELL)


def _masked(raw: str, token: str | None) -> str:
    shown = raw.replace(token, mask(token)) if token else raw[:40]
    return f'"{shown}"'


def _elsewhere(case: Case) -> bool:
    """Whether the AS's refusal is about something that it looks at before the token."""
    return about_schema(case) or about_client(case) or words(case) in ("invalid signature", "invalid signature input")
