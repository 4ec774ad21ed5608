"""What the rules about Content-Digest ask of a request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from optrace.core.findings import Severity, Verdict
from optrace.diagnosis.bodies import DigestFound, search_digest
from optrace.diagnosis.case import Case
from optrace.diagnosis.rewriting import differences
from optrace.diagnosis.search import searched
from optrace.rules.evidence.signatures import accepted, weight
from optrace.rules.rule import Found
from optrace.signatures.digest import HASHES
from optrace.signatures.structured import StructuredError, parse_dictionary

_HEX = re.compile(r"=:?(?:[0-9a-f]{64}|[0-9a-f]{128}):?$", re.I)
_DIGITS = re.compile(rb"[0-9a-fA-F]+")
SIZES = {name: len(hash_(b"")) for name, hash_ in HASHES.items()}
_LOOSE = frozenset({"sha256", "sha512"})


def field(case: Case) -> str | None:
    """The request's Content-Digest."""
    return case.exchange.request.fields.combined("content-digest")


def covered(case: Case) -> bool:
    """Whether a signature covers Content-Digest; what isn't covered Rafiki doesn't look at."""
    inputs = case.exchange.request.fields.combined("signature-input") or ""
    return re.search(r"\bcontent-digest\b", inputs, re.I) is not None


def fails(case: Case) -> bool:
    """Whether RFC 9530's or Rafiki's check of the digest fails."""
    verdict = case.row.verdicts.digest
    return verdict.rfc is Verdict.FAIL or verdict.rafiki is Verdict.FAIL


def members(case: Case) -> Mapping[str, bytes] | None:
    """Algorithm -> digest; None if the field is malformed."""
    try:
        parsed = parse_dictionary(field(case) or "")
    except StructuredError:
        return None
    values = {name: value for name, (value, _) in parsed.items() if isinstance(value, bytes)}
    return values if values and len(values) == len(parsed) else None


def hexadecimal(case: Case) -> bool:
    """Whether the value is in hexadecimal digits, which are letters of base64 as well."""
    return _HEX.search(field(case) or "") is not None


def spelled_out(case: Case) -> bool:
    """Whether what base64 says are hexadecimal digits: as many as a digest has, and each twice as long."""
    return case.once(_spelled_out)


def _spelled_out(case: Case) -> bool:
    found = members(case) or {}
    return any(_DIGITS.fullmatch(value) and len(value) == 2 * SIZES.get(name, 0) for name, value in found.items())


def misspelled(case: Case) -> str | None:
    """The name of an algorithm that is sha-256 or sha-512 in other letters; None if there is none."""
    return next((name for name in members(case) or {} if name not in SIZES and _loosely(name) in _LOOSE), None)


def _loosely(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def plain(case: Case) -> bool:
    """Whether the digest is one that can be right: well-formed, of the right size, by known algorithms."""
    found = members(case)
    return found is not None and all(SIZES.get(name) == len(value) for name, value in found.items())


def made_of(case: Case) -> DigestFound | None:
    """What the digest was made of."""
    return case.once(search_digest)


def length_signed_with_it(case: Case) -> str | None:
    """The Content-Length that was signed, if it is that of the text that the digest was made of: one cause for both."""
    found, result = made_of(case), case.once(searched)
    if found is None or found.variant is None or result is None or result.proof is None:
        return None
    signed = result.proof.evidence.get("content-length")
    alone = all(change.code == "DIG-013" for change in result.changes)
    return signed if alone and signed == str(len(found.variant.body)) else None


def rewritten(case: Case, code: str) -> Iterator[Found]:
    """The finding of a rule about JSON that Rafiki hashes in another spelling than it was sent in."""
    verdict = case.row.verdicts.digest
    if verdict.rfc is not Verdict.PASS or verdict.rafiki is not Verdict.FAIL or not covered(case):
        return
    sentence = case.once(_differences).get(code)
    if sentence is not None:
        yield Found(
            detail=f"{sentence} The digest fits the bytes sent, and not JSON.stringify(JSON.parse(body)), which Rafiki"
            " takes.",
            where="content-digest",
            weight=weight(case),
            severity=severity(case),
        )


def _differences(case: Case) -> Mapping[str, str]:
    request = case.exchange.request
    if request.body is None or "content-encoding" in request.fields:
        return {}
    return differences(request.body)


def severity(case: Case) -> Severity:
    """An error where the request failed by it, else a risk: another server refuses it."""
    return Severity.RISK if accepted(case) else Severity.ERROR
