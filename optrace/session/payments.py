"""The payments of a session, kept as they grow.

A payment is a flow (resources that name each other) with the grants whose tokens were used for it, or a grant that
wasn't used yet. Groups are kept in the order of their first exchanges and numbered by it; what one exchange changes is
a matter of the last few groups, so the cost doesn't grow with the session.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from itertools import islice

from optrace.core.compact import ByNumber
from optrace.core.urls import canonical
from optrace.exchanges.view import text
from optrace.session.flows import Flow, Flows
from optrace.session.grants import Grant, GrantState
from optrace.session.groups import NO_CONTEXT, NO_GRANTS, Group, amount, ends, limit, paying, short, state
from optrace.session.packed import Packed, Texts
from optrace.session.rows import Row
from optrace.session.shelves import Rows
from optrace.session.steps import Payment

# exchanges that set the scene: they belong to the payment that comes next
_SCENERY = frozenset({"wallet_address_get", "jwks_get", "did_get", "grant_request", "as_discovery", "cors_preflight"})
_SHOWN = 256  # of a shared grant's own exchanges, in each of its payments but the first
_LATELY = 64  # quotes and grants of a sender among which those that belong together are looked for


class Payments:
    """All payments of a session. `update` is told of each exchange after it was learned from."""

    def __init__(self, flows: Flows, rows: Rows) -> None:
        self._flows = flows
        self._rows = rows
        self._groups: list[Group] = []
        self._payments: list[Payment | bytes] = []  # of the groups, as they were last put together
        self._texts = Texts()
        self._changed: set[Group] = set()  # groups that changed since
        self._of_flow: ByNumber[Group] = ByNumber()  # id of a flow's root -> group
        self._own: dict[Grant, dict[int, None]] = {}  # shared grant -> its exchanges that are of no one payment
        self._stale: set[Grant] = set()  # shared grants that changed since the payments were put together
        self._waiting: dict[int, None] = {}  # exchanges that set a scene nobody has entered yet, oldest first
        self._scene_of: dict[int, Group] = {}
        self._within: dict[int, list[int]] = defaultdict(list)  # call -> what was seen inside it, while it is open
        # sender -> quotes that nobody pays yet, and outgoing-payment grants without a payment; oldest first
        self._quotes: dict[str, dict[Group, None]] = defaultdict(dict)
        self._orphans: dict[str, dict[Grant, None]] = defaultdict(dict)

    # in

    def update(self, row: Row) -> None:
        """Take in what one exchange changed."""
        for kept, gone in self._flows.take_joined():
            self._flows_joined(kept, gone)
        if row.grant is not None:
            self._place_grant(row.grant)
        if row.flow is not None:
            self._quoted(self._flow_group(self._flows[row.flow]))
        group = self._group_of(row)
        if group is not None:
            self._changed.add(group)
            self._enter(group)
            if row.n in self._within:
                self._move(row, group)
        elif row.ended is not None or row.error is not None:
            self._set_scene(row)
        if row.grant is not None and len(row.grant.flows) > 1:
            self._shared(row, row.grant)

    def _shared(self, row: Row, grant: Grant) -> None:
        """An exchange of a grant with several payments shows in each of them, unless it names the one that it is of."""
        own = self._own.get(grant)
        if own is None:
            own = self._own[grant] = {n: None for n in grant.rows if (seen := self._rows[n]) and seen.flow is None}
        if row.flow is None:
            own[row.n] = None
            if _settled(row) and row.n in islice(own, _SHOWN):
                self._stale.add(grant)
            elif grant.group is not None:
                self._changed.add(grant.group)
        elif row.n in own:
            del own[row.n]
            if grant.group is not None:
                self._changed.add(grant.group)

    def _place_grant(self, grant: Grant) -> None:
        """Put a grant into the payments that its tokens were used for since this was last asked."""
        own = grant.group
        if not grant.flows:
            if own is None and grant.state is not GrantState.REFUSED:
                own = grant.group = self._new(grants=[grant])
            elif own is not None and own.flow is None and grant.state is GrantState.REFUSED:
                self._remove(own)
                grant.group = None
                self._leave(own)
                return
            if own is not None and own.flow is None and grant.variant == "outgoing-payment":
                self._adopt(grant, own)
            return
        if grant.placed == len(grant.flows):
            return
        homes = dict.fromkeys(self._flows.root(flow) for flow in grant.flows[grant.placed :])
        if grant.placed == 0:
            self._no_orphan(grant)
            if own is not None and own.flow is not None and own.flow.id not in homes:  # it was for another after all
                own.grants.remove(grant)
                self._changed.add(own)
                own = None
                grant.group = None
        grant.placed = len(grant.flows)
        for home in homes:
            flow = self._flows[home]
            group = self._of_flow.get(home)
            if group is None and own is not None and own.flow is None:
                own.flow, self._of_flow[home] = flow, own  # the grant's group becomes the payment's
            elif group is None:
                group = self._of_flow[home] = self._new(flow=flow)
            elif own is not None and own is not group and own.flow is None:
                own = self._merge(own, group)
            found = self._of_flow[home]
            if grant not in found.grants:
                found.grants.append(grant)
            grant.group = grant.group or found

    def _flow_group(self, flow: Flow) -> Group:
        group = self._of_flow.get(flow.id)
        if group is None:
            group = self._of_flow[flow.id] = self._new(flow=flow)
        return group

    def _flows_joined(self, kept: int, gone: int) -> None:
        lost = self._of_flow.pop(gone)
        group = self._of_flow.get(kept)
        if lost is None:
            return
        if group is None:
            lost.flow = self._flows[kept]
            self._of_flow[kept] = lost
        elif group is not lost:
            lost.flow = group.flow
            self._merge(lost, group)

    def _merge(self, one: Group, other: Group) -> Group:
        """Two groups are one payment: the earlier one stays."""
        keep, gone = (one, other) if one.number < other.number else (other, one)
        keep.flow = keep.flow or gone.flow
        keep.grants.extend(grant for grant in gone.grants if grant not in keep.grants)
        keep.context.extend(gone.context)
        self._changed.add(keep)
        for n in gone.context:
            self._scene_of[n] = keep
        for grant in gone.grants:
            grant.group = keep
        if keep.flow is not None:
            self._of_flow[keep.flow.id] = keep
        self._remove(gone)
        return keep

    def _new(self, *, flow: Flow | None = None, grants: list[Grant] | None = None) -> Group:
        group = Group(len(self._groups) + 1, flow, grants or [])
        self._groups.append(group)
        self._changed.add(group)
        return group

    def _remove(self, group: Group) -> None:
        at = group.number - 1
        del self._groups[at]
        del self._payments[at : at + 1]
        group.number = 0
        for later in self._groups[at:]:
            later.number -= 1
            self._changed.add(later)

    # a grant that wasn't used yet, and the quote that it must be for

    def _quoted(self, group: Group) -> None:
        flow = group.flow
        if flow is None or not flow.quote or not flow.sender:
            return
        quotes = self._quotes[canonical(flow.sender)]
        if flow.outgoing or paying(group):
            quotes.pop(group, None)
        else:
            quotes[group] = None

    def _adopt(self, grant: Grant, own: Group) -> None:
        """One waiting quote and one such grant of a sender, or of a sender and an amount, belong together."""
        item = grant.access[0] if grant.access else {}
        sender = canonical(text(item.get("identifier")) or "")
        orphans = self._orphans[sender]
        orphans[grant] = None
        quotes = [group for group in _last(self._quotes[sender]) if group.flow and not paying(group)]
        rivals = [g for g in _last(orphans) if g.group is not None and g.group.flow is None]
        if len(quotes) != 1 or len(rivals) != 1:
            wanted = limit(grant)
            quotes = [group for group in quotes if group.flow and wanted and group.flow.amount == wanted]
            rivals = [rival for rival in rivals if limit(rival) == wanted]
        if len(quotes) == 1 and len(rivals) == 1:
            self._merge(own, quotes[0])

    def _no_orphan(self, grant: Grant) -> None:
        if grant.variant == "outgoing-payment":
            item = grant.access[0] if grant.access else {}
            self._orphans[canonical(text(item.get("identifier")) or "")].pop(grant, None)

    # the scene

    def _set_scene(self, row: Row) -> None:
        partner = self._rows[row.partner] if row.partner is not None else None
        group = self._group_of(partner) if partner is not None else None
        if group is not None:
            self._scene_of[row.n] = group
            if row.n not in group.context[-32:]:
                group.context.append(row.n)
            self._changed.add(group)
            if partner is not None and partner.ended is None:
                self._within[partner.n].append(row.n)
        elif row.operation in _SCENERY and row.n not in self._scene_of:
            self._waiting[row.n] = None

    def _enter(self, group: Group) -> None:
        if self._waiting:
            group.context.extend(self._waiting)
            self._scene_of.update(dict.fromkeys(self._waiting, group))
            self._waiting = {}

    def _leave(self, group: Group) -> None:
        """The group was none: its scene is set for the payment that comes next."""
        for n in group.context:
            self._scene_of.pop(n, None)
        before = next(reversed(self._waiting), 0)
        self._waiting.update(dict.fromkeys(group.context))
        if min(group.context, default=before) < before:
            self._waiting = dict.fromkeys(sorted(self._waiting))

    def _move(self, call: Row, group: Group) -> None:
        """A call's answer may say that it is of another payment than its token let us think: its scene goes along."""
        for n in self._within[call.n]:
            before = self._scene_of.get(n)
            if before is not None and before is not group and n in before.context:
                before.context.remove(n)
                self._changed.add(before)
                group.context.append(n)
                self._scene_of[n] = group
        if call.ended is not None or call.error is not None:
            del self._within[call.n]

    # out

    def number_of(self, row: Row) -> int | None:
        """The payment that an exchange belongs to; of a shared grant, the first."""
        group = self._group_of(row)
        return group.number if group else None

    def scene_of(self, row: Row) -> int | None:
        """The payment that an exchange leads up to without belonging to it."""
        if self._group_of(row) is not None:
            return None
        group = self._scene_of.get(row.n)
        if group is None and row.n in self._waiting and self._groups:
            group = self._groups[-1]
        return group.number if group else None

    def all(self) -> Sequence[Payment]:
        """All payments in the order of their first exchanges, as they are now."""
        for grant in self._stale:
            for flow in grant.flows:
                if found := self._of_flow.get(self._flows.root(flow)):
                    self._changed.add(found)
        self._stale.clear()
        self.settle()
        return Packed(self._payments, self._texts)

    def settle(self) -> None:
        """Put together what changed since this was done the last time, but for what changed in shared grants."""
        last = self._groups[-1:]  # it shows the scene of the next payment as long as there is none
        self._changed.update(last)
        for group in sorted(self._changed, key=lambda group: group.number):
            at = group.number - 1
            if at == len(self._payments):
                self._payments.append(self._put_together(group))
            elif at >= 0 and group.is_here:
                self._payments[at] = self._put_together(group)
        self._changed = set(last)

    # aside

    def home(self, row: Row) -> Group | None:
        """What a row is put aside with: the payment that it belongs to, or leads up to."""
        return self._group_of(row) or self._scene_of.get(row.n)

    def shares(self, group: Group) -> bool:
        """Whether a payment has a grant that is for others, too."""
        return not self._own.keys().isdisjoint(group.grants)

    def may_rest(self, group: Group | None, numbers: Set[int]) -> bool:
        """Whether nothing here has to do with a payment, or with these exchanges of it."""
        if group is None:
            return self._waiting.keys().isdisjoint(numbers)
        if group in self._changed or group is self._groups[-1] or not group.number:
            return False
        if group.flow is not None and group in self._quotes.get(canonical(group.flow.sender or ""), ()):
            return False
        return self._within.keys().isdisjoint(numbers) and not self.shares(group)

    def rest(self, group: Group) -> None:
        """A payment was put aside."""
        for n in group.context:
            self._scene_of.pop(n, None)
        group.flow, group.grants, group.context = None, NO_GRANTS, NO_CONTEXT
        payment = self._payments[group.number - 1]
        if not isinstance(payment, bytes):
            self._payments[group.number - 1] = self._texts.pack(payment)

    def wake(self, group: Group, flow: Flow | None, grants: list[Grant], context: list[int]) -> None:
        """It is back."""
        self._scene_of.update(dict.fromkeys(context, group))
        group.flow, group.grants, group.context = flow, grants, context

    def _group_of(self, row: Row) -> Group | None:
        if row.flow is not None:
            return self._of_flow.get(self._flows.root(row.flow))
        if row.grant is not None:
            return row.grant.group
        return None

    def _put_together(self, group: Group) -> Payment:
        numbers = set(group.flow.rows) if group.flow else set()
        for grant in group.grants:
            numbers.update(self._of_no_flow(grant, group))
        exchanges = tuple(sorted(numbers))
        waiting = self._waiting if self._groups and group is self._groups[-1] else ()
        first = self._rows[exchanges[0]] if exchanges else None
        last = self._rows[exchanges[-1]] if exchanges else None
        assert first is not None  # a group is made for an exchange
        sender, recipient = ends(group)
        return Payment(
            id=group.number,
            title=f"{short(sender)} → {short(recipient)}",
            state=state(group),
            exchanges=exchanges,
            context=tuple(sorted({*group.context, *waiting} - numbers)),
            amount=amount(group),
            sender=sender,
            recipient=recipient,
            started=first.started,
            ended=last.ended if last else None,
        )

    def _of_no_flow(self, grant: Grant, group: Group) -> Iterator[int]:
        """The exchanges of a grant that name no payment. A call in flight may name one yet: it is in one payment only,
        the first of its grant."""
        first = grant.group is group
        own = grant.rows if first or grant not in self._own else islice(self._own[grant], _SHOWN)
        for n in own:
            row = self._rows[n]
            if row is not None and row.flow is None and (first or _settled(row)):
                yield n


def _settled(row: Row) -> bool:
    """Whether an exchange that names no payment will not name one with its answer."""
    return row.token is None or row.ended is not None or row.error is not None


def _last[T](found: dict[T, None]) -> list[T]:
    return list(islice(reversed(found), _LATELY))[::-1]
