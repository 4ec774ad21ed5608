"""The fold takes whatever comes: any exchange, and real payments with any value in the place of another."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.messages import Exchange
from optrace.session.events import KeyLearned
from optrace.session.trace import Trace
from tests import long
from tests.examples import examples
from tests.exchanges import hostile
from tests.session import story
from tests.session.story import Call, payment, seen, steps
from tests.session.test_payments import check_numbers

PAYMENT = [story.wallet_address(story.SENDER), story.wallet_address(story.RECIPIENT), story.jwks(), *payment("a")]


def look_at_everything(trace: Trace, exchanges: list[Exchange]) -> None:
    check_numbers(trace)
    assert len(steps(trace)) == len(exchanges)
    for exchange in exchanges:
        trace.detail(exchange.n, exchange)
    assert trace.lane_hosts is not None
    trace.missing_keys()
    trace.hosts()


@pytest.mark.slow
@given(st.lists(hostile.exchanges, max_size=8), st.data())
@examples(300)
def test_any_exchanges(found: list[Exchange], data: st.DataObject) -> None:
    numbered = [replace(exchange, n=n) for n, exchange in enumerate(found, start=1)]
    halves = [
        half
        for exchange in numbered
        for half in ([replace(exchange, response=None, ended=None)] if data.draw(st.booleans()) else []) + [exchange]
    ]
    trace = Trace()
    trace.feed(seen(halves))
    look_at_everything(trace, numbered)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to each member of a document, itself included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for name, member in inner for found in places(member, (*path, name)))]


def put(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    changed = value.copy()
    changed[path[0]] = put(value[path[0]], path[1:], new)
    return changed


class Deep:
    """A document that is nested deeper than anybody reads."""

    text = b"[" * 10_000 + b"]" * 10_000


strange = hostile.documents | st.sampled_from([Deep, 10**400, -(10**18), [[]], [{}], {"": {}}, "\ud800", "x" * 5000])


def document_of(message: Any) -> Any:
    try:
        return json.loads(message.body or b"")
    except ValueError:
        return None


WRONG = (7, True, 1.5, None, "", "x", [], {}, ["x"], [7], [[]], [{}], {"x": 7}, {"value": [], "uri": 7}, [None])


@pytest.mark.parametrize("wrong", long.parted(WRONG, WRONG[2:]))
def test_a_wrong_type_in_each_place(wrong: Any) -> None:
    """The first place of every document, then the second of every document, and so on."""
    messages = [(call, which) for call in PAYMENT for which in ("request", "response")]
    for place in range(max(len(places(document_of(getattr(*each)))) for each in messages)):
        told = []
        for call in PAYMENT:
            for which in ("request", "response"):
                message: Any = getattr(call, which)
                document = document_of(message)
                if document is not None and place < len(paths := places(document)):
                    body = json.dumps(put(document, paths[place], wrong)).encode()
                    call = replace(call, **{which: replace(message, body=body)})
            told.append(call)
        exchanges = story.one_by_one(told)
        trace = Trace()
        trace.feed(seen(exchanges))
        look_at_everything(trace, exchanges)


def with_another_value(told: Call, data: st.DataObject) -> Call:
    """A call with one value of its request or answer replaced, or with another field in the place of one."""
    assert told.response is not None
    which = data.draw(st.sampled_from(["request", "response"]))
    message: Any = getattr(told, which)
    if data.draw(st.integers(0, 4)) == 0:
        raw = list(message.fields.raw)
        name, value = data.draw(st.tuples(hostile.names.map(str.encode), hostile.values))
        at = data.draw(st.integers(0, len(raw)))
        message = replace(message, fields=Fields([*raw[:at], (name, value), *raw[at + 1 :]]))
    else:
        document = document_of(message)
        new = data.draw(strange)
        if new is Deep:
            body = Deep.text
        else:
            body = json.dumps(put(document, data.draw(st.sampled_from(places(document))), new)).encode()
        message = replace(message, body=data.draw(st.sampled_from([body, body[:-1], None, body])))
    return replace(told, **{which: message})


@pytest.mark.slow
@given(st.data())
@examples(150)
def test_a_payment_with_strange_values(data: st.DataObject) -> None:
    told = list(PAYMENT)
    for at in data.draw(st.sets(st.integers(0, len(told) - 1), min_size=1, max_size=4)):
        told[at] = with_another_value(told[at], data)
    exchanges, events = story.tell([told], [0] * 2 * len(told))
    whole, live = Trace(), Trace()
    whole.feed(seen(exchanges))
    live.feed(seen(events))
    look_at_everything(whole, exchanges)
    look_at_everything(live, exchanges)
    assert [(s.operation, s.payment, s.verdicts) for s in steps(live)] == [
        (s.operation, s.payment, s.verdicts) for s in steps(whole)
    ]


@pytest.mark.slow
@given(
    st.sampled_from([story.CLIENT, "", "x", "\ud800", "https://[::1"]),
    st.none() | st.binary(max_size=60) | hostile.documents.map(hostile.as_body) | st.just(Deep.text),
)
@examples(100)
def test_any_keys(owner: str, document: bytes | None) -> None:
    exchanges = story.one_by_one(payment("a"))
    trace = Trace()
    trace.feed(seen(exchanges))
    trace.feed([KeyLearned(wallet_address=owner, document=document, seen=story.START, how="given")])
    look_at_everything(trace, exchanges)
