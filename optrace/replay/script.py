"""A recording as a script: its exchanges, and in each message the holes that hold values of somebody else.

A **slot** is one value of the recording with its meaning: the second access token, the quote's URL. It is born once, in
a message of the recording, and used at other places. A **hole** is a place in a message where a slot's value stands. A
hole that `brings` its slot is where a new value is to be read from; all others are where it is to be written to. What
was born in a request comes from **outside**: the client's nonce, its wallet address, the wallet addresses it pays.

    script = script_of(trace)                   # or script_of(trace, trace.payments[0].exchanges)
    step = script.steps[3]
    step.operation, step.request, step.response  # an id of KINDS; the recorded messages, with .message and .holes
    bindings = Bindings()                       # optrace.replay.bind
    request = bindings.fill(step.request)       # the recorded request with live values in its holes
    bindings.learn(step.response, live_response)  # the live answer's values for whatever comes later

To answer from a recording, turn it round: `learn(step.request, live_request)`, bind fresh values to the slots that
`step.response.births` names, then `fill(step.response)`.

Values are found where the tables of `kinds` say that an operation carries them. A value that stands there and that no
earlier message brought (a mistyped URL, a token from before the recording) is a slot from outside too, and only hosts
can change in it. Nothing here raises on any traffic.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from optrace.core.findings import PROFILES, Verdict
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.urls import canonical, parse
from optrace.exchanges.view import View, dig, text
from optrace.replay.kinds import (
    AMOUNTS,
    GOT,
    INTERACTION,
    LOCATION_QUERIES,
    LOCATIONS,
    PRICED,
    QUERIES,
    RENEWED,
    SENT,
    TARGETS,
    TOKENS,
    URLS,
    Kinds,
    Places,
    ValueKind,
)
from optrace.replay.places import Place, pattern_of
from optrace.session.steps import Verdicts
from optrace.session.trace import Trace

_DEEPEST = 12  # levels of a body that are looked at: the tables know of eight


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One value of the recording. An amount or an asset is its JSON object, compact, with its members in one order."""

    name: str  # unique in the script: `access token 2`
    kind: ValueKind
    recorded: str
    n: int  # the exchange that brought it
    part: str  # request or response: the message of it that did

    @property
    def outside(self) -> bool:
        """Whether no answer of the script brings it: the client did."""
        return self.part == "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A place where a slot's value stands. The text there may go on after it: `/complete`, `?first=10`."""

    place: Place
    slot: Slot
    recorded: str  # what stands at the place
    brings: bool = False
    after: str = ""
    alike: bool = False  # a look-alike of the slot's URL: other scheme or slash

    def write(self, value: str) -> str:
        """The text for the place with another value of the slot."""
        if value == self.slot.recorded:
            return self.recorded
        return (value.partition("?")[0].removesuffix("/") if self.alike else value) + self.after

    def read(self, found: str) -> str | None:
        """The slot's value in a text from the place; None if the text goes on otherwise."""
        if not found.endswith(self.after):
            return None
        return found.removesuffix(self.after) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Template[M: (HttpRequest, HttpResponse)]:
    """A recorded message and its holes."""

    message: M
    holes: tuple[Hole, ...] = ()

    @property
    def births(self) -> tuple[Slot, ...]:
        """The slots that this message brings, each once."""
        return tuple({hole.slot.name: hole.slot for hole in self.holes if hole.brings}.values())

    @property
    def uses(self) -> tuple[Slot, ...]:
        """The slots whose values must be there before the message can be made, each once."""
        born = {slot.name for slot in self.births}
        return tuple({hole.slot.name: hole.slot for hole in self.holes if hole.slot.name not in born}.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptStep:
    """One exchange of the recording, as it can be done again."""

    n: int  # its number in the recording
    operation: str  # an id of optrace.exchanges.KINDS
    variant: str | None
    label: str
    source: str  # a lane
    target: str  # a lane
    payment: int | None
    grant: int | None  # the grant request whose grant it belongs to
    exchange: Exchange
    request: Template[HttpRequest]
    response: Template[HttpResponse] | None  # None: no answer came
    refuted: frozenset[str] = frozenset()  # signature, digest: which of them is wrong, as far as it is known

    @property
    def status(self) -> int | None:
        """The recorded answer's status."""
        return self.response.message.status if self.response else None

    @property
    def own(self) -> bool:
        """Whether the client sent it."""
        return self.source == "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """The steps in the order of their requests, and all slots by their names."""

    steps: tuple[ScriptStep, ...]
    slots: Mapping[str, Slot]

    def step(self, n: int) -> ScriptStep:
        """The step of the recording's exchange n. Raises KeyError if the script has none."""
        for step in self.steps:
            if step.n == n:
                return step
        raise KeyError(n)

    def only(self, numbers: Iterable[int]) -> Script:
        """The steps of some exchanges, and those that bring what they need: the grant of a token, a wallet address."""
        by_number = {step.n: step for step in self.steps}
        wanted, left = set[int](), list(numbers)
        while left:
            n = left.pop()
            if n in wanted or n not in by_number:
                continue
            wanted.add(n)
            if by_number[n].operation not in INTERACTION:  # a browser finds its way by itself
                left += (slot.n for slot in by_number[n].request.uses if not slot.outside)
        return Script(steps=tuple(step for step in self.steps if step.n in wanted), slots=self.slots)


def script_of(
    trace: Trace, numbers: Iterable[int] | None = None, *, progress: Callable[[int, int], None] = lambda done, all: None
) -> Script:
    """The script of a session, or of some of its exchanges (by number; any order, repeats don't matter).

    The trace must be able to give its exchanges again (its `lookup`); one that it can't is left out.
    """
    if numbers is None:
        numbers = range(1, len(trace) + 1)
    builder = _Builder()
    steps = []
    wanted = sorted(set(numbers))
    for done, n in enumerate(wanted):
        progress(done, len(wanted))
        if not trace.has(n):
            continue
        try:
            exchange = trace.exchange(n)
        except LookupError:
            continue
        steps.append(_step(trace, exchange, builder))
    return Script(steps=tuple(steps), slots=builder.slots)


def _step(trace: Trace, exchange: Exchange, builder: _Builder) -> ScriptStep:
    step, view = trace.step(exchange.n), trace.view(exchange)
    request = builder.request(view, step.operation)
    response = builder.response(view, step.operation)
    return ScriptStep(
        n=step.n,
        operation=step.operation,
        variant=step.variant,
        label=step.label,
        source=step.source,
        target=step.target,
        payment=step.payment,
        grant=step.grant,
        exchange=exchange,
        request=Template(message=exchange.request, holes=request),
        response=Template(message=exchange.response, holes=response) if exchange.response else None,
        refuted=_refuted(step.verdicts, view),
    )


def _refuted(verdicts: Verdicts, view: View) -> frozenset[str]:
    """What is wrong by some profile; where the keys aren't known, a server that refuses the signature is believed."""
    checks = {"signature": verdicts.signature, "digest": verdicts.digest}
    found = {kind for kind, by in checks.items() if any(by[profile] is Verdict.FAIL for profile in PROFILES)}
    unknown = all(verdicts.signature[profile] is Verdict.UNCHECKED for profile in PROFILES)
    if unknown and view.status in (400, 401) and "signature" in (view.error[1] or "").lower():
        found.add("signature")
    return frozenset(found)


class _Builder:
    """Finds holes, message by message, and remembers the slots."""

    def __init__(self) -> None:
        self.slots: dict[str, Slot] = {}
        self._by_text: dict[tuple[ValueKind, str], Slot] = {}
        self._alike: dict[tuple[ValueKind, str], Slot] = {}  # by canonical URL without query
        self._count: dict[ValueKind, int] = {}
        self._assets: dict[str, Slot] = {}  # canonical wallet address -> its asset
        self._n, self._part, self._operation = 0, "request", ""

    def request(self, view: View, operation: str) -> tuple[Hole, ...]:
        """The holes of a request."""
        self._n, self._part, self._operation = view.exchange.n, "request", operation
        holes = list(self._target(view.url, ("url",), TARGETS.get(operation, ()), QUERIES.get(operation, {})))
        if view.token and operation in TARGETS:
            holes.append(self._value(("authorization",), TOKENS, view.token))
        holes += self._body(view.sent, SENT.get(operation, {}))
        return tuple(holes)

    def response(self, view: View, operation: str) -> tuple[Hole, ...]:
        """The holes of the response to it."""
        self._n, self._part, self._operation = view.exchange.n, "response", operation
        holes = list(self._body(view.got, GOT.get(operation, {})))
        if view.location and (kinds := LOCATIONS.get(operation)):
            holes += self._target(view.location, ("location",), kinds, LOCATION_QUERIES.get(operation, {}))
        if operation == "wallet_address_get":
            for hole in holes:
                if hole.slot.kind is ValueKind.ASSET:
                    for url in (view.url, text(view.got.get("id"))):
                        self._assets[canonical(url or "")] = hole.slot
        return tuple(holes)

    # URLs

    def _target(self, url: str, place: Place, kinds: Kinds, queries: Places) -> Iterator[Hole]:
        for kind in kinds:
            if (slot := self._by_text.get((kind, url))) is not None:  # with its query, if it has one
                yield Hole(place=place, slot=slot, recorded=url, brings=self._again(slot))
                return
        if self._part == "response" and ValueKind.IDP_URL in kinds:  # each interaction has a page of its own
            yield Hole(place=place, slot=self._new(ValueKind.IDP_URL, url), recorded=url, brings=True)
            return
        yield self._beginning(url, place, kinds)
        firsts: dict[str, str] = {}  # of a repeated parameter the first is meant
        for name, value in parse(url).parameters():
            firsts.setdefault(name, value)
        for name, value in firsts.items():
            if value and name in queries:
                yield self._value((*place, f"?{name}"), queries[name], value)

    def _beginning(self, url: str, place: Place, kinds: Kinds) -> Hole:
        """The hole of a URL that is, or begins with, one that is known; otherwise of a URL from outside."""
        bare = url.partition("?")[0].partition("#")[0]
        wide = (URLS[:-1],) if place == ("url",) else ()  # a client may have taken another URL than it should
        for some in (kinds, *wide) if kinds else (URLS[-1:],):
            for head in _heads(bare):
                for kind in some:
                    if (slot := self._by_text.get((kind, head))) is not None:
                        return Hole(place=place, slot=slot, recorded=url, after=url[len(head) :])
                for kind in some:
                    if (slot := self._alike.get((kind, canonical(head)))) is not None:
                        after = url[len(head.removesuffix("/")) :]
                        return Hole(place=place, slot=slot, recorded=url, after=after, alike=True)
        kind = kinds[0] if kinds else ValueKind.HOST
        base = bare if kinds else parse(url).origin or bare
        for tail in ("/jwks.json", "/did.json"):
            base = base.removesuffix(tail)
        return Hole(place=place, slot=self._new(kind, base), recorded=url, brings=True, after=url[len(base) :])

    # bodies

    def _body(self, body: Mapping[str, Any], places: Places) -> Iterator[Hole]:
        if not places:
            return
        for path, value in _walk(body):
            kinds = places.get(pattern_of(path))
            if kinds is None:
                continue
            if isinstance(value, dict):
                hole = self._amount(("body", *path), kinds, value, body)
                if hole is not None:
                    yield hole
            elif isinstance(value, str) and value and not AMOUNTS.issuperset(kinds):
                yield self._value(("body", *path), kinds, value)

    def _value(self, place: Place, kinds: Kinds, value: str) -> Hole:
        """The hole of a whole value: known by its text, known as a look-alike, or new."""
        for kind in kinds:
            if (slot := self._by_text.get((kind, value))) is not None:
                return Hole(place=place, slot=slot, recorded=value, brings=self._again(slot))
        if self._part == "request" and "://" in value:
            for kind in kinds:
                if (slot := self._alike.get((kind, canonical(value)))) is not None:
                    after = "/" if value.endswith("/") else ""
                    return Hole(place=place, slot=slot, recorded=value, after=after, alike=True)
        return Hole(place=place, slot=self._new(kinds[0], value), recorded=value, brings=True)

    def _amount(self, place: Place, kinds: Kinds, value: Mapping[str, Any], body: Mapping[str, Any]) -> Hole | None:
        if not isinstance(value.get("assetScale"), int):
            return None
        whole = text_of(value, "value", "assetCode", "assetScale")
        asset = text_of(value, "assetCode", "assetScale")
        if self._part == "response":
            kind, said = kinds[0], asset if kinds[0] is ValueKind.ASSET else whole
            # each wallet address has an asset of its own, each quote its amounts, though all may be alike
            own = kind is ValueKind.ASSET or self._operation in PRICED
            slot = None if own else self._by_text.get((kind, said))
            return Hole(place=place, slot=slot or self._new(kind, said), recorded=said, brings=slot is None)
        for kind in kinds:
            if (slot := self._by_text.get((kind, whole))) is not None:
                return Hole(place=place, slot=slot, recorded=whole)
        slot = self._asset(place, asset, body)
        return None if slot is None else Hole(place=place, slot=slot, recorded=whole)

    def _asset(self, place: Place, said: str, body: Mapping[str, Any]) -> Slot | None:
        """Whose asset an amount is in: the payer's, or for what is to be received the other party's."""
        fitting = {owner: slot for owner, slot in self._assets.items() if slot.recorded == said}
        holder: Any = body
        for part in place[1:-2]:
            holder = holder[part]
        owner = canonical(text(body.get("walletAddress")) or text(dig(holder, "identifier")) or "")
        own = fitting.get(owner)
        others = [slot for slot in fitting.values() if slot is not own]
        if place[-1] == "receiveAmount":
            return others[-1] if others else own
        return own or (others[0] if others else None)

    # slots

    def _new(self, kind: ValueKind, value: str) -> Slot:
        self._count[kind] = count = self._count.get(kind, 0) + 1
        slot = Slot(name=f"{kind} {count}", kind=kind, recorded=value, n=self._n, part=self._part)
        self.slots[slot.name] = slot
        self._by_text[kind, value] = slot
        if kind in URLS:
            self._alike[kind, canonical(value.partition("?")[0])] = slot
        return slot

    def _again(self, slot: Slot) -> bool:
        """Whether a value that is known already counts as given out anew."""
        return self._part == "response" and slot.kind in RENEWED and not slot.outside


def _heads(url: str) -> Iterator[str]:
    """A URL, then what is left of it as one path segment after the other goes, down to its origin."""
    origin = len(parse(url).origin)
    yield url
    at = len(url)
    while (at := url.rfind("/", 0, at)) >= max(origin, 1):
        yield url[:at]


def _walk(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """(path, value) of each object and scalar of a JSON value."""
    if isinstance(value, dict):
        yield path, value
        if len(path) < _DEEPEST:
            for name, member in value.items():
                yield from _walk(member, (*path, name))
    elif isinstance(value, list):
        if len(path) < _DEEPEST:
            for index, member in enumerate(value):
                yield from _walk(member, (*path, index))
    else:
        yield path, value


def text_of(value: Mapping[str, Any], *names: str) -> str:
    """Some members of an object as compact JSON: how amounts and assets are kept."""
    return json.dumps({name: value.get(name) for name in names}, ensure_ascii=False, separators=(",", ":"))
