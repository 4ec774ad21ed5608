"""SIG-005: The URL was signed with another host, port or path prefix."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-005",
    title="The URL was signed with another host, port or path prefix",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("2.2.2"),
    remedy="Send in Host, port included, what stands in the URL that is signed; keep Host as it is at each proxy.",
)
def other_host(case: Case) -> Iterator[Found]:
    """You see 401 on localhost, on ports other than 443, or behind a gateway only.

    Cause: the server rebuilds the URL from `Host`. The PHP client drops the port there; reverse proxies replace the
    name; gateways cut a prefix of the path.

    Detected: the signature verifies with the connection's own authority, with a port more or less, with another
    host of this session, or with the path before the gateway.

    Source: open-payments-php lib/ApiClient.php, generateHttpSignature.
    """
    yield from proven(case, "SIG-005", "NET-001")
