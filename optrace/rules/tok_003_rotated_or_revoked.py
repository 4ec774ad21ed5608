"""TOK-003: A rotated or revoked token is still in use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import CONTINUATIONS, RESOURCE_CALLS, words
from optrace.rules.evidence.tokens import dead_before, ended_in, shown, successor, why_refused
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.session.grants import Token

_RACE = timedelta(seconds=5)


@rule(
    code="TOK-003",
    title="A rotated or revoked token is still in use",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("6.1"),
    remedy="Rotate in one place at a time, and store the new value and the new manage URL before anyone uses them.",
    operations=(*RESOURCE_CALLS, *CONTINUATIONS, "token_revoke"),
    outcomes=(Outcome.REFUSED,),
)
def rotated_or_revoked(case: Case) -> Iterator[Found]:
    """You see 403 "Inactive Token" although the token hasn't expired.

    Cause: several workers rotate at once and overwrite each other, or an old value stayed in a cache. A rotation kills
    the old value at once; a revocation the token; cancelling a grant all of its tokens.

    Detected: this value was rotated, revoked or cancelled in an earlier exchange that succeeded. The finding names that
    exchange and the token that took its place.

    Source: web-monetization-extension 288; rafiki packages/auth/src/accessToken/service.ts.
    """
    token = case.token
    ended = ended_in(case)
    if ended is not None and _at_token(case):
        did = "rotated" if case.trace.row(ended).operation == "token_rotate" else "revoked"
        detail = f"Exchange {ended} {did} token {mask(case.view.token or '')}, which was issued before this recording."
        yield Found(detail=detail, where="Authorization", related=(ended,))
        return
    if token is None:
        return
    dead = dead_before(token, case.row.n)
    if dead is None or not _at_token(case):
        return
    killer = case.trace.row(dead)
    if killer.operation == "token_rotate":
        detail = f"Token {shown(token)} was rotated in exchange {dead}"
        after = successor(case, token)
        detail += f"; its successor is {mask(after.value)}." if after else "."
        again = _raced(case, token, dead)
        if again is not None:
            detail += f" Its manage URL was rotated again in exchange {again}: two workers share it."
    elif killer.operation == "grant_cancel":
        detail = f"Token {shown(token)} died with its grant, which was cancelled in exchange {dead}."
    else:
        detail = f"Token {shown(token)} was revoked in exchange {dead}."
    remedy = None if killer.operation == "token_rotate" else "Ask for a new grant: a dead token doesn't come back."
    yield Found(detail=detail, where="Authorization", related=(token.born, dead), remedy=remedy)


def _at_token(case: Case) -> bool:
    if case.row.operation in RESOURCE_CALLS:
        return why_refused(case) == "TOK-003"
    if case.row.operation == "token_revoke":  # a second revocation is TOK-015
        return (
            case.token is not None
            and case.token.dead is not None
            and case.trace.row(case.token.dead).operation == "token_rotate"
            and "token" in words(case)
        )
    return case.code == "invalid_continuation" or words(case) == "invalid grant"


def _raced(case: Case, token: Token, dead: int) -> int | None:
    first = case.trace.row(dead)
    for n in token.grant.rows[-64:]:
        row = case.trace.row(n)
        if dead < n < case.row.n and row.operation == "token_rotate" and row.started - first.started < _RACE:
            return n if token.manage and canonical(row.url) == canonical(token.manage) else None
    return None
