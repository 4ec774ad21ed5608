"""How a detail is looked at, and the small pieces that all tabs are painted with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from optrace.core.findings import PROFILES, Judgements, Verdict
from optrace.core.redact import mask, mask_field, mask_url
from optrace.core.text import safe
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import DEFAULT_PROFILE

MASK_SIGN = "••••"
BODIES = ("pretty", "raw", "hex")

VERDICT_MARKS = {
    Verdict.PASS: ("✓", "pass"),
    Verdict.FAIL: ("✗", "fail"),
    Verdict.DIFFERS: ("≠", "differs"),
    Verdict.UNCHECKED: ("?", "unchecked"),
    Verdict.NONE: ("·", "nothing"),
}


@dataclass(frozen=True, slots=True)
class Look:
    """Whose eyes, whether secrets are shown, and how many cells there are (0: nobody knows)."""

    profile: str = DEFAULT_PROFILE
    revealed: bool = False
    width: int = 0
    body: str = BODIES[0]  # how bodies are shown

    def field(self, name: str, value: str) -> str:
        """A header's value as it may be shown."""
        return value if self.revealed else mask_field(name, value)

    def url(self, url: str) -> str:
        """A URL as it may be shown."""
        return url if self.revealed else mask_url(url)

    def secret(self, value: str) -> str:
        """A secret as it may be shown."""
        return value if self.revealed else mask(value)


def line(text: str = "", style: str = "text", indent: int = 1) -> Segments:
    """One line of one style."""
    return [Segment(" " * indent + safe(text), style)]


Part = tuple[str, str] | tuple[str, str, int]


def entry(name: str, *parts: Part, width: int = 10, style: str = "dim") -> Segments:
    """A name in a column of its own, and what there is to say of it."""
    return [Segment(f" {safe(name):<{width}} ", style), *(Segment(safe(part[0]), *part[1:]) for part in parts)]


def link(n: int) -> Part:
    """The number of an exchange, which leads there."""
    return (f"message {n}", "link", n)


def heading(text: str) -> Segments:
    """The title of a part of a tab."""
    return [Segment(f" {text}", "head")]


def verdict_line(name: str, judgements: Judgements, profile: str) -> Segments:
    """What each profile says of one thing, the chosen one first."""
    ordered = (profile, *(other for other in PROFILES if other != profile))
    parts: list[tuple[str, str]] = []
    for one in ordered:
        mark, style = VERDICT_MARKS[judgements[one].verdict]
        parts += [(f"{mark} ", style), (f"{one}   ", "text" if one == profile else "dim")]
    return entry(name, *parts)


def nothing(why: str) -> Sequence[Segments]:
    """A tab that has nothing to show says why."""
    return [line(), line(why, "dim")]
