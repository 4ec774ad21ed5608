"""SIG-025: The signature headers belong to another request."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.messages import HttpRequest
from optrace.core.redact import mask_url
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import perfect, proven, severity, signature, weight
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-025",
    title="The signature headers belong to another request",
    severity=Severity.ERROR,
    flawed=True,
    weight=Weight.PROOF,
    spec=RFC9421("3.1"),
    remedy="Sign per attempt, after URL, token and body are final, and follow no redirects with old signatures.",
)
def of_another_request(case: Case) -> Iterator[Found]:
    """You see 401 now and then, under load or after retries.

    Cause: a client that is shared and mutable; a retry that changed the URL, the token or the body and kept the old
    headers; a redirect that was followed with them.

    Detected: the signature verifies over the values of a request nearby, or its value is that of an earlier request
    whose covered content differs.

    Source: the mutable BaseUrl of open-payments-dotnet OpenPayments.Sdk/Clients/ResourceClientBase.cs.
    """
    if perfect(case):
        return
    found = list(proven(case, "SIG-025"))
    yield from found
    n = case.row.repeats
    earlier = case.other(n) if n is not None and not found else None
    if n is None or earlier is None:
        return
    seen = signature(case)
    covered = frozenset(component.name.lower() for component in seen.components) if seen is not None else frozenset()
    differing = list(_differences(earlier.request, case.exchange.request, covered))
    if differing:
        yield Found(
            detail=f"The signature is that of exchange {n}; since then {' and '.join(differing)} changed.",
            where="signature",
            related=(n,),
            weight=max(Weight.EXPLAINS, weight(case)),  # what changed since is the nearer cause
            severity=severity(case),
        )


def _differences(before: HttpRequest, after: HttpRequest, covered: frozenset[str]) -> Iterator[str]:
    """What a signature covers and what changed since it was made; what it doesn't cover may change."""
    if before.method != after.method and "@method" in covered:
        yield f"the method (was {before.method})"
    if before.url != after.url and "@target-uri" in covered:
        yield f"the URL (was {mask_url(before.url)})"
    if before.body != after.body and "content-digest" in covered:
        yield "the body"
    for name in ("authorization", "content-type", "content-digest"):
        if name in covered and before.fields.combined(name) != after.fields.combined(name):
            yield name
