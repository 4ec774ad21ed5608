"""Signature headers that belong to another request: made before a retry changed something, or mixed up."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.messages import HttpRequest
from optrace.core.redact import mask_url
from optrace.core.text import safe
from optrace.diagnosis.candidates.change import PLAUSIBLE, RARE, Change, replacing
from optrace.diagnosis.subject import Subject
from optrace.session.rows import Row
from optrace.session.steps import NOTHING
from optrace.signatures.reading import read_signatures
from optrace.signatures.verify import SignatureSeen

_BEFORE, _AFTER = 6, 3  # signed requests on either side
_FAR = 40  # exchanges among which they are sought: under load those of many clients lie between
_REMEDY = (
    "Sign per attempt, after URL, token and body are final; keep no signature headers in a shared client,"
    " and follow no redirects with them."
)


def neighbours(subject: Subject) -> Iterator[Change]:
    """The values of other requests under this list of components, then their whole bases."""
    others = list(other_requests(subject))
    for n, request in others:
        yield Change(
            code="SIG-025",
            slot="lines",
            cost=PLAUSIBLE,
            sentence=f"The signature is that of exchange {n}: {safe(request.method)} {_shown(request)}.",
            remedy=_REMEDY,
            apply=replacing(lines=subject.lines_of(request)),
            related=(n,),
        )
    for n, request in others:
        seen = _signature_input(request)
        if seen is not None:
            yield Change(
                code="SIG-025",
                slot="lines",
                cost=RARE,
                sentence=f"Signature is that of exchange {n}, under a Signature-Input of its own.",
                remedy=_REMEDY,
                apply=replacing(lines=Subject(subject.case, seen, b"").lines_of(request), params=seen.input_text),
                related=(n,),
            )


def other_requests(subject: Subject) -> Iterator[tuple[int, HttpRequest]]:
    """(n, request) of the signed requests around this one, those of its own key and the nearest of them first."""
    case, n, kid = subject.case, subject.case.exchange.n, subject.case.row.kid

    def distance(row: Row) -> tuple[bool, int, int]:
        return row.kid != kid, abs(row.n - n), row.n

    before, after = case.earlier(lambda row: True, limit=_FAR), case.trace.rows_after(n, _FAR)
    near: list[Row] = []
    for rows, most in ((before, _BEFORE), (after, _AFTER)):
        near += sorted((row for row in rows if row.verdicts.signature != NOTHING), key=distance)[:most]
    for row in sorted(near, key=distance):
        view = case.other(row.n)
        if view is not None and "signature-input" in view.request.fields:
            yield row.n, view.request


def _signature_input(request: HttpRequest) -> SignatureSeen | None:
    readings = read_signatures(request.fields)
    if not readings or not readings[0].input_text:
        return None
    reading = readings[0]
    return SignatureSeen(label=reading.label, input_text=reading.input_text, components=reading.components)


def _shown(request: HttpRequest) -> str:
    return safe(mask_url(request.url))[:200]
