"""Payments that were put aside, in an eighth of the room: a list of all must not outgrow what it lists."""

from __future__ import annotations

import marshal
from array import array
from collections.abc import Sequence
from typing import overload

from optrace.session.packing import instant, micros
from optrace.session.steps import Payment


class Texts:
    """Packs payments, and keeps the texts that many of them have in common."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._places: dict[str, int] = {}

    def pack(self, payment: Payment) -> bytes:
        """A payment as bytes, without its id; this process alone can read them."""
        names = (payment.title, payment.state, payment.amount, payment.sender, payment.recipient)
        return marshal.dumps(
            (
                tuple([None if name is None else self._place(name) for name in names]),
                array("I", payment.exchanges).tobytes(),
                array("I", payment.context).tobytes(),
                micros(payment.started),
                micros(payment.ended),
            )
        )

    def unpack(self, packed: bytes, id: int) -> Payment:
        """The payment again."""
        names, exchanges, context, started, ended = marshal.loads(packed)
        title, state, amount, sender, recipient = (None if at is None else self._texts[at] for at in names)
        began = instant(started)
        assert title is not None
        assert state is not None
        assert began is not None
        return Payment(
            id=id,
            title=title,
            state=state,
            exchanges=tuple(array("I", exchanges)),
            context=tuple(array("I", context)),
            amount=amount,
            sender=sender,
            recipient=recipient,
            started=began,
            ended=instant(ended),
        )

    def _place(self, text: str) -> int:
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self._texts)
            self._texts.append(text)
        return place


class Packed(Sequence[Payment]):
    """Payments by their place, some of them packed: each is unpacked when it is looked at."""

    def __init__(self, payments: Sequence[Payment | bytes], texts: Texts) -> None:
        self._payments = tuple(payments)
        self._texts = texts

    def __len__(self) -> int:
        return len(self._payments)

    @overload
    def __getitem__(self, index: int) -> Payment: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Payment, ...]: ...
    def __getitem__(self, index: int | slice) -> Payment | tuple[Payment, ...]:
        if isinstance(index, slice):
            return tuple([self[at] for at in range(*index.indices(len(self._payments)))])
        found = self._payments[index]
        return self._texts.unpack(found, range(len(self._payments))[index] + 1) if isinstance(found, bytes) else found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]
