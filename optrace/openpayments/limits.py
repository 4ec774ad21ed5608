"""Limits of an outgoing-payment grant: how much, to whom, and how often again."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from optrace.core.wire import CamelWire, Uri
from optrace.openpayments.amount import Amount
from optrace.openpayments.interval import Interval, parse_interval


def _interval(value: Any) -> Interval:
    if not isinstance(value, str):
        raise PydanticCustomError(
            "interval", "must be an ISO 8601 repeating interval such as R/2026-01-01T00:00:00Z/P1M"
        )
    read = parse_interval(value)
    if isinstance(read, str):
        # the text goes in as a value, so that braces in it aren't taken for a template
        raise PydanticCustomError("interval", "must be an ISO 8601 repeating interval: {why}", {"why": read})
    return read


RepeatingInterval = Annotated[Interval, BeforeValidator(_interval), PlainSerializer(str, when_used="json")]


class Limits(CamelWire):
    """What an outgoing-payment access is limited to. `debitAmount` and `receiveAmount` exclude each other."""

    receiver: Uri | None = None
    debit_amount: Amount | None = None
    receive_amount: Amount | None = None
    interval: RepeatingInterval | None = None  # the amounts start anew with each period
