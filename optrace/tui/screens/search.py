"""The counterfactual search at work: which families of changes were tried, how many of each, what verified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from optrace.core.messages import Exchange
from optrace.core.text import safe
from optrace.diagnosis.bodies import DigestFound, search_digest
from optrace.diagnosis.candidates import FAMILIES, LATER, Change
from optrace.diagnosis.case import Case
from optrace.diagnosis.hashes import HashFound, search_hash
from optrace.diagnosis.search import SearchResult, search
from optrace.diagnosis.subject import Subject, own_signature, subject_of
from optrace.diagram.cells import pad
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Detail
from optrace.session.trace import Trace
from optrace.tui.bridge import Bridge
from optrace.tui.questions import Question
from optrace.tui.screens.sheet import Sheet
from optrace.tui.tabs.base import signed_beside_sent
from optrace.tui.tabs.look import Look, entry, heading, line
from optrace.tui.widgets.lines import Lines

_FAMILIES = {
    "target_uri": "the URL: scheme, slash, query, host",
    "method": "the method",
    "fields": "header fields, as others write them",
    "params": "the signature's parameters",
    "base_text": "the text of the base: joints, ends, names",
    "prehash": "a hash of the base",
    "keys": "other keys of the session",
    "body_fields": "the body written otherwise: digest, length",
    "neighbours": "values of other requests",
}
_NAME = max(map(len, _FAMILIES.values()))  # cells
_NUMBERS, _HIT = 14, "  ✓ verified"  # cells of the numbers, what stands behind them
_LEAST = 16  # cells of a family's name
_INDENT = "     "  # of what belongs to a sentence
_AT_ONCE = {2: "two changes at once", 3: "three changes at once"}
_AS_SENT = "the message as it was sent"
_EVERY = 64  # candidates between two breaths


@dataclass(slots=True)
class Working:
    """How far the search has come; the worker writes, the screen reads."""

    tried: int = 0
    made: dict[str, int] = field(default_factory=dict)  # family -> single changes that it has for this message
    by_family: Counter[str] = field(default_factory=Counter)
    by_size: Counter[int] = field(default_factory=Counter)
    hit: str = ""  # the family, or how many at once, of the candidate tried last


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What came of it: nothing where there was nothing to search for, and then `idle` says why."""

    signature: SearchResult | None = None
    digest: DigestFound | None = None
    hash: HashFound | None = None
    idle: str = ""


def search_again(trace: Trace, exchange: Exchange, working: Working, breathe: Callable[[], None]) -> Searched:
    """The whole search for one exchange, with its working. It doesn't look at what the rules found before."""
    case = Case(trace, exchange)
    subject = subject_of(case)
    result = None
    if subject is not None and subject.model is not None:
        family_of = _families(subject, working)

        def told(tried: int, changes: tuple[Change, ...]) -> None:
            working.tried = tried
            if len(changes) > 1:
                working.by_size[len(changes)] += 1
                working.hit = _AT_ONCE[len(changes)]
            elif not changes:
                working.hit = _AS_SENT
            else:
                working.hit = family_of.get(_name(changes[0]), "")
                working.by_family[working.hit] += 1
            if tried % _EVERY == 0:
                breathe()

        result = search(subject, told=told)
    digest = search_digest(case)
    hash_ = search_hash(case)
    return Searched(signature=result, digest=digest, hash=hash_, idle=_idle(case, subject))


def _families(subject: Subject, working: Working) -> dict[tuple[str, ...], str]:
    assert subject.model is not None
    found: dict[tuple[str, ...], str] = {}
    for family in (*FAMILIES, *LATER):
        name = family.__name__
        working.made[name] = 0
        for change in family(subject):
            if change.apply(subject.model) not in (None, subject.model):
                working.made[name] += 1
                found.setdefault(_name(change), name)
    return found


def _name(change: Change) -> tuple[str, ...]:
    return change.code, change.slot, change.sentence


def _idle(case: Case, subject: Subject | None) -> str:
    if subject is not None:
        return "" if subject.model is not None else "No key is known that could have made the signature."
    seen = own_signature(case)
    if seen is None:
        return "This request carries no signature."
    return "The signature verifies as it is." if seen.verifies else "There are no signature bytes to verify."


class SearchScreen(Sheet):
    """Runs the search in the worker, and shows it while it runs."""

    QUESTION = "search"

    def __init__(self, bridge: Bridge, trace: Trace, detail: Detail, look: Look) -> None:
        self.lines = Lines()
        super().__init__(bridge, f"what was really signed · message {detail.step.n}", self.lines)
        self._trace = trace
        self._detail = detail
        self._look = look
        self._working = Working()
        self._found: Searched | None = None

    def on_mount(self) -> None:
        """Begin."""
        super().on_mount()
        self.set_interval(0.1, self._progress)

        def work(breathe: Callable[[], None]) -> Any:
            return search_again(self._trace, self._detail.exchange, self._working, breathe)

        self.ask(Question(self.QUESTION, work, self._answered))

    def _progress(self) -> None:
        if self._found is None:
            self.lines.show([[Segment(f" {self._working.tried:,} candidates tried …", "running")]], keep_place=True)

    def _answered(self, found: Searched | None, why: str) -> None:
        self._found = found or Searched(idle=why)
        self._show()

    def on_resize(self) -> None:
        """What the table has room for depends on the width."""
        self.call_after_refresh(self._show)

    def _show(self) -> None:
        if self._found is not None:
            look = replace(self._look, width=self.lines.scrollable_content_region.width)
            self.lines.show(search_lines(self._found, self._working, self._detail, look), keep_place=True)


def search_lines(found: Searched, working: Working, detail: Detail, look: Look) -> list[Segments]:
    """Signature, digest, hash: the working, then what it came to."""
    lines: list[Segments] = []
    if found.signature is not None:
        lines += [*_signature(found.signature, working, detail, look), line()]
    elif found.idle:
        lines += [line(found.idle, "text"), line()]
    if found.digest is not None:
        lines += [*_digest(found.digest), line()]
    if found.hash is not None:
        lines += [*_hash(found.hash), line()]
    return lines[:-1]


def _signature(result: SearchResult, working: Working, detail: Detail, look: Look) -> Iterator[Segments]:
    keys = f"{result.keys} key{'' if result.keys == 1 else 's'}"
    proven = result.proof is not None
    yield [
        *heading("SIGNATURE   "),
        Segment("proven" if proven else "not found", "pass" if proven else "fail"),
        Segment(f"   {result.tried:,} candidates verified in {result.milliseconds:,.1f} ms   {keys} known", "text"),
    ]
    yield line()
    room = max(_LEAST, min(_NAME, look.width - 3 - _NUMBERS - len(_HIT))) if look.width else _NAME
    yield [Segment(f"   {'':<{room}}{'made':>6}{'tried':>8}", "dim")]
    yield _row(_AS_SENT, room, 1, min(1, result.tried), hit=proven and working.hit == _AS_SENT)
    for name, made in working.made.items():
        words = _FAMILIES.get(name, name)
        yield _row(words, room, made, working.by_family[name], hit=proven and working.hit == name)
    for size, words in _AT_ONCE.items():
        if working.by_size[size]:
            yield _row(words, room, None, working.by_size[size], hit=proven and working.hit == words)
    yield line()
    if not proven:
        end = "all that there are" if result.exhausted else "the budget ended it; there are more"
        yield line(f"Nothing of this verifies ({end}): another key, or a change that isn't known here.", "text")
        return
    assert result.proof is not None
    for change in result.changes:
        yield [Segment("   ✓ ", "pass"), Segment(f"{change.code}  ", "dim"), Segment(safe(change.sentence), "strong")]
    if not result.changes:
        yield [Segment("   ✓ ", "pass"), Segment(safe(result.proof.change), "strong")]
    if result.owner:
        yield [Segment(_INDENT, "space"), Segment("by the key of ", "dim"), Segment(safe(result.owner), "text")]
    for name, value in result.proof.evidence.items():
        pair = signed_beside_sent(name, value, detail, look)
        if pair is None:
            yield [Segment(f"{_INDENT}{name}  ", "dim"), Segment(safe(value), "text")]
        else:
            yield [Segment(f"{_INDENT}{name}  sent   ", "dim"), *pair[0]]
            yield [Segment(f"{_INDENT}{' ' * len(name)}  ", "dim"), Segment("signed ", "proof"), *pair[1]]
    yield line("An Ed25519 signature that verifies over a text was made over this text, and over no other.", "dim", 3)


def _row(words: str, room: int, made: int | None, tried: int, *, hit: bool) -> Segments:
    style = "strong" if hit else "text" if tried else "dim"
    row: Segments = [Segment(f"   {pad(words, room)}{'' if made is None else f'{made:,}':>6}{tried:>8,}", style)]
    if hit:
        row.append(Segment(_HIT, "pass"))
    return row


def _digest(found: DigestFound) -> Iterator[Segments]:
    fits = found.algorithm is not None
    word = "fits the body as sent" if fits and found.variant is None else "found" if fits else "not found"
    yield [
        *heading("DIGEST      "),
        Segment(word, "pass" if fits else "fail"),
        Segment(f"   {found.tried} bod{'y' if found.tried == 1 else 'ies'} hashed", "text"),
    ]
    if found.variant is not None:
        yield [Segment("   ✓ ", "pass"), Segment(f"{found.algorithm} of {safe(found.variant.words)}", "strong")]


def _hash(found: HashFound) -> Iterator[Segments]:
    fits = found.variant is not None
    yield [
        *heading("HASH        "),
        Segment("found" if fits else "not found", "pass" if fits else "fail"),
        Segment(f"   {found.tried:,} bases hashed", "text"),
    ]
    if found.variant is not None:
        yield [Segment("   ✓ ", "pass"), Segment(safe(found.variant.sentence), "strong")]
        yield entry("", (f"{found.method}, {found.encoding}", "dim"))
