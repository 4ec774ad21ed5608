"""Live values for the slots of a script: read from new answers, written into the recorded messages.

    bindings = Bindings(outside=lambda slot: "fresh" if slot.kind is ValueKind.CLIENT_NONCE else slot.recorded)
    request = bindings.fill(step.request)
    missing = bindings.learn(step.response, live_response)

Filling changes the holes whose value differs from the recorded one and no other byte; fields that follow from the rest
(digest, length, signature) are made anew by whoever sends the message (`optrace.replay.signing`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from optrace.core.bodies import read_body
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.scalars import format_timestamp, parse_timestamp
from optrace.core.urls import parse
from optrace.replay.kinds import AMOUNTS, ValueKind
from optrace.replay.places import Place, Scalar, token_in, written
from optrace.replay.script import Hole, Slot, Template, text_of

Outside = Callable[[Slot], str | None]


def as_recorded(slot: Slot) -> str | None:
    """The value that a slot had in the recording."""
    return slot.recorded


class Bindings:
    """What each slot's value is now.

    Args:
        outside: the value of a slot that no answer brings; None if there is none. It is asked once for each slot.
    """

    def __init__(self, outside: Outside = as_recorded) -> None:
        self._values: dict[str, str] = {}
        self._outside = outside

    def value(self, slot: Slot) -> str | None:
        """The live value of a slot; None if nothing has brought it yet."""
        found = self._values.get(slot.name)
        if found is None and slot.outside and (found := self._outside(slot)) is not None:
            self._values[slot.name] = found
        return found

    def bind(self, slot: Slot, value: str) -> None:
        """Give a slot a value."""
        self._values[slot.name] = value

    def missing[M: (HttpRequest, HttpResponse)](self, template: Template[M]) -> tuple[Slot, ...]:
        """The slots that a message needs and that have no value."""
        return tuple(slot for slot in template.uses if self.value(slot) is None)

    def fill[M: (HttpRequest, HttpResponse)](self, template: Template[M]) -> M:
        """The recorded message with live values. A hole whose slot has none keeps the recorded one."""
        edits: dict[Place, Scalar] = {}
        for hole in template.holes:
            value = self.value(hole.slot)
            if value is None or value == hole.slot.recorded:
                continue
            if hole.slot.kind in AMOUNTS:
                edits.update(_amount(hole, value))
            else:
                edits[hole.place] = hole.write(value)
        return written(template.message, edits) if edits else template.message

    def learn[M: (HttpRequest, HttpResponse)](self, template: Template[M], live: M) -> tuple[Slot, ...]:
        """Take the values that a live message brings, where the recorded one brought its own.

        Returns:
            The slots that the recorded message brought and the live one doesn't.
        """
        missing: dict[str, Slot] = {}
        for hole in template.holes:
            if hole.brings:
                value = value_at(live, hole)
                if value is None:
                    missing[hole.slot.name] = hole.slot
                else:
                    self._values[hole.slot.name] = value
        return tuple(missing.values())


def value_at(message: HttpRequest | HttpResponse, hole: Hole) -> str | None:
    """The value of a hole's slot in another message of the same operation; None if it isn't there."""
    found = text_at(message, hole.place, asset=hole.slot.kind is ValueKind.ASSET)
    if found is None or hole.slot.kind in AMOUNTS:
        return found
    if hole.slot.kind is ValueKind.HOST:
        return parse(found).origin or None
    return hole.read(found)


def text_at(message: HttpRequest | HttpResponse, place: Place, *, asset: bool = False) -> str | None:
    """The text at a place of a message; an amount (or an asset) as `Slot.recorded` has it. None if there is none."""
    head, *path = place
    if head == "body":
        body: Any = read_body(message.fields, message.body).json
        for part in path:
            try:
                body = body[part]
            except (KeyError, IndexError, TypeError):
                return None
        if isinstance(body, dict) and isinstance(body.get("assetScale"), int):
            return (
                text_of(body, "assetCode", "assetScale") if asset else text_of(body, "value", "assetCode", "assetScale")
            )
        return body if isinstance(body, str) and body else None
    if head == "authorization":
        value = message.fields.get("authorization") or ""
        span = token_in(value)
        return value[span[0] : span[1]] if span else None
    url = message.fields.get("location") if head == "location" else getattr(message, "url", None)
    if url is None or not path:
        return url
    return parse(url).parameter(str(path[0]).removeprefix("?"))


def _amount(hole: Hole, value: str) -> dict[Place, Scalar]:
    """The members of an amount with another value. An asset brings no number: it is moved to the new scale, exactly."""
    live, recorded = json.loads(value), json.loads(hole.recorded)
    if "value" in recorded and "value" not in live:
        live["value"] = _rescaled(recorded["value"], live["assetScale"] - recorded["assetScale"])
    return {(*hole.place, name): member for name, member in live.items() if isinstance(member, str | int)}


def _rescaled(digits: Any, places: int) -> Any:
    """`1000` with two places more is `100000`; what can't be said exactly, or isn't a number, stays as it was."""
    if not (isinstance(digits, str) and digits.isascii() and digits.isdigit()) or abs(places) > 255:
        return digits
    if places >= 0:
        return digits + "0" * places if int(digits) else digits
    kept, lost = digits[:places], digits[places:]
    return kept if kept and not lost.strip("0") else digits


def shifted(instant: str, by: timedelta) -> str:
    """An RFC 3339 time, moved; what isn't one stays as it is."""
    moment = parse_timestamp(instant)
    try:
        return instant if moment is None else format_timestamp(moment + by)
    except OverflowError:
        return instant
