"""Verification (RFC 9421 3.2) of a message by all profiles at once, with the working shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from optrace.core.findings import NOTHING_TO_CHECK, Judgements, Verdict
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.quick import quick
from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.base import signature_base
from optrace.signatures.case import Case, Mathematics, SignatureSeen
from optrace.signatures.components import BaseError
from optrace.signatures.digest import judge_digest
from optrace.signatures.keys import Key, KeySet, KeyState
from optrace.signatures.profiles import PROFILES, rfc
from optrace.signatures.reading import Reading, SignatureParams, read_signatures

__all__ = ["SignatureParams", "SignatureSeen", "Verification", "verify_request", "verify_response"]

_MAX_KEYS = 16  # tried for a signature without keyid
_LIKE_A_SIGNATURE = re.compile(r"[^=,\s]+=:[A-Za-z0-9+/=]*:|(?:[^=,\s]+=)?:?[A-Za-z0-9+/_-]{80,}={0,2}:?")


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What each profile says of a message's signature and digest. Unsigned: all verdicts are NONE."""

    judgements: Judgements
    signatures: tuple[SignatureSeen, ...] = ()
    digest: Judgements
    key: Key | None = None  # of the first signature whose key is known

    @property
    def signed(self) -> bool:
        """Whether the message carries HTTP message signatures, right or wrong."""
        return bool(self.signatures)

    @property
    def passes(self) -> bool:
        """Whether every profile is content with the signature, and with the digest if there is one."""
        judged = (*self.judgements.values(), *(one for one in self.digest.values() if one.verdict is not Verdict.NONE))
        return all(one.verdict is Verdict.PASS for one in judged)


def verify_request(request: HttpRequest, keys: KeySet, *, now: datetime) -> Verification:
    """Judge a request's signatures and Content-Digest; never raises.

    `keys` are those of the client that should have signed. `now` is the time of the exchange, against which `expires`
    counts.
    """
    return _verify(request, None, keys, now)


def verify_response(response: HttpResponse, request: HttpRequest, keys: KeySet, *, now: datetime) -> Verification:
    """Judge a response's signatures; components with `req` are taken from `request`; never raises."""
    return _verify(response, request, keys, now)


def _verify(
    message: HttpRequest | HttpResponse, request: HttpRequest | None, keys: KeySet, now: datetime
) -> Verification:
    digest = judge_digest(message)
    readings = read_signatures(message.fields)
    if not readings or not _by_rfc9421(message):
        return Verification(judgements=NOTHING_TO_CHECK, digest=digest)
    mathematics = Mathematics()
    signatures = tuple([_seen(reading, message, request, keys, mathematics) for reading in readings])
    case = Case(
        message=message,
        request=request,
        keys=keys,
        now=now,
        digest=digest,
        signatures=signatures,
        mathematics=mathematics,
    )
    case.steps = tuple([rfc.steps(case, seen) for seen in signatures])
    return Verification(
        judgements={name: judge(case) for name, judge in PROFILES.items()},
        signatures=signatures,
        digest=digest,
        key=next((seen.key for seen in signatures if seen.key is not None), None),
    )


def _by_rfc9421(message: HttpRequest | HttpResponse) -> bool:
    """A lone Signature field may be something else: Rafiki's admin API has one of its own (`t=…, v1=…`)."""
    if "signature-input" in message.fields:
        return True
    return _LIKE_A_SIGNATURE.match(message.fields.get("signature") or "") is not None


def _seen(
    reading: Reading,
    message: HttpRequest | HttpResponse,
    request: HttpRequest | None,
    keys: KeySet,
    mathematics: Mathematics,
) -> SignatureSeen:
    base, raw_base, error = _bases(reading, message, request)
    key = valid = raw_valid = None
    for key in _candidates(reading, keys):
        if reading.signature is None:
            break
        valid = _valid(mathematics, key, reading, base)
        raw_valid = None if valid else _valid(mathematics, key, reading, raw_base)
        if valid or raw_valid:
            break
    if not (valid or raw_valid) and (reading.params is None or reading.params.keyid is None):
        key = None  # without keyid it is only known which key it was if one fits
    return SignatureSeen(
        label=reading.label,
        input_text=reading.input_text,
        components=reading.components,
        params=reading.params,
        signature=reading.signature,
        base=base,
        raw_base=raw_base,
        key=key,
        valid=valid,
        raw_valid=raw_valid,
        problems=reading.problems,
        canonical=reading.canonical,
        base_error=error,
    )


def _bases(
    reading: Reading, message: HttpRequest | HttpResponse, request: HttpRequest | None
) -> tuple[bytes | None, bytes | None, BaseError | None]:
    """(the base by RFC 9421, the base over the raw member if that differs, why there is none)."""
    if not reading.input_text:
        return None, None, None
    if not reading.text:
        return None, None, BaseError("", "the list of components has no strict form")
    try:
        base = signature_base(message, reading.components, reading.text, request=request)
    except BaseError as why:
        return None, None, why
    if reading.text == reading.input_text:
        return base, None, None
    raw = reading.input_text.encode("latin-1", "replace")
    return base, base.removesuffix(reading.text.encode("ascii")) + raw, None


def _candidates(reading: Reading, keys: KeySet) -> tuple[Key, ...]:
    if keys.state is not KeyState.KNOWN or reading.params is None:
        return ()
    if reading.params.keyid is None:
        return keys.keys[:_MAX_KEYS]
    key = keys.find(reading.params.keyid)
    return () if key is None else (key,)


def _valid(mathematics: Mathematics, key: Key, reading: Reading, base: bytes | None) -> bool | None:
    if base is None or reading.signature is None:
        return None
    alg = reading.params.alg if reading.params else None
    # an RSA key may be for two; the signature may say which. What contradicts the key is judged by the profile
    names = (alg,) if alg in ALGORITHMS and alg in key.algorithms else key.algorithms
    return any(mathematics.verify(key.public, name, base, reading.signature) for name in names)
