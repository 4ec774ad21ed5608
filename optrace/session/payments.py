"""The payments of a session, put together from flows and grants when somebody looks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from optrace.core.urls import canonical, parse
from optrace.exchanges.kind import amount_in_words
from optrace.exchanges.view import text
from optrace.session.flows import Flow
from optrace.session.grants import Grant, GrantState
from optrace.session.memory import Memory
from optrace.session.rows import Row
from optrace.session.steps import Payment

# exchanges that set the scene: they belong to the payment that comes next
_SCENERY = frozenset({"wallet_address_get", "jwks_get", "did_get", "grant_request", "as_discovery", "cors_preflight"})


@dataclass(slots=True)
class _Group:
    flow: Flow | None = None
    grants: list[Grant] = field(default_factory=list)
    rows: set[int] = field(default_factory=set)


def payments(memory: Memory, rows: Sequence[Row | None]) -> tuple[Payment, ...]:
    """All payments in the order of their first exchanges. `rows[n]` is exchange n."""
    flows = memory.flows
    groups = {flow.id: _Group(flow=flow, rows=set(flow.rows)) for flow in flows.roots()}
    orphans: list[Grant] = []
    for grant in memory.grants:
        homes = {flows.root(flow) for flow in grant.flows}
        if not homes and grant.state is not GrantState.REFUSED:
            orphans.append(grant)
        for home in homes:
            groups[home].grants.append(grant)
    found = list(groups.values())
    adopted = _adopt(orphans, found)
    found += [_Group(grants=[grant]) for grant in orphans if grant not in adopted]
    for group in found:
        for grant in group.grants:
            group.rows.update(n for n in grant.rows if _own(memory, rows[n], group.flow))
    found = sorted((group for group in found if group.rows), key=lambda group: min(group.rows))
    scenery = _scenery(rows, found)
    return tuple(
        _payment(number, group, tuple(scenery.get(number, ())), memory, rows) for number, group in enumerate(found, 1)
    )


def _own(memory: Memory, row: Row | None, flow: Flow | None) -> bool:
    """A call made with a shared grant belongs to the payment that it names, and only to that."""
    if row is None:
        return False
    return row.flow is None or (flow is not None and memory.flows.root(row.flow) == flow.id)


def _adopt(orphans: Sequence[Grant], groups: Sequence[_Group]) -> set[Grant]:
    """An outgoing-payment grant that wasn't used yet joins the quote that it must be for, if only one can be meant.

    Sender, and if that doesn't decide, sender and amount: one waiting quote, one such grant. Else they stay apart.
    """
    adopted: set[Grant] = set()
    for precise in (False, True):
        quotes: dict[tuple[str, str], list[_Group]] = defaultdict(list)
        for group in groups:
            flow = group.flow
            spoken_for = any(grant.variant == "outgoing-payment" for grant in group.grants)
            if flow and flow.quote and not flow.outgoing and not spoken_for:
                key = (canonical(flow.sender or ""), (flow.amount or "") if precise else "")
                quotes[key].append(group)
        wishes: dict[tuple[str, str], list[Grant]] = defaultdict(list)
        for grant in orphans:
            if grant.variant == "outgoing-payment" and grant not in adopted:
                item = grant.access[0] if grant.access else {}
                limits = item.get("limits")
                amount = amount_in_words(limits.get("debitAmount")) if isinstance(limits, dict) else ""
                wishes[(canonical(text(item.get("identifier")) or ""), amount if precise else "")].append(grant)
        for key, grants in wishes.items():
            if len(grants) == 1 and len(quotes.get(key, ())) == 1 and grants[0].n > min(quotes[key][0].rows):
                quotes[key][0].grants.append(grants[0])
                adopted.add(grants[0])
    return adopted


def _scenery(rows: Sequence[Row | None], groups: Sequence[_Group]) -> Mapping[int, list[int]]:
    """Payment number -> exchanges that belong to no payment and lead up to this one."""
    placed = {n: number for number, group in enumerate(groups, 1) for n in group.rows}
    found: dict[int, list[int]] = defaultdict(list)
    waiting: list[int] = []
    for row in rows:
        if row is None:
            continue
        if (number := placed.get(row.n)) is not None:
            found[number].extend(waiting)
            waiting = []
        elif row.operation in _SCENERY:
            if row.partner is not None and (number := placed.get(row.partner)) is not None:
                found[number].append(row.n)
            else:
                waiting.append(row.n)
        elif row.partner is not None and (number := placed.get(row.partner)) is not None:
            found[number].append(row.n)
    if waiting and groups:
        last = max(range(1, len(groups) + 1), key=lambda number: max(groups[number - 1].rows))
        found[last].extend(waiting)
    return found


def _payment(
    number: int, group: _Group, context: tuple[int, ...], memory: Memory, rows: Sequence[Row | None]
) -> Payment:
    numbers = tuple(sorted(group.rows))
    first, last = rows[numbers[0]], rows[numbers[-1]]
    assert first is not None
    flow = group.flow
    sender, recipient = _ends(group)
    amount = (flow.amount or flow.asked) if flow else None
    if amount is None:
        amount = next((words for grant in group.grants if (words := _limit(grant))), None)
    return Payment(
        id=number,
        title=f"{_short(memory, sender)} → {_short(memory, recipient)}",
        state=_state(group),
        exchanges=numbers,
        context=tuple(sorted(context)),
        amount=amount,
        sender=sender,
        recipient=recipient,
        started=first.started,
        ended=last.ended if last else None,
    )


def _ends(group: _Group) -> tuple[str | None, str | None]:
    sender = group.flow.sender if group.flow else None
    recipient = group.flow.recipient if group.flow else None
    for grant in group.grants:
        for item in grant.access:
            if item.get("type") == "outgoing-payment":
                sender = sender or text(item.get("identifier"))
            elif item.get("type") == "incoming-payment":
                recipient = recipient or text(item.get("identifier"))
    return sender, recipient


def _short(memory: Memory, wallet: str | None) -> str:
    if wallet is None:
        return "?"
    parts = parse(wallet)
    return parts.segments[-1] if parts.segments else parts.host


def _limit(grant: Grant) -> str | None:
    for item in grant.access:
        limits = item.get("limits")
        if isinstance(limits, dict):
            words = amount_in_words(limits.get("debitAmount")) or amount_in_words(limits.get("receiveAmount"))
            if words:
                return f"≤ {words}"
    return None


_BY_GRANT = {
    GrantState.PENDING: "consenting",
    GrantState.REJECTED: "rejected",
    GrantState.CANCELLED: "cancelled",
    GrantState.APPROVED: "granted",
    GrantState.ISSUED: "granted",
}


def _state(group: _Group) -> str:
    flow = group.flow
    if flow and flow.failed:
        return "failed"
    if flow and flow.outgoing:
        return "paid" if flow.completed else "paying"
    paying = [grant for grant in group.grants if grant.variant == "outgoing-payment"]
    if paying:
        return _BY_GRANT.get(paying[-1].state, "open")
    if flow and flow.completed:
        return "completed"
    if flow and flow.quote:
        return "quoted"
    if flow and flow.incoming:
        return "asked"
    return _BY_GRANT.get(group.grants[-1].state, "open") if group.grants else "open"
