"""Filter texts, read: `or` binds least, then what stands side by side (or `and`), then `not`, `-` and `!`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from optrace.session.filter.fields import FIELDS, Field
from optrace.session.filter.http import SIGNS, read_sign
from optrace.session.filter.mistakes import WrongFilter, WrongValue, meant
from optrace.session.filter.nodes import Every, Http, Node, Not, Saved, Some, Term, Word
from optrace.session.filter.values import Accept

_DEPTH = 60  # levels of parentheses: who walks the tree recurses
_OR, _AND, _NOT = "or", "and", "not"
_OPERATORS = {"or": _OR, "|": _OR, "||": _OR, "and": _AND, "&": _AND, "&&": _AND, "not": _NOT}
_SPACE = re.compile(r"\s*")
_SYMBOL = re.compile(r"\|\|?|&&?|[()]")
_KEYWORD = re.compile(r"(?:and|or|not)(?=[\s()]|$)", re.I)
_NEGATION = re.compile(r"[-!](?=\S)")
_NAME = re.compile(r"([A-Za-z_]+)(?:(:)(>=|<=|!=|[=≠<>])?|(>=|<=|!=|[≠<>]))")
_QUOTED = re.compile(r"""(["'])((?:[^\\]|\\.)*?)\1""", re.S)
_SIGN = re.compile(r"~([A-Za-z]+)")
_CHUNK = re.compile(r"[^\s()]+")
_CANONICAL = {"=": "", "≠": "!=", None: ""}


class _Text(NamedTuple):
    """A word or a value, and whether it stood in quotes."""

    text: str
    exact: bool
    start: int
    end: int


class Parser:
    """Reads one text. `profile`: whose verdicts `sig:` and the like mean; `saved`: filters by name, for `@name`."""

    def __init__(self, text: str, profile: str, saved: Mapping[str, str]) -> None:
        self._text = text
        self._profile = profile
        self._saved = saved
        self._at = 0
        self._depth = 0

    def read(self) -> Node | None:
        """The tree; None for an empty text. Raises WrongFilter."""
        self._skip()
        if self._at == len(self._text):
            return None
        node = self._some()
        if self._at < len(self._text):  # only a parenthesis ends it before
            raise self._wrong("There is no ( for this )", 'To look for it, write ")".', self._at, self._at + 1)
        return node

    # what binds what

    def _some(self) -> Node:
        parts = [self._every()]
        while self._take(_OR):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Some(_flat(Some, parts))

    def _every(self) -> Node:
        parts = [self._one()]
        while True:
            self._take(_AND)
            if self._at == len(self._text) or self._text[self._at] == ")" or self._peek() == _OR:
                break
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else Every(_flat(Every, parts))

    def _one(self) -> Node:
        negated = False
        while True:
            if self._take(_NOT):
                negated = not negated
            elif _NEGATION.match(self._text, self._at):
                self._at += 1
                negated = not negated
            else:
                break
        node = self._atom()
        if not negated:
            return node
        return node.inner if isinstance(node, Not) else Not(node)

    def _atom(self) -> Node:
        start = self._at
        operator = self._peek()
        if start == len(self._text) or self._text[start] == ")" or operator in (_OR, _AND):
            raise self._missing(start)
        if self._text[start] == "(":
            return self._group(start)
        for read in (self._sign, self._named, self._term):
            if (node := read(start)) is not None:
                return node
        return Word(self._chunk().text)

    def _group(self, start: int) -> Node:
        self._depth += 1
        if self._depth > _DEPTH:
            raise self._wrong("The parentheses are nested too deep", "Say it with fewer.", start, start + 1)
        self._at += 1
        self._skip()
        node = self._some()
        if self._at == len(self._text):
            remedy = 'Write ) where it ends. To look for it, write "(".'
            raise self._wrong("This ( isn't closed", remedy, start, start + 1, ")")
        self._at += 1
        self._depth -= 1
        self._skip()
        return node

    def _missing(self, at: int) -> WrongFilter:
        said = self._text[:at].rstrip()
        remedy = 'To look for the word itself, put it in quotes: "or".'
        if operator := self._operator(at):
            return self._wrong("Something must stand before this", remedy, at, at + len(operator))
        if said.endswith("("):
            title, end = "There is nothing in these parentheses", min(at + 1, len(self._text))
            return self._wrong(title, "Write a term between them.", len(said) - 1, end)
        last = re.search(r"\S+$", said)
        where = last.start() if last else 0
        return self._wrong("Something must follow this", remedy, where, len(said))

    # terms

    def _sign(self, start: int) -> Node | None:
        found = _SIGN.match(self._text, start)
        if found is None:
            return None
        name = found[1].lower()
        if name not in SIGNS:
            known = [f"~{one}" for one in SIGNS.names()]
            raise self._wrong(f"There is no expression ~{found[1]}", meant(f"~{name}", known), start, found.end())
        sign = SIGNS[name]
        self._at = found.end()
        self._skip()
        pattern = None
        if sign.texts is not None:
            if self._at == len(self._text) or (self._text[self._at] == ")" or self._peek() is not None):
                title, remedy = f"~{name} needs a pattern", f"Say which {sign.help}: ~{name} pattern."
                raise self._wrong(title, remedy, start, found.end())
            pattern = self._chunk()
        try:
            accept = read_sign(sign, pattern.text if pattern else None)
        except WrongValue as error:
            where = pattern or _Text("", False, start, found.end())
            raise self._wrong(error.title, error.remedy, where.start, where.end) from None
        return Http(name, pattern.text if pattern else None, sign.facet, accept)

    def _named(self, start: int) -> Node | None:
        if self._text[start] != "@":
            return None
        found = _CHUNK.match(self._text, start + 1)
        name = found[0] if found else ""
        if found is None or name not in self._saved:
            return None  # a component identifier such as @target-uri is a word like others
        self._at = found.end()
        self._skip()
        others = {other: text for other, text in self._saved.items() if other != name}
        try:
            inner = Parser(self._saved[name], self._profile, others).read()
        except WrongFilter as error:
            title = f"The saved filter {name} is wrong: {error.title}"
            raise self._wrong(title, error.remedy, start, found.end()) from None
        if inner is None:
            raise self._wrong(f"The saved filter {name} is empty", "Give it a text.", start, found.end())
        return Saved(name, inner)

    def _term(self, start: int) -> Node | None:
        found = _NAME.match(self._text, start)
        if found is None or (found[2] and self._text.startswith("//", found.end())):
            return None  # https://... is a word
        name, op = found[1].lower(), _CANONICAL.get(sign := found[3] or found[4], sign)
        if name not in FIELDS:
            if found[2] is None:
                return None
            remedy = f"{meant(name, FIELDS.names())} To look for the text, put it in quotes."
            raise self._wrong(f"There is no filter field called {found[1]}", remedy, start, found.end(1))
        field = FIELDS[name]
        self._at = found.end()
        if field.signs and found[2]:
            self._at, op = found.end(2), ""
        value = self._chunk(empty_ok=True)
        if not value.text:
            raise self._wrong(f"{name}: needs a value", f"For example {field.example}.", start, found.end())
        if op not in ("", "!=") and not field.ordered:
            remedy = f"Its values have no order. For example {field.example}."
            raise self._wrong(f"{name}: can't be compared with {op}", remedy, start, value.end)
        accept = self._accept(field, value, "" if op == "!=" else op)
        return Term(name, op, value.text, value.exact, field.facet, _negated(accept) if op == "!=" else accept)

    def _accept(self, field: Field, value: _Text, op: str) -> Accept:
        """The test of one value, or of several between commas."""
        tests, start = [], value.start
        for part in [value.text] if value.exact else value.text.split(","):
            end = value.end if value.exact else start + len(part)
            try:
                if not part:
                    raise WrongValue("A value is missing between commas", f"For example {field.example}.")
                tests.append(field.read(part, op, self._profile))
            except WrongValue as error:
                raise self._wrong(error.title, error.remedy, start, end) from None
            start = end + 1
        return tests[0] if len(tests) == 1 else lambda got: any(test(got) for test in tests)

    # characters

    def _chunk(self, *, empty_ok: bool = False) -> _Text:
        """What stands here, up to a blank: in quotes, or a word; pairs of parentheses belong to it."""
        start = self._at
        if self._text[start : start + 1] in ('"', "'"):
            found = _QUOTED.match(self._text, start)
            if found is None:
                quote = self._text[start]
                remedy = f"Write {quote} where it ends."
                raise self._wrong(f"This {quote} isn't closed", remedy, start, len(self._text), quote)
            self._at = found.end()
            chunk = _Text(re.sub(r"\\(.)", r"\1", found[2], flags=re.S), True, start, found.end())
        else:
            depth, at = 0, start
            while at < len(self._text) and not (char := self._text[at]).isspace():
                depth += (char == "(") - (char == ")")
                if depth < 0:
                    break
                at += 1
            while depth > 0:  # an open one that isn't closed in the word ends it
                at = self._text.rindex("(", start, at)
                depth -= 1
            at = max(at, start + (0 if empty_ok else 1))
            self._at = at
            chunk = _Text(self._text[start:at], False, start, at)
        self._skip()
        return chunk

    def _skip(self) -> None:
        found = _SPACE.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _operator(self, at: int) -> str:
        """The operator that stands at a place, as it is written; empty if none does."""
        found = _KEYWORD.match(self._text, at) or _SYMBOL.match(self._text, at)
        return found[0] if found and found[0] not in "()" else ""

    def _peek(self) -> str | None:
        return _OPERATORS.get(self._operator(self._at).lower())

    def _take(self, which: str) -> bool:
        if self._peek() != which:
            return False
        self._at += len(self._operator(self._at))
        self._skip()
        return True

    def _wrong(self, title: str, remedy: str, start: int, end: int, missing: str = "") -> WrongFilter:
        return WrongFilter(title, remedy, start, end, self._text, missing)


def _flat(kind: type[Every] | type[Some], parts: list[Node]) -> tuple[Node, ...]:
    """The parts, with those of the same kind among them taken apart: `a (b c)` is `a b c`."""
    return tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))


def _negated(accept: Accept) -> Accept:
    return lambda got: not accept(got)
