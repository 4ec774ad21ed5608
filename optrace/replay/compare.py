"""A message as its leaves: each thing that is said in it once, by its place, so that two of them can be held together.

What a sender makes anew each time (digests, signature values, `created`) isn't a leaf; how it signs is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optrace.core.bodies import ABSENT, read_body
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.replay.kinds import AMOUNTS
from optrace.replay.places import Message, Place, name_of, token_in
from optrace.replay.script import Hole, Slot
from optrace.signatures.reading import read_signatures

_DEEPEST = 40
_ALGORITHMS = re.compile(r"(?:^|,)\s*([a-z0-9-]+)\s*=")
_WHOLE = "*"  # under a URL's place: its name stands for the query, too
CLIENT: Place = ("body", "client")  # a wallet address, or an object that holds nothing else: the same thing
Leaves = dict[Place, str]
Name = Callable[[Slot], str | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """A leaf that two messages don't share. None: it isn't there."""

    place: Place
    one: str | None
    other: str | None

    @property
    def where(self) -> str:
        """The place in words."""
        return name_of(self.place)


def differences(one: Leaves, other: Leaves) -> tuple[Difference, ...]:
    """The leaves that differ, in the order of the first message, then those that only the second has."""
    places = [*one, *(place for place in other if place not in one)]
    return tuple(
        Difference(place, one.get(place), other.get(place)) for place in places if one.get(place) != other.get(place)
    )


def leaves(message: Message, holes: Iterable[Hole] = (), name: Name = lambda slot: None) -> Leaves:
    """The leaves of a message.

    Args:
        holes: those of the message.
        name: what stands for the value of a slot, such as `‹quote 1›`; None leaves the value itself. Amounts, which
            are no names of anything, always stay.
    """
    named: dict[Place, str] = {}
    for hole in holes:
        said = None if hole.slot.kind in AMOUNTS else name(hole.slot)
        if said is not None:
            named[hole.place] = f"{said}{hole.after.partition('?')[0]}"
            if not hole.after and "?" in hole.recorded:
                named[(*hole.place, _WHOLE)] = ""
    found: Leaves = {}
    if isinstance(message, HttpRequest):
        found[("method",)] = message.method
        found.update(_url(message.url, ("url",), named))
    else:
        found[("status",)] = str(message.status)
    found.update(_fields(message, named))
    found.update(_body(message, named))
    return found


def _url(url: str, place: Place, named: Mapping[Place, str]) -> Iterator[tuple[Place, str]]:
    parts = parse(url)
    if place in named:
        yield place, named[place]
    else:
        yield (*place, "host"), parts.origin
        yield (*place, "path"), parts.path
    if (*place, _WHOLE) not in named:
        times: Counter[str] = Counter()
        for name, value in parts.parameters():
            times[name] += 1
            where = (*place, f"?{name}" if times[name] == 1 else f"?{name} ({times[name]})")
            yield where, named.get(where, value)


def _fields(message: Message, named: Mapping[Place, str]) -> Iterator[tuple[Place, str]]:
    fields = message.fields
    if (authorization := fields.get("authorization")) is not None:
        span = token_in(authorization)
        yield ("authorization", "scheme"), authorization[: span[0]].strip() if span else authorization
        if span:
            yield ("authorization",), named.get(("authorization",), authorization[span[0] : span[1]])
    if (media := fields.get("content-type")) is not None and message.body:
        yield ("content-type",), media.partition(";")[0].strip().lower()
    if (digest := fields.combined("content-digest")) is not None:
        yield ("content-digest", "algorithm"), " ".join(_ALGORITHMS.findall(digest))
    for reading in read_signatures(fields):
        yield ("signature", "label"), str(reading.label)
        yield ("signature", "components"), " ".join(component.identifier for component in reading.components)
        if reading.params:
            yield ("signature", "parameters"), " ".join(name for name, _ in reading.params.items)
            yield ("signature", "keyid"), str(reading.params.keyid)
    if isinstance(message, HttpResponse):
        if (location := fields.get("location")) is not None:
            yield from _url(location, ("location",), named)
        if (challenge := fields.get("www-authenticate")) is not None:
            yield ("www-authenticate",), challenge


def _body(message: Message, named: Mapping[Place, str]) -> Iterator[tuple[Place, str]]:
    if message.body is None:
        return
    body = read_body(message.fields, message.body)
    if body.json is not ABSENT:
        yield from _json(body.json, ("body",), named)
    elif body.text and "html" not in (message.fields.get("content-type") or ""):
        yield ("body",), body.text
    elif body.kind == "binary":
        yield ("body",), f"{len(message.body)} bytes"


def _json(value: Any, place: Place, named: Mapping[Place, str]) -> Iterator[tuple[Place, str]]:
    if place == CLIENT and isinstance(value, dict) and list(value) == ["walletAddress"]:
        yield from _json(value["walletAddress"], place, {place: named.get((*place, "walletAddress"), "")})
    elif isinstance(value, dict) and value and len(place) < _DEEPEST:
        for name, member in value.items():
            yield from _json(member, (*place, name), named)
    elif isinstance(value, list) and value and len(place) < _DEEPEST:
        for index, member in enumerate(value):
            yield from _json(member, (*place, index), named)
    else:
        yield place, named.get(place) or (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
