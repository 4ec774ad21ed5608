"""Amounts that are held against each other: read at once, where nobody needs to be told what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optrace.core.scalars import parse_uint64
from optrace.core.text import safe

MAX_SCALE = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount of an asset, in its smallest unit."""

    value: int
    asset_code: str
    asset_scale: int  # decimal places: the real amount is value / 10^scale

    def format(self) -> str:
        """The amount in major units, exactly: `25.00 USD`. Safe to show."""
        return f"{format_units(self.value, self.asset_scale)} {safe(self.asset_code)}".rstrip()

    def same_asset(self, other: Money) -> bool:
        """Whether both are of the same asset, code and scale."""
        return self.asset_code == other.asset_code and self.asset_scale == other.asset_scale


def read_money(found: Any) -> Money | None:
    """A JSON value as an amount, where the model `Amount` would read one; else None."""
    if not isinstance(found, dict):
        return None
    value, code, scale = (found.get(name) for name in ("value", "assetCode", "assetScale"))
    if not (isinstance(value, str) and isinstance(code, str) and type(scale) is int and 0 <= scale <= MAX_SCALE):
        return None
    number = parse_uint64(value)
    return None if number is None else Money(value=number, asset_code=code, asset_scale=scale)


def format_units(value: int, scale: int) -> str:
    """An integer of smallest units as a decimal number with `scale` places."""
    if scale <= 0:
        return str(value)
    sign, digits = ("-", str(-value)) if value < 0 else ("", str(value))
    digits = digits.rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"
