"""The end of an interaction (RFC 9635 §4.2): what comes back to the client, and the hash that protects it.

The hash binds the interaction to the grant request: H over the client's nonce, the AS's nonce, the interaction
reference and the grant endpoint's URI, one a line, LF between them and none at the end (§4.2.3). RFC 9635 sends it as
base64url without padding; Rafiki, and the code in Open Payments' documentation, as padded standard base64. So the
bytes are compared, and the encoding is a note.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from optrace.core.findings import NOTHING_TO_CHECK, PROFILES, Check, Judgement, Judgements, Verdict
from optrace.core.specs import RFC9635, OpenPayments
from optrace.core.text import safe

DEFAULT_METHOD = "sha-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """What a finish redirect brings: a hash with a reference, or Rafiki's `result` with a message."""

    hash: str | None = None  # form-decoded
    interact_ref: str | None = None
    result: str | None = None
    message: str | None = None


def read_finish(parameters: Iterable[tuple[str, str]]) -> Finish | None:
    """The finish in a query's form-decoded (name, value) pairs. None: nothing of it there.

    The last of several counts: the AS sets its parameters on a URI that may have had some of the same name.
    """
    found = {name: value for name, value in parameters if name in {"hash", "interact_ref", "result", "message"}}
    return Finish(**found) if found.keys() & {"hash", "interact_ref", "result"} else None


# --- methods and encodings ------------------------------------------------------------------------------------------


def _cut(bits: int) -> Callable[[bytes], bytes]:
    return lambda base: hashlib.sha256(base).digest()[: bits // 8]


# IANA Named Information Hash Algorithm Registry, as far as hashlib goes (k12-256 and k12-512 are missing)
METHODS: Mapping[str, Callable[[bytes], bytes]] = {
    "sha-256": lambda base: hashlib.sha256(base).digest(),
    "sha-256-128": _cut(128),
    "sha-256-120": _cut(120),
    "sha-256-96": _cut(96),
    "sha-256-64": _cut(64),
    "sha-256-32": _cut(32),
    "sha-384": lambda base: hashlib.sha384(base).digest(),
    "sha-512": lambda base: hashlib.sha512(base).digest(),
    "sha3-224": lambda base: hashlib.sha3_224(base).digest(),
    "sha3-256": lambda base: hashlib.sha3_256(base).digest(),
    "sha3-384": lambda base: hashlib.sha3_384(base).digest(),
    "sha3-512": lambda base: hashlib.sha3_512(base).digest(),
    "blake2s-256": lambda base: hashlib.blake2s(base).digest(),
    "blake2b-256": lambda base: hashlib.blake2b(base, digest_size=32).digest(),
    "blake2b-512": lambda base: hashlib.blake2b(base).digest(),
}

_HEX_LENGTHS = frozenset(2 * len(method(b"")) for method in METHODS.values())
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+", re.ASCII)
_BASE64 = re.compile(r"[A-Za-z0-9+/]+(={0,2})", re.ASCII)
_BASE64URL = re.compile(r"[A-Za-z0-9\-_]+(={0,2})", re.ASCII)


def to_bytes(text: str) -> bytes:
    """Text of a message as bytes: ASCII where it is as it should be, UTF-8 else."""
    return text.encode("utf-8", "surrogatepass")


def hash_base(client_nonce: str, as_nonce: str, interact_ref: str, grant_url: str) -> bytes:
    """The bytes that are hashed (RFC 9635 §4.2.3)."""
    return to_bytes(f"{client_nonce}\n{as_nonce}\n{interact_ref}\n{grant_url}")


def compute(base: bytes, method: str | None = None) -> bytes | None:
    """The hash of a base by an IANA method name; sha-256 if none is given, None if the method isn't known here."""
    function = METHODS.get(DEFAULT_METHOD if method is None else method.lower())
    return function(base) if function else None


def to_base64url(digest: bytes) -> str:
    """The encoding of RFC 9635: base64url without padding."""
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def to_base64(digest: bytes) -> str:
    """The encoding of Rafiki: standard base64 with padding."""
    return base64.b64encode(digest).decode("ascii")


def decode_hash(text: str) -> tuple[bytes, str] | None:
    """The bytes of a hash and the id of its encoding, or None if it is in none.

    The ids are `base64url`, `base64url_padded`, `base64`, `base64_unpadded`, `base64_space` (standard base64 whose plus
    signs became spaces in form-decoding) and `hex`. Text that fits both alphabets counts as base64 with padding, and as
    base64url without. Stray bits after the last byte are no encoding: another text would stand for the same bytes.
    """
    if len(text) in _HEX_LENGTHS and _HEX.fullmatch(text):
        return bytes.fromhex(text), "hex"
    standard, url = _BASE64.fullmatch(text), _BASE64URL.fullmatch(text)
    if url and not (standard and url[1]):
        digest = _b64(text.replace("-", "+").replace("_", "/"))
        encoding = "base64url_padded" if url[1] else "base64url"
    elif standard:
        digest, encoding = _b64(text), "base64" if standard[1] else "base64_unpadded"
    elif " " in text and _BASE64.fullmatch(text.replace(" ", "+")):
        digest, encoding = _b64(text.replace(" ", "+")), "base64_space"
    else:
        return None
    return None if digest is None else (digest, encoding)


def _b64(text: str) -> bytes | None:
    bare = text.rstrip("=")
    try:
        digest = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    canonical = to_base64(digest)
    return digest if text in (canonical, canonical.rstrip("=")) else None


ENCODINGS: Mapping[str, str] = {
    "base64url": "base64url without padding (RFC 9635)",
    "base64url_padded": "base64url with padding",
    "base64": "standard base64 with padding (Rafiki)",
    "base64_unpadded": "standard base64 without padding",
    "base64_space": "standard base64 whose plus signs became spaces on the way",
    "hex": "hexadecimal digits, which no specification allows",
}

# --- the verdict ----------------------------------------------------------------------------------------------------

_SPECS = {
    "rfc": RFC9635("4.2.3"),
    "open-payments": OpenPayments("identity/hash-verification"),
    "rafiki": OpenPayments("identity/hash-verification"),
}


def judge_hash(
    received: str | None,
    *,
    client_nonce: str | None,
    as_nonce: str | None,
    interact_ref: str | None,
    grant_url: str | None,
    hash_method: str | None = None,
    continue_uri: str | None = None,
    known_urls: Iterable[str] = (),
) -> Judgements:
    """Whether the hash of a finish is right, for each profile.

    `rfc` and `open-payments`: the decoded bytes agree with the grant URL that the client used. `rafiki`: the text is
    what Rafiki would send, sha-256 whatever was asked for, over its configured URL and the tenant. Where the bytes
    agree in a form that the profile doesn't use, the verdict is "differs".

    Args:
        received: `hash` of the query, form-decoded, or of the push body; None if it isn't there.
        client_nonce: `interact.finish.nonce` of the grant request; None if not seen, as for the next three.
        as_nonce: `interact.finish` of the answer.
        interact_ref: as received with the hash.
        grant_url: the URL of the grant request, exactly as the client used it.
        hash_method: `interact.finish.hash_method` of the request.
        continue_uri: `continue.uri` of the answer: it shows what Rafiki believes to be its own URL.
        known_urls: other grant URLs of this AS, to name the one that was hashed.
    """
    if received is None and interact_ref is None:
        return NOTHING_TO_CHECK
    if received is None:
        return _all(Verdict.FAIL, "the finish has an interact_ref and no hash")
    values = {
        "the client's nonce": client_nonce,
        "the AS's nonce": as_nonce,
        "interact_ref": interact_ref,
        "the grant request's URL": grant_url,
    }
    unseen = [name for name, value in values.items() if value is None]
    if client_nonce is None or as_nonce is None or interact_ref is None or grant_url is None:
        return _all(Verdict.UNCHECKED, f"not seen in this recording: {', '.join(unseen)}")
    lines = (client_nonce, as_nonce, interact_ref)
    by_rfc = _judge_bytes(received, lines, grant_url, hash_method, [*rafiki_urls(grant_url, continue_uri), *known_urls])
    return {
        "rfc": _with_spec(by_rfc, "rfc"),
        "open-payments": _with_spec(by_rfc, "open-payments"),
        "rafiki": _with_spec(_judge_rafiki(received, lines, grant_url, continue_uri), "rafiki"),
    }


def rafiki_urls(grant_url: str, continue_uri: str | None) -> tuple[str, ...]:
    """The URLs that Rafiki may have hashed: `{AUTH_SERVER_URL}/{tenant}`, never with a slash at the end.

    First the URL that the client used, then the same path at the origin of `continue.uri`: Rafiki builds that from
    AUTH_SERVER_URL, which may differ from the URL that wallet addresses publish.
    """
    urls = [grant_url.rstrip("/")]
    if continue_uri is not None:
        try:
            own, used = urlsplit(continue_uri), urlsplit(grant_url)
        except ValueError:  # brackets that aren't an IPv6 address
            return tuple(urls)
        base = own.path.rpartition("/continue/")[0]
        tenant = used.path.rstrip("/").rpartition("/")[2]
        for path in (used.path.rstrip("/"), f"{base}/{tenant}".rstrip("/")):
            if (url := f"{own.scheme}://{own.netloc}{path}") not in urls:
                urls.append(url)
    return tuple(urls)


def _judge_bytes(
    received: str, lines: tuple[str, str, str], grant_url: str, method: str | None, others: Iterable[str]
) -> Judgement:
    name = method or DEFAULT_METHOD
    expected = compute(hash_base(*lines, grant_url), name)
    if expected is None:
        reason = f"the hash method {safe(name[:40])!r} isn't one that optrace can compute"
        check = Check(name="hash method", verdict=Verdict.UNCHECKED, expected=", ".join(METHODS), got=safe(name[:40]))
        return Judgement(verdict=Verdict.UNCHECKED, reason=reason, checks=(check,))
    checks = [Check(name="hash method", verdict=Verdict.PASS, got=name)]
    decoded = decode_hash(received)
    wanted = to_base64url(expected)
    if decoded is None or decoded[1] == "hex":
        got = ENCODINGS["hex"] if decoded else "no base64"
        checks.append(Check(name="hash encoding", verdict=Verdict.FAIL, expected=ENCODINGS["base64url"], got=got))
        checks.append(Check(name="hash", verdict=Verdict.FAIL, expected=wanted, got=_shown(received)))
        return Judgement(verdict=Verdict.FAIL, reason=f"the hash is {got}", checks=tuple(checks))
    digest, encoding = decoded
    form = Verdict.PASS if encoding == "base64url" else Verdict.DIFFERS
    checks.append(Check(name="hash encoding", verdict=form, expected=ENCODINGS["base64url"], got=ENCODINGS[encoding]))
    if digest == expected:
        checks.append(Check(name="hash", verdict=Verdict.PASS, expected=wanted, got=to_base64url(digest)))
        if encoding == "base64_space":
            reason = "the hash is right but for plus signs that became spaces on the way"
            return Judgement(verdict=Verdict.DIFFERS, reason=reason, checks=tuple(checks))
        return Judgement(verdict=Verdict.PASS, checks=tuple(checks))
    detail = next((f"it fits {_shown(url)}" for url in others if compute(hash_base(*lines, url), name) == digest), None)
    checks.append(Check(name="hash", verdict=Verdict.FAIL, expected=wanted, got=to_base64url(digest), detail=detail))
    reason = "the hash doesn't fit the nonces, the reference and the grant URL that the client used"
    if detail:
        reason += f"; {detail}"
    return Judgement(verdict=Verdict.FAIL, reason=reason, checks=tuple(checks))


def _judge_rafiki(received: str, lines: tuple[str, str, str], grant_url: str, continue_uri: str | None) -> Judgement:
    urls = rafiki_urls(grant_url, continue_uri)
    digests = {url: hashlib.sha256(hash_base(*lines, url)).digest() for url in urls}
    for url, digest in digests.items():
        if received == to_base64(digest):
            check = Check(
                name="hash", verdict=Verdict.PASS, expected=received, got=received, detail=f"over {_shown(url)}"
            )
            return Judgement(verdict=Verdict.PASS, checks=(check,))
    wanted = to_base64(digests[urls[0]])
    decoded = decode_hash(received)
    if decoded and decoded[1] != "hex":
        for url, digest in digests.items():
            if decoded[0] == digest:
                reason = (
                    f"the bytes are right, but in {ENCODINGS[decoded[1]]}; Rafiki sends standard base64 with padding"
                )
                check = Check(
                    name="hash",
                    verdict=Verdict.DIFFERS,
                    expected=to_base64(digest),
                    got=_shown(received),
                    detail=f"over {_shown(url)}",
                )
                return Judgement(verdict=Verdict.DIFFERS, reason=reason, checks=(check,))
    check = Check(
        name="hash", verdict=Verdict.FAIL, expected=wanted, got=_shown(received), detail=f"over {_shown(urls[0])}"
    )
    return Judgement(verdict=Verdict.FAIL, reason="this isn't the hash that Rafiki would send", checks=(check,))


def _shown(text: str) -> str:
    return safe(text[:200])


def _all(verdict: Verdict, reason: str) -> Judgements:
    return {
        profile: Judgement(
            verdict=verdict, reason=reason, checks=(Check(name="hash", verdict=verdict, spec=_SPECS[profile]),)
        )
        for profile in PROFILES
    }


def _with_spec(judgement: Judgement, profile: str) -> Judgement:
    checks = tuple(
        Check(
            name=check.name,
            verdict=check.verdict,
            expected=check.expected,
            got=check.got,
            detail=check.detail,
            spec=_SPECS[profile],
        )
        for check in judgement.checks
    )
    return Judgement(verdict=judgement.verdict, reason=judgement.reason, checks=checks)
