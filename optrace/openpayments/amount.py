"""Amounts: an unsigned 64-bit integer in the asset's smallest unit, as decimal text on the wire."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge, Le

from optrace.core.text import safe
from optrace.core.wire import CamelWire, UInt64
from optrace.openpayments.units import format_units

AssetScale = Annotated[int, Ge(0), Le(255)]  # decimal places: the real amount is value / 10^scale


class Amount(CamelWire):
    """An amount of an asset."""

    value: UInt64
    asset_code: str
    asset_scale: AssetScale

    def format(self) -> str:
        """The amount in major units, exactly: `25.00 USD`. Made by integer arithmetic, safe to show."""
        # None: an amount that could be read only in part
        if self.value is None or self.asset_scale is None:
            return f"? {safe(self.asset_code or '')}".rstrip()
        return f"{format_units(self.value, self.asset_scale)} {safe(self.asset_code or '')}".rstrip()

    def same_asset(self, other: Amount) -> bool:
        """Whether both are of the same asset, code and scale."""
        return self.asset_code == other.asset_code and self.asset_scale == other.asset_scale
