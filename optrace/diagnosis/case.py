"""What a rule or a search is given: one exchange, all that the session knows, and the other exchanges on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from optrace.core.messages import Exchange
from optrace.exchanges import KINDS
from optrace.exchanges.kind import Kind
from optrace.exchanges.view import View
from optrace.session.grants import Grant, Token
from optrace.session.memory import Memory
from optrace.session.rows import Row
from optrace.session.steps import Step
from optrace.session.trace import Trace
from optrace.signatures.keys import KeySet
from optrace.signatures.verify import Verification


class Case:
    """One exchange under diagnosis. Everything is worked out once, when it is first asked for."""

    def __init__(self, trace: Trace, exchange: Exchange, *, ended: bool = False) -> None:
        self.trace = trace
        self.ended = ended  # the recording is complete: what didn't come by now, never came
        self.exchange = exchange
        self.view = trace.view(exchange)
        self._answers: dict[object, Any] = {}

    def once[T](self, work: Callable[[Case], T]) -> T:
        """What `work` makes of this case, worked out once however many rules ask for it."""
        if work not in self._answers:
            self._answers[work] = work(self)
        answer: T = self._answers[work]
        return answer

    @cached_property
    def row(self) -> Row:
        """The fold's own record of the exchange."""
        return self.trace.row(self.exchange.n)

    @cached_property
    def step(self) -> Step:
        """The exchange as understood: lanes, payment, verdicts."""
        return self.trace.step(self.exchange.n)

    @property
    def kind(self) -> Kind:
        """The operation."""
        return KINDS[self.row.operation]

    @property
    def memory(self) -> Memory:
        """All that the session taught: grants, tokens, wallets, keys, links."""
        return self.trace.memory

    @property
    def grant(self) -> Grant | None:
        """The grant that the exchange belongs to."""
        return self.row.grant

    @cached_property
    def token(self) -> Token | None:
        """The token that was sent, if it was issued in this session."""
        return self.memory.tokens.get(self.view.token or "")

    @cached_property
    def keys(self) -> KeySet:
        """The keys that should verify it."""
        return self.trace.keys_of(self.row)

    @cached_property
    def verification(self) -> Verification | None:
        """The request's signature and digest, by all profiles, with the working; None if it carries neither."""
        return self.trace.verification(self.row, self.view)

    @property
    def refused(self) -> bool:
        """Whether the server said no (4xx, 5xx)."""
        return (self.view.status or 0) >= 400

    @property
    def status(self) -> int | None:
        """The answer's status."""
        return self.view.status

    @property
    def code(self) -> str | None:
        """`error.code` of the answer."""
        return self.view.error[0]

    @property
    def description(self) -> str:
        """`error.description` of the answer; empty if there is none."""
        return self.view.error[1] or ""

    @property
    def started(self) -> datetime:
        """When the request was sent."""
        return self.exchange.started

    def other(self, n: int) -> View | None:
        """Another exchange of the session; None if nobody has it any more."""
        try:
            return self.trace.view(self.trace.exchange(n))
        except (LookupError, IndexError):
            return None

    def grants_before(self, limit: int) -> Iterator[Grant]:
        """The grants that were asked for before this exchange, the latest first; its own isn't among the counted."""
        return self.memory.grants.before(self.exchange.n, limit)

    def tokens_before(self, limit: int) -> Iterator[Token]:
        """The tokens that the session had seen by then: those of its own grant, then of the latest grants."""
        own = self.grant
        if own is not None:
            yield from (token for token in reversed(own.tokens) if token.born < self.exchange.n)
        for grant in self.grants_before(limit):
            if grant is not own:
                yield from (token for token in reversed(grant.tokens) if token.born < self.exchange.n)

    def earlier(self, wanted: Callable[[Row], bool], *, limit: int = 2000) -> Iterator[Row]:
        """Rows before this exchange that fit, newest first; at most `limit` are looked at."""
        return self.trace.rows_before(self.exchange.n, wanted, limit)
