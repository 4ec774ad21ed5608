"""Amounts read without a model."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from optrace.core.decode import Decoded, decode
from optrace.openpayments.amount import Amount
from optrace.openpayments.units import read_money

VALUES = st.one_of(
    st.integers(min_value=0, max_value=2**65).map(str), st.text(max_size=3), st.integers(), st.none(), st.floats()
)
CODES = st.one_of(st.text(max_size=3), st.none(), st.integers())
SCALES = st.one_of(st.integers(-1, 256), st.booleans(), st.none(), st.floats(), st.text(max_size=2))


@given(st.fixed_dictionaries({}, optional={"value": VALUES, "assetCode": CODES, "assetScale": SCALES, "x": CODES}))
@example({"value": "18446744073709551616", "assetCode": "USD", "assetScale": 2})
@example({"value": "18446744073709551615", "assetCode": "\ud800", "assetScale": 2})
@example({"value": "0", "assetCode": "U\u202eSD", "assetScale": 255})
def test_an_amount_is_what_the_model_takes_for_one(found: dict[str, Any]) -> None:
    read, money = decode(Amount, found), read_money(found)
    assert isinstance(read, Decoded) is (money is not None)
    if isinstance(read, Decoded) and money is not None:
        amount = read.value
        assert (amount.value, amount.asset_code, amount.asset_scale) == (
            money.value,
            money.asset_code,
            money.asset_scale,
        )
        assert amount.format() == money.format()


def test_anything_else_is_no_amount() -> None:
    assert all(read_money(value) is None for value in (None, [], "12", 12, True))
