"""SIG-015: The published key is in plain base64."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import SpecRef
from optrace.diagnosis.answers import about_keys
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import flawed, severity
from optrace.rules.rule import Found, Weight, rule
from optrace.signatures.keys import KeyState


@rule(
    code="SIG-015",
    title="The published key is in plain base64",
    severity=Severity.ERROR,
    flawed=True,
    spec=SpecRef("RFC 8037", "2"),
    remedy="Write `x` in base64url without padding: - for +, _ for /, no = at the end.",
)
def jwk_alphabet(case: Case) -> Iterator[Found]:
    """You see AS 400 "could not determine client", RS 401 "... could not retrieve client keys": Rafiki allows only the
    letters of base64url in `x`.

    Cause: padding, `+` or `/` were kept; the .NET SDK's GenerateJwk does so.

    Detected: `x` has one of these and decodes to 32 bytes all the same.

    Source: open-payments-dotnet OpenPayments.Sdk.HttpSignatureUtils/KeyUtils.cs.
    """
    seen = flawed(case)
    if seen is None or case.keys.state is not KeyState.KNOWN:
        return
    keyid = seen.params.keyid if seen.params else None
    bad = case.keys.find_bad(keyid) if keyid is not None else None
    entries = [seen.key] if seen.key else [bad] if bad is not None else list(case.keys.keys)
    for key in entries:
        problem = next((problem for problem in key.problems if problem.code == "x-base64"), None)
        if problem is not None:
            yield Found(
                detail=f"The key {key.kid} of {case.keys.owner}/jwks.json: {problem.text}.",
                where="keyid",
                weight=Weight.PROOF if about_keys(case) else Weight.SMELL,
                severity=severity(case),
            )
            return
