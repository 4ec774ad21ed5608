"""What of a growing session is ready to be sent to a collector (OTLP), by the mapping of `otlp.py`: each span once.

A span can't be taken back, so it waits until what is said of it is settled: until its payment, or the exchange itself
if it has none, has been quiet for a while. Then its keys have been fetched, its payment is known, and secrets that were
made such by later messages are masked in it. The span of a payment itself comes when the payment is over, or when
nothing came of it for long.

The session file holds everything, so only numbers wait here, and of those a limited count: what is beyond is lost, and
counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from optrace.core.masking import Secrets
from optrace.core.messages import Exchange
from optrace.exporters.material import Material
from optrace.exporters.otlp import Span, homes, request, root, span
from optrace.session.trace import Trace

QUIET = timedelta(seconds=3)  # after which what is said of an exchange is settled
LONGEST = timedelta(seconds=30)  # that an exchange waits for a payment that is never quiet
SILENT = timedelta(minutes=5)  # after which a payment that isn't over is sent, too
WAITING = 100_000  # exchanges
BATCH = 500  # spans of one request
_OVER = frozenset({"completed", "failed", "rejected", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One request to the collector."""

    body: str
    exchanges: tuple[int, ...]
    payments: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.exchanges) + len(self.payments)


@dataclass(slots=True, kw_only=True)
class Feed:
    """Which exchanges and payments of a trace are still to be sent."""

    trace: Trace
    lookup: Callable[[int], Exchange]
    source: str
    versions: Mapping[str, str]
    secrets: Secrets = field(default_factory=Secrets)
    limit: int = WAITING
    lost: int = 0  # exchanges that found no place to wait
    _waiting: dict[int, datetime] = field(default_factory=dict)  # exchange -> when it was last heard of
    _roots: dict[int, datetime] = field(default_factory=dict)  # payment -> when anything of it was last heard of
    _rooted: set[int] = field(default_factory=set)

    def seen(self, exchange: Exchange, at: datetime) -> None:
        """Take note of an exchange, in flight or ended, at an instant of the clock."""
        self.secrets.learn(exchange)
        if exchange.n not in self._waiting and len(self._waiting) >= self.limit:
            self.lost += not exchange.in_flight
            return
        self._waiting[exchange.n] = at

    def __len__(self) -> int:
        """How many exchanges wait."""
        return len(self._waiting)

    def due(self, now: datetime, *, all: bool = False) -> Batch | None:
        """What is to be sent next, if anything is; the same again until it was `done`. With `all`, nothing waits."""
        if not self._waiting and not self._roots:
            return None
        numbers = [n for n in range(1, len(self.trace) + 1) if self.trace.has(n)]
        material = Material(
            trace=self.trace, lookup=self.lookup, numbers=numbers, source=self.source, versions=self.versions,
            secrets=self.secrets,
        )  # fmt: skip
        found = homes(material)
        payment_of = {n: payment for payment, (_, members) in found.items() for n in members}
        heard: dict[int, datetime] = {}
        for n, at in self._waiting.items():
            if (own := payment_of.get(n)) is not None:
                heard[own] = max(at, heard.get(own, at))
        self._roots |= {own: at for own, at in heard.items() if own not in self._rooted}
        missing = frozenset(self.trace.missing_keys())
        ready = [n for n in self._waiting if all or self._settled(n, payment_of.get(n), heard, missing, now)][:BATCH]
        spans: list[Span] = []
        for n in ready:
            own = payment_of.get(n)
            home = None if own is None else found[own][0]
            spans.append(span(material.step(n), material.exchange(n), home))
        over = []
        left = {payment_of.get(n) for n in self._waiting.keys() - set(ready)}
        for payment in material.payments:
            last = self._roots.get(payment.id)
            if last is None or len(spans) >= BATCH or payment.id in left:
                continue
            if all or now - last >= (QUIET if payment.state in _OVER else SILENT):
                ids, members = found[payment.id]
                spans.append(root(payment, ids, [material.step(n) for n in sorted(members)]))
                over.append(payment.id)
        if not spans:
            return None
        body = self.secrets.sweep(request(material, spans))
        return Batch(body=body, exchanges=tuple(ready), payments=tuple(over))

    def done(self, batch: Batch) -> None:
        """A batch has arrived, or was refused for good: it is not sent again."""
        for n in batch.exchanges:
            self._waiting.pop(n, None)
        for own in batch.payments:
            self._roots.pop(own, None)
            self._rooted.add(own)

    def _settled(
        self, n: int, payment: int | None, heard: Mapping[int, datetime], missing: Set[str], now: datetime
    ) -> bool:  # fmt: skip
        step, at = self.trace.step(n), self._waiting[n]
        if step.in_flight:
            return False
        if now - at >= LONGEST:
            return True
        last = at if payment is None else heard[payment]
        return now - last >= QUIET and step.key_owner not in missing
