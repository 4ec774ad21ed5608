"""What a filter means, as a tree; `str` of a node is a filter text that means the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from optrace.session.filter.facets import Facet
from optrace.session.filter.subject import Subject

# what can stand in a filter without quotes, and means just itself
_BARE = re.compile(r"""[^\s()"'~@&|!:<>=≠-][^\s()"':<>=≠]*""")
_KEYWORDS = frozenset({"and", "or", "not"})


@dataclass(frozen=True, slots=True)
class Word:
    """A text that may stand anywhere: headers, decoded bodies, ids, findings, notes."""

    text: str

    def matches(self, subject: Subject) -> bool:
        """Whether it does, in upper or lower case."""
        word = self.text.casefold()
        return word in subject.text or ("••••" in word and any(word in one for one in subject.masks))

    def __str__(self) -> str:
        bare = _BARE.fullmatch(self.text) and self.text.casefold() not in _KEYWORDS
        return self.text if bare else quoted(self.text)


@dataclass(frozen=True, slots=True)
class Term:
    """`name:value`: what a field of the exchange must be."""

    name: str
    op: str  # one of >= <= > < !=; empty: as the field compares
    value: str
    exact: bool  # it stood in quotes: commas in it are its own
    facet: Facet | None = field(compare=False, repr=False)  # None: the exchange itself is looked at
    accept: Callable[[Any], bool] = field(compare=False, repr=False)  # of the facet's value, or of the subject

    def matches(self, subject: Subject) -> bool:
        """Whether it is so."""
        return self.accept(subject if self.facet is None else self.facet.of(subject.step))

    def __str__(self) -> str:
        return f"{self.name}:{self.op}{quoted(self.value) if self.exact else self.value}"


@dataclass(frozen=True, slots=True)
class Http:
    """`~sign pattern`: what mitmproxy's filters say about HTTP."""

    sign: str
    pattern: str | None
    facet: Facet | None = field(compare=False, repr=False)
    accept: Callable[[Any], bool] = field(compare=False, repr=False)

    def matches(self, subject: Subject) -> bool:
        """Whether it is so."""
        return self.accept(subject if self.facet is None else self.facet.of(subject.step))

    def __str__(self) -> str:
        return f"~{self.sign}" if self.pattern is None else f"~{self.sign} {quoted(self.pattern)}"


@dataclass(frozen=True, slots=True)
class Saved:
    """`@name`: a filter that was given a name."""

    name: str
    inner: Node

    def matches(self, subject: Subject) -> bool:
        """Whether that filter lets it through."""
        return self.inner.matches(subject)

    def __str__(self) -> str:
        return f"@{self.name}"


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    inner: Node

    def matches(self, subject: Subject) -> bool:
        """Whether it doesn't."""
        return not self.inner.matches(subject)

    def __str__(self) -> str:
        return f"not {_part(self.inner)}"


@dataclass(frozen=True, slots=True)
class Every:
    """All of two or more."""

    parts: tuple[Node, ...]

    def matches(self, subject: Subject) -> bool:
        """Whether all hold."""
        return all(part.matches(subject) for part in self.parts)

    def __str__(self) -> str:
        return " ".join(map(_part, self.parts))


@dataclass(frozen=True, slots=True)
class Some:
    """One at least of two or more."""

    parts: tuple[Node, ...]

    def matches(self, subject: Subject) -> bool:
        """Whether one holds."""
        return any(part.matches(subject) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(_part(part) for part in self.parts)


Node = Word | Term | Http | Saved | Not | Every | Some


def _part(node: Node) -> str:
    return f"({node})" if isinstance(node, Every | Some) else str(node)


def quoted(text: str) -> str:
    """A text in quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
