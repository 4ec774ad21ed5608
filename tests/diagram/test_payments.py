"""The list of payments at each width."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.diagram.cells import cell_width
from optrace.diagram.payments import SORTABLE, Line, PaymentTable, in_order
from optrace.diagram.segments import text_of
from optrace.session.progress import Reach
from optrace.session.steps import Payment
from tests.diagram.journey import START
from tests.diagram.test_paint import check

D, F, U, A = Reach.DONE, Reach.FAILED, Reach.UNSEEN, Reach.AHEAD


def payment(id: int, title: str, state: str, amount: str | None, seconds: float | None) -> Payment:
    return Payment(
        id=id,
        title=title,
        state=state,
        exchanges=tuple(range(1, 4 * id)),
        amount=amount,
        sender="https://wallet.example/" + title.split()[0],
        recipient="https://bank.example/a/very/long/path/to/the/wallet/of/" + title.split()[-1],
        started=START + timedelta(seconds=id),
        ended=None if seconds is None else START + timedelta(seconds=id + seconds),
    )


LINES = (
    Line(payment(1, "alice → bob", "paid", "25.00 USD", 31.5), (("✓", 9),), (D,) * 8),
    Line(payment(2, "alice → the grocery store on the corner of the market", "failed", "1200.00 EUR", 2),
         (("✗", 1), ("≠", 2)), (D, D, D, D, D, U, D, F)),
    Line(payment(3, "日本語の名前 → 👩‍🚀 مرحبا", "rejected", "990 JPY", 75), (("?", 3),), (D, D, D, D, D, F, A, A)),
    Line(payment(12, "bob → ?", "consenting", None, None), (), (D, D, U, D, D, A, A, A)),
)  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 120, 200, 300])
def test_the_list_at_each_width(width: int) -> None:
    table = PaymentTable(width, highest=12)
    lines = [table.head("amount", backwards=True)]
    lines += [table.line(line, selected=line.payment.id == 2) for line in LINES]
    for line in lines:
        assert cell_width(text_of(line)) <= width + 2  # blanks at the end
    check(f"payments_{width}.txt", "\n".join(text_of(line).rstrip() for line in lines) + "\n")


@pytest.mark.slow
@given(st.integers(20, 400), st.text(max_size=60), st.text(max_size=30), st.integers(1, 10**7))
def test_whatever_the_names_are_the_columns_stay(width: int, name: str, amount: str, highest: int) -> None:
    table = PaymentTable(width, highest=highest)
    one = payment(highest, f"a {name} b", "paid", amount, 1.0)
    assert cell_width(text_of(table.line(Line(one), selected=True))) == cell_width(
        text_of(table.head("n", backwards=False))
    )


def test_a_place_tells_its_column() -> None:
    table = PaymentTable(120, highest=12)
    head = text_of(table.head("n", backwards=False))
    for name, column in (("payer", "title"), ("progress", "progress"), ("took", "took")):
        assert table.at(head.index(name)) == column
    assert table.at(0) is None


def order(sort: str, *, backwards: bool = False) -> list[int]:
    return [LINES[at].payment.id for at in in_order(LINES, sort, backwards=backwards)]


def test_orders() -> None:
    assert order("n") == [1, 2, 3, 12]
    assert order("n", backwards=True) == [12, 3, 2, 1]
    assert order("title")[:3] == [2, 1, 12] or order("title")[0] in (1, 2)
    assert order("amount") == [12, 2, 3, 1]  # by asset, then by value
    assert order("marks", backwards=True)[:2] == [2, 3]
    assert order("took", backwards=True) == [3, 1, 2, 12]
    assert order("messages", backwards=True) == [12, 3, 2, 1]
    for column in SORTABLE:
        assert sorted(order(column)) == [1, 2, 3, 12]
