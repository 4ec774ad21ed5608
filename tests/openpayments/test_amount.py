"""Amounts: exact, whatever the scale."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.decode import Decoded, Undecoded, decode
from optrace.openpayments.amount import Amount, format_units


def amount(value: object = "2500", code: object = "USD", scale: object = 2) -> Decoded[Amount] | Undecoded[Amount]:
    return decode(Amount, {"value": value, "assetCode": code, "assetScale": scale})


@pytest.mark.parametrize(
    ("value", "code", "scale", "text"),
    [
        ("2500", "USD", 2, "25.00 USD"),
        ("5", "USD", 2, "0.05 USD"),
        ("0", "USD", 2, "0.00 USD"),
        ("7", "JPY", 0, "7 JPY"),
        ("0012", "EUR", 1, "1.2 EUR"),
        ("18446744073709551615", "XRP", 9, "18446744073.709551615 XRP"),
        ("1", "ETH", 255, "0." + "0" * 254 + "1 ETH"),
        ("1", "\x1b[31m", 0, "1 \\x1b[31m"),
    ],
)
def test_format(value, code, scale, text):
    read = amount(value, code, scale)
    assert isinstance(read, Decoded)
    assert read.value.format() == text


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"value": 2500}, "value: must be a string of digits, got the number 2500"),
        ({"value": "25.00"}, 'value: must be a string of digits, got "25.00"'),
        ({"value": "-1"}, 'value: must be a string of digits, got "-1"'),
        ({"value": "1e3"}, 'value: must be a string of digits, got "1e3"'),
        ({"value": " 1"}, 'value: must be a string of digits, got " 1"'),
        ({"value": ""}, 'value: must be a string of digits, got ""'),
        (
            {"value": "18446744073709551616"},
            'value: must be at most 18446744073709551615 (64 bits), got "18446744073709551616"',
        ),
        ({"scale": "2"}, 'assetScale: must be an integer, got "2"'),
        ({"scale": 256}, "assetScale: must be at most 255, got the number 256"),
        ({"scale": -1}, "assetScale: must be at least 0, got the number -1"),
        ({"code": None}, "assetCode: must be text, got null"),
    ],
)
def test_what_is_no_amount_and_the_raw_stays(wrong, problem):
    read = amount(**wrong)
    assert isinstance(read, Undecoded)
    assert read.problems == (problem,)
    assert read.raw["value"] == wrong.get("value", "2500")
    assert read.partial is not None
    assert isinstance(read.partial.format(), str)


def test_half_an_amount_can_be_shown():
    read = amount(value=25.5)
    assert isinstance(read, Undecoded)
    assert read.partial is not None
    assert read.partial.format() == "? USD"


def test_same_asset():
    one, other, cents = amount(), amount("1"), amount("1", scale=3)
    assert isinstance(one, Decoded)
    assert isinstance(other, Decoded)
    assert isinstance(cents, Decoded)
    assert one.value.same_asset(other.value)
    assert not one.value.same_asset(cents.value)


@given(st.integers(0, 2**64 - 1), st.text(), st.integers(0, 255))
def test_round_trip(value, code, scale):
    read = amount(str(value), code, scale)
    assert isinstance(read, Decoded)
    assert read.value.value == value
    assert read.value.model_dump(mode="json", by_alias=True) == {
        "value": str(value),
        "assetCode": code,
        "assetScale": scale,
    }


@given(st.integers(-(2**70), 2**70), st.integers(0, 255))
def test_units_are_exact(value, scale):
    with localcontext(prec=400):
        assert Decimal(format_units(value, scale)) == Decimal(value).scaleb(-scale)
