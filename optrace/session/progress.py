"""How far a payment has come over the steps of the protocol (Open Payments, concepts/op-flow)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum

from optrace.session.steps import Step


class Reach(Enum):
    """What became of one stage of the journey."""

    DONE = "done"
    FAILED = "failed"  # tried, and not reached since
    UNSEEN = "unseen"  # a later one was reached, so it must have happened, or wasn't needed
    AHEAD = "ahead"


STAGES = (
    "grant for the incoming payment",
    "incoming payment",
    "grant for the quote",
    "quote",
    "grant for the outgoing payment",
    "consent",
    "continuation",
    "outgoing payment",
)
_CONSENT = 5
_GRANTS = {"incoming-payment": 0, "quote": 2, "outgoing-payment": 4}
_STAGES: Mapping[str, int] = {
    "incoming_payment_create": 1,
    "quote_create": 3,
    "consent_accept": _CONSENT,
    "consent_reject": _CONSENT,
    "interact_finish_request": _CONSENT,
    "finish_redirect": _CONSENT,
    "finish_push": _CONSENT,
    "grant_continue": 6,
    "outgoing_payment_create": 7,
}


def progress(steps: Iterable[Step]) -> tuple[Reach, ...]:
    """What became of each of `STAGES`, from the steps of one payment."""
    reached, rejected = [Reach.AHEAD] * len(STAGES), False
    for step in steps:
        at = _GRANTS.get(step.variant or "") if step.operation == "grant_request" else _STAGES.get(step.operation)
        if at is None or step.in_flight or reached[at] is Reach.DONE:
            continue
        rejected |= step.operation == "consent_reject"  # the browser is sent back all the same
        good = step.status is not None and step.status < 400 and not (rejected and at == _CONSENT)
        reached[at] = Reach.DONE if good else Reach.FAILED
    last = max((at for at, one in enumerate(reached) if one is Reach.DONE), default=-1)
    return tuple(Reach.UNSEEN if at < last and one is Reach.AHEAD else one for at, one in enumerate(reached))
