"""Amounts, exchange rates and fees, in integers and fractions only."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class Asset:
    """A currency and the number of decimal places that its smallest unit has."""

    code: str
    scale: int


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: an integer of the asset's smallest units."""

    value: int
    asset: Asset

    def json(self) -> dict[str, Any]:
        """As it stands in bodies: the value is text."""
        return {"value": str(self.value), "assetCode": self.asset.code, "assetScale": self.asset.scale}


def read_units(text: str) -> int:
    """A value as JavaScript's BigInt reads it: blanks are 0, and hexadecimal counts, too. Raises ValueError."""
    digits = text.strip() or "0"
    return int(digits, 0 if digits[:2].lower() in {"0x", "0o", "0b"} else 10)


def read_money(amount: Mapping[str, Any]) -> Money:
    """An amount of a body that the schema has already accepted."""
    return Money(read_units(amount["value"]), Asset(amount["assetCode"], amount["assetScale"]))


Rates = Mapping[tuple[str, str], Fraction]  # (from, to) asset codes -> major units of `to` for one of `from`


def rate_between(rates: Rates, source: Asset, target: Asset) -> Fraction | None:
    """How many smallest units of `target` one smallest unit of `source` buys, or None if there is no such rate."""
    major = Fraction(1) if source.code == target.code else rates.get((source.code, target.code))
    return None if major is None else major * Fraction(10) ** (target.scale - source.scale)


@dataclass(frozen=True, slots=True)
class Fee:
    """A sending fee: a fixed number of smallest units and a share of the principal, rounded up."""

    fixed: int = 0
    basis_points: int = 0  # hundredths of a percent

    def of(self, principal: int) -> int:
        """The fee for an amount, in the same smallest units."""
        return self.fixed + -(-principal * self.basis_points // 10_000)

    def least_debit(self, principal: int) -> int:
        """The smallest debit that leaves `principal` after the fee; the fee must be below 100 %."""
        return math.ceil(Fraction(principal + self.fixed) / (1 - Fraction(self.basis_points, 10_000)))
