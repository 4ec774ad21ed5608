"""What a candidate change is, and the small tools with which the families make theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from optrace.diagnosis.model import Model
from optrace.diagnosis.subject import Subject

# how unlikely a change is, which orders the search: seen in several SDKs, seen, plausible, far-fetched. The costs of
# changes that are made together add up
COMMON, SEEN, PLAUSIBLE, RARE = 1, 2, 4, 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that the signer may have done differently."""

    code: str  # the rule that it would prove
    slot: str  # what it touches, from coarse to fine with dots; changes of overlapping slots don't go together
    cost: int
    sentence: str  # what was signed, if this is it; safe to show
    remedy: str
    apply: Callable[[Model], Model | None]  # None, or the same model: it doesn't apply
    related: tuple[int, ...] = ()  # exchanges that show where the other value comes from


def slots_apart(one: str, two: str) -> bool:
    """Whether changes of these slots can be made at once."""
    one, two = one + ".", two + "."
    return not (one.startswith(two) or two.startswith(one))


Family = Callable[[Subject], Iterator[Change]]


def replacing(**members: Any) -> Callable[[Model], Model | None]:
    """A change that gives members of the model other values."""
    places = {Model._fields.index(name): value for name, value in members.items()}
    return lambda model: Model._make([places.get(place, value) for place, value in enumerate(model)])


def setting(name: str, value: str) -> Callable[[Model], Model | None]:
    """A change that puts another value on a component's line."""
    return lambda model: model.with_value(name, value)


def mapping(name: str, to: Callable[[str], str | None]) -> Callable[[Model], Model | None]:
    """A change that turns the value on a component's line into another; None leaves the model as it is."""

    def apply(model: Model) -> Model | None:
        value = model.value(name)
        changed = None if value is None else to(value)
        return None if changed is None or changed == value else model.with_value(name, changed)

    return apply
