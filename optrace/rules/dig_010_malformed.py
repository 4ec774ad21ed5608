"""DIG-010: Content-Digest is malformed."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping

from optrace.core.findings import Severity, Verdict
from optrace.core.specs import RFC9530
from optrace.core.text import safe
from optrace.diagnosis.bodies import HASHES, loose_base64
from optrace.diagnosis.case import Case
from optrace.rules.evidence.digests import field, hexadecimal, members, misspelled, severity, spelled_out
from optrace.rules.evidence.signatures import weight
from optrace.rules.rule import Found, Weight, rule

_USUAL = re.compile(r"sha-512=:[A-Za-z0-9+/]{86}==:|sha-256=:[A-Za-z0-9+/]{43}=:")
_HEX = re.compile(r"[0-9a-fA-F]{64}|[0-9a-fA-F]{128}")
_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"sha-?(256|512)=:[A-Za-z0-9+/]+={0,2}:=+$", re.I), "there is an = after the closing colon"),
    (re.compile(r"[A-Z-]*[A-Z][A-Za-z0-9-]*="), "the algorithm is in capital letters"),
    (re.compile(r"sha(256|512)=", re.I), "the algorithm is written without its hyphen"),
    (re.compile(r"sha-?(256|512):[^=]", re.I), "a colon stands where = belongs"),
    (
        re.compile(r"sha-?(256|512)=:[A-Za-z0-9_-]*[_-][A-Za-z0-9_-]*={0,2}:$", re.I),
        "the value is base64url, not base64",
    ),
    (re.compile(r"sha-?(256|512)=:?[0-9a-f]{64,}:?$", re.I), "the value is hexadecimal, not base64"),
    (re.compile(r"sha-?(256|512)=\"", re.I), "the value is in quotes, not between colons"),
    (re.compile(r"sha-?(256|512)=[^:]", re.I), "the value isn't between colons"),
    (re.compile(r"[A-Za-z0-9+/]{43,}={0,2}$"), "the name of the algorithm is missing"),
)


@rule(
    code="DIG-010",
    title="Content-Digest is malformed",
    severity=Severity.ERROR,
    spec=RFC9530("2"),
    remedy="Write `Content-Digest: sha-512=:BASE64:`.",
    flawed=True,
)
def malformed(case: Case) -> Iterator[Found]:
    """You see AS 401 "invalid signature headers"; RS 401 "provided signature is invalid".

    Cause: `sha-256:...:` (a colon for the equals sign), no colons, an equals sign after the closing colon, hexadecimal
    for base64 (or in it), base64url, no padding, `SHA-512` in capitals, `sha512` without a hyphen, or the old `Digest`
    field.

    Detected: the field isn't a dictionary of byte sequences. Its shape is named, and whether the value is right once it
    is repaired.

    Source: boniface/open-payments-java ContentDigest.java; the old form in rafiki 777.
    """
    request = case.exchange.request
    if "content-digest" not in request.fields:
        if request.body and "digest" in request.fields and "signature-input" in request.fields:
            old = safe(request.fields.combined("digest") or "")[:40]
            detail = f"The old field Digest ({old}...) is sent; Content-Digest (RFC 9530) has taken its place."
            yield Found(detail=detail, where="digest", weight=Weight.SMELL, severity=severity(case))
        return
    value = field(case) or ""
    if case.row.verdicts.digest.rfc is Verdict.PASS and _USUAL.fullmatch(value):
        return  # nearly every request: it needs no parser
    read = members(case)
    if read is not None and spelled_out(case):
        fits = any(
            HASHES[name](request.body or b"").hex().encode() == read[name].lower() for name in HASHES if name in read
        )
        yield Found(
            detail="The value is the digest's hexadecimal digits in base64, not its bytes in base64."
            + (" The digits are right." if fits else ""),
            where="content-digest",
            weight=weight(case),
            severity=severity(case),
            remedy="Encode the bytes of the digest: hash('sha512', $body, true) in PHP, digest() for hexdigest() in"
            " Python, digest('base64') in Node.",
        )
        return
    if read is not None and not hexadecimal(case) and misspelled(case) is None:
        yield from _without_padding(case, value, read)
        return
    shape = next((words for pattern, words in _SHAPES if pattern.match(value)), "it isn't name=:base64:")
    yield Found(
        detail=f"{shape[0].upper()}{shape[1:]}: {safe(value)[:60]}.{_repaired(case, value)}",
        where="content-digest",
        weight=weight(case),
        severity=severity(case),
    )


def _without_padding(case: Case, value: str, read: Mapping[str, bytes]) -> Iterator[Found]:
    """What parsers of structured fields may take, and Rafiki, which compares texts, doesn't."""
    bare = [name for name, octets in read.items() if _text(octets) not in value]
    if not bare or case.row.verdicts.digest.rfc is not Verdict.PASS:
        return
    yield Found(
        detail=f"The base64 of {', '.join(bare)} has no padding (=); Rafiki compares texts, and wants it.",
        where="content-digest",
        weight=weight(case),
        severity=severity(case),
    )


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _repaired(case: Case, value: str) -> str:
    """Whether the value is right but for its shape."""
    body = case.exchange.request.body
    match = re.search(r"(?:^|[=:\"])([A-Za-z0-9+/_-]{43,}={0,2})", value)
    if body is None or match is None:
        return ""
    digest = bytes.fromhex(match[1]) if _HEX.fullmatch(match[1]) else loose_base64(match[1])
    name = next((name for name, hash_ in HASHES.items() if hash_(body) == digest), None)
    return f" The value itself is right: it is the {name} of the body." if name else ""
