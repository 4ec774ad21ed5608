"""SIG-026: It is valid here, and was rejected there."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity, Verdict
from optrace.core.specs import OpenPayments
from optrace.diagnosis.answers import about_signature
from optrace.diagnosis.case import Case
from optrace.diagnosis.hypotheses import hypotheses
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="SIG-026",
    title="It is valid here, and was rejected there",
    severity=Severity.INFO,
    weight=Weight.HYPOTHESIS,
    spec=OpenPayments("identity/http-signatures"),
    remedy="Compare what the server got with what is recorded here: scheme, Host, path, Content-Type, Content-Length.",
    outcomes=(Outcome.REFUSED,),
)
def valid_here(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature", and the signature on the recorded bytes verifies with the published key,
    strictly and as Rafiki does it.

    Cause: something between optrace and the server changed method, URL, Host, Content-Type, Content-Length or the
    body; or the server rebuilds the URL with another scheme; or it knows an older key. None of this can be proved
    from here.

    Detected: both verdicts pass and the server's words are about the signature. Listed are the views of a server
    under which this signature fails, the likeliest first.

    Source: rafiki 3239.
    """
    verdicts = case.row.verdicts.signature
    if verdicts.rfc is not Verdict.PASS or verdicts.rafiki is not Verdict.PASS:
        return
    if case.row.verdicts.digest.rafiki not in (Verdict.PASS, Verdict.NONE):
        return
    if not about_signature(case):
        return
    views = hypotheses(case)
    listed = "; ".join(f"({n}) {one.view}" for n, one in enumerate(views, 1))
    yield Found(
        detail=f"The signature, the digest and the key are right on the recorded bytes. The server may see: {listed}.",
        where="signature",
        remedy=" ".join(dict.fromkeys(one.remedy for one in views[:3])) or None,
    )
