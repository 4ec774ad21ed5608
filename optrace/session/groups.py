"""A payment in the making, and what is said of it: who pays whom, how much, how far it has come."""

from __future__ import annotations

from dataclasses import dataclass, field

from optrace.core.urls import parse
from optrace.exchanges.kind import amount_in_words
from optrace.exchanges.view import text
from optrace.session.flows import Flow
from optrace.session.grants import Grant, GrantState


@dataclass(slots=True, eq=False)
class Group:
    """A payment in the making. `number` is its place in the session, from 1; 0: it proved to be none.

    Of one that was put aside, only this is left (see `archive`).
    """

    number: int
    flow: Flow | None = None
    grants: list[Grant] = field(default_factory=list)
    context: list[int] = field(default_factory=list)
    box: int | None = None  # where it was put the last time

    @property
    def is_here(self) -> bool:
        """Whether it isn't put aside."""
        return self.grants is not NO_GRANTS


NO_GRANTS: list[Grant] = []  # of groups that were put aside
NO_CONTEXT: list[int] = []


def paying(group: Group) -> bool:
    """Whether it has a grant for an outgoing payment."""
    return any(grant.variant == "outgoing-payment" for grant in group.grants)


def ends(group: Group) -> tuple[str | None, str | None]:
    """The wallet addresses of the sender and the recipient, as far as they are known."""
    sender = group.flow.sender if group.flow else None
    recipient = group.flow.recipient if group.flow else None
    for grant in group.grants:
        for item in grant.access:
            if item.get("type") == "outgoing-payment":
                sender = sender or text(item.get("identifier"))
            elif item.get("type") == "incoming-payment":
                recipient = recipient or text(item.get("identifier"))
    return sender, recipient


def short(wallet: str | None) -> str:
    """A wallet address in a word."""
    if wallet is None:
        return "?"
    parts = parse(wallet)
    return parts.segments[-1] if parts.segments else parts.host


def limit(grant: Grant) -> str:
    """The amount that a grant is limited to, in words; empty if there is none."""
    for item in grant.access:
        limits = item.get("limits")
        if isinstance(limits, dict):
            words = amount_in_words(limits.get("debitAmount")) or amount_in_words(limits.get("receiveAmount"))
            if words:
                return words
    return ""


def amount(group: Group) -> str | None:
    """What is paid, or at most, in words."""
    if group.flow and (said := group.flow.amount or group.flow.asked):
        return said
    return next((f"≤ {words}" for grant in group.grants if (words := limit(grant))), None)


_BY_GRANT = {
    GrantState.PENDING: "consenting",
    GrantState.REJECTED: "rejected",
    GrantState.CANCELLED: "cancelled",
    GrantState.APPROVED: "granted",
    GrantState.ISSUED: "granted",
}


def state(group: Group) -> str:
    """How far it has come, in the words of `Payment.state`."""
    flow = group.flow
    if flow and flow.failed:
        return "failed"
    if flow and flow.outgoing:
        return "paid" if flow.completed else "paying"
    asking = [grant for grant in group.grants if grant.variant == "outgoing-payment"]
    if asking:
        return _BY_GRANT.get(asking[-1].state, "open")
    if flow and flow.completed:
        return "completed"
    if flow and flow.quote:
        return "quoted"
    if flow and flow.incoming:
        return "asked"
    granted = _BY_GRANT.get(group.grants[-1].state, "open") if group.grants else "open"
    return "open" if granted == "granted" else granted  # what is granted so far pays nobody
