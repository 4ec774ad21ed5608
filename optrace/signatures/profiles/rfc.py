"""RFC 9421 by the book: syntax, base, key and mathematics; what GNAP asks of coverage and digests is judged apart."""

from __future__ import annotations

from functools import lru_cache

from optrace.core.findings import Check, Judgement, Verdict
from optrace.core.specs import RFC9421
from optrace.core.text import safe
from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.case import Case, SignatureSeen, best, conclude
from optrace.signatures.keys import KeyState

_SYNTAX, _PARAMS, _BASE, _VERIFY = RFC9421("4"), RFC9421("2.3"), RFC9421("2.5"), RFC9421("3.2")
_SYNTAX_OK = Check(name="syntax", verdict=Verdict.PASS, expected="structured fields, one label in both", spec=_SYNTAX)
_PARAMS_OK = Check(name="parameters", verdict=Verdict.PASS, expected="of the types that RFC 9421 gives", spec=_PARAMS)
_SIGNATURE_OK = Check(name="signature", verdict=Verdict.PASS, expected="made by the key over the base", spec=_VERIFY)


def judge(case: Case) -> Judgement:
    """One signature that satisfies RFC 9421 3.2 is enough."""
    return best([conclude(steps) for steps in case.steps])


def steps(case: Case, seen: SignatureSeen) -> tuple[Check, ...]:
    """RFC 9421 3.2, step by step. Later steps are judged although earlier ones fail, as far as they can be."""
    key = _key(case, seen)
    return (
        _syntax(seen),
        _parameters(seen),
        _base(seen),
        _time(case, seen),
        key,
        *_algorithm(seen),
        _signature(seen, key),
    )


@lru_cache(maxsize=256)
def _base_built(covered: str) -> Check:
    return Check(name="signature base", verdict=Verdict.PASS, got=covered, spec=_BASE)


@lru_cache(maxsize=256)
def _key_known(owner: str, kid: str) -> Check:
    return Check(name="key", verdict=Verdict.PASS, expected=f"known to {owner}", got=kid, spec=_VERIFY)


@lru_cache(maxsize=256)
def _algorithm_fits(allowed: tuple[str, ...], alg: str | None) -> tuple[Check, ...]:
    expected, got = " or ".join(allowed), alg or "not named"
    return (Check(name="algorithm", verdict=Verdict.PASS, expected=expected, got=got, spec=_VERIFY),)


def _syntax(seen: SignatureSeen) -> Check:
    if not seen.problems:
        return _SYNTAX_OK
    return Check(
        name="syntax",
        verdict=Verdict.FAIL,
        expected=_SYNTAX_OK.expected,
        got="; ".join(seen.problems),
        detail=seen.problems[0],
        spec=_SYNTAX,
    )


def _parameters(seen: SignatureSeen) -> Check:
    if seen.params is None or not seen.params.problems:
        return _PARAMS_OK
    got = "; ".join(seen.params.problems)
    return Check(
        name="parameters", verdict=Verdict.FAIL, expected=_PARAMS_OK.expected, got=got, detail=got, spec=_PARAMS
    )


def _base(seen: SignatureSeen) -> Check:
    covered = seen.components.text
    if seen.base is not None:
        return _base_built(covered)
    why = safe(str(seen.base_error)) if seen.base_error else "there is no Signature-Input to build it from"
    detail = f"the signature base can't be built: {why}"
    return Check(name="signature base", verdict=Verdict.FAIL, got=covered, detail=detail, spec=_BASE)


def _time(case: Case, seen: SignatureSeen) -> Check:
    created = seen.params.created if seen.params else None
    expires = seen.params.expires if seen.params else None
    got = f"created {created}, expires {expires}" if expires is not None else f"created {created}"
    if expires is not None and expires < case.now.timestamp():
        detail = f"the signature expired {int(case.now.timestamp()) - expires} s before it was sent"
        return Check(name="time", verdict=Verdict.FAIL, expected="not expired", got=got, detail=detail, spec=_PARAMS)
    return Check(name="time", verdict=Verdict.PASS, expected="not expired", got=got, spec=_PARAMS)


def _key(case: Case, seen: SignatureSeen) -> Check:
    keyid = seen.params.keyid if seen.params else None
    keys = case.keys
    if seen.key is not None:
        return _key_known(keys.owner, seen.key.kid)
    got = "no keyid" if keyid is None else safe(keyid)
    if keys.state is KeyState.UNSEEN:
        detail = keys.reason or "the client's keys were not seen"
        return Check(name="key", verdict=Verdict.UNCHECKED, got=got, detail=detail, spec=_VERIFY)
    if keys.state is KeyState.UNUSABLE:
        detail = keys.reason or "the client's JWKS can't be used"
    elif keyid is None:
        detail = "there is no keyid, and no key of the client's JWKS fits"
    elif bad := keys.find_bad(keyid):
        detail = f"the key can't be used: {bad.reason}"
    else:
        detail = "keyid is not in the client's JWKS"
    expected = ", ".join(safe(key.kid) for key in keys.keys[:10]) or None
    return Check(name="key", verdict=Verdict.FAIL, expected=expected, got=got, detail=detail, spec=_VERIFY)


def _algorithm(seen: SignatureSeen) -> tuple[Check, ...]:
    """Nothing to say where neither the key nor the signature claims something else (RFC 9421 3.2, step 6)."""
    alg = seen.params.alg if seen.params else None
    allowed = seen.key.algorithms if seen.key else ()
    if alg is not None and alg not in ALGORITHMS:
        detail = f"alg names {safe(alg)}, which is not registered"
    elif alg is not None and allowed and alg not in allowed:
        detail = f"alg says {alg}, but the key is for {' or '.join(allowed)}"
    elif seen.key is not None and seen.key.problems and seen.key.has("wrong-alg"):
        detail = next(problem.text for problem in seen.key.problems if problem.code == "wrong-alg")
    elif seen.key is None:
        return ()
    else:
        return _algorithm_fits(allowed, alg)
    expected = " or ".join(allowed) or None
    return (Check(name="algorithm", verdict=Verdict.FAIL, expected=expected, got=alg, detail=detail, spec=_VERIFY),)


def _signature(seen: SignatureSeen, key: Check) -> Check:
    if seen.valid:
        return _SIGNATURE_OK
    expected, verdict, got = _SIGNATURE_OK.expected, Verdict.FAIL, None
    if seen.raw_valid:
        detail = "it verifies only over Signature-Input as written, not over its strict serialisation"
    elif seen.valid is False:
        detail = f"the signature is not one by the key {safe(seen.key.kid) if seen.key else ''} over this message"
        got = f"{len(seen.signature or b'')} bytes"
    elif key.verdict is Verdict.UNCHECKED:
        verdict, detail = Verdict.UNCHECKED, key.detail or ""
    else:
        detail = "there is nothing to verify" if key.verdict is Verdict.PASS else key.detail or ""
    return Check(name="signature", verdict=verdict, expected=expected, got=got, detail=detail, spec=_VERIFY)
