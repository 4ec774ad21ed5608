"""SIG-037: keyid isn't the kid of client.jwk."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import severity, signature
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-037",
    title="keyid isn't the kid of client.jwk",
    severity=Severity.ERROR,
    spec=RFC9635("2.3"),
    remedy="Sign every request of this grant with keyid equal to the `kid` of `client.jwk`.",
)
def directed_identity(case: Case) -> Iterator[Found]:
    """You see nothing at the AS, which takes the key of the grant request as it is; later the RS answers 401
    "... invalid key id".

    Cause: the client names itself by a key (`client.jwk`), and signs under another keyid.

    Detected: `keyid` of the grant request, or of a later request of this grant, differs from the `kid` there.
    """
    if case.row.key_owner != "client.jwk" or case.grant is None or case.grant.client_jwk is None:
        return
    kid = case.grant.client_jwk.get("kid")
    seen = signature(case)
    keyid = seen.params.keyid if seen is not None and seen.params else None
    if keyid is None or kid == keyid:
        return
    shown = safe(str(kid))[:100] if kid is not None else "missing"
    said = "key id" in case.description.lower() or "keyid" in case.description.lower()
    yield Found(
        detail=f"keyid is {safe(keyid)[:100]}; the kid of client.jwk is {shown}.",
        where="keyid",
        related=(case.grant.n,) if case.grant.n != case.exchange.n else (),
        weight=Weight.PROOF if said else Weight.EXPLAINS if case.refused else Weight.SMELL,
        severity=severity(case),
    )
