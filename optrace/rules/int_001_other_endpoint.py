"""INT-001: The hash was made over another grant endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.hashes import FINISHES, of_changes
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="INT-001",
    title="The hash was made over another grant endpoint",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/hash-verification"),
    remedy="Hash the URL that you posted the grant request to, verbatim; old servers add a slash or drop the tenant.",
    operations=FINISHES,
)
def other_endpoint(case: Case) -> Iterator[Found]:
    """You see the client give up with "hash verification failed", while the server is content.

    Cause: Rafiki up to v1 hashed its origin and a slash; v2.0.0-beta still did, though the grant URL already had a
    tenant; from v2.1.0-beta it hashes the whole URL with tenant and no slash. Old documentation and SDKs have the
    slash wired in. A server whose AUTH_SERVER_URL isn't the URL that wallet addresses publish hashes its own.

    Detected: the hash fits the right nonces and reference over another URL: with or without slash, the origin,
    another scheme or port, the continue URI, a URL that the server shows elsewhere. The one that fits is named.

    Source: web-monetization-extension 1230; rafiki 3728, 1898; open-payments 720.
    """
    yield from of_changes(case, "uri_")
