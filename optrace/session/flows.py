"""Which exchanges belong to one payment.

Resources tie a payment together: an incoming payment's URL, the quote that names it as receiver, the outgoing payment
made from the quote. Grants hang on the payments that their tokens were used for; one grant may serve many. Nothing is
joined by the client, the wallet addresses, a connection or the time alone.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import cast

from optrace.core.compact import ByHash
from optrace.core.urls import canonical
from optrace.session.shelves import Bring, nothing


@dataclass(slots=True)
class Flow:
    """A payment in the making: its resources, and the exchanges that name them."""

    id: int
    rows: list[int] = field(default_factory=list)
    incoming: str | None = None  # URLs of its resources
    quote: str | None = None
    outgoing: str | None = None
    sender: str | None = None
    recipient: str | None = None
    amount: str | None = None  # in words
    asked: str | None = None  # what the incoming payment expects, in words
    completed: bool = False
    failed: bool = False


class Flows:
    """Union-find over payments by the URLs of their resources."""

    def __init__(self) -> None:
        self.bring: Bring = nothing
        self._flows: list[Flow | int | None] = []  # a number is that of a box; None: it is part of another one
        self._parent = array("q")
        self._by_url: ByHash = ByHash()
        self._joined: list[tuple[int, int]] = []

    def root(self, flow: int) -> int:
        """The id of the payment that a flow is now part of."""
        while self._parent[flow] != flow:
            self._parent[flow] = self._parent[self._parent[flow]]
            flow = self._parent[flow]
        return flow

    def __getitem__(self, flow: int) -> Flow:
        root = self.root(flow)
        found = self._flows[root]
        if isinstance(found, int):
            self.bring(found)
            found = self._flows[root]
        return cast(Flow, found)

    def put(self, flow: int, there: Flow | int) -> None:
        """A payment is in a box now, or back from one."""
        self._flows[flow] = there

    def take_joined(self) -> list[tuple[int, int]]:
        """(kept, gone) of the flows that became one since the last call."""
        joined, self._joined = self._joined, []
        return joined

    def find(self, url: str) -> int | None:
        """The payment that a resource URL belongs to, if it was seen."""
        flow = self._by_url.get(canonical(url))
        return None if flow is None else self.root(flow)

    def of(self, *urls: str | None) -> int | None:
        """The one payment of some resource URLs, made or joined as needed; None without any URL."""
        keys = [canonical(url) for url in urls if url]
        if not keys:
            return None
        known = [self._by_url[key] for key in keys if key in self._by_url]
        flow = self.root(known[0]) if known else self._new()
        for other in known[1:]:
            flow = self._join(flow, other)
        for key in keys:
            self._by_url[key] = flow
        return flow

    def _new(self) -> int:
        flow = len(self._flows)
        self._flows.append(Flow(flow))
        self._parent.append(flow)
        return flow

    def _join(self, one: int, other: int) -> int:
        one, other = self.root(one), self.root(other)
        if one == other:
            return one
        keep, gone = min(one, other), max(one, other)
        kept, lost = self[keep], self[gone]
        kept.rows.extend(lost.rows)
        for name in ("incoming", "quote", "outgoing", "sender", "recipient", "amount", "asked"):
            if getattr(kept, name) is None:
                setattr(kept, name, getattr(lost, name))
        kept.completed |= lost.completed
        kept.failed |= lost.failed
        self._parent[gone] = keep
        self._flows[gone] = None
        self._joined.append((keep, gone))
        return keep
