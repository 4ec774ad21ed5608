"""How faults are asked for."""

from __future__ import annotations

import pytest

from optrace.core.errors import Usage
from optrace.exchanges import KINDS
from optrace.faults import FAULTS
from optrace.faults.order import read_order, read_orders
from optrace.rules import RULES


@pytest.mark.parametrize(
    ("text", "number", "operations", "times"),
    [
        ("too-fast", 0, ("grant_continue", "grant_poll"), 1),
        ("too-fast:always", 0, ("grant_continue", "grant_poll"), None),
        ("too-fastx3", 0, ("grant_continue", "grant_poll"), 3),
        ("wrong-hash:once", 0, ("interact_finish_request",), 1),
        ("slow=8@quote_create", 8, ("quote_create",), 1),
        ("slow=0.5@quote_create x2", 0.5, ("quote_create",), 2),
        ("http-500@incoming_payment_createx2", 0, ("incoming_payment_create",), 2),
        ("clock-skew=-90", -90, (), None),
        (" jwks-404 ", 0, ("jwks_get",), None),
    ],
)
def test_an_order(text: str, number: float, operations: tuple[str, ...], times: int | None) -> None:
    order = read_order(text)
    assert (order.number, order.operations, order.times) == (number, operations, times)
    assert str(order) == text.strip()


@pytest.mark.parametrize(
    ("text", "title", "remedy"),
    [
        ("to-fast", "There is no fault called to-fast", "Did you mean too-fast?"),
        ("slow@quotes_create", "There is no operation called quotes_create", "Did you mean quote_create?"),
        ("slow=much", "much is no SECONDS for slow", "Write NAME"),
        ("slow=", "Nothing is no SECONDS for slow", "Write NAME"),
        ("slow=-1", "slow can't take less than nothing", "Write NAME"),
        ("slow=nan", "nan is no SECONDS for slow", "Write NAME"),
        ("too-fast=3", "too-fast takes no number", "Write NAME"),
        ("", "is no fault", "Write NAME"),
    ],
)
def test_what_is_no_order(text: str, title: str, remedy: str) -> None:
    with pytest.raises(Usage) as raised:
        read_order(text)
    assert title in raised.value.title
    assert raised.value.remedy.startswith(remedy)


def test_a_proxy_cant_do_what_happens_inside_a_server() -> None:
    assert read_orders(["tls-stripped"])
    with pytest.raises(Usage, match="A proxy can't do tls-stripped"):
        read_orders(["tls-stripped"], in_proxy=True)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_fault_is_one_that_rules_and_operations_know(fault) -> None:  # type: ignore[no-untyped-def]
    assert fault.sentence.endswith(".")
    assert fault.on_request or fault.on_response
    assert fault.diagnosed
    assert all(code in RULES for code in fault.diagnosed)
    assert all(operation in KINDS for operation in fault.operations)
