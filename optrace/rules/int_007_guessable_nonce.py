"""INT-007: The client's nonce is constant or can be guessed."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig, text
from optrace.rules.rule import Found, Weight, rule

_SHORTEST = 16  # characters
_GRANTS = 500  # the latest ones, among which a repetition is looked for

_NEARBY = 100  # exchanges before, whose payments' ids are compared


@rule(
    code="INT-007",
    title="The client's nonce is constant or can be guessed",
    severity=Severity.RISK,
    weight=Weight.SMELL,
    spec=RFC9635("13.17"),
    remedy="Make a new random nonce for each grant request: crypto.randomUUID(), secrets.token_urlsafe(24).",
    operations=("grant_request",),
)
def guessable_nonce(case: Case) -> Iterator[Found]:
    """You see nothing. Whoever knows the nonce can make a hash that fits, and slip his own interaction in.

    Cause: a fixed word, an order number or a payment's id used as the nonce.

    Detected: `interact.finish.nonce` is the same in another grant request, is shorter than 16 characters, or is an id
    that was seen elsewhere.

    Source: public example code uses the id of the incoming payment; a test of fliqa-io/interledger a fixed word.
    """
    nonce = text(dig(case.view.sent, "interact", "finish", "nonce"))
    if nonce is None:
        return
    other = next(
        (
            grant.n
            for grant in case.grants_before(_GRANTS)
            if grant.client_nonce == nonce and case.trace.row(grant.n).repeats is None
        ),
        None,
    )
    born = case.memory.birth(nonce)
    related: tuple[int, ...] = ()
    if other is not None:
        detail, related = f"The nonce {mask(nonce)} was used in exchange {other} too.", (other,)
    elif len(nonce) < _SHORTEST:
        detail = f"The nonce {mask(nonce)} has {len(nonce)} characters."
    elif born is not None and born < case.exchange.n:
        detail, related = f"The nonce {mask(nonce)} is an id that exchange {born} brought.", (born,)
    elif any(nonce in parse(url).segments for url in _ids(case)):
        detail = f"The nonce {mask(nonce)} is the id of a payment."
    else:
        return
    yield Found(detail=detail, where="interact.finish.nonce", related=related)


def _ids(case: Case) -> Iterator[str]:
    for row in case.earlier(lambda row: row.flow is not None, limit=_NEARBY):
        assert row.flow is not None
        flow = case.memory.flows[row.flow]
        yield from (url for url in (flow.incoming, flow.quote, flow.outgoing) if url)
