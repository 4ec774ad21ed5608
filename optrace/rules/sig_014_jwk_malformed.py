"""SIG-014: The published key is malformed."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import SpecRef
from optrace.diagnosis.answers import about_keys
from optrace.diagnosis.case import Case
from optrace.rules.evidence.signatures import accepted, signature
from optrace.rules.rule import Found, Weight, rule
from optrace.signatures.keys import BadKey, Key, KeyState, read_jwks

_ALPHABET = "x-base64"  # SIG-015


@rule(
    code="SIG-014",
    title="The published key is malformed",
    severity=Severity.ERROR,
    spec=SpecRef("RFC 8037", "2"),
    remedy="Publish kty=OKP, crv=Ed25519, alg=EdDSA, and as x the 32 bytes of the key in base64url without padding.",
)
def jwk_malformed(case: Case) -> Iterator[Found]:
    """You see AS 400 "could not determine client" or RS 401 "... could not retrieve client keys" for a wrong `kty` or
    `crv` or a missing `alg`: the JWKS fails Rafiki's schema, and one bad key is enough. Hexadecimal or a whole SPKI
    in `x` passes the schema and then throws: the AS answers with a plain 500. A published `d` is accepted.

    Cause: the key was exported by hand, or by a helper that writes another format.

    Detected: `x` decoded must be 32 bytes; 44 bytes that start with 30 2a are an SPKI, 64 hexadecimal digits are
    hex. `d` is the private key: whoever read it can sign as this client.

    Source: rafiki 789; open-payments-node packages/http-signature-utils/src/utils/jwk.ts.
    """
    if case.row.operation == "jwks_get":
        yield from _at_its_source(case)
        return
    keys = case.keys
    flawed = keys.bad or keys.schema_error or any(key.problems for key in keys.keys)
    if keys.state is not KeyState.KNOWN or not flawed:
        return
    seen = signature(case)
    keyid = seen.params.keyid if seen is not None and seen.params else None
    if seen is None:
        return
    key = seen.key or (case.keys.find_bad(keyid) if keyid is not None else None)
    problems = [problem for problem in key.problems if problem.code != _ALPHABET] if key is not None else []
    if any(problem.code == "private-published" for problem in problems):
        yield Found(
            detail=f"{case.keys.owner}/jwks.json publishes the private key of {keyid} (`d`): anyone can sign with it.",
            where="d",
            remedy="Take the key out of the JWKS, make a new one, and publish only its public part.",
            weight=Weight.SMELL if case.refused else Weight.PROOF,
        )
        problems = [problem for problem in problems if problem.code != "private-published"]
    if problems:
        yield _found(case, f"The key {keyid}: {'; '.join(problem.text for problem in problems)}.")
    elif case.keys.schema_error is not None and about_keys(case) and (key is None or not key.problems):
        yield _found(case, f"Rafiki refuses the JWKS of {case.keys.owner} as a whole: {case.keys.schema_error}.")


def _found(case: Case, detail: str) -> Found:
    cause = about_keys(case) or (case.status or 0) >= 500
    return Found(
        detail=detail,
        where="keyid",
        weight=Weight.PROOF if cause else Weight.SMELL,
        severity=Severity.RISK if accepted(case) else Severity.ERROR,
    )


def _at_its_source(case: Case) -> Iterator[Found]:
    """The same at the JWKS itself, where nothing has failed yet."""
    response = case.exchange.response
    if response is None or not case.view.succeeded:
        return
    keys = read_jwks(case.view.url.partition("?")[0].removesuffix("/jwks.json"), response.body)
    entries: tuple[Key | BadKey, ...] = (*keys.keys, *keys.bad)
    for key in entries:
        problems = [problem.text for problem in key.problems if problem.code != _ALPHABET]
        if problems:
            detail = f"The key {key.kid or 'without kid'}: {'; '.join(problems)}."
            yield Found(detail=detail, where="keys", weight=Weight.SMELL, severity=Severity.RISK)
