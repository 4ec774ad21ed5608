"""Which exchanges are one payment: however many run at once, and in whatever order their halves arrive."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.messages import Exchange
from optrace.session.steps import Step
from optrace.session.trace import Trace
from tests.examples import examples
from tests.session import story
from tests.session.story import LENGTH, Call, payment, seen, steps, tell, understood, verdict


def ends_as(trace: Trace) -> list[tuple[object, ...]]:
    """What must not depend on the order in which the halves of exchanges arrived."""
    return [
        (
            s.n,
            s.operation,
            s.variant,
            s.source,
            s.target,
            s.payment,
            s.scene,
            s.verdicts,
            s.reasons,
            s.grant,
            s.retry_of,
        )
        for s in steps(trace)
    ]


def members(trace: Trace) -> list[tuple[int, ...]]:
    return [payment.exchanges for payment in trace.payments]


def check_numbers(trace: Trace) -> None:
    """A payment's number, its place in the list and its steps say the same."""
    assert [payment.id for payment in trace.payments] == list(range(1, len(trace.payments) + 1))
    taken: set[int] = set()  # a grant that serves several payments is in each of them
    firsts = []
    for found in trace.payments:
        own = [n for n in found.exchanges if n not in taken]
        firsts += own[:1]
        taken.update(own)
    assert firsts == sorted(firsts)
    for step in steps(trace):
        if step.payment is not None:
            assert step.n in trace.payments[step.payment - 1].exchanges
            assert step.scene is None
        if step.scene is not None:
            assert step.n in trace.payments[step.scene - 1].context


def shuffled(stories: int, length: int, seed: int) -> list[int]:
    turns = [index for index in range(stories) for _ in range(2 * length)]
    random.Random(seed).shuffle(turns)
    return turns


def test_one_payment() -> None:
    trace = understood(story.one_by_one([story.wallet_address(story.SENDER), story.jwks()], payment("a")))
    (found,) = trace.payments
    assert found.exchanges == tuple(range(3, 3 + LENGTH))
    assert found.context == (1, 2)
    assert (found.title, found.state, found.amount) == ("alice → bob", "paid", "12.00 USD")
    assert (found.sender, found.recipient) == (story.SENDER.wallet, story.RECIPIENT.wallet)
    assert {step.payment for step in steps(trace)[2:]} == {1}
    assert [step.scene for step in steps(trace)[:2]] == [1, 1]
    assert all(verdict(step) in ("pass", "none") for step in steps(trace))


@pytest.mark.parametrize("seed", range(5))
def test_ten_alike_at_once_are_ten(seed: int) -> None:
    """The same wallets, amounts, client and finish URI: only ids and tokens tell them apart."""
    stories = [payment(f"payment {number}") for number in range(10)]
    done, events = tell(stories, shuffled(10, LENGTH, seed))
    wanted = _groups(stories, done)
    whole, live = understood(done), understood(events)
    for trace in (whole, live):
        assert members(trace) == wanted
        check_numbers(trace)
        assert [payment.state for payment in trace.payments] == ["paid"] * 10
        assert {verdict(s, "hash") for s in steps(trace) if s.operation == "interact_finish_request"} == {"pass"}
    assert ends_as(live) == ends_as(whole)


def _groups(stories: list[list[Call]], done: list[Exchange]) -> list[tuple[int, ...]]:
    of = {id(call.request): index for index, told in enumerate(stories) for call in told}
    groups: dict[int, list[int]] = {}
    for exchange in done:
        groups.setdefault(of[id(exchange.request)], []).append(exchange.n)
    return [tuple(group) for group in groups.values()]


@pytest.mark.slow
@given(st.data())
@examples(25)
def test_the_order_of_halves_changes_nothing(data: st.DataObject) -> None:
    count = data.draw(st.integers(2, 4))
    stories = [payment(f"payment {number}") for number in range(count)]
    turns = data.draw(st.permutations([index for index in range(count) for _ in range(2 * LENGTH)]))
    done, events = tell(stories, turns)
    whole, live = understood(done), understood(events)
    assert ends_as(live) == ends_as(whole)
    assert members(live) == members(whole) == _groups(stories, done)
    assert [p.state for p in live.payments] == [p.state for p in whole.payments]
    check_numbers(live)


def test_at_any_moment_the_numbers_agree() -> None:
    stories = [payment(f"payment {number}") for number in range(3)]
    _, events = tell(stories, shuffled(3, LENGTH, 4))
    trace = Trace()
    for event in seen(events):
        trace.feed([event])
        check_numbers(trace)


def test_a_refused_grant_request_leads_up_to_the_next_payment() -> None:
    """Live, it looks like the start of a payment until the answer comes."""
    refused = story.call("POST", story.SENDER.auth, sent=story.grant_body(story.PRICE), status=401, signed=True)
    stories = [[story.wallet_address(story.SENDER), refused], payment("a")]
    turns = [0] * 4 + [1] * 2 * LENGTH
    done, events = tell(stories, turns)
    whole, live = understood(done), understood(events)
    assert [p.context for p in whole.payments] == [p.context for p in live.payments] == [(1, 2)]
    assert ends_as(whole) == ends_as(live)
    assert members(live) == [tuple(range(3, 3 + LENGTH))]


def test_introspection_inside_a_call_is_of_the_calls_payment() -> None:
    """One token serves two payments; what the RS asks of it belongs to the payment it was used for."""
    first, second = payment("a"), payment("b")
    token = first[1].request.fields.get("authorization") or ""
    again = (
        second[1].request.url,
        story.call(
            "POST",
            second[1].request.url,
            sent=second[1].request.body,
            status=201,
            got=second[1].response.body if second[1].response else b"",
            token=token.partition(" ")[2],
        ),
    )
    introspection = story.call(
        "POST", "https://auth.happy-life.example:3007/", sent={"access_token": token.partition(" ")[2]},
        got={"active": True, "access": []}, client_id="rs",
    )  # fmt: skip
    turns = [0] * 2 * LENGTH + [1, 2, 2, 1]  # inside the span of the call
    done, events = tell([first, [again[1]], [introspection]], turns)
    whole, live = understood(done), understood(events)
    assert ends_as(whole) == ends_as(live)
    call, inside = steps(live)[LENGTH], steps(live)[LENGTH + 1]
    assert (inside.operation, inside.source, inside.target) == ("token_introspect", "r.rs", "r.as")
    assert inside.payment == call.payment == 2
    check_numbers(live)


def test_introspection_inside_a_list_is_of_the_grants_payment() -> None:
    told = payment("a")
    token = (told[13].request.fields.get("authorization") or "").partition(" ")[2]
    url = f"{story.SENDER.rs}/outgoing-payments?wallet-address=x"
    asked = story.call("GET", url, got={"result": []}, token=token)
    introspection = story.call(
        "POST", f"{story.SENDER.origin}:3007/", sent={"access_token": token}, got={"active": True}, client_id="rs"
    )
    done, events = tell([told, [asked], [introspection]], [0] * 2 * LENGTH + [1, 2, 2, 1])
    for exchanges in (done, events):
        trace = understood(exchanges)
        assert [step.payment for step in steps(trace)[LENGTH:]] == [1, 1]
        check_numbers(trace)


def test_a_payment_from_a_quote_or_from_nothing_but_the_receiver() -> None:
    """A direct payment names the incoming payment; no quote stands between."""
    told = payment("a")
    body = {"walletAddress": story.SENDER.wallet, "incomingPayment": _id(told[1]), "debitAmount": {}}
    direct = story.call(
        "POST", f"{story.SENDER.rs}/outgoing-payments", sent=body, status=201, token="X",
        got={"id": f"{story.SENDER.rs}/outgoing-payments/9", "receiver": _id(told[1])},
    )  # fmt: skip
    trace = understood(story.one_by_one(told[:2], [direct]))
    assert members(trace) == [(1, 2, 3)]
    assert trace.payments[0].state == "paying"


def _id(call: Call) -> str:
    assert call.response is not None
    return str(json.loads(call.response.body or b"")["id"])


def test_two_grants_pending_for_one_sender_and_two_quotes_stay_apart() -> None:
    one, other = payment("a"), payment("b")
    done, _ = tell([one[:5], other[:5]], [0, 1] * 10)
    assert [set(group) for group in members(understood(done))] == [{1, 3, 5, 7}, {2, 4, 6, 8}, {9}, {10}]


STATES = [
    (1, "open"),
    (2, "asked"),
    (4, "quoted"),
    (5, "consenting"),
    (9, "consenting"),
    (10, "granted"),
    (12, "granted"),
    (13, "paying"),
    (15, "paid"),
    (16, "paid"),
]


@pytest.mark.parametrize(("count", "state"), STATES)
def test_the_state_of_a_payment_that_stops(count: int, state: str) -> None:
    trace = understood(story.one_by_one(payment("a")[:count]))
    assert trace.payments[0].state == state


def _with(told: list[Call], index: int, **changes: object) -> list[Call]:
    before = told[index].response
    assert before is not None
    return [*told[:index], replace(told[index], response=replace(before, **changes)), *told[index + 1 :]]  # type: ignore[arg-type]


def test_a_rejected_payment() -> None:
    told = payment("a")
    back = story.call("GET", told[9].request.url, status=302, location=f"{story.FINISH}&result=grant_rejected")
    trace = understood(story.one_by_one([*told[:8], back]))
    assert trace.payments[0].state == "rejected"


def test_a_cancelled_payment() -> None:
    told = payment("a")
    give_up = story.call("DELETE", told[11].request.url, status=204, token="x")
    trace = understood(story.one_by_one([*told[:5], give_up]))
    assert trace.payments[0].state == "cancelled"
    assert steps(trace)[-1].operation == "grant_cancel"


def test_a_failed_payment() -> None:
    told = payment("a")
    body = (told[13].response.body if told[13].response else b"") or b""
    trace = understood(story.one_by_one(_with(told, 13, body=body.replace(b'"failed":false', b'"failed":true'))))
    assert trace.payments[0].state == "failed"


def test_a_retry_names_the_call_that_failed_first() -> None:
    told = payment("a")
    failed = _with(told, 3, status=500, body=b"")[3]
    trace = understood(story.one_by_one([*told[:3], failed, failed, told[3]], told[4:]))
    by: list[Step] = steps(trace)
    assert [step.retry_of for step in by[3:6]] == [None, 4, 4]
    assert all(step.retry_of is None for step in by[6:])
