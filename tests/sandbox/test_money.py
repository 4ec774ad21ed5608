"""Rates and fees: integers only, and never a loss for whoever bears the rounding."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.sandbox.errors import Refusal
from optrace.sandbox.interaction import with_parameters
from optrace.sandbox.money import Asset, Fee, rate_between, read_money
from optrace.sandbox.quotes import Receiver, fixed_receive, fixed_send
from tests.examples import examples

fees = st.builds(Fee, fixed=st.integers(0, 10_000), basis_points=st.integers(0, 9_000))
rates = st.fractions(min_value=Fraction(1, 1000), max_value=1000)


@pytest.mark.parametrize(("text", "units"), [("0", 0), ("", 0), (" 12 ", 12), ("0x1F", 31), ("007", 7)])
def test_a_value_is_read_as_big_int_reads_it(text: str, units: int) -> None:
    assert read_money({"value": text, "assetCode": "USD", "assetScale": 2}).value == units


def test_rates_know_scales() -> None:
    table = {("USD", "JPY"): Fraction(150)}
    assert rate_between(table, Asset("USD", 2), Asset("JPY", 0)) == Fraction(3, 2)
    assert rate_between(table, Asset("USD", 2), Asset("USD", 9)) == 10**7
    assert rate_between(table, Asset("JPY", 0), Asset("USD", 2)) is None


@examples(200)
@given(st.integers(1, 10**18), fees, rates)
def test_a_fixed_amount_arrives_in_full(receive: int, fee: Fee, rate: Fraction) -> None:
    price = fixed_receive(receive, fee, rate)
    assert price.net * rate >= receive > (price.net - 1) * rate
    assert price.debit == price.net + fee.of(price.net)


@examples(200)
@given(fees, rates)
def test_the_least_debit_delivers_and_one_less_does_not(fee: Fee, rate: Fraction) -> None:
    receiver = Receiver(url="x", asset=Asset("EUR", 2), amount=None, received=0, expires=datetime.now(UTC), open=True)
    least = fee.least_debit(-(-1 // rate))
    assert fixed_send(least, Asset("USD", 2), receiver, fee, rate).receive >= 1
    with pytest.raises(Refusal):
        fixed_send(least - 1, Asset("USD", 2), receiver, fee, rate)


def test_parameters_are_set_as_a_browser_sets_them() -> None:
    url = with_parameters("http://shop.test?a=x y&hash=old", ("hash", "a+/=~*"), ("interact_ref", "1"))
    assert url == "http://shop.test/?a=x+y&hash=a%2B%2F%3D%7E*&interact_ref=1"
