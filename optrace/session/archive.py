"""Payments that nothing has come of for long: put aside in a file, and back as soon as anything of them is asked for.

A box holds a payment: the rows of its exchanges, its grants with their tokens, its resources. The fold keeps where each
of them is, by number or by the hash of a name (`shelves`), so that what comes of a payment a million exchanges later
finds it. Only what nobody else holds is put aside: what is brought back is a new object, and there must not be two of
one thing.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from itertools import batched
from typing import Any, NamedTuple

from optrace.session.boxes import Boxes, Contents
from optrace.session.grants import Grant
from optrace.session.groups import Group
from optrace.session.memory import Memory
from optrace.session.payments import Payments
from optrace.session.rows import Row

ASIDE = 5_000  # exchanges back, so far all is left where it is: rules and screen seldom look farther
_EVERY = 128  # exchanges between two looks at what can be put aside
_OPEN = 256  # boxes that may be open before those that were opened first are closed again
_LOOSE = 64  # exchanges of no payment, in one box
_SHELVES = ("interactions", "opened", "locations", "references", "strays")  # of the memory, besides the tokens
_LONGEST = 20  # how often the time until the next try doubles


class _Try(NamedTuple):
    """Look at what an exchange belongs to once everything before `due` has ended."""

    due: int
    n: int
    failed: int = 0  # how often it was held by somebody


class _Opened(NamedTuple):
    numbers: list[int]  # exchanges
    changes: int  # how many there had been when it was opened


class Archive:
    """What was put aside of one session.

    Args:
        at_hand: so many exchanges back, everything is left where it is.
    """

    def __init__(self, memory: Memory, payments: Payments, *, at_hand: int = ASIDE) -> None:
        self._memory = memory
        self._rows = memory.rows
        self._payments = payments
        self._at_hand = at_hand
        self._every = min(_EVERY, max(1, at_hand))
        self._before = 1  # what ended before this exchange was looked at
        self._tries: list[_Try] = []  # a heap
        self._boxes = Boxes()
        self._open: OrderedDict[int, _Opened] = OrderedDict()  # box -> what was in it; open longest first
        self._changes = 0
        self._named = {name: getattr(memory, name) for name in _SHELVES}
        self.lock = threading.RLock()  # a screen looks while the rules look, and both may want something back
        self._rows.bring = memory.grants.bring = memory.flows.bring = memory.tokens.bring = self._bring
        for named in self._named.values():
            named.bring = self._bring

    def changes(self) -> None:
        """Something that is here may change."""
        self._changes += 1

    def look(self) -> None:
        """An exchange was taken in: put aside what ended long before it."""
        before = len(self._rows) - self._at_hand
        if before - self._before >= self._every:
            with self.lock:
                self._look(before)

    def tidy(self) -> None:
        """Something may have been brought back: close what was looked into before."""
        if len(self._open) > _OPEN:
            with self.lock:
                self._close()

    def _look(self, before: int) -> None:
        self._payments.settle()
        self._memory.let_go(before)
        loose = []
        todo = [_Try(before, n) for n in range(self._before, before)]
        self._before = before
        while self._tries and self._tries[0].due <= before:
            todo.append(heappop(self._tries))
        for one in todo:
            if self._rows.is_here(one.n):
                if self._is_loose(one.n):
                    loose.append(one.n)
                elif not self._try(one):
                    self._later(one)
        for some in batched(loose, _LOOSE):
            if not self._put(None, [], set(some)):
                for n in some:
                    self._later(_Try(before, n))
        self._close()

    def _close(self) -> None:
        for _ in range(len(self._open) - _OPEN):
            box, opened = self._open.popitem(last=False)
            group = self._boxes.group(box)
            here = [n for n in opened.numbers if self._rows.is_here(n)]
            if opened.changes == self._changes and here == opened.numbers:
                grants = self._grants(here) if group is None else group.grants
                if self._put(group, grants, set(here), as_in=box):
                    continue
            for n in here if group is None else here[:1]:
                self._try(_Try(self._before, n))
            if any(map(self._rows.is_here, here)):
                self._open[box] = opened  # somebody looks at it

    def _grants(self, numbers: Iterable[int]) -> list[Grant]:
        return list({id(grant): grant for grant in [self._rows.here(n).grant for n in numbers] if grant}.values())

    def _is_loose(self, n: int) -> bool:
        row = self._rows.here(n)
        return row.grant is None and self._payments.home(row) is None

    def _try(self, one: _Try) -> bool:
        """Whether it was put aside, or will be looked at again once it has ended."""
        group = self._payments.home(self._rows.here(one.n))
        if group is not None and self._payments.shares(group):
            return False
        if group is not None:
            grants = group.grants
            numbers = {*group.context, *(group.flow.rows if group.flow else ())}
        else:
            grants, numbers = self._grants([one.n]), {one.n}
        numbers.update(*(grant.rows for grant in grants))
        newest = max(numbers)
        if newest >= one.due:
            heappush(self._tries, _Try(newest + 1, one.n, one.failed))
            return True
        return self._put(group, grants, numbers)

    def _later(self, one: _Try) -> None:
        """Somebody holds something of it: try again, after a while that grows."""
        wait = max(self._at_hand, 1) << min(one.failed, _LONGEST)
        heappush(self._tries, _Try(one.due + wait, one.n, one.failed + 1))

    def _put(self, group: Group | None, grants: list[Grant], numbers: set[int], *, as_in: int | None = None) -> bool:
        """Put these into a box, if nobody else holds any of it. `as_in`: they are as they are in this box."""
        entries = [
            (shelf, name)
            for grant in grants
            for shelf, name in grant.names
            if _leads_to(self._named[shelf].here(name)) is grant
        ]
        if not self._is_free(group, grants, numbers, entries):
            return False
        box = as_in
        if box is None:
            rows = [self._rows.here(n) for n in sorted(numbers)]
            named = [(shelf, name, self._named[shelf][name]) for shelf, name in entries]
            flow, context = (None, []) if group is None else (group.flow, group.context)
            box = self._boxes.write(group, Contents(rows, grants, flow, context, named))
            if box is None:
                return False
        self._open.pop(box, None)
        for n in numbers:
            self._rows.leave(n, box)
        for shelf, name in entries:
            self._named[shelf].leave(name, box)
        for grant in grants:
            self._memory.grants.put(grant, box)
            for token in grant.tokens:
                self._memory.tokens.leave(token.value, box)
            grant.tokens = []  # they hold each other
        if group is not None:
            if group.flow is not None:
                self._memory.flows.put(group.flow.id, box)
            self._payments.rest(group)
        return True

    def _is_free(
        self, group: Group | None, grants: list[Grant], numbers: set[int], entries: list[tuple[str, str]]
    ) -> bool:
        if not self._payments.may_rest(group, numbers):
            return False
        if not all(self._rows.is_here(n) and _has_ended(self._rows.here(n)) for n in numbers):
            return False
        rows = [self._rows.here(n) for n in numbers]
        tokens = [token for grant in grants for token in grant.tokens]
        if any(self._memory.tokens.get(token.value) is not token for token in tokens):
            return False
        known = Counter(id(row.grant) for row in rows if row.grant is not None)
        known.update(id(token.grant) for token in tokens)
        known.update(id(grant) for grant in grants if self._memory.grants.has(grant))
        known.update(id(_leads_to(self._named[shelf][name])) for shelf, name in entries)
        return (
            known.keys() <= {id(grant) for grant in grants}
            and all(count == 1 for count in _holders(rows))  # the shelf
            and all(count == 2 for count in _holders(tokens))  # the shelf, and the grant
            and all(count == known[id(grant)] for count, grant in zip(_holders(grants), grants, strict=True))
        )

    def _bring(self, box: int) -> None:
        with self.lock:
            if box in self._open:
                return  # it is here, and what was asked for isn't in it any more
            found = self._boxes.read(box)
            self._open[box] = _Opened([row.n for row in found.rows], self._changes)
            for row in found.rows:
                self._rows[row.n] = row
            for grant in found.grants:
                self._memory.grants.put(grant, grant)
                self._memory.tokens.update((token.value, token) for token in grant.tokens)
            for shelf, name, value in found.named:
                self._named[shelf][name] = value
            if found.flow is not None:
                self._memory.flows.put(found.flow.id, found.flow)
            if (group := self._boxes.group(box)) is not None:
                self._payments.wake(group, found.flow, found.grants, found.context)


def _leads_to(thing: Any) -> Any:
    return thing[0] if isinstance(thing, tuple) else thing


def _has_ended(row: Row) -> bool:
    return row.ended is not None or row.error is not None


def _holders(things: Sequence[object]) -> list[int]:
    """How many hold each of some things, besides this list of them."""
    return [sys.getrefcount(thing) - _OURS for thing in things]


_OURS = 0
_OURS = _holders([object()])[0]
