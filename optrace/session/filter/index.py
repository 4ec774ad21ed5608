"""Columns of what terms ask of steps, so that a filter over many exchanges looks at each different value only once.

A set of exchanges is a number of one byte for each, 1 or 0, the first exchange's the lowest: Python combines these as
fast as memory is read.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator
from itertools import compress
from math import isnan, nan
from typing import Any

from optrace.session.filter.facets import FACETS, Facet
from optrace.session.steps import Step

Members = int  # one byte an exchange


def members(some: bytes | bytearray) -> Members:
    """The set in which exchange n is if byte n - 1 is 1."""
    return int.from_bytes(some, "little")


def everyone(count: int) -> Members:
    """The first `count` exchanges."""
    return members(b"\x01" * count)


def numbers(some: Members, count: int) -> Iterator[int]:
    """The numbers in a set, in order."""
    return compress(range(1, count + 1), some.to_bytes(count, "little"))


class Index:
    """The columns of a session's steps: some fifty bytes an exchange."""

    def __init__(self) -> None:
        self._columns: dict[str, _Numbers | _Values] = {
            facet.name: _Numbers() if facet.number else _Values() for facet in FACETS
        }
        self._count = 0

    def __len__(self) -> int:
        """How many exchanges it covers, from the first on."""
        return self._count

    def put(self, step: Step) -> None:
        """Take in the next step, or one that is understood otherwise by now."""
        for facet in FACETS:
            self._columns[facet.name].put(step.n - 1, facet.of(step))
        self._count = max(self._count, step.n)

    def find(self, facet: Facet, accept: Callable[[Any], bool]) -> Members:
        """The exchanges whose value passes a test."""
        return self._columns[facet.name].find(accept)

    def values(self, facet: Facet) -> list[Any]:
        """The different values, as they came first; those of numbers are too many."""
        column = self._columns[facet.name]
        return list(column.codes) if isinstance(column, _Values) else []


class _Values:
    """A column in which the same few values come again and again."""

    def __init__(self) -> None:
        self.codes: dict[Any, int] = {}
        self._column = array("H")

    def put(self, at: int, value: Any) -> None:
        code = self.codes.setdefault(value, len(self.codes))
        if code == 0x10000:
            self._column = array("L", self._column)
        if at == len(self._column):
            self._column.append(code)
        else:
            self._column[at] = code

    def find(self, accept: Callable[[Any], bool]) -> Members:
        passes = bytes(map(bool, map(accept, self.codes)))
        return members(bytes(map(passes.__getitem__, self._column)))


class _Numbers:
    """A column of numbers; NaN stands for none."""

    def __init__(self) -> None:
        self._column = array("d")

    def put(self, at: int, value: float | None) -> None:
        number = nan if value is None else value
        if at == len(self._column):
            self._column.append(number)
        else:
            self._column[at] = number

    def find(self, accept: Callable[[Any], bool]) -> Members:
        none = accept(None)
        return members(bytes([none if isnan(value) else accept(value) for value in self._column]))
