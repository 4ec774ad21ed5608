"""The reference verifier (@interledger/http-signature-utils 2.0.3, as Rafiki feeds it), to the letter.

It works on text, not on structured fields: everything after `sig1=` up to the first `;` is the list, names are split at
spaces, the params line is the whole Signature-Input without the first `sig1=`, and base64 is whatever Node makes of it.
So it takes what RFC 9421 refuses (names without quotes, values without colons, `expires` long past) and refuses what
RFC 9421 allows (other labels, component parameters, a second signature, other derived components).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from optrace.core.fields import Fields
from optrace.core.findings import Check, Judgement, Verdict
from optrace.core.messages import HttpRequest
from optrace.core.text import safe
from optrace.signatures.case import Case, conclude
from optrace.signatures.components import target_uri
from optrace.signatures.keys import Key, KeyState

_LABEL = "sig1="
_KEYID = ';keyid="'
_TO_STRIP = str.maketrans("", "", '()"')
_BYTES = re.compile(r":([A-Za-z0-9+/]+={0,2}):")
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
# fields of which Node keeps the first line only
_SINGLE = frozenset(
    {
        "age",
        "authorization",
        "content-length",
        "content-type",
        "etag",
        "expires",
        "from",
        "host",
        "if-modified-since",
        "if-unmodified-since",
        "last-modified",
        "location",
        "max-forwards",
        "proxy-authorization",
        "referer",
        "retry-after",
        "server",
        "user-agent",
    }
)
_JOINERS = {"cookie": "; ", "set-cookie": ","}
# what a field name finds in a JavaScript object that has no such field
_INHERITED = {"constructor": "function Object() { [native code] }", "__proto__": "[object Object]"}
_UNREADABLE = frozenset({"x-spki", "x-hex"})  # pass the schema of the JWKS, and Node refuses them


def judge(case: Case) -> Judgement:
    """Would Rafiki accept this request? Its stages in order; later ones are judged although earlier ones fail."""
    if not isinstance(case.message, HttpRequest):
        return Judgement(verdict=Verdict.NONE)
    return conclude(_checks(case, case.message))


def components_of(inputs: str) -> tuple[str, ...] | None:
    """The covered names: the text after `sig1=` up to the first `;`, split at spaces, without `( ) "`."""
    _, label, rest = inputs.partition(_LABEL)
    return _names(rest.partition(_LABEL)[0].partition(";")[0]) if label else None


@lru_cache(maxsize=256)
def _names(text: str) -> tuple[str, ...]:
    return tuple(name.translate(_TO_STRIP) for name in text.split(" "))


def keyid_of(inputs: str) -> str | None:
    """The keyid: the first piece between semicolons that starts with `keyid="`, without its last character."""
    _, found, rest = f";{inputs}".partition(_KEYID)
    return rest.partition(";")[0][:-1] or None if found else None


def node_field(fields: Fields, name: str) -> str | None:
    """A field as Node gives it to a server: some fields keep their first line only, others are joined."""
    lines = fields.get_all(name)
    if not lines:
        return None
    if len(lines) == 1 or name in _SINGLE:
        return lines[0].strip(" \t\r\n")
    return _JOINERS.get(name, ", ").join(line.strip(" \t\r\n") for line in lines)


def node_base64(text: str) -> bytes:
    """`Buffer.from(text, 'base64')`: both alphabets, strangers skipped, `=` ends it, a lone last letter is dropped."""
    if (match := _BYTES.fullmatch(text)) and len(match[1]) % 4 == 0:  # as it should be
        return binascii.a2b_base64(match[1])
    letters = _NOT_BASE64.sub("", text.partition("=")[0].replace("-", "+").replace("_", "/"))
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + "=" * (-len(letters) % 4))


def verifier_base(request: HttpRequest, components: tuple[str, ...], inputs: str) -> bytes:
    """The bytes over which it verifies. A field that isn't there has the value `undefined`."""
    lines = []
    for name in components:
        own = _OWN.get(name)
        value = own(request) if own else node_field(request.fields, name)
        if value is None:
            value = _INHERITED.get(name, "undefined")
        lines.append(f'"{name}": {value}\n')
    lines.append(f'"@signature-params": {inputs.replace(_LABEL, "", 1)}')
    return "".join(lines).encode("utf-8", "surrogatepass")


def _checks(case: Case, request: HttpRequest) -> tuple[Check, ...]:
    inputs, signature = node_field(request.fields, "signature-input"), node_field(request.fields, "signature")
    if not inputs or not signature:
        missing = "Signature" if inputs else "Signature-Input"
        return (_failed("headers", f"{missing} is missing", "Signature and Signature-Input", None),)
    components = components_of(inputs)
    if components is None:
        got = safe(inputs.partition("=")[0])
        return (_failed("label", "there is no label sig1 in Signature-Input", "sig1", got),)
    checks = _coverage(components, bool(node_field(request.fields, "authorization")))
    if "content-digest" in components:
        checks += (_digest(case, request),)
    keyid = keyid_of(inputs)
    if keyid is None:
        expected = ';keyid="…" with nothing in between'
        detail = "no piece of Signature-Input between semicolons starts with keyid"
        return (*checks, _failed("keyid", detail, expected, None))
    key, check = _key(case, request, keyid)
    checks += (_passed("keyid", _KEYID_EXPECTED, keyid), check)
    return checks if key is None else (*checks, _signature(case, request, components, inputs, signature, key))


@lru_cache(maxsize=256)
def _coverage(components: tuple[str, ...], authorized: bool) -> tuple[Check, ...]:
    checks = [_LABEL_OK]
    upper = next((name for name in components if name != name.lower()), None)
    if upper is not None:
        checks.append(
            _failed("names", f"the component name {safe(upper)} is not in lower case", "lower case", safe(upper))
        )
    for name in ("@method", "@target-uri", "authorization"):
        if name in components:
            checks.append(_COVERED[name])
        elif name != "authorization" or authorized:
            checks.append(_failed(f"covers {name}", f"the signature doesn't cover {name}", name, None))
    return tuple(checks)


def _digest(case: Case, request: HttpRequest) -> Check:
    for name in ("content-digest", "content-length", "content-type"):
        if not node_field(request.fields, name):
            return _failed(name, f"content-digest is covered, and the field {name} is missing", name, None)
    digest = case.digest["rafiki"]
    if digest.verdict is Verdict.PASS:
        return _DIGEST_OK
    return replace(_DIGEST_OK, verdict=digest.verdict, detail=digest.reason)


def _key(case: Case, request: HttpRequest, keyid: str) -> tuple[Key | None, Check]:
    keys = case.keys
    if keys.state is not KeyState.KNOWN:
        verdict = Verdict.UNCHECKED if keys.state is KeyState.UNSEEN else Verdict.FAIL
        return None, Check(name="key", verdict=verdict, got=safe(keyid), detail=keys.reason or "the keys were not seen")
    if keys.schema_error is not None:
        return None, _failed("key", f"Rafiki refuses the client's JWKS: {keys.schema_error}", None, safe(keyid))
    key = keys.find(keyid)
    if key is None and keys.owner == "client.jwk" and keys.keys and "authorization" not in request.fields:
        key = keys.keys[0]  # the AS takes the key of the grant request as it is; only the RS compares `kid`
    if key is None:
        if bad := keys.find_bad(keyid):
            return None, _failed("key", f"the key can't be used: {bad.reason}", None, safe(keyid))
        expected = ", ".join(safe(known.kid) for known in keys.keys[:10]) or None
        return None, _failed("key", "keyid is not in the client's JWKS", expected, safe(keyid))
    if problem := next((problem for problem in key.problems if problem.code in _UNREADABLE), None):
        return None, _failed("key", f"the key can't be imported: {problem.text}", None, safe(keyid))
    return key, _known(keys.owner, key.kid)


def _signature(
    case: Case, request: HttpRequest, components: tuple[str, ...], inputs: str, text: str, key: Key
) -> Check:
    if _reads_alike(case, request, components, key):
        return _SIGNATURE_OK
    base = verifier_base(request, components, inputs)
    signature = node_base64(text.replace(_LABEL, "", 1))
    if case.mathematics.verify(_public(key), "ed25519", base, signature):
        return _SIGNATURE_OK
    undefined = next(
        (name for name in components if name not in _OWN and node_field(request.fields, name) is None), None
    )
    if len(signature) != 64:
        detail = f"the signature is {len(signature)} bytes long, not 64"
    elif undefined is not None:
        detail = f"the signature is not right: {safe(undefined)} is looked up as a field, and there is none"
    else:
        detail = "the signature is not right for the text that Rafiki rebuilds"
    return _failed("signature", detail, _SIGNATURE_OK.expected, f"{len(signature)} bytes")


def _reads_alike(case: Case, request: HttpRequest, components: tuple[str, ...], key: Key) -> bool:
    """Whether the one signature verifies by RFC 9421, and is written so that `verifier_base` can't differ from it."""
    seen = case.signatures[0]
    return (
        seen.canonical
        and seen.valid is True
        and seen.label == "sig1"
        and seen.key is key
        and key.algorithm == "ed25519"
        and "d" not in key.jwk
        and len(seen.components) == len(components)  # an empty list has one empty name for Rafiki
        and seen.components.derived <= _OWN.keys()
        and request.fields.plain
    )


def _public(key: Key) -> Any:
    """Node reads a JWK with `d` as the private key, whatever its `x` says."""
    private = key.jwk.get("d")
    if not isinstance(private, str) or not private:
        return key.public
    raw = node_base64(private)
    return Ed25519PrivateKey.from_private_bytes(raw).public_key() if len(raw) == 32 else None


@lru_cache(maxsize=256)
def _passed(name: str, expected: str, got: str) -> Check:
    return Check(name=name, verdict=Verdict.PASS, expected=expected, got=safe(got))


@lru_cache(maxsize=256)
def _known(owner: str, kid: str) -> Check:
    return _passed("key", f"known to {owner}", kid)


def _failed(name: str, detail: str, expected: str | None, got: str | None) -> Check:
    return Check(name=name, verdict=Verdict.FAIL, expected=expected, got=got, detail=detail)


_OWN: Mapping[str, Callable[[HttpRequest], str]] = {
    "@method": lambda request: request.method,
    "@target-uri": target_uri,
}
_KEYID_EXPECTED = 'a piece of Signature-Input between semicolons starts with keyid="'
_DIGEST_OK = Check(name="content-digest", verdict=Verdict.PASS, expected="of JSON.stringify(JSON.parse(body))")
_LABEL_OK = Check(name="label", verdict=Verdict.PASS, expected="sig1", got="sig1")
_SIGNATURE_OK = Check(name="signature", verdict=Verdict.PASS, expected="Ed25519 over the text that Rafiki rebuilds")
_COVERED = {
    name: Check(name=f"covers {name}", verdict=Verdict.PASS, expected=name, got=name)
    for name in ("@method", "@target-uri", "authorization")
}
