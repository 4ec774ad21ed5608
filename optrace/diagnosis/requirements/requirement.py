"""What a requirement is: one sentence of a specification, and how one exchange shows that it was kept or broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from optrace.core.findings import PROFILES
from optrace.core.specs import SpecRef
from optrace.core.urls import parse
from optrace.diagnosis.case import Case


class Level(StrEnum):
    """How much a specification insists."""

    MUST = "must"
    SHOULD = "should"


@dataclass(slots=True)
class Ledger:
    """What a requirement remembers of earlier exchanges: value -> the exchange that had it first."""

    values: dict[object, int] = field(default_factory=dict)

    def first(self, value: object, n: int) -> bool:
        """Whether no earlier exchange had this value."""
        return self.values.setdefault(value, n) == n


# True: kept; False: broken; None: this exchange doesn't show it
Judge = Callable[[Case, Ledger], bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement. Its id never changes; its first letter says of whom it is asked (see the package)."""

    id: str
    text: str
    spec: SpecRef
    level: Level
    profiles: frozenset[str]  # who asks for it
    operations: frozenset[str]
    judge: Judge


def requirement(
    id: str,
    text: str,
    spec: SpecRef,
    operations: Iterable[str],
    *,
    level: Level = Level.MUST,
    profiles: Iterable[str] = PROFILES,
) -> Callable[[Judge], Requirement]:
    """Make a requirement of a function that judges one exchange."""

    def make(judge: Judge) -> Requirement:
        return Requirement(
            id=id,
            text=text,
            spec=spec,
            level=level,
            profiles=frozenset(profiles),
            operations=frozenset(operations),
            judge=judge,
        )

    return make


def same_url(one: str | None, other: str | None) -> bool:
    """Byte for byte, but for the scheme: development stacks publish https ids over an http wire."""
    if not one or not other:
        return False
    return one.removeprefix(f"{parse(one).scheme}:") == other.removeprefix(f"{parse(other).scheme}:")
