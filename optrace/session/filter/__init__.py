"""The filter of the screen and of lists.

    sig:fail or status:>=400            fields and comparisons; `or`, `and`, parentheses; side by side means `and`
    op:quote -role:client               `-`, `!` and `not` turn a term round
    status:401,403  slow:1s..2s         alternatives and ranges
    profile:rafiki≠rfc                  the verdicts of two profiles differ (`!=` too)
    invalid_client "alice cooper"       words search everywhere: headers, decoded bodies, ids, findings, notes
    ~m POST & !~s | ~bq quoteId         mitmproxy's expressions about HTTP
    @refused payment:2                  a saved filter, and more

Upper and lower case don't matter in words. `fields.py` lists the fields, `http.py` the expressions after `~`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from optrace.session.filter.fields import EXAMPLES, FIELDS
from optrace.session.filter.mistakes import WrongFilter
from optrace.session.filter.nodes import Node
from optrace.session.filter.parse import Parser
from optrace.session.filter.subject import Subject
from optrace.session.steps import DEFAULT_PROFILE, Step

__all__ = ["EXAMPLES", "FIELDS", "Filter", "Node", "Subject", "WrongFilter", "parse_filter", "parse_unfinished"]

_NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Filter:
    """What a filter text means; an empty one lets everything through."""

    text: str
    node: Node | None = None

    def __bool__(self) -> bool:
        return self.node is not None

    def __str__(self) -> str:
        return "" if self.node is None else str(self.node)

    def matches(self, found: Step | Subject) -> bool:
        """Whether an exchange passes. Of a bare step, only what is understood can be looked at."""
        return self.node is None or self.node.matches(Subject(found) if isinstance(found, Step) else found)


def parse_filter(text: str, *, profile: str = DEFAULT_PROFILE, saved: Mapping[str, str] = _NONE) -> Filter:
    """Read a filter text.

    Args:
        profile: whose verdicts `sig:`, `digest:`, `hash:` and `mark:` mean.
        saved: texts by name, for `@name`.

    Raises:
        WrongFilter: it can't be read; says where, and what was meant.
    """
    return Filter(text, Parser(text, profile, saved).read())


def parse_unfinished(text: str, *, profile: str = DEFAULT_PROFILE, saved: Mapping[str, str] = _NONE) -> Filter:
    """Read a filter that is still being typed: what is open at its end is taken as closed there.

    Raises:
        WrongFilter: that alone doesn't mend it.
    """
    while True:
        try:
            return parse_filter(text, profile=profile, saved=saved)
        except WrongFilter as error:
            if not error.missing:
                raise
            text += error.missing
