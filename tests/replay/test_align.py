"""Two runs of one thing are alike; where they part is where the first cause is."""

from __future__ import annotations

from functools import cache

import pytest

from optrace.replay.align import Cause, Comparison, Pair, Side, align
from tests.replay.recordings import EACH, trace


@cache
def compared(one: str, other: str) -> Comparison:
    return align(Side.of(trace(one)), Side.of(trace(other)))


def first(one: str, other: str) -> Pair:
    comparison = compared(one, other)
    assert comparison.first is not None
    return comparison.pairs[comparison.first]


@pytest.mark.parametrize("name", EACH)
def test_a_recording_is_like_itself(name: str) -> None:
    comparison = compared(name, name)
    assert all(pair.one is pair.other is not None or pair.one == pair.other for pair in comparison.pairs)
    assert not any(pair.told for pair in comparison.pairs)


@pytest.mark.parametrize("other", ["17-https-tls", "02b-all-hops"])
def test_other_hosts_ids_keys_and_recorded_hops_are_no_difference(other: str) -> None:
    """Https instead of http, and every hop instead of the client's alone: the same payment."""
    assert compared("01-happy-path", other).first is None
    assert compared(other, "01-happy-path").first is None


@pytest.mark.parametrize(
    ("good", "bad", "numbers", "words"),
    [
        ("01-happy-path", "18-localenv-hash-url-mismatch", (14, 14), "grant endpoint"),
        ("01-happy-path", "03-consent-rejected", (None, 12), ""),
        ("01-happy-path", "13-interact-hash-tampered", (15, 14), "isn't the one that the AS sent"),
        pytest.param(
            *("01-happy-path", "05-wrong-key", (None, 5), "keyid isn't in the client's JWKS"), marks=pytest.mark.slow
        ),
        ("01-happy-path", "06-body-altered", (None, 5), "digest"),
        ("01-happy-path", "31a-python-sdk", (None, 5), "lost the path"),
        ("01-happy-path", "33a-go-sdk-http", (None, 5), "escapes"),
    ],
)
def test_the_first_unexpected_difference_is_the_cause(
    good: str, bad: str, numbers: tuple[int | None, int | None], words: str
) -> None:
    pair = first(good, bad)
    assert (pair.one and pair.one.n, pair.other and pair.other.n) == numbers
    assert words in "; ".join(pair.findings)


def test_a_refused_payment_parts_at_its_signature_and_the_rest_follows() -> None:
    pair = first("paid", "refused")
    assert pair.one is not None
    assert pair.one.operation == "outgoing_payment_create"
    assert [told.difference.where for told in pair.told if told.cause is Cause.UNEXPECTED] == ["signature verdict"]
    assert compared("paid", "refused").count(Cause.UNEXPECTED) == 1
    after = compared("paid", "refused").pairs[compared("paid", "refused").pairs.index(pair) + 1 :]
    assert {told.cause for each in after for told in each.told} <= {Cause.CONSEQUENCE, Cause.EXPECTED}


def test_another_amount_is_the_clients_choice_and_what_follows_from_it_is_expected() -> None:
    comparison = compared("01-happy-path", "03-consent-rejected")
    told = [told for pair in comparison.pairs for told in pair.told if told.difference.place[-1] == "value"]
    assert told
    assert {each.cause for each in told} == {Cause.EXPECTED}


def test_payments_of_one_recording_can_be_compared() -> None:
    whole = trace("15-concurrent-10")
    one, other = whole.payments[:2]
    comparison = align(*(Side.of(whole, payment) for payment in (one, other)))
    assert comparison.first is None
    assert len(comparison.pairs) >= 10


@pytest.mark.parametrize(
    ("other", "numbers", "operation"),
    [
        (2, (31, 78), "outgoing_payment_create"),  # signed wrongly
        (3, (None, 104), "consent_reject"),  # the sender declined
        (5, None, ""),  # paid while another payment was under way
    ],
)
def test_a_token_that_an_earlier_payment_brought_is_no_difference(
    other: int, numbers: tuple[int | None, int | None] | None, operation: str
) -> None:
    """The sender's server asks for its grant once, in the first payment, and uses it in all."""
    whole = trace("shop")
    sides = [Side.of(whole, payment) for payment in whole.payments if payment.id in (1, other)]
    comparison = align(*sides)
    parts = None if comparison.first is None else comparison.pairs[comparison.first]
    assert (parts and (parts.one and parts.one.n, parts.other and parts.other.n)) == numbers
    assert parts is None or parts.step.operation == operation
    assert comparison.count(Cause.UNEXPECTED) == (parts is not None)


def test_what_only_one_side_has_stands_where_it_happened() -> None:
    pairs = compared("01-happy-path", "33a-go-sdk-http").pairs
    at = next(index for index, pair in enumerate(pairs) if pair.one is None)
    before, alone = pairs[at - 1], pairs[at]
    assert before.other is not None
    assert alone.other is not None
    assert before.other.n < alone.other.n
    assert {pair.other.n for pair in pairs if pair.other} == set(range(1, 26))
