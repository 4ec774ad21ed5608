"""What a kind of exchange is: its name, the roles it runs between, and how it is put into words."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optrace.core.amends import holds_request
from optrace.core.bodies import ABSENT
from optrace.core.redact import mask_json, mask_text

if TYPE_CHECKING:
    from optrace.exchanges.view import View


def _nothing(_: View) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One operation of Open Payments, GNAP or their surroundings.

    `source` and `target` are roles (client, as, rs, wa, idp, or a side-less "server" that the trace must place).
    `token` says which token the Authorization field carries: "access", "continuation", or None for none.
    """

    id: str
    title: str  # the operation's title in the Open Payments specification, or the RFC's term
    source: str = "client"
    target: str = "unknown"
    signed: bool = False  # the specification demands a signature
    token: str | None = None
    label: Callable[[View], str] = _nothing  # a few words for the ladder
    sentence: Callable[[View], str] = _nothing  # what the message means


def amount_in_words(value: object) -> str:
    """`25.00 USD` from {"value": "2500", "assetCode": "USD", "assetScale": 2}; empty if it isn't an amount.

    Integer arithmetic only: scale moves the point, nothing is rounded.
    """
    if not isinstance(value, dict):
        return ""
    digits, scale = value.get("value"), value.get("assetScale")
    if not isinstance(scale, int) or isinstance(scale, bool) or not 0 <= scale <= 255:
        return ""
    if isinstance(digits, int) and not isinstance(digits, bool):
        digits = str(digits)
    if not isinstance(digits, str) or not digits.isascii() or not digits.isdigit() or len(digits) > 40:
        return ""
    if scale:
        digits = digits.zfill(scale + 1)
        whole, fraction = digits[:-scale].lstrip("0") or "0", digits[-scale:]
        digits = f"{whole}.{fraction}"
    else:
        digits = digits.lstrip("0") or "0"
    code = value.get("assetCode")
    return f"{digits} {code}" if isinstance(code, str) and len(code) <= 12 else digits


def seconds_in_words(value: object) -> str:
    """`10 min` from 600; empty if it isn't a whole number of seconds."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return ""
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if value >= size and value % size == 0:
            return f"{value // size} {name}"
    return f"{value} s"


def listed(view: View, what: str) -> str:
    """How many of something a page brought: `1 outgoing payment`, `3 outgoing payments`."""
    rows = view.got.get("result")
    count = len(rows) if isinstance(rows, list) else None
    return f"{'?' if count is None else count} {what}{'' if count == 1 else 's'}"


def answer(view: View, nothing: str = "nothing") -> str:
    """The status that came, and what it was refused with; or that nothing came, or hasn't yet."""
    so_far = " so far" if view.exchange.in_flight else ""
    if holds_request(view.exchange.notes):
        so_far = " yet, since optrace holds the request"
    return f"{view.status or nothing + so_far}{refused(view)}"


def refused(view: View) -> str:
    """`: invalid_client "invalid signature"` for an error answer; what is known of it; empty for a success."""
    if view.status is None:
        return f": {view.exchange.error}" if view.exchange.error else ""
    if view.status < 400:
        return ""
    code, description = view.error
    code = None if code == str(view.status) else code
    words = " ".join(part for part in (code, f"“{description}”" if description else None) if part)
    if not words:
        body = view.response_body
        said = body.text or "" if body.json is ABSENT else json.dumps(mask_json(body.json), ensure_ascii=False)
        words = mask_text(" ".join(said.split()))[:60]
    return f": {words}" if words else ""
