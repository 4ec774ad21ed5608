"""DIG-003: The body escapes &, < and > as for HTML."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import rewritten
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="DIG-003",
    title="The body escapes &, < and > as for HTML",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Turn HTML escaping off: `SetEscapeHTML(false)` in Go, UnsafeRelaxedJsonEscaping in .NET.",
)
def html_escaped(case: Case) -> Iterator[Found]:
    """You see it fail only when a URL in the body has `&`, such as a finish URI with two parameters, or a text has `<`
    or `>`: AS 401 "invalid signature headers", RS 401 "provided signature is invalid".

    Cause: Go's encoding/json writes \\u0026, \\u003c and \\u003e, and System.Text.Json does likewise. Rafiki takes
    the digest of JSON.stringify(parsed body), which has the characters.

    Detected: the digest fits the bytes sent, and the body has these escapes.

    Source: open-payments-go grant.go, quote.go, incoming_payment.go, outgoing_payment.go.
    """
    yield from rewritten(case, "DIG-003")
