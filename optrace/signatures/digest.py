"""Content-Digest (RFC 9530): over the body as sent, and over the JSON as Rafiki writes it again."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache

from optrace.core.content_coding import decode_content
from optrace.core.findings import NOTHING_TO_CHECK, Check, Judgement, Judgements, Verdict
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.specs import RFC9530
from optrace.core.text import safe
from optrace.signatures.javascript import restringify
from optrace.signatures.structured import StructuredError, parse_dictionary, split_members

_ONE = re.compile(r"(sha-512|sha-256)=:([A-Za-z0-9+/]+={0,2}):")  # the common shape: one active algorithm
_MEMBER = re.compile(r":([A-Za-z0-9+/=]*):(?:;.*)?", re.S)
_DOCUMENT = re.compile(rb"[ \t\r\n]*[{\[]")  # the parser is strict about what a document is
_JSON_TYPES = frozenset(  # what Koa's body parser reads as JSON; of everything else it leaves an empty object
    ("application/json", "application/json-patch+json", "application/vnd.api+json", "application/csp-report")
)
_BODY_LIMIT = 1024 * 1024  # the body parser's own
_SPEC = RFC9530("2")


def judge_digest(message: HttpRequest | HttpResponse) -> Judgements:
    """Judge the Content-Digest of a message, whatever a signature covers.

    `rfc` and `open-payments`: RFC 9530 over the body as sent, sha-256 or sha-512. `rafiki`: its check over
    `JSON.stringify(JSON.parse(body))`; responses are none of its business.
    """
    field = message.fields.combined("content-digest")
    if field is None:
        return NOTHING_TO_CHECK
    if message.body is None:
        unchecked = Judgement(verdict=Verdict.UNCHECKED, reason="the body was not captured")
        rafiki = unchecked if isinstance(message, HttpRequest) else _NOTHING
        return {"rfc": unchecked, "open-payments": unchecked, "rafiki": rafiki}
    common = _ONE.fullmatch(field)
    exact = common is not None and _text(HASHES[common[1]](message.body)) == common[2]
    rfc = _passed(common[1], common[2]) if common is not None and exact else _by_rfc(field, message.body)
    if not isinstance(message, HttpRequest):
        return {"rfc": rfc, "open-payments": rfc, "rafiki": _NOTHING}
    written = rafiki_body(message)
    if exact and written == message.body:
        return {"rfc": rfc, "open-payments": rfc, "rafiki": rfc}
    return {"rfc": rfc, "open-payments": rfc, "rafiki": _by_rafiki(field, message, written)}


def rafiki_body(request: HttpRequest) -> bytes | None:
    """What Rafiki takes the digest of: the body that Koa's parser read, written again. None: it can't be read.

    A request without body, or with a body that isn't sent as JSON, counts as `{}`.
    """
    body = request.body or b""
    if not body or not _is_json(request.fields.get("content-type") or ""):
        return b"{}"
    coding = request.fields.combined("content-encoding")
    if coding:
        decoded, problems = decode_content(body, coding, limit=_BODY_LIMIT)
        if decoded is None or problems:
            return None
        body = decoded
    body = body.removeprefix(b"\xef\xbb\xbf")
    return restringify(body) if _DOCUMENT.match(body) else None


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() in _JSON_TYPES


def _by_rfc(field: str, body: bytes) -> Judgement:
    try:
        members = parse_dictionary(field)
    except StructuredError as why:
        return _failed(f"Content-Digest is malformed: {safe(str(why))}", "a dictionary of byte sequences", field)
    checks, strong = [], False
    for name, (value, _) in members.items():
        if not isinstance(value, bytes):
            return _failed(f"the {name} digest is not a byte sequence", ":base64:", field)
        if name not in HASHES:
            checks.append(
                _check(name, Verdict.UNCHECKED, None, _text(value), "an algorithm that optrace can't compute")
            )
            continue
        expected = HASHES[name](body)
        verdict = Verdict.PASS if hmac.compare_digest(expected, value) else Verdict.FAIL
        strong |= name in ACTIVE
        checks.append(_check(name, verdict, _text(expected), _text(value), None))
    if failed := next((check for check in checks if check.verdict is Verdict.FAIL), None):
        reason = f"the {failed.name} digest is not that of the body"
        return Judgement(verdict=Verdict.FAIL, reason=reason, checks=tuple(checks))
    if not strong:
        reason = "no active digest algorithm (sha-256, sha-512) is used"
        return Judgement(verdict=Verdict.UNCHECKED, reason=reason, checks=tuple(checks))
    return Judgement(verdict=Verdict.PASS, checks=tuple(checks))


def _by_rafiki(field: str, request: HttpRequest, written: bytes | None) -> Judgement:
    if not request.body and not _covers_digest(request):
        written = b""  # the digest of nothing, which Rafiki never looks at
    if written is None:
        return _failed("the body is not JSON that the body parser takes", "a JSON object or array", None)
    try:
        parse_dictionary(field)
    except StructuredError as why:
        return _failed(f"Content-Digest is malformed: {safe(str(why))}", "a dictionary of byte sequences", field)
    checks = []
    for name, raw in dict(split_members(field)).items():
        value = _MEMBER.fullmatch(raw)
        if value is None:
            return _failed(f"the {safe(name)} digest is not a byte sequence", ":base64:", raw)
        if name not in ACTIVE:
            return _failed(f"the digest algorithm {name} is unknown to Rafiki", "sha-256, sha-512", name)
        expected = _text(HASHES[name](written))
        verdict = Verdict.PASS if expected == value[1] else Verdict.FAIL  # as text: padding counts
        checks.append(_check(name, verdict, expected, value[1], "over JSON.stringify(JSON.parse(body))"))
        if verdict is Verdict.FAIL:
            reason = f"the {name} digest is not that of JSON.stringify(JSON.parse(body))"
            return Judgement(verdict=Verdict.FAIL, reason=reason, checks=tuple(checks))
    return Judgement(verdict=Verdict.PASS, checks=tuple(checks))


def _covers_digest(request: HttpRequest) -> bool:
    return '"content-digest"' in (request.fields.combined("signature-input") or "")


def _check(name: str, verdict: Verdict, expected: str | None, got: str | None, detail: str | None) -> Check:
    return Check(name=name, verdict=verdict, expected=expected, got=got, detail=detail, spec=_SPEC)


def _passed(name: str, value: str) -> Judgement:
    return Judgement(verdict=Verdict.PASS, checks=(_check(name, Verdict.PASS, value, value, None),))


def _failed(reason: str, expected: str, got: str | None) -> Judgement:
    check = _check("syntax", Verdict.FAIL, expected, None if got is None else safe(got), reason)
    return Judgement(verdict=Verdict.FAIL, reason=reason, checks=(check,))


def _text(digest: bytes) -> str:
    return binascii.b2a_base64(digest, newline=False).decode("ascii")


_NOTHING = Judgement(verdict=Verdict.NONE)
ACTIVE = ("sha-256", "sha-512")
# RFC 9530 7.2. unixsum, unixcksum and crc32c are left out: deprecated, and in no library at hand
HASHES: Mapping[str, Callable[[bytes], bytes]] = {
    "sha-512": lambda body: hashlib.sha512(body).digest(),
    "sha-256": lambda body: hashlib.sha256(body).digest(),
    "md5": lambda body: hashlib.md5(body, usedforsecurity=False).digest(),
    "sha": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "adler": lambda body: zlib.adler32(body).to_bytes(4),
}
