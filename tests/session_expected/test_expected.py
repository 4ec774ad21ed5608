"""What should come next, at each point of payments of real software, and of small ones made for one question each."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.exchanges import KINDS
from optrace.session.events import ExchangeSeen
from optrace.session.expected import GhostStep, expected
from optrace.session.steps import LANES
from optrace.session.trace import Trace
from tests.recordings.truth import EACH, understood

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON = Fields.of(("Content-Type", "application/json"))
CLIENT = "https://shop.example/shop"
AS, RS = "https://auth.alice.example/", "https://rs.alice.example"


class Conversation:
    """Exchanges a second apart, as a trace."""

    def __init__(self) -> None:
        self.exchanges: dict[int, Exchange] = {}
        self.trace = Trace(lambda n: self.exchanges[n])

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=len(self.exchanges))

    def say(
        self, method: str, url: str, sent: object = None, got: object = None, status: int | None = 200, token: str = "",
        error: str | None = None,
    ) -> None:  # fmt: skip
        n = len(self.exchanges) + 1
        started = START + timedelta(seconds=n)
        fields = Fields.of(("Content-Type", "application/json"), ("Authorization", f"GNAP {token}")) if token else JSON
        body = b"" if sent is None else json.dumps(sent).encode()
        response = HttpResponse(status=status, fields=JSON, body=json.dumps(got).encode()) if status else None
        self.exchanges[n] = Exchange(
            n=n,
            request=HttpRequest(method=method, url=url, fields=fields, body=body),
            response=response,
            started=started,
            ended=started if status else None,
            error=error,
        )
        self.trace.feed([ExchangeSeen(exchange=self.exchanges[n])])

    def next(self, *, after: float = 0.0) -> tuple[GhostStep, ...]:
        """What is expected in the last payment, so many seconds after the last exchange."""
        return expected(self.trace, self.trace.payments[-1], self.now + timedelta(seconds=after))

    # the parts of a payment

    def ask_for(self, kind: str, token: str | None, status: int | None = 200, **members: object) -> None:
        access = {"type": kind, "actions": ["create"], "identifier": "https://alice.example/alice"}
        wanted: dict[str, object] = {"access_token": {"access": [access]}, "client": CLIENT}
        if "interact" in members:
            wanted["interact"] = {
                "start": ["redirect"],
                "finish": {"method": "redirect", "uri": "https://shop.example/done", "nonce": "client-nonce"},
            }
        got: dict[str, object] = {
            "continue": {"access_token": {"value": f"continue-{kind}"}, "uri": f"{AS}continue/{kind}", "wait": 5},
            **members,
        }
        if token is not None:
            got["access_token"] = {"value": token, "manage": f"{AS}token/{token}", "expires_in": 600}
        self.say("POST", AS, wanted, got, status)

    def quote(self, status: int | None = 201, error: str | None = None) -> None:
        amount = {"value": "2500", "assetCode": "USD", "assetScale": 2}
        got = {
            "id": f"{RS}/quotes/q1",
            "walletAddress": "https://alice.example/alice",
            "receiver": "https://rs.bob.example/incoming-payments/i1",
            "debitAmount": amount,
            "receiveAmount": amount,
            "expiresAt": (START + timedelta(seconds=60)).isoformat(),
        }
        sent = {"walletAddress": "https://alice.example/alice", "receiver": got["receiver"], "method": "ilp"}
        self.say("POST", f"{RS}/quotes", sent, got, status, token="quote-token", error=error)

    def pay(self, status: int | None = 201) -> None:
        sent = {"walletAddress": "https://alice.example/alice", "quoteId": f"{RS}/quotes/q1"}
        self.say("POST", f"{RS}/outgoing-payments", sent, {"id": f"{RS}/outgoing-payments/o1"}, status, token="pay")


INTERACT = {"redirect": f"{AS}interact/x1/y1", "finish": "as-nonce"}


@pytest.fixture
def talk() -> Conversation:
    found = Conversation()
    found.ask_for("quote", "quote-token")
    return found


def labels(steps: tuple[GhostStep, ...]) -> list[str]:
    return [step.label for step in steps]


@pytest.mark.parametrize("name", ["02b-all-hops", "33a-go-sdk-http", "31a-python-sdk"])
def test_each_hop_of_a_real_payment_was_foreseen(name: str) -> None:
    full = understood(name)
    trace = Trace(full.exchange)
    foreseen: set[tuple[str, str | None]] = set()
    first = ""
    kinds = {"grant_request", "incoming_payment_create", "quote_create", "grant_continue", "outgoing_payment_create"}
    for n in range(1, len(full) + 1):
        step = full.step(n)
        hop = (step.operation, step.variant)
        if foreseen and step.operation in kinds and (step.status or 400) < 400 and step.source == "client":
            assert hop in foreseen, (n, step.label, first)
        trace.feed([ExchangeSeen(exchange=full.exchange(n))])
        payment = next((payment for payment in trace.payments if payment.id == 1), None)
        ghosts = expected(trace, payment, step.ended or step.started) if payment is not None else ()
        foreseen = {
            (g.operation, g.label.partition(" ")[2] if g.operation == "grant_request" else None) for g in ghosts
        }
        first = ghosts[0].label if ghosts else ""
        if payment is not None and payment.state in ("paying", "paid"):
            assert not ghosts
    assert first == ""


@pytest.mark.parametrize("name", EACH)
def test_only_known_operations_between_known_lanes_and_none_when_it_is_over(name: str) -> None:
    trace = understood(name)
    for payment in trace.payments:
        ghosts = expected(trace, payment, payment.ended or payment.started)
        if payment.state in ("paying", "paid", "completed", "failed", "rejected", "cancelled"):
            assert ghosts == ()
        for ghost in ghosts:
            assert KINDS[ghost.operation].id == ghost.operation
            assert {ghost.source, ghost.target} <= set(LANES)
        assert len(set(labels(ghosts))) == len(ghosts)


def test_after_a_quote_comes_the_grant_that_it_waits_for(talk: Conversation) -> None:
    talk.quote()
    first, *rest = talk.next()
    assert first.label == "grant outgoing-payment"
    assert first.reason == "the quote expires"
    assert first.expires == START + timedelta(seconds=60)
    assert labels(tuple(rest)) == ["interact start", "consent", "finish redirect", "continue", "POST outgoing-payment"]


def test_a_quote_that_ran_out_has_to_be_made_again(talk: Conversation) -> None:
    talk.quote()
    first = talk.next(after=120)[0]
    assert (first.label, first.reason) == ("POST quote", "the quote expired")


def test_a_token_that_ran_out_has_to_be_rotated(talk: Conversation) -> None:
    assert labels(talk.next())[0] == "POST quote"
    assert talk.next()[0].reason == "the token expires"
    first, second, *_ = talk.next(after=700)
    assert (first.label, first.reason, first.target) == ("rotate token", "the token expired", "s.as")
    assert (second.label, second.reason) == ("POST quote", "")


def test_what_is_under_way_is_not_expected_any_more(talk: Conversation) -> None:
    talk.quote(status=None)
    assert labels(talk.next())[0] == "grant outgoing-payment"


def test_what_was_refused_is_expected_once_more(talk: Conversation) -> None:
    talk.quote(status=401)
    first = talk.next()[0]
    assert (first.label, first.reason) == ("POST quote", "2 was refused")
    talk.quote(status=502)
    assert talk.next()[0].reason == "3 failed"
    talk.quote(status=None, error="connection reset")
    assert talk.next()[0].reason == "4 got no answer"
    talk.quote(status=429, error="cut off")
    assert talk.next()[0].reason == "5 broke off"


def test_the_user_is_asked_and_the_client_waits(talk: Conversation) -> None:
    talk.quote()
    talk.ask_for("outgoing-payment", None, interact=INTERACT)
    assert labels(talk.next()) == ["interact start", "consent", "finish redirect", "continue", "POST outgoing-payment"]
    waiting = talk.next()[3]
    assert waiting.not_before == START + timedelta(seconds=3 + 5)
    assert talk.next(after=10)[3].not_before is None


def test_an_interaction_may_run_out(talk: Conversation) -> None:
    talk.quote()
    talk.ask_for("outgoing-payment", None, interact={**INTERACT, "expires_in": 20})
    assert talk.next()[0].expires == START + timedelta(seconds=3 + 20)
    first = talk.next(after=30)[0]
    assert (first.label, first.reason) == ("grant outgoing-payment", "the interaction expired")


def test_once_there_is_a_token_only_the_payment_is_missing(talk: Conversation) -> None:
    talk.quote()
    talk.ask_for("outgoing-payment", "pay")
    assert labels(talk.next()) == ["POST outgoing-payment"]
    talk.pay(status=403)
    assert talk.next()[0].reason == "4 was refused"
    talk.pay()
    assert talk.next() == ()


def test_a_right_that_was_given_back_is_not_waited_for(talk: Conversation) -> None:
    talk.quote()
    talk.ask_for("outgoing-payment", "pay")
    talk.say("DELETE", f"{AS}token/pay", status=204, token="pay")
    assert talk.next() == ()


@pytest.mark.parametrize("life", [-1, 0, True, "20", 10**30, None, [], 1.5])
def test_a_lifetime_that_is_none_is_no_lifetime(talk: Conversation, life: object) -> None:
    talk.quote()
    talk.ask_for("outgoing-payment", None, interact={**INTERACT, "expires_in": life})
    ghosts = talk.next()
    assert ghosts[0].label in ("interact start", "grant outgoing-payment")
