"""Faults of what was granted and quoted: less than was asked for, or for too short a time."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from optrace.exchanges.view import dig, text
from optrace.faults.fault import Argument, Deed, Fault, Seen
from optrace.faults.messages import resource, tokens_of, with_json

_AMOUNTS = ("debitAmount", "receiveAmount")
_PAYING = ("outgoing_payment_create",)


def _lower(seen: Seen) -> Deed | None:
    _learn_quote(seen)
    document, lowered = deepcopy(dict(seen.view.got)), False
    for value, token in tokens_of(document) if seen.due else ():
        for item in access if isinstance(access := token.get("access"), list) else ():
            for name in _AMOUNTS:
                limit = dig(item, "limits", name)
                if isinstance(limit, dict) and (asked := _integer(limit.get("value"))) is not None:
                    limit["value"] = str(asked * round(seen.number * 100) // 10_000)
                    seen.memory["limits", value] = {name: int(limit["value"])}
                    lowered = True
    if not lowered:
        return None
    said = f"the limits were lowered to {seen.number:g} %"
    return Deed(said=said, response=with_json(seen.response, document), counts=False)


def _learn_quote(seen: Seen) -> None:
    if seen.operation in ("quote_create", "quote_get") and (url := text(seen.view.got.get("id"))):
        amounts = {name: _integer(dig(seen.view.got, name, "value")) for name in _AMOUNTS}
        seen.memory["quote", url] = amounts


def _over(seen: Seen) -> Deed | None:
    limits = seen.memory.get(("limits", seen.view.token))
    if not seen.targeted or limits is None:
        return None
    quote = seen.memory.get(("quote", text(seen.view.sent.get("quoteId"))), {})
    if any((asked := quote.get(name)) is not None and asked <= limit for name, limit in limits.items()):
        return None
    return Deed(said="the payment was refused as outside its grant's limits", response=resource(403, "unauthorized"))


def _shorten(seen: Seen) -> Deed | None:
    url = text(seen.view.got.get("id"))
    if seen.operation != "quote_create" or not seen.due or not url or "expiresAt" not in seen.view.got:
        return None
    end = seen.now + timedelta(seconds=seen.number)
    seen.memory["end", url] = end
    document = {**seen.view.got, "expiresAt": _instant(end)}
    said = f"the quote was given {seen.number:g} s to live"
    return Deed(said=said, response=with_json(seen.response, document), counts=False)


def _too_late(seen: Seen) -> Deed | None:
    end: datetime | None = seen.memory.get(("end", text(seen.view.sent.get("quoteId"))))
    if not seen.targeted or end is None or seen.now < end:
        return None
    return Deed(said="the quote was refused as expired", response=resource(400, "invalid quote"))


def _integer(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 40 else None


def _instant(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


LIMIT_EXCEEDED = Fault(
    name="limit-exceeded",
    sentence="The grant is given with lower limits than were asked for, and the payment is refused as outside them.",
    operations=_PAYING,
    diagnosed=("RES-013",),
    argument=Argument(name="PERCENT", default=50, meaning="of the limits that are left"),
    on_request=_over,
    on_response=_lower,
)
QUOTE_EXPIRED = Fault(
    name="quote-expired",
    sentence="Quotes live so short a time that the payment comes too late.",
    operations=_PAYING,
    diagnosed=("RES-010",),
    times=1,
    argument=Argument(name="SECONDS", default=0, meaning="from the quote to its `expiresAt`"),
    on_request=_too_late,
    on_response=_shorten,
)
