"""What the user asks for: `NAME[=NUMBER][@OPERATION][xTIMES]`.

too-fast                            once, at the continuation, as the fault has it by itself
slow=8@quote_create                 8 seconds, at another operation
http-500@incoming_payment_create x2 the first two times (with or without the space)
expired-token:always                each time; `:once` is x1
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from optrace.core.errors import Usage
from optrace.exchanges import KINDS
from optrace.faults import FAULTS
from optrace.faults.fault import Fault

_SHAPE = re.compile(
    r"(?P<name>[^=@:\s]+?)(?:=(?P<number>[^@:\s]*?))?(?:@(?P<operation>[^:\s]*?))?(?:\s*(?P<times>x\d+|:once|:always))?"
)
_FORM = "Write NAME[=NUMBER][@OPERATION][xTIMES], as in slow=8@quote_create x2; `optrace sandbox --faults` lists them."
_MOST = 86_400 * 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A fault that is to happen: with which number, where, and how often (None: always)."""

    fault: Fault
    number: float
    operations: tuple[str, ...]  # empty: everywhere
    times: int | None
    text: str  # as it was written

    def __str__(self) -> str:
        return self.text


def read_order(text: str) -> Order:
    """An order as the user writes it.

    Raises:
        Usage: it isn't of this form, or names something that there isn't; the nearest name is in the remedy.
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise Usage(f"{text} is no fault", remedy=_FORM)
    fault = FAULTS[match["name"]]
    operations = (KINDS[match["operation"]].id,) if match["operation"] else fault.operations
    return Order(
        fault=fault,
        number=_number(fault, match["number"]),
        operations=operations,
        times=_times(fault, match["times"]),
        text=text.strip(),
    )


def read_orders(texts: Iterable[str], *, in_proxy: bool = False) -> tuple[Order, ...]:
    """Several orders. Raises Usage; with `in_proxy` also for faults that only a server can do to itself."""
    orders = tuple(read_order(text) for text in texts)
    for order in orders:
        if in_proxy and not order.fault.in_proxy:
            raise Usage(
                f"A proxy can't do {order.fault.name}: it happens inside a server",
                remedy="Give it to the sandbox or the mock: optrace sandbox --fault " + order.fault.name,
            )
    return orders


def _number(fault: Fault, text: str | None) -> float:
    if text is None:
        return fault.argument.default if fault.argument else 0
    if fault.argument is None:
        raise Usage(f"{fault.name} takes no number", remedy=_FORM)
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not abs(number) <= _MOST:
        raise Usage(f"{text or 'Nothing'} is no {fault.argument.name} for {fault.name}", remedy=_FORM)
    if number < 0 and fault.name != "clock-skew":
        raise Usage(f"{fault.name} can't take less than nothing", remedy=_FORM)
    return number


def _times(fault: Fault, text: str | None) -> int | None:
    if text is None:
        return fault.times
    return {":once": 1, ":always": None}[text] if text in (":once", ":always") else int(text[1:][:9])
