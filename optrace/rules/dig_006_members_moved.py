"""DIG-006: The body has members that JavaScript moves or drops."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import rewritten
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-006",
    title="The body has members that JavaScript moves or drops",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Begin such names with a letter, and use each name once.",
)
def members_moved(case: Case) -> Iterator[Found]:
    """You see AS 401 `invalid_client` "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: members whose names are whole numbers ("2", "10") come first and in ascending order when JavaScript
    writes an object; of a name that is there twice only the last is kept.

    Detected: the digest fits the bytes sent, and the order of members differs after the round trip.
    """
    yield from rewritten(case, "DIG-006")
