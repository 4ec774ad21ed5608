"""The life of a value of one message: choose a value, then see where it was born, used, and since when it is dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from textual import on

from optrace.core.messages import Exchange
from optrace.core.redact import mask, mask_url
from optrace.core.text import safe
from optrace.diagram.cells import cell_width, pad
from optrace.diagram.lanes import short_name
from optrace.diagram.segments import Segment, Segments
from optrace.exchanges.view import View
from optrace.session.lifelines import Lifeline, Sighting, lifeline
from optrace.session.steps import Step
from optrace.session.trace import Trace
from optrace.session.values import Atom, atoms, secrets_of
from optrace.tui.bridge import Bridge
from optrace.tui.questions import Question
from optrace.tui.screens.sheet import Sheet
from optrace.tui.tabs.look import Look
from optrace.tui.widgets.choices import Choice, Choices

_BESIDE = 6  # cells on either side of a line: the sheet's edge, its frame, the cursor
_LEAST = 6  # characters: what is shorter is no id
# what other messages refer to by name; everything else must look like an id
_NAMED = ("id", "uri", "manage", "value", "nonce", "finish", "interact_ref", "hash", "keyid", "kid", "x", "receiver",
          "quoteId", "incomingPayment", "walletAddress", "wallet-address", "identifier", "client", "access_token",
          "debitAmount", "receiveAmount", "incomingAmount")  # fmt: skip
_DULL = frozenset(
    [
        "accept",
        "accept-encoding",
        "accept-language",
        "user-agent",
        "content-type",
        "content-length",
        "connection",
        "host",
        "date",
        "server",
        "vary",
        "content-digest",
        "signature",
        "etag",
        "keep-alive",
        "cache-control",
    ]
)


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a message, and where it stands."""

    text: str
    where: str
    secret: bool


def values_of(exchange: Exchange) -> tuple[Value, ...]:
    """The ids, tokens, nonces, keys and amounts of a message, each once, in the order of the wire."""
    view = View(exchange)
    secrets = secrets_of(view)
    found: dict[str, Value] = {}
    for atom in atoms(view):
        text = atom.value.partition("?")[0] if atom.url else atom.value
        if _worth(atom, text) and text not in found:
            arrow = "→ " if atom.part == "response" else ""
            found[text] = Value(text, arrow + atom.where, text in secrets)
    return tuple(found.values())


def _worth(atom: Atom, text: str) -> bool:
    if atom.field in _DULL or len(text) > 2000:
        return False
    if atom.where == "URL" or atom.field in ("authorization", "location"):
        return True
    name = atom.where.rpartition(".")[2].split()[-1].lstrip("?;").partition("[")[0]
    if "Amount." in atom.where:
        return False  # the amount in words is listed
    if name in _NAMED:
        return bool(text)
    return len(text) >= _LEAST and (atom.url or any(map(str.isdigit, text))) and " " not in text and name != "created"


def in_the_middle(text: str, room: int) -> str:
    """A text cut in its middle: what tells ids of one server apart stands at their end."""
    if cell_width(text) <= room or room < 8 or not text.isascii():
        return text
    head = room // 3
    return f"{text[:head]}…{text[len(text) - (room - head - 1) :]}"


class LifelineScreen(Sheet):
    """Two pages: the values, then the life of one of them; enter goes to the exchange."""

    QUESTION = "lifeline"

    def __init__(self, bridge: Bridge, trace: Trace, exchange: Exchange, look: Look) -> None:
        self.list = Choices()
        super().__init__(bridge, f"values of message {exchange.n}", self.list)
        self._trace = trace
        self._n = exchange.n
        self._values = values_of(exchange)
        self._look = look
        self._at: int | None = None  # which value's life is shown
        self._done = 0

    def on_mount(self) -> None:
        """The values."""
        super().on_mount()
        self._show_values(0)
        self.set_interval(0.2, self._progress)

    def _show_values(self, cursor: int) -> None:
        self._at = None
        self.head(f"values of message {self._n}", "enter follows a value · esc closes")
        width = min(34, max((len(value.where) for value in self._values), default=0))
        room = max(20, self.app.size.width - 2 * _BESIDE - width)
        lines = [
            Choice(
                [
                    Segment(f" {pad(safe(value.where), width)}  ", "dim"),
                    Segment(in_the_middle(self._shown(value), room), "secret" if value.secret else "text"),
                ],
                index,
            )
            for index, value in enumerate(self._values)
        ]
        self.list.offer(lines or [Choice([Segment("This message has no ids, tokens or keys.", "dim")])], cursor=cursor)

    def _title_of(self, value: Value) -> str:
        return in_the_middle(self._shown(value), max(20, self.app.size.width - 2 * _BESIDE))

    def _shown(self, value: Value) -> str:
        if self._look.revealed:
            return safe(value.text)
        return safe(mask(value.text) if value.secret else mask_url(value.text))

    @on(Choices.Chosen)
    def _chosen(self, message: Choices.Chosen) -> None:
        if self._at is not None:
            self.dismiss(message.value)
            return
        at: int = message.value
        value = self._values[at]
        self._at, self._done = at, 0
        self.head(self._title_of(value), "esc: other values")
        self.list.offer([Choice([Segment(" looking through the messages", "dim")])])

        def work(breathe: Callable[[], None]) -> Any:
            return lifeline(self._trace, value.text, self._views(breathe)), self._trace

        self.ask(Question(self.QUESTION, work, self._answered))

    def _views(self, breathe: Callable[[], None]) -> Iterator[View]:
        for n in range(1, len(self._trace) + 1):
            if self._trace.has(n):
                yield View(self.bridge.source.exchange(n))
                self._done = n
                breathe()

    def _progress(self) -> None:
        total = len(self._trace)
        if self._at is not None and self._done and self.list.value is None and total:
            self.list.offer([Choice([Segment(f" looking through the messages {100 * self._done // total} %", "dim")])])

    def _answered(self, found: tuple[Lifeline, Trace] | None, why: str) -> None:
        if self._at is None:
            return
        self.head(self._title_of(self._values[self._at]), "enter shows the exchange · esc: other values")
        if found is None:
            self.list.offer([Choice([Segment(f" {safe(why)}", "alert")])])
            return
        life, trace = found
        with self.bridge.lock:
            lines = list(life_lines(life, trace.step))
        self.list.offer(lines, cursor=0)

    def action_back(self) -> None:
        """From a life to the values; from the values away."""
        if self._at is None:
            self.dismiss(None)
            return
        self.bridge.withdraw(self.QUESTION)
        self._show_values(self._at)


def life_lines(life: Lifeline, step_of: Callable[[int], Step]) -> Iterator[Choice]:
    """Birth, uses and death, in the order in which they happened; what is nearly the value is marked."""
    sightings = sorted((*life.sightings, *life.near), key=lambda one: (one.n, one.part == "response"))
    death = life.death
    for index, sighting in enumerate(_merged(sightings)):
        if death is not None and death.n is not None and sighting.n > death.n:
            yield _dead(life)
            death = None
        step = step_of(sighting.n)
        after = life.after_death(sighting, step.started)
        if death is not None and death.n is None and after:
            yield _dead(life)
            death = None
        yield Choice(_sighting(sighting, step, first=index == 0, after=after), sighting.n)
    if death is not None:
        yield _dead(life)
    if not sightings:
        yield Choice([Segment(" It doesn't occur in any message.", "dim")])


def _merged(sightings: Sequence[Sighting]) -> Iterator[Sighting]:
    """One line a message and part: a URL that stands in two members is seen once."""
    seen: set[tuple[int, str, str | None]] = set()
    for sighting in sightings:
        key = sighting.n, sighting.part, sighting.difference
        if key not in seen:
            seen.add(key)
            yield sighting


def _sighting(sighting: Sighting, step: Step, *, first: bool, after: bool) -> Segments:
    word, style = ("born", "pass") if first else ("used", "text") if sighting.part == "request" else ("seen", "dim")
    if sighting.difference is not None:
        word, style = "NEAR", "alert"
    elif after:
        word, style = "DEAD", "fail"
    ends = f"{short_name(step.source)}→{short_name(step.target)}"
    if sighting.part == "response":
        ends = f"{short_name(step.target)}→{short_name(step.source)}"
    line: Segments = [
        Segment(f"{sighting.n:>5} ", "number"),
        Segment(f"{word}  ", style),
        Segment(f"{pad(ends, 9)} ", "dim"),
        Segment(f"{pad(safe(step.label), 32)} ", "label"),
        Segment(f"{step.status or '':>4}  ", "status.error" if (step.status or 0) >= 400 else "status.ok"),
        Segment(safe(sighting.where), "key"),
        Segment("  signed" if sighting.signed else "  not signed", "covered" if sighting.signed else "dim"),
    ]
    if sighting.difference:
        line.append(Segment(f"   {safe(sighting.difference)}", "alert"))
    return line


def _dead(life: Lifeline) -> Choice:
    death = life.death
    assert death is not None
    when = f" at {death.at:%H:%M:%S} UTC" if death.at is not None else ""
    number = f"{death.n:>5} " if death.n is not None else " " * 6
    return Choice([Segment(number, "number"), Segment(f"dead  {safe(death.how)}{when}", "fail")], death.n)
