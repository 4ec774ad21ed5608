"""What may stand on the line of `@method`."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.text import safe
from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, SEEN, Change, setting
from optrace.diagnosis.subject import Subject

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def method(subject: Subject) -> Iterator[Change]:
    """The same method in other letters, then other methods."""
    if not any(component.name == "@method" for component in subject.seen.components):
        return
    sent = subject.request.method
    for cost, other in ((COMMON, sent.lower()), (SEEN, sent.upper()), (SEEN, sent.capitalize())):
        if other != sent:
            yield Change(
                code="SIG-022",
                slot="lines.method",
                cost=cost,
                sentence=f"The method was signed as `{safe(other)}`; {safe(sent)} was sent.",
                remedy=f"Put the method into the base as it is sent, {safe(sent)}; some frameworks hand out `post`.",
                apply=setting("@method", other),
            )
    for other in _METHODS:
        if other != sent.upper():
            yield Change(
                code="SIG-025",
                slot="lines.method",
                cost=PLAUSIBLE,
                sentence=f"The method {other} was signed; {safe(sent)} was sent.",
                remedy="Sign each request for itself; follow no redirects, which may turn POST into GET.",
                apply=setting("@method", other),
            )
