"""What Open Payments and its documentation demand: RFC 9421, and the coverage that keeps a request whole.

Missing `tag` and `nonce` and a present `alg` are what every client does, so nothing is said of them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from optrace.core.findings import Check, Judgement, Verdict
from optrace.core.messages import HttpRequest
from optrace.core.specs import RFC9635, OpenPayments
from optrace.signatures.case import Case, SignatureSeen, best, conclude

_DOCS, _COVERAGE = OpenPayments("identity/http-signatures"), RFC9635("7.3.1")
_MALFORMED = ("syntax", "signature")  # what a signer that writes the fields wrongly stumbles over


def judge(case: Case) -> Judgement:
    """One signature that is right and covers what must be covered is enough."""
    if not isinstance(case.message, HttpRequest):
        return best([conclude(steps) for steps in case.steps])  # nothing is demanded of responses
    token, digested = "authorization" in case.message.fields, "content-digest" in case.message.fields
    wanted = _WANTED[token, bool(case.message.body) or (case.message.body is None and digested)]
    digest = _digest(case.digest["open-payments"])
    return best(
        [
            conclude(
                (
                    *(steps if seen.valid and not seen.problems else _lenient(steps, seen)),
                    *_coverage(seen.components.names, wanted, digested),
                    *_parameters(seen),
                    *digest,
                )
            )
            for seen, steps in zip(case.signatures, case.steps, strict=True)
        ]
    )


def _digest(digest: Judgement) -> tuple[Check, ...]:
    if digest.verdict is Verdict.PASS:
        return _DIGEST_OK
    if digest.verdict is Verdict.NONE:
        return ()
    return (replace(_DIGEST_OK[0], verdict=digest.verdict, detail=digest.reason),)


def _lenient(steps: Iterable[Check], seen: SignatureSeen) -> Iterator[Check]:
    """What is right in substance: the signature of a deployed SDK that writes its fields in a form of its own."""
    for check in steps:
        if check.verdict is Verdict.FAIL and check.name in _MALFORMED and seen.verifies:
            detail = check.detail if check.name == "syntax" else "it verifies over the fields as they were written"
            yield replace(check, verdict=Verdict.DIFFERS, detail=detail)
        else:
            yield check


@lru_cache(maxsize=256)
def _coverage(covered: frozenset[str], wanted: tuple[str, ...], digested: bool) -> tuple[Check, ...]:
    checks = []
    for name in wanted:
        detail = f"the signature doesn't cover {name}"
        if name == "content-digest" and not digested:
            detail = "there is a body and no Content-Digest"
        missing = Check(name=f"covers {name}", verdict=Verdict.FAIL, expected=name, detail=detail, spec=_COVERAGE)
        checks.append(replace(missing, verdict=Verdict.PASS, got=name, detail=None) if name in covered else missing)
    return tuple(checks)


def _parameters(seen: SignatureSeen) -> Iterator[Check]:
    params, key = seen.params, seen.key
    if params is None or params.keyid is None:
        yield Check(name="keyid", verdict=Verdict.FAIL, expected="the key's kid", detail="keyid is missing", spec=_DOCS)
    if params is None or params.created is None:
        detail = "created is missing"
        yield Check(name="created", verdict=Verdict.FAIL, expected="seconds since 1970", detail=detail, spec=_COVERAGE)
    if key is not None and key.algorithm != "ed25519":
        detail = f"the key is for {key.algorithm}; Open Payments uses Ed25519"
        yield Check(
            name="ed25519", verdict=Verdict.FAIL, expected="ed25519", got=key.algorithm, detail=detail, spec=_DOCS
        )


_DIGEST_OK = (Check(name="content-digest", verdict=Verdict.PASS, expected="of the body as sent", spec=_DOCS),)
_WANTED = {  # (a token is sent, there is a body) -> what must be covered (RFC 9635 7.3.1)
    (False, False): ("@method", "@target-uri"),
    (False, True): ("@method", "@target-uri", "content-digest"),
    (True, False): ("@method", "@target-uri", "authorization"),
    (True, True): ("@method", "@target-uri", "authorization", "content-digest"),
}
