"""A filter over a whole session: what costs little first, and of what is left no more than it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from optrace.session.filter import facets
from optrace.session.filter.index import Index, Members, everyone, members, numbers
from optrace.session.filter.nodes import Every, Http, Node, Not, Saved, Some, Term, Word
from optrace.session.filter.subject import Subject
from optrace.session.filter.texts import Texts

_CHEAP, _TEXT, _WIRE = range(3)  # columns; packed texts; the exchanges themselves
_IN_TEXTS = frozenset({"b", "bq", "bs", "h", "hq", "hs"})  # signs of what stands in the texts word by word
_PLAIN = re.compile(r"[\w \-/:@,;=%&#\"'<>]+", re.ASCII)  # a pattern that means itself
_OWN = frozenset({"note", "marked"})  # fields of what the user said, which is nothing of most exchanges


@dataclass(frozen=True, slots=True)
class Own:
    """What the user said of exchanges, by their numbers."""

    notes: Mapping[int, str]
    marks: frozenset[int]

    def __contains__(self, n: int) -> bool:
        return n in self.notes or n in self.marks


@dataclass(frozen=True, slots=True)
class Finder:
    """Where a filter is looked for. `subject` gives an exchange; `breathe` is told (done, total), and may raise."""

    index: Index
    texts: Texts
    subject: Callable[[int], Subject]
    own: Callable[[], Own]
    breathe: Callable[[int, int], None] = lambda done, total: None

    def find(self, node: Node | None) -> list[int]:
        """The numbers of the exchanges that pass, in order; of those that the index covers."""
        count = len(self.index)
        return list(numbers(self._of(node, everyone(count)) if node else everyone(count), count))

    def _of(self, node: Node, among: Members) -> Members:
        """Those of a set that pass."""
        if not among:
            return 0
        match node:
            case Saved(inner=inner):
                return self._of(inner, among)
            case Not(inner=inner):
                return among ^ self._of(inner, among)
            case Every() | Some():
                return self._together(node, among)
            case Term(name=name) if name in _OWN:
                return self._own(node, among)
            case Term(facet=facet, accept=accept) | Http(facet=facet, accept=accept) if facet is not None:
                return self.index.find(facet, accept) & among
            case Http() if _is_plain(node):
                return self._one_by_one([node], self._holding((node.pattern or "").casefold(), among), all)
            case Word() if "••••" not in node.text:
                return self._word(node, among)
        return self._one_by_one([node], among, all)

    def _together(self, node: Every | Some, among: Members) -> Members:
        parts = sorted(node.parts, key=_cost)
        costly = [part for part in parts if _cost(part) == _WIRE]
        found = among if isinstance(node, Every) else 0
        for part in parts[: len(parts) - len(costly)]:
            if isinstance(node, Every):
                found = self._of(part, found)
            else:
                found |= self._of(part, among ^ found)
        if not costly:
            return found
        if isinstance(node, Every):
            return self._one_by_one(costly, found, all)
        return found | self._one_by_one(costly, among ^ found, any)

    def _word(self, word: Word, among: Members) -> Members:
        text = word.text.casefold()
        found = self.index.find(facets.SAID, lambda said: text in said) & among
        for n, note in self.own().notes.items():
            if 0 < n <= len(self.index) and text in note.casefold():
                found |= among & 1 << 8 * (n - 1)
        left = among ^ found
        rest = self._unpacked(left)
        return found | self._packed(text, left) | self._one_by_one([word], rest, all)

    def _holding(self, text: str, among: Members) -> Members:
        """Those in whose texts it stands, and those whose texts aren't at hand."""
        return self._packed(text, among) | self._unpacked(among)

    def _packed(self, text: str, among: Members) -> Members:
        packed, done = len(self.texts), 0

        def breathe() -> None:
            nonlocal done
            done += 1
            self.breathe(min(done * 256, packed), len(self.index))

        return self.texts.find(text, among, breathe)

    def _unpacked(self, among: Members) -> Members:
        packed = len(self.texts)
        return among >> 8 * packed << 8 * packed

    def _own(self, node: Term, among: Members) -> Members:
        """All of which the user said nothing are alike."""
        own, found, silent = self.own(), 0, among
        for n in {*own.notes, *own.marks}:
            if 0 < n <= len(self.index) and (it := among & 1 << 8 * (n - 1)):
                silent ^= it
                found |= it if node.matches(self.subject(n)) else 0
        one = next(iter(numbers(silent, len(self.index))), None)
        return found | silent if one is not None and node.matches(self.subject(one)) else found

    def _one_by_one(self, nodes: list[Node], among: Members, how: Callable[[Iterable[object]], bool]) -> Members:
        if not among:
            return 0
        count = len(self.index)
        found = bytearray(count)
        for n in numbers(among, count):
            subject = self.subject(n)
            found[n - 1] = how(node.matches(subject) for node in nodes)
            self.breathe(n, count)
        return members(found)


def _is_plain(node: Http) -> bool:
    """Whether what it looks for can be looked for in the texts first: a pattern of ASCII without any signs."""
    return node.sign in _IN_TEXTS and _PLAIN.fullmatch(node.pattern or "") is not None


def _cost(node: Node) -> int:
    match node:
        case Term(name=name) if name in _OWN:
            return _CHEAP
        case Http() if _is_plain(node):
            return _TEXT
        case Term(facet=None) | Http(facet=None):
            return _WIRE
        case Word():
            return _WIRE if "••••" in node.text else _TEXT
        case Not(inner=inner) | Saved(inner=inner):
            return _cost(inner)
        case Every(parts=parts) | Some(parts=parts):
            return max(map(_cost, parts))
    return _CHEAP
