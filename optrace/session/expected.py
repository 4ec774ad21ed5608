"""What should come next in a payment, and until when: the journey of Open Payments as a table, and a place on it.

The journey is: wallet addresses, the grant for the incoming payment, the incoming payment, the grant for the quote, the
quote, the grant for the outgoing payment, the user's consent, the continuation, the outgoing payment (Open Payments,
concepts/op-flow). What a payment has reached is read off its grants and resources, so that a hop that didn't pass by,
such as the consent page, doesn't hold it back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import IntEnum

from optrace.core.scalars import parse_timestamp
from optrace.exchanges.view import View, dig, text
from optrace.session.flows import Flow
from optrace.session.grants import Grant, GrantState, Token
from optrace.session.rows import Row
from optrace.session.steps import Payment
from optrace.session.trace import Trace

_LONGEST = 10**9  # seconds: no lifetime is longer
_SOON = timedelta(days=1)  # what runs out later hurries nobody
_RECENT = 32  # grants and payments among which a quote grant without a payment is looked for
_OVER = frozenset({"paying", "paid", "completed", "failed", "rejected", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class GhostStep:
    """An exchange that should come, not before one instant and not after another (UTC)."""

    operation: str  # an id of optrace.exchanges.KINDS
    source: str  # a lane
    target: str
    label: str  # as it would stand in the ladder
    reason: str = ""  # what it waits for, what runs out, or why it has to come once more
    not_before: datetime | None = None
    expires: datetime | None = None


class Place(IntEnum):
    """The hops of the journey, in order."""

    WALLET = 0
    INCOMING_GRANT = 1
    INCOMING = 2
    QUOTE_GRANT = 3
    QUOTE = 4
    OUTGOING_GRANT = 5
    START = 6
    CONSENT = 7
    FINISH = 8
    CONTINUE = 9
    OUTGOING = 10


_JOURNEY = {
    Place.WALLET: ("wallet_address_get", "client", "r.wa", "GET wallet address"),
    Place.INCOMING_GRANT: ("grant_request", "client", "r.as", "grant incoming-payment"),
    Place.INCOMING: ("incoming_payment_create", "client", "r.rs", "POST incoming-payment"),
    Place.QUOTE_GRANT: ("grant_request", "client", "s.as", "grant quote"),
    Place.QUOTE: ("quote_create", "client", "s.rs", "POST quote"),
    Place.OUTGOING_GRANT: ("grant_request", "client", "s.as", "grant outgoing-payment"),
    Place.START: ("interact_start", "client", "s.as", "interact start"),
    Place.CONSENT: ("consent_accept", "s.idp", "s.as", "consent"),
    Place.FINISH: ("finish_redirect", "s.idp", "client", "finish redirect"),
    Place.CONTINUE: ("grant_continue", "client", "s.as", "continue"),
    Place.OUTGOING: ("outgoing_payment_create", "client", "s.rs", "POST outgoing-payment"),
}
_ASKED_FOR = {
    Place.INCOMING_GRANT: "incoming-payment",
    Place.QUOTE_GRANT: "quote",
    Place.OUTGOING_GRANT: "outgoing-payment",
}
# the browser may have done these while nobody looked; the user's part of it is left out when the AS asks nobody
_BROWSER = (Place.START, Place.CONSENT, Place.FINISH)


def expected(trace: Trace, payment: Payment, now: datetime) -> tuple[GhostStep, ...]:
    """The hops that are missing, in order; none if the payment is made, on its way, over, or given back.

    It may read exchanges again through the trace's lookup (for expiry dates), so it belongs where that may be done.
    """
    if payment.state in _OVER:
        return ()
    return tuple(_Journey(trace, payment, now).missing())


class _Journey:
    """One payment, as far as it has come."""

    def __init__(self, trace: Trace, payment: Payment, now: datetime) -> None:
        self.trace = trace
        self.now = now
        self.rows = [trace.row(n) for n in payment.exchanges if trace.has(n)]
        self.scene = [trace.row(n) for n in payment.context if trace.has(n)]
        self.grants = sorted({id(g): g for row in self.rows if (g := row.grant)}.values(), key=lambda grant: grant.n)
        if payment.state == "asked":
            self.grants += self._loose_quote_grant()
        self.flow: Flow | None = next((trace.memory.flows[row.flow] for row in self.rows if row.flow is not None), None)

    def _loose_quote_grant(self) -> list[Grant]:
        """A quote grant that nothing ties to a payment yet: it is this one's if no other waits for one."""
        if sum(payment.state == "asked" for payment in self.trace.payments[-_RECENT:]) != 1:
            return []
        clients = {grant.client for grant in self.grants}
        return [
            grant
            for grant in self.trace.memory.grants[-_RECENT:]
            if grant.variant == "quote" and not grant.flows and grant.client in clients and grant.n > self.rows[0].n
        ]

    def missing(self) -> Iterator[GhostStep]:
        place = self._place()
        if place is None:
            return
        place, again = self._back_to_what_expired(place)
        for hop in Place:
            if hop < place or self._left_out(hop) or self._under_way(hop):
                continue
            ghost = self._ghost(hop)
            if hop is place:
                rotation = self._rotation(hop)
                if rotation is not None:
                    yield rotation
                failed = self._failed(hop) if rotation is None and ghost.not_before is None else None
                ghost = replace(ghost, reason=again or failed or ghost.reason)
            yield ghost

    # how far it has come

    def _grant(self, kind: str) -> Grant | None:
        fitting = (g for g in reversed(self.grants) if any(item.get("type") == kind for item in g.access))
        return next((grant for grant in fitting if grant.state is not GrantState.REFUSED), None)

    def _place(self) -> Place | None:
        """The next hop; None if the client gave the right to it back."""
        flow = self.flow
        if flow is not None and flow.outgoing:
            return None
        outgoing = self._grant("outgoing-payment")
        if outgoing is not None:
            return self._place_of(outgoing)
        if flow is not None and flow.quote:
            return Place.OUTGOING_GRANT
        for kind, done, use in (
            ("quote", Place.QUOTE_GRANT, Place.QUOTE),
            ("incoming-payment", Place.INCOMING_GRANT, Place.INCOMING),
        ):
            if kind == "incoming-payment" and flow is not None and flow.incoming:
                return Place.QUOTE_GRANT
            if (grant := self._grant(kind)) is not None:
                tokens = [token for token in grant.tokens if token.kind == "access"]
                if tokens and all(token.dead is not None for token in tokens):
                    return None
                return use if tokens else done
        return Place.INCOMING_GRANT if any(row.operation == "wallet_address_get" for row in self.scene) else None

    def _place_of(self, grant: Grant) -> Place | None:
        tokens = [token for token in grant.tokens if token.kind == "access"]
        if tokens:
            return Place.OUTGOING if any(token.dead is None for token in tokens) else None
        if grant.state is GrantState.APPROVED:
            return Place.CONTINUE
        if grant.state is not GrantState.PENDING:
            return Place.START if grant.state is GrantState.PROCESSING else None
        seen = {row.operation for row in self.rows if row.grant is grant and (row.status or 400) < 400}
        if "consent_accept" in seen:
            return Place.FINISH if grant.finish_uri else Place.CONTINUE
        return Place.CONSENT if seen & {"interact_start", "idp_redirect"} else Place.START

    def _left_out(self, hop: Place) -> bool:
        """What the rest of the journey has no need of."""
        grant = self._grant("outgoing-payment")
        if grant is None:
            return False
        if hop is Place.FINISH:
            return grant.state is GrantState.PENDING and grant.finish_uri is None
        return False

    def _under_way(self, hop: Place) -> bool:
        operation, kind = _JOURNEY[hop][0], _ASKED_FOR.get(hop)
        return any(
            row.operation == operation and row.status is None and row.error is None and kind in (None, row.variant)
            for row in (*self.rows, *self.scene)
        )

    def _failed(self, hop: Place) -> str | None:
        """What became of the last try, if it failed."""
        operation, kind = _JOURNEY[hop][0], _ASKED_FOR.get(hop)
        for row in sorted((*self.rows, *self.scene), key=lambda row: -row.n):
            if row.operation == operation and kind in (None, row.variant):
                return _failure(row)
        return None

    # when

    def _ghost(self, hop: Place) -> GhostStep:
        operation, source, target, label = _JOURNEY[hop]
        grant = self._grant("outgoing-payment")
        if hop is Place.FINISH and grant is not None and grant.finish_method == "push":
            operation, source, label = "finish_push", "s.as", "finish push"
        ghost = GhostStep(operation=operation, source=source, target=target, label=label)
        if hop is Place.CONTINUE and grant is not None and (ready := _ready(grant)) is not None and ready > self.now:
            return replace(ghost, reason="the AS said to wait", not_before=ready)
        limits = sorted((end, what) for end, what in self._limits(hop) if end is not None)
        if limits and self.now < limits[0][0] < self.now + _SOON:
            return replace(ghost, reason=f"{limits[0][1]} expires", expires=limits[0][0])
        return ghost

    def _limits(self, hop: Place) -> Iterator[tuple[datetime | None, str]]:
        """What runs out before a hop, and when."""
        if hop in _BROWSER:
            yield self._interaction_end(), "the interaction"
        if hop in (Place.OUTGOING_GRANT, Place.OUTGOING):
            yield self._date("quote_create"), "the quote"
        if hop in (Place.QUOTE_GRANT, Place.QUOTE):
            yield self._date("incoming_payment_create"), "the incoming payment"
        token = self._token_for(hop)
        if token is not None:
            yield _end(token), "the token"

    def _token_for(self, hop: Place) -> Token | None:
        kind = {
            Place.INCOMING: "incoming-payment",
            Place.QUOTE: "quote",
            Place.OUTGOING: "outgoing-payment",
        }.get(hop)
        grant = self._grant(kind) if kind else None
        tokens = [token for token in grant.tokens if token.kind == "access" and token.dead is None] if grant else []
        return tokens[-1] if tokens else None

    def _rotation(self, hop: Place) -> GhostStep | None:
        """A token that ran out before it was used has to be rotated first."""
        token = self._token_for(hop)
        end = _end(token) if token is not None else None
        if token is None or end is None or end > self.now or token.manage is None:
            return None
        target = _JOURNEY[hop][2].partition(".")[0] + ".as"
        return GhostStep(
            operation="token_rotate", source="client", target=target, label="rotate token", reason="the token expired"
        )

    def _back_to_what_expired(self, place: Place) -> tuple[Place, str]:
        """Where the journey has to be taken up again, and why; the place itself if nothing ran out."""
        for upto, end, back, what in (
            (Place.QUOTE, self._date("incoming_payment_create"), Place.INCOMING, "the incoming payment expired"),
            (Place.OUTGOING, self._date("quote_create"), Place.QUOTE, "the quote expired"),
            (Place.FINISH, self._interaction_end(), Place.OUTGOING_GRANT, "the interaction expired"),
        ):
            if back < place <= upto and end is not None and end <= self.now:
                return back, what
        return place, ""

    def _interaction_end(self) -> datetime | None:
        """RFC 9635 §3.3: the AS may say for how many seconds the interaction is open."""
        grant = self._grant("outgoing-payment")
        view = self._view(grant.n) if grant is not None else None
        life = dig(view.got, "interact", "expires_in") if view is not None else None
        ended = view.exchange.ended if view is not None else None
        if not isinstance(life, int) or isinstance(life, bool) or not 0 <= life < _LONGEST or ended is None:
            return None
        return ended + timedelta(seconds=life)

    def _date(self, operation: str) -> datetime | None:
        """`expiresAt` of the resource that an operation made last."""
        for row in reversed(self.rows):
            if row.operation == operation and 200 <= (row.status or 0) < 300:
                view = self._view(row.n)
                return parse_timestamp(text(view.got.get("expiresAt")) or "") if view is not None else None
        return None

    def _view(self, n: int) -> View | None:
        try:
            return self.trace.view(self.trace.exchange(n))
        except (LookupError, OSError):
            return None


def _failure(row: Row) -> str | None:
    """`6 was refused`; None if it wasn't, and nothing else went wrong."""
    status = row.status or 0
    if row.error is not None:
        return f"{row.n} broke off" if status else f"{row.n} got no answer"
    return f"{row.n} failed" if status >= 500 else f"{row.n} was refused" if status >= 400 else None


def _ready(grant: Grant) -> datetime | None:
    if grant.wait is None or grant.wait_from is None or not 0 <= grant.wait < _LONGEST:
        return None
    return grant.wait_from + timedelta(seconds=grant.wait)


def _end(token: Token) -> datetime | None:
    if token.expires_in is None or not 0 <= token.expires_in < _LONGEST:
        return None
    return token.issued + timedelta(seconds=token.expires_in)
