"""SIG-034: Nothing verifies."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.diagnosis.search import searched
from optrace.diagnosis.signers import fingerprint
from optrace.rules.evidence.signatures import blamed, flawed, severity
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="SIG-034",
    title="Nothing verifies",
    severity=Severity.ERROR,
    flawed=True,
    spec=RFC9421("3.2"),
    remedy="Compare the public key of your private key (`openssl pkey -in KEY.pem -pubout -outform DER | tail -c 32 |"
    " base64`) with the published `x`. If they agree, compare the text that you sign with"
    " `optrace show FILE N -f base`, line by line.",
)
def nothing_verifies(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature".

    Cause: it can't be told from the wire: a private key that nobody published here, a signature that was damaged on
    the way, or a base built in a way that nobody has seen yet.

    Detected: the whole battery of changes, over every known key, found nothing. How many were tried is said, and
    who most likely wrote the signature.
    """
    seen = flawed(case)
    if seen is None or seen.key is None or seen.verifies or "signature" not in case.exchange.request.fields:
        return
    cause = Weight.EXPLAINS if blamed(case) or case.status is None else Weight.SMELL
    if not seen.signature or len(seen.signature) != 64:
        if not seen.signature and seen.label and seen.label != seen.label.lower():
            return  # SIG-006: it isn't read at all under such a name
        size = "no bytes" if not seen.signature else f"{len(seen.signature)} bytes"
        detail = f"The signature has {size}; one by Ed25519 has 64. It was cut, or isn't base64."
        yield Found(detail=detail, where="signature", weight=cause, severity=severity(case))
        return
    result = case.once(searched)
    if result is None or result.proof is not None:
        return
    writer = fingerprint(case.exchange.request, seen)
    detail = (
        f"Most likely the private key isn't that of {safe(seen.key.kid)[:80]}; else the signature was damaged, or"
        f" another text was signed. {result.tried:,} candidates over {result.keys} known"
        f" key{'s' if result.keys != 1 else ''} were tried (other URLs, methods, tokens, fields, parameters, line ends,"
        " hashes, requests nearby), and none verifies."
    )
    if writer:
        detail += f" It looks like the work of {writer}."
    yield Found(detail=detail, where="signature", weight=cause, severity=severity(case))
