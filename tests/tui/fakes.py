"""A recording and a trace made of ready steps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.session.events import Event, ExchangeSeen
from optrace.session.steps import Detail, Fact, Payment, Step
from tests.diagram.journey import HOSTS, START, journey

BODY = b'{"walletAddress":"https://alice.example/alice","access_token":{"value":"SECRET-TOKEN"},"interact_ref":"REF"}'


def exchange_of(step: Step) -> Exchange:
    """An exchange that could have been understood as this step."""
    response = None
    if step.status is not None:
        fields = Fields.of(("Content-Type", "application/json"))
        response = HttpResponse(status=step.status, reason="", fields=fields, body=BODY)
    return Exchange(
        n=step.n,
        request=HttpRequest(
            method=step.method,
            url=step.url,
            fields=Fields.of(
                ("Host", "rs.alice.example"),
                ("Authorization", "GNAP SECRET-TOKEN"),
                ("Content-Type", "application/json"),
                ("Signature-Input", 'sig1=("@method" "@target-uri");created=1;keyid="k1"'),
            ),
            body=BODY,
        ),
        response=response,
        started=step.started,
        ended=step.ended,
        error=step.error,
    )


class FakeSource:
    """Gives out an event a step; `more` steps may arrive later if it is live."""

    damage: str | None = None

    def __init__(self, steps: Sequence[Step], *, live: bool = False, name: str = "session.optrace") -> None:
        self.steps = list(steps)
        self.live = live
        self.name = name
        self.total: int | None = len(self.steps)
        self.closed = False
        self._given = 0

    def poll(self, limit: int) -> list[Event]:
        some = self.steps[self._given : self._given + limit]
        self._given += len(some)
        return [ExchangeSeen(exchange=exchange_of(step)) for step in some]

    def exchange(self, n: int) -> Exchange:
        return exchange_of(self.steps[n - 1])

    def close(self) -> None:
        self.closed = True


class FakeTrace:
    """Knows the step of each number beforehand, and shows it once its exchange was fed."""

    def __init__(self, step_of: Callable[[int], Step], *, payments: tuple[Payment, ...] = ()) -> None:
        self.version = 0
        self.payments = payments
        self.lane_hosts: Mapping[str, tuple[str, ...]] = HOSTS
        self.count = 0
        self._step_of = step_of

    def __len__(self) -> int:
        return self.count

    def feed(self, events: Iterable[Event]) -> None:
        self.count += sum(1 for _ in events)
        self.version += 1

    def step(self, n: int) -> Step:
        return self._step_of(n)

    def detail(self, n: int, exchange: Exchange) -> Detail:
        step = self.step(n)
        return Detail(
            step=step,
            exchange=exchange,
            sentence=f"message {n}: {step.label}",
            facts=(
                Fact(name="token", value="SECRET-TOKEN", secret=True, born_in=1),
                Fact(name="debitAmount", value="25.50 USD"),
            ),
        )


def payment(id: int, exchanges: Iterable[int], title: str = "alice → bob", state: str = "paid") -> Payment:
    return Payment(
        id=id,
        title=title,
        state=state,
        exchanges=tuple(exchanges),
        amount="25.50 USD",
        sender="https://wallet.example/alice",
        started=START,
        ended=START + timedelta(seconds=80),
    )


def two_payments() -> tuple[list[Step], tuple[Payment, ...]]:
    """The journey twice, one after the other."""
    first = [step for step in journey() if step.status is not None]
    second = [replace(step, n=step.n + len(first), payment=2, retry_of=None) for step in first]
    payments = (
        payment(1, range(1, len(first) + 1)),
        payment(2, range(len(first) + 1, 2 * len(first) + 1), "alice → carol"),
    )
    return first + second, payments


def many(count: int) -> Callable[[int], Step]:
    """The steps of a long recording, made when they are asked for."""
    pattern = [step for step in journey() if step.status is not None]
    made: dict[int, Step] = {}

    def step_of(n: int) -> Step:
        if not 1 <= n <= count:
            raise IndexError(n)
        step = made.get(n)
        if step is None:
            if len(made) > 10_000:
                made.clear()
            base = pattern[(n - 1) % len(pattern)]
            step = made[n] = replace(
                base, n=n, started=START + timedelta(seconds=n), ended=START + timedelta(seconds=n)
            )
        return step

    return step_of
