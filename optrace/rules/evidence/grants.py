"""What had happened to a grant before an exchange: rejected, finished, issued, cancelled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.exchanges.view import access_items, dig
from optrace.session.grants import Grant
from optrace.session.rows import Row

_MANY = 400
_FINISHES = frozenset({"interact_finish_request", "finish_redirect", "finish_push"})
_GIVING = frozenset({"grant_request", "grant_continue", "grant_poll"})


def rows_of(case: Case, grant: Grant) -> Iterator[Row]:
    """The exchanges of a grant before this one, newest first."""
    for n in sorted((n for n in grant.rows[-_MANY:] if n < case.row.n), reverse=True):
        yield case.trace.row(n)


def rejected_in(case: Case) -> int | None:
    """The exchange before this one in which the user's no was seen."""
    grant = case.grant
    if grant is None:
        return None
    told = [n for location, n in grant.finish_locations.items() if _result(location) == "grant_rejected"]
    for row in rows_of(case, grant):
        said_no = row.operation == "consent_reject" and (row.status or 0) // 100 == 2
        if said_no or (row.operation in _FINISHES and _result(row.url) == "grant_rejected"):
            told.append(row.n)
    return min((n for n in told if n < case.row.n), default=None)


def expired_in(case: Case) -> int | None:
    """The exchange, before or after this one, in which the AS says that the interaction has expired."""
    told = case.grant.finish_locations.items() if case.grant is not None else ()
    return next((n for location, n in told if "expired" in (parse(location).parameter("message") or "")), None)


def _result(url: str) -> str | None:
    return parse(url).parameter("result")


def continued_in(case: Case) -> int | None:
    """The first exchange after this one that continues its grant with a reference."""
    grant = case.grant
    if grant is None:
        return None
    later = (case.trace.row(n) for n in grant.rows[-_MANY:] if n > case.row.n)
    return min((row.n for row in later if row.operation == "grant_continue"), default=None)


def finished_in(case: Case) -> int | None:
    """The exchange before this one that brought an interaction reference, or on which the user said yes."""
    grant = case.grant
    if grant is None:
        return None
    brought = [n for n in grant.interact_refs.values() if n < case.row.n]
    brought += [
        row.n
        for row in rows_of(case, grant)
        if (row.operation == "consent_accept" and (row.status or 0) // 100 == 2)
        or (row.operation == "interact_finish_request" and row.status == 202)
    ]
    return min(brought, default=None)


def issued_in(case: Case) -> int | None:
    """The newest exchange before this one in which the grant itself gave an access token."""
    grant = case.grant
    if grant is None:
        return None
    births = [token.born for token in grant.tokens if token.kind == "access" and token.born < case.row.n]
    return max((n for n in births if case.trace.row(n).operation in _GIVING), default=None)


def cancelled_in(case: Case) -> int | None:
    """The exchange before this one that gave the grant up."""
    grant = case.grant
    if grant is None:
        return None
    cancels = (r.n for r in rows_of(case, grant) if r.operation == "grant_cancel" and (r.status or 0) // 100 == 2)
    return min(cancels, default=None)


def asked(case: Case) -> Mapping[str, Any]:
    """The body of the request that asked for the grant; empty if it wasn't seen."""
    view = case.other(case.grant.n) if case.grant is not None else None
    return view.sent if view is not None and isinstance(view.sent.get("client"), str | dict) else {}


def earliest(case: Case) -> tuple[datetime, int, int] | None:
    """(when a continuation was allowed, the wait in seconds, the exchange that demanded it)."""
    if case.grant is None:
        return None
    for row in rows_of(case, case.grant):
        if row.operation not in _GIVING or (row.status or 0) // 100 != 2 or (view := case.other(row.n)) is None:
            continue
        wait = dig(view.got, "continue", "wait")
        if isinstance(wait, int) and not isinstance(wait, bool) and 0 <= wait < 10**6:
            return (row.ended or row.started) + timedelta(seconds=wait), wait, row.n
    return None


def pending_answer(case: Case) -> int | None:
    """The last grant answer before this exchange, if it gave no token: a poll of a grant that was still pending."""
    asks = case.earlier(lambda row: row.operation in _GIVING, limit=200)
    own = case.row.key_owner
    same = (row for row in asks if own is None or row.key_owner is None or row.key_owner == own)
    last = next((row for row in same if row.status is not None and row.status < 300), None)
    view = case.other(last.n) if last is not None else None
    if last is None or view is None or "access_token" in view.got or "continue" not in view.got:
        return None
    return last.n


def interactive_item(case: Case) -> tuple[int, Mapping[str, Any], str] | None:
    """(index, item, why) of the first access item that can't be had without the user."""
    for index, item in enumerate(access_items(case.view)):
        actions = item.get("actions")
        if item.get("type") == "outgoing-payment":
            return index, item, "outgoing-payment access always needs the user's consent"
        if isinstance(actions, list) and "list-all" in actions:
            return index, item, "list-all shows payments of other clients, which needs consent"
    return None


def pending_outgoing(case: Case) -> Grant | None:
    """An outgoing-payment grant of the session that was asked for before this exchange and not yet given."""
    for grant in case.grants_before(_MANY):
        if grant.interact_uri is None:
            continue
        if not any(item.get("type") == "outgoing-payment" for item in grant.access):
            continue
        given = any(t.kind == "access" and t.born < case.row.n for t in grant.tokens)
        if not given and (case.row.key_owner is None or grant.client is None or grant.client == case.row.key_owner):
            return grant
    return None
