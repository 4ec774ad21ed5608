"""The operations in the groups that requirements speak of, and the rights that calls need."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from optrace.core.findings import Verdict
from optrace.diagnosis.case import Case
from optrace.exchanges import KINDS
from optrace.exchanges.view import dig
from optrace.session.grants import Grant, Token

SIGNED = tuple(kind.id for kind in KINDS if kind.signed)
CONTINUATIONS = ("grant_continue", "grant_poll", "grant_modify", "grant_cancel")
MANAGEMENT = ("token_rotate", "token_revoke")
RESOURCE_CALLS = tuple(kind.id for kind in KINDS if kind.target == "rs" and kind.token == "access")
CREATIONS = ("incoming_payment_create", "quote_create", "outgoing_payment_create")
LISTS = ("incoming_payment_list", "outgoing_payment_list")
WITH_BODY = ("grant_request", "grant_continue", *CREATIONS)
AUTH_CALLS = ("grant_request", *CONTINUATIONS, *MANAGEMENT)
FINISHES = ("interact_finish_request", "finish_push")
_ACTIONS = {"create": "create", "get": "read", "list": "list", "complete": "complete"}


def need(operation: str) -> tuple[str, str]:
    """The (type, action) of access that a resource call needs."""
    if operation == "outgoing_payment_grant_get":
        return "outgoing-payment", "create"
    kind, _, verb = operation.rpartition("_")
    return kind.replace("_", "-"), _ACTIONS[verb]


def allows(item: Mapping[str, Any], type_: str, action: str) -> bool:
    """Whether an access item gives a right, on whatever resource."""
    actions = item.get("actions")
    wider = f"{action}-all"
    return item.get("type") == type_ and isinstance(actions, list) and (action in actions or wider in actions)


def dead(token: Token, case: Case) -> bool:
    """Whether a token had been rotated, revoked or cancelled with its grant when the exchange was sent."""
    if token.dead is not None and token.dead < case.row.n:
        return True
    return cancelled(token.grant, case)


def cancelled(grant: Grant, case: Case) -> bool:
    """Whether a grant had been given up when the exchange was sent."""
    for n in grant.rows:
        row = case.trace.row(n)
        if n < case.row.n and row.operation == "grant_cancel" and 200 <= (row.status or 0) < 300:
            return True
    return False


def expired(token: Token, case: Case) -> bool:
    """Whether a token's `expires_in` was over when the exchange was sent."""
    if token.expires_in is None or not 0 <= token.expires_in < 10**9:
        return False
    return case.started > token.issued + timedelta(seconds=token.expires_in)


def waited(case: Case) -> bool | None:
    """Whether the client waited as long as the last answer asked; None if none did."""
    if case.grant is None:
        return None
    for n in reversed(case.grant.rows):
        answer = case.other(n) if n < case.row.n else None
        if answer is None or not answer.succeeded:
            continue
        wait = dig(answer.got, "continue", "wait")
        if not isinstance(wait, int) or isinstance(wait, bool) or not 0 <= wait < 10**9:
            continue
        return case.started - (answer.exchange.ended or answer.exchange.started) >= timedelta(seconds=wait)
    return None


def wrong_for_all(case: Case) -> bool:
    """Whether the request's signature fails whoever looks."""
    by = case.row.verdicts.signature
    return by.rfc is by.open_payments is by.rafiki is Verdict.FAIL
