"""Why a resource server didn't take a token, worked out once for all rules about tokens.

A token has one thing wrong with it first: it isn't there, it isn't written as GNAP demands, nobody issued it, it is of
the other kind, it was dead or had expired, another server issued it, or it allows something else. `why_refused` walks
that order and names the rule that has to speak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from optrace.core.redact import mask
from optrace.core.urls import canonical
from optrace.diagnosis.case import Case
from optrace.exchanges.view import text
from optrace.gnap.tokens import Authorization, TokenFault, parse_authorization
from optrace.rules.evidence.answers import about_token, words
from optrace.rules.evidence.grants import pending_answer
from optrace.rules.evidence.money import resource
from optrace.rules.evidence.wallets import issuer_differs, trusted_issuers
from optrace.session.grants import Token
from optrace.session.rows import Row

_MANY = 1000  # tokens that are looked through
_ENDS = 40  # rotations and revocations that are looked through
# what a call needs of its token: type, action
NEEDS: Mapping[str, tuple[str, str]] = {
    "incoming_payment_create": ("incoming-payment", "create"),
    "incoming_payment_get": ("incoming-payment", "read"),
    "incoming_payment_list": ("incoming-payment", "list"),
    "incoming_payment_complete": ("incoming-payment", "complete"),
    "quote_create": ("quote", "create"),
    "quote_get": ("quote", "read"),
    "outgoing_payment_create": ("outgoing-payment", "create"),
    "outgoing_payment_get": ("outgoing-payment", "read"),
    "outgoing_payment_list": ("outgoing-payment", "list"),
    "outgoing_payment_grant_get": ("outgoing-payment", "create"),
}
# faults by which a server can't even find the token in the field
SHAPE = frozenset(
    {
        TokenFault.EMPTY,
        TokenFault.NO_SCHEME,
        TokenFault.OTHER_SCHEME,
        TokenFault.SCHEME_CASE,
        TokenFault.SPACING,
        TokenFault.NO_TOKEN,
    }
)


# faults of a field into which a missing token was put
NOTHING = frozenset({TokenFault.PLACEHOLDER, TokenFault.NO_TOKEN, TokenFault.EMPTY})


@dataclass(frozen=True, slots=True)
class Need:
    """The right that a call needs. `wallet` is the wallet address that it is about, where the call says so."""

    type: str
    action: str
    wallet: str | None

    def __str__(self) -> str:
        return f"{self.action} on {self.type}" + (f" of {self.wallet}" if self.wallet else "")


def authorization(case: Case) -> Authorization | None:
    """The Authorization field, with its faults; None if there is none."""
    return case.once(_authorization)


def _authorization(case: Case) -> Authorization | None:
    return parse_authorization(case.view.authorization)


def need(case: Case) -> Need | None:
    """The right that the call needs; None for calls that need no access token."""
    pair = NEEDS.get(case.row.operation)
    return Need(*pair, wallet_of_call(case)) if pair else None


def wallet_of_call(case: Case) -> str | None:
    """The wallet address that a call is about: from its body, its query, or the answer that brought the resource."""
    if wallet := text(case.view.sent.get("walletAddress")) or case.view.parts.parameter("wallet-address"):
        return wallet
    seen = resource(case, case.view.url.partition("?")[0].removesuffix("/").removesuffix("/complete"))
    return text(seen.members.get("walletAddress")) if seen else None


def allows(item: Mapping[str, Any], wanted: Need) -> bool:
    """Whether an access item gives a right; Rafiki compares identifiers as they are written."""
    actions = item.get("actions")
    if item.get("type") != wanted.type or not isinstance(actions, list):
        return False
    identifier = item.get("identifier")
    fits = identifier is None or wanted.wallet is None or identifier == wanted.wallet
    return fits and (wanted.action in actions or f"{wanted.action}-all" in actions)


def dead_before(token: Token, n: int) -> int | None:
    """The exchange before n that rotated or revoked a token."""
    return token.dead if token.dead is not None and token.dead < n else None


def ended_in(case: Case) -> int | None:
    """The exchange before this one that rotated or revoked the token that was sent, where its issue wasn't seen."""
    return case.once(_ended_in)


def _ended_in(case: Case) -> int | None:
    value = case.view.token
    if not value or (case.token is not None and case.token.born < case.row.n):
        return None
    for row in islice(case.earlier(_ends), _ENDS):
        view = case.other(row.n)
        if view is not None and view.token == value:
            return row.n
    return None


def ended_at(case: Case) -> int | None:
    """The exchange before this one that rotated or revoked at the same URL, where nobody saw that given out."""
    if managed_by(case) is not None:
        return None
    key = case.view.key
    return next((row.n for row in case.earlier(lambda row: _ends(row) and canonical(row.url) == key)), None)


def _ends(row: Row) -> bool:
    return row.operation in ("token_rotate", "token_revoke") and row.status in (200, 204)


def expiry(token: Token) -> datetime | None:
    """When a token expires; None if its answer didn't say."""
    if token.expires_in is None or token.expires_in > 10**9:  # beyond the calendar is beyond any session
        return None
    return token.issued + timedelta(seconds=token.expires_in)


def expired_before(token: Token, at: datetime) -> bool:
    """Whether a token's life was over."""
    end = expiry(token)
    return end is not None and at > end


def alive(token: Token, case: Case) -> bool:
    """Whether an access token was issued before this exchange and still good when it was sent."""
    return (
        token.kind == "access"
        and token.born < case.row.n
        and dead_before(token, case.row.n) is None
        and not expired_before(token, case.started)
    )


def successor(case: Case, token: Token) -> Token | None:
    """The token that a rotation put in a token's place."""
    if token.dead is None:
        return None
    return next((other for other in token.grant.tokens if other.born == token.dead and other is not token), None)


def live_token_for(case: Case, wanted: Need) -> Token | None:
    """The newest other token that was good for a call, of the authorization server that the called one trusts."""
    issuers = trusted_issuers(case) or ((case.token.grant.endpoint or "",) if case.token else ())
    keys = {canonical(url) for url in issuers}
    for token in islice(case.tokens_before(_MANY), _MANY):
        if token is case.token or not alive(token, case) or canonical(token.grant.endpoint or "") not in keys:
            continue
        if any(allows(item, wanted) for item in token.access):
            return token
    return None


def managed_by(case: Case) -> Token | None:
    """The access token that a manage URL was given out for before this exchange."""
    grant = case.memory.grant_at(case.view.key, "manage")
    if grant is None:
        return None
    return next(
        (t for t in grant.tokens if t.manage and canonical(t.manage) == case.view.key and t.born < case.row.n), None
    )


def shown(token: Token) -> str:
    """A token and where it came from, safe to show."""
    return f"{mask(token.value)} (issued in exchange {token.born})"


def near_misses(case: Case, value: str) -> Iterator[tuple[Token, str]]:
    """Known tokens that a value was probably meant to be, and what is different."""
    bare = value.strip().strip("\"'")
    for token in islice(case.tokens_before(_MANY), _MANY):
        known = token.value
        if token.born >= case.row.n:
            continue
        if known == bare and known != value:
            yield token, "it has quotation marks or blanks around it"
        elif known.lower() == bare.lower() and known != bare:
            yield token, "only upper and lower case differ"
        elif len(bare) >= 6 and (known.startswith(bare) or known.endswith(bare)):
            yield token, f"it was cut from {len(known)} to {len(bare)} characters"
        elif len(known) >= 6 and known in bare and known != bare:
            yield token, "there is more than the token in the field"


def why_refused(case: Case) -> str | None:
    """The code of the rule that explains a refusal at the token stage; None if it wasn't refused there."""
    return case.once(_why_refused)


def _why_refused(case: Case) -> str | None:
    if not about_token(case):
        return None
    found = authorization(case)
    if (found is None or NOTHING & set(found.faults)) and pending_answer(case) is not None:
        return "FLO-007"
    if found is None:
        return "TOK-013"
    if TokenFault.PLACEHOLDER in found.faults:
        return "FLO-008"
    if SHAPE & set(found.faults):
        return "TOK-001"
    token = case.token
    if token is None or token.born >= case.row.n or TokenFault.QUOTED in found.faults:
        return "TOK-014" if ended_in(case) is None else "TOK-003"
    if token.kind == "continuation":
        return "TOK-005"
    if words(case) != "insufficient grant" and (code := _why_inactive(case, token)):
        return code
    return _why_insufficient(case, token) or "TOK-008"


def _why_inactive(case: Case, token: Token) -> str | None:
    dead = dead_before(token, case.row.n)
    end = expiry(token)
    if dead is not None and (end is None or case.trace.row(dead).started <= end):
        return "TOK-003"
    if expired_before(token, case.started):
        return "TOK-002"
    if words(case) == "invalid token":
        return "TOK-009"
    return "TOK-006" if issuer_differs(case, token) else None


def _why_insufficient(case: Case, token: Token) -> str | None:
    wanted = need(case)
    if wanted is None or not token.access or any(allows(item, wanted) for item in token.access):
        return None
    same_type = [item for item in token.access if item.get("type") == wanted.type]
    anywhere = Need(wanted.type, wanted.action, None)
    if not same_type or live_token_for(case, wanted) is not None:
        return "TOK-007"
    return "GNT-017" if any(allows(item, anywhere) for item in same_type) else "GNT-012"
