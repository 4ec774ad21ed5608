"""SIG-011: keyid isn't in the client's JWKS."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.text import safe
from optrace.diagnosis.case import Case
from optrace.diagnosis.search import searched
from optrace.rules.evidence.signatures import flawed, names, severity, weight
from optrace.rules.rule import Found, rule
from optrace.signatures.keys import KeyState


@rule(
    code="SIG-011",
    title="keyid isn't in the client's JWKS",
    severity=Severity.ERROR,
    flawed=True,
    spec=OpenPayments("identity/client-keys"),
    remedy="Upload the key again, or set KEY_ID to a published kid. Grants signed by a removed key are dead.",
)
def keyid_unknown(case: Case) -> Iterator[Found]:
    """You see AS 400 `invalid_client` "could not determine client"; RS 401 "... could not find key in list of client
    keys", with `clientKeys` and `keyIdInSignature` in its details.

    Cause: the key was removed in the wallet's settings, keyid was typed from another environment, or a URL stands
    for it. It is compared with `kid` letter for letter.

    Detected: the JWKS of the client was seen, and has no such kid. The kids there are listed, the nearest named,
    and all known keys are tried: if one verifies, keyid is a mix-up; if none does, it was removed or never
    uploaded.

    Source: web-monetization-extension 332, 952, src/background/services/openPayments.ts, isKeyRevokedError.
    """
    seen, keys = flawed(case), case.keys
    keyid = seen.params.keyid if seen is not None and seen.params else None
    if seen is None or keyid is None or keys.state is not KeyState.KNOWN or keys.owner == "client.jwk":
        return
    if keys.find(keyid) is not None or keys.find_bad(keyid) is not None or seen.verifies:
        return
    kids = [key.kid for key in keys.keys if key.kid] + [key.kid for key in keys.bad if key.kid]
    detail = f"keyid is {safe(keyid)[:100]}; {keys.owner}/jwks.json has {names(safe(kid)[:60] for kid in kids[:8])}."
    near = next((kid for kid in kids if _plain(kid) == _plain(keyid)), None)
    if near is not None:
        detail += f" It differs from {safe(near)[:100]} only in {_difference(keyid, near)}."
    result = case.once(searched)
    if result is not None and result.proof is not None and result.model is not None:
        key = safe(result.model.key.kid)[:100] or "without kid"
        detail += f" The signature was made with the key {key} of {result.owner}."
        remedy = f'Send keyid="{key}": that is the key in use.'
        proof = result.proof
    else:
        detail += " No key that was seen in this session made the signature."
        remedy, proof = None, None
    yield Found(
        detail=detail, where="keyid", proof=proof, remedy=remedy, weight=weight(case), severity=severity(case)
    )  # fmt: skip


def _plain(kid: str) -> str:
    return "".join(char for char in kid.lower() if char.isalnum())


def _difference(one: str, other: str) -> str:
    if one.lower() == other.lower():
        return "capital letters"
    if "".join(one.split()) == "".join(other.split()):
        return "blanks"
    return "punctuation"
