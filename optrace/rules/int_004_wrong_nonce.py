"""INT-004: The hash was made with a wrong nonce."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.hashes import FINISHES, of_changes
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="INT-004",
    title="The hash was made with a wrong nonce",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("4.2.3"),
    remedy="First line: your own interact.finish.nonce. Second: interact.finish of the answer to the same request.",
    operations=FINISHES,
)
def wrong_nonce(case: Case) -> Iterator[Found]:
    """You see the client give up with "hash verification failed".

    Cause: the two nonces in the wrong order; the AS's nonce taken from `interact.redirect` and not from
    `interact.finish` (in Rafiki they happen to agree); the nonce of another session, or a constant.

    Detected: the hash fits with the nonces exchanged, with one of another pending grant, or with a part of the path of
    `interact.redirect`.

    Source: rafiki packages/auth/src/grant/model.ts, toOpenPaymentPendingGrant.
    """
    yield from of_changes(case, "nonces_", "client_nonce", "as_nonce", "other_request_nonces")
