"""SIG-003: A slash was added to the path, or taken off."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.core.urls import canonical, parse
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import proven
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-003",
    title="A slash was added to the path, or taken off",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9421("2.2.2"),
    remedy="Use the URLs that servers give out byte for byte.",
)
def trailing_slash(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature", or 404, after URLs were "cleaned".

    Cause: a helper appends / to every URL (Fliqa's Java client to any without a query, the PHP SDK to grant and
    continue URLs), a base URL and a path are joined with two, or a router strips it after signing.

    Detected: the signature verifies with one slash added to the path or taken off. As a warning, also where it
    verifies as it is: the request went to a URL that was given out with or without the slash.

    Source: fliqa-io/interledger SignatureRequestBuilder.java, prepareTarget; open-payments-php
    lib/Services/GrantService.php.
    """
    found = list(proven(case, "SIG-003"))
    yield from found
    if found:
        return
    used = case.view.url.partition("?")[0]
    if case.status in (404, 405) and "//" in parse(used).path and "signature-input" in case.exchange.request.fields:
        detail = f"The path has two slashes in a row: {parse(used).path}; the server has no such route."
        remedy = "Join base URL and path with one slash: one of them brings its own."
        yield Found(detail=detail, where="url", remedy=remedy, weight=Weight.EXPLAINS)
        return
    for given, what, n in _given_out(case):
        if given != used and given.rstrip("/") == used.rstrip("/") and canonical(given) == canonical(used):
            yield Found(
                detail=f"The request went to {used}; {what} was given out as {given} in exchange {n}.",
                where="@target-uri",
                related=(n,),
                severity=Severity.WARN,
                weight=Weight.EXPLAINS if case.status == 404 else Weight.SMELL,
            )
            return


def _given_out(case: Case) -> Iterator[tuple[str, str, int]]:
    """(URL, what it is, exchange) of the URLs that this request may have meant."""
    grant, operation = case.grant, case.row.operation
    if grant is None:
        return
    if operation.startswith("grant_") and grant.continue_uri:
        yield grant.continue_uri, "continue.uri", grant.n
    if operation.startswith("token_"):
        for token in grant.tokens:
            if token.manage:
                yield token.manage, "manage", token.born
