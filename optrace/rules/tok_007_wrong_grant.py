"""TOK-007: The token is good, but for something else."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.exchanges.grant_request import access_in_words
from optrace.rules.evidence.answers import CONTINUATIONS, RESOURCE_CALLS, about_client, about_signature
from optrace.rules.evidence.tokens import live_token_for, need, shown, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule

_GRANTS = 200  # that are looked through for the owner of a continue.uri


@rule(
    code="TOK-007",
    title="The token is good, but for something else",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("8"),
    remedy="Send the token whose access has the type, the action and the wallet address of this call.",
    operations=(*RESOURCE_CALLS, *CONTINUATIONS, "grant_cancel"),
    outcomes=(Outcome.REFUSED,),
)
def wrong_grant(case: Case) -> Iterator[Found]:
    """You see 403 "Insufficient Grant" at the RS; 401 `invalid_continuation` "invalid grant" at the AS.

    Cause: the quote's token used for the outgoing payment, the incoming payment's token for the quote, or the token for
    another wallet address; the continuation token of one grant at the continue.uri of another.

    Detected: the access that the token was issued with against the type, action and wallet address of the call. If
    another live token of the session fits, the finding names it. At a continue.uri, the grant that the token came with.

    Source: rafiki packages/auth/src/access/utils.ts.
    """
    if case.row.operation not in RESOURCE_CALLS:
        yield from _continues_another(case)
        return
    token, wanted = case.token, need(case)
    if why_refused(case) != "TOK-007" or token is None or wanted is None:
        return
    has = "; ".join(access_in_words(item) for item in token.access)
    detail = f"The call needs {wanted}; token {shown(token)} {has}."
    related: tuple[int, ...] = (token.born,)
    if (better := live_token_for(case, wanted)) is not None:
        detail += f" The token that fits is {shown(better)}."
        related += (better.born,)
    yield Found(detail=detail, where="Authorization", related=related)


def _continues_another(case: Case) -> Iterator[Found]:
    """The continuation token of one grant at the URL of another."""
    token, asked = case.token, canonical(case.view.url)
    if token is None or token.kind != "continuation" or token.born >= case.row.n or case.status not in (401, 404):
        return
    if about_signature(case) or about_client(case):
        return
    own = next((one for one in case.grants_before(_GRANTS) if canonical(one.continue_uri or "") == asked), None)
    if own is None or own is token.grant:
        return
    right = next((one for one in reversed(own.tokens) if one.kind == token.kind and one.born < case.row.n), None)
    detail = f"{mask(token.value)} continues the grant of exchange {token.grant.n}; this URL is that of the grant of"
    detail += f" exchange {own.n}" + (f", whose token is {shown(right)}." if right is not None else ".")
    related = tuple(dict.fromkeys((token.grant.n, own.n)))
    yield Found(
        detail=detail,
        where="Authorization",
        related=related,
        remedy="Keep `continue.uri` and `continue.access_token.value` of one answer together.",
    )
