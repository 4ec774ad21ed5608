"""SIG-011: keyid isn't in the client's JWKS."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.text import safe
from optrace.diagnosis.answers import about_jwks, about_keys
from optrace.diagnosis.case import Case
from optrace.diagnosis.search import searched
from optrace.exchanges.view import client_of, dig, text
from optrace.rules.evidence.signatures import flawed, names, severity, signature, weight
from optrace.rules.rule import Found, Weight, rule
from optrace.signatures.keys import KeyState
from optrace.signatures.profiles.rafiki import keyid_of, node_field


@rule(
    code="SIG-011",
    title="keyid isn't in the client's JWKS",
    severity=Severity.ERROR,
    spec=OpenPayments("identity/client-keys"),
    remedy="Upload the key again, or set KEY_ID to a published kid. Grants signed by a removed key are dead.",
    absorbs=("SIG-026", "SIG-012"),
)
def keyid_unknown(case: Case) -> Iterator[Found]:
    """You see AS 400 `invalid_client` "could not determine client"; RS 401 "... could not find key in list of client
    keys", with `clientKeys` and `keyIdInSignature` in its details.

    Cause: the key was removed in the wallet's settings, keyid was typed from another environment, or a URL stands
    for it. It is compared with `kid` letter for letter.

    Detected: the JWKS of the client was seen, and has no such kid. The kids there are listed, the nearest named,
    and all known keys are tried: if one verifies, keyid is a mix-up; if none does, it was removed or never
    uploaded. Where the signature verifies with a key that was published once, the server's words: the kids in its
    details, or that it finds no key at all, although the JWKS can be read.

    Source: web-monetization-extension 332, 952, src/background/services/openPayments.ts, isKeyRevokedError.
    """
    if case.refused and about_keys(case) and (own := signature(case)) is not None and own.verifies:
        yield from _gone(case)
        return
    if (seen := flawed(case)) is None:
        return
    keys, keyid = case.keys, seen.params.keyid if seen.params else None
    if keyid is None or keys.state is not KeyState.KNOWN or keys.owner == "client.jwk":
        return
    if keys.find(keyid) is not None or keys.find_bad(keyid) is not None or seen.verifies:
        return
    kids = [key.kid for key in keys.keys if key.kid] + [key.kid for key in keys.bad if key.kid]
    detail = f"keyid is {safe(keyid)[:100]}; {keys.owner}/jwks.json has {names(safe(kid)[:60] for kid in kids[:8])}."
    near = next((kid for kid in kids if _plain(kid) == _plain(keyid)), None)
    if near is not None and keyid_of(node_field(case.exchange.request.fields, "signature-input") or "") is None:
        return  # SIG-010: other quotation marks around it
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


def _gone(case: Case) -> Iterator[Found]:
    """The key was published when it was seen here, and the server doesn't find it any more."""
    seen, keys = signature(case), case.keys
    keyid = seen.params.keyid if seen is not None and seen.params else None
    if keyid is None or not keys.owner or keys.state is not KeyState.KNOWN or keys.find(keyid) is None:
        return
    told = dig(case.view.got, "error", "details", "clientKeys")
    if isinstance(told, list):
        kids = [kid for key in told if (kid := text(dig(key, "kid")))]
        there = names(safe(kid)[:60] for kid in kids[:8]) if kids else "no key"
        detail = f"The server found {there} at {safe(keys.owner)}/jwks.json; keyid is {safe(keyid)[:100]}."
        yield Found(detail=f"{detail} The key that it stood for here was removed.", where="keyid", weight=Weight.PROOF)
    elif about_jwks(case) or case.row.operation == "grant_cancel":
        return  # SIG-013, FLO-016
    elif not _client_differs(case, keys.owner):
        detail = f"The signature verifies with the key {safe(keyid)[:100]} of {safe(keys.owner)} as it was seen here;"
        yield Found(
            detail=f"{detail} the server finds no such key: it was removed since, or the JWKS can't be read now.",
            where="keyid",
            bare=True,
        )


def _client_differs(case: Case, owner: str) -> bool:
    """Whether the request writes its client in another way than the wallet address whose keys were seen."""
    client = client_of(case.view)
    return client is not None and client.endswith("/") and not owner.endswith("/")


def _plain(kid: str) -> str:
    return "".join(char for char in kid.lower() if char.isalnum())


def _difference(one: str, other: str) -> str:
    if one.lower() == other.lower():
        return "capital letters"
    if "".join(one.split()) == "".join(other.split()):
        return "blanks"
    return "punctuation"
