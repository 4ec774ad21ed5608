"""What Open Payments and its documentation demand: RFC 9421, and the coverage that keeps a request whole.

Missing `tag` and `nonce` and a present `alg` are what every client does, so nothing is said of them here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from optrace.core.findings import Check, Judgement, Verdict
from optrace.core.messages import HttpRequest
from optrace.core.specs import RFC9635, OpenPayments
from optrace.signatures.case import Case, SignatureSeen, best, conclude

_DOCS, _COVERAGE = OpenPayments("identity/http-signatures"), RFC9635("7.3.1")
_MALFORMED = ("syntax", "signature")  # what a signer that writes the fields wrongly stumbles over


def judge(case: Case) -> Judgement:
    """One signature that is right and covers what must be covered is enough."""
    if not isinstance(case.message, HttpRequest):
        return best(conclude(steps) for steps in case.steps)  # nothing is demanded of responses
    return best(conclude(_checks(case, n)) for n in range(len(case.signatures)))


def _checks(case: Case, n: int) -> Iterator[Check]:
    seen = case.signatures[n]
    for check in case.steps[n]:
        if check.verdict is Verdict.FAIL and check.name in _MALFORMED and seen.verifies:
            # right in substance: the signature of a deployed SDK that writes its fields in a form of its own
            detail = check.detail if check.name == "syntax" else "it verifies over the fields as they were written"
            check = replace(check, verdict=Verdict.DIFFERS, detail=detail)
        yield check
    request = case.message
    assert isinstance(request, HttpRequest)
    for name in _wanted(request):
        if seen.covers(name):
            yield _COVERED[name]
        else:
            detail = f"the signature doesn't cover {name}"
            if name == "content-digest" and name not in request.fields:
                detail = "there is a body and no Content-Digest"
            yield Check(name=f"covers {name}", verdict=Verdict.FAIL, expected=name, detail=detail, spec=_COVERAGE)
    yield from _parameters(seen)
    digest = case.digest["open-payments"]
    if digest.verdict is Verdict.PASS:
        yield _DIGEST_OK
    elif digest.verdict is not Verdict.NONE:
        yield replace(_DIGEST_OK, verdict=digest.verdict, detail=digest.reason)


def _wanted(request: HttpRequest) -> Iterator[str]:
    yield from ("@method", "@target-uri")
    if "authorization" in request.fields:
        yield "authorization"
    if request.body or (request.body is None and "content-digest" in request.fields):
        yield "content-digest"


def _parameters(seen: SignatureSeen) -> Iterator[Check]:
    params = seen.params
    if params is None or params.keyid is None:
        yield Check(name="keyid", verdict=Verdict.FAIL, expected="the key's kid", detail="keyid is missing", spec=_DOCS)
    if params is None or params.created is None:
        detail = "created is missing"
        yield Check(name="created", verdict=Verdict.FAIL, expected="seconds since 1970", detail=detail, spec=_COVERAGE)
    if seen.key is not None and seen.key.algorithm != "ed25519":
        detail = f"the key is for {seen.key.algorithm}; Open Payments uses Ed25519"
        yield Check(
            name="ed25519", verdict=Verdict.FAIL, expected="ed25519", got=seen.key.algorithm, detail=detail, spec=_DOCS
        )


_DIGEST_OK = Check(name="content-digest", verdict=Verdict.PASS, expected="of the body as sent", spec=_DOCS)
_COVERED = {
    name: Check(name=f"covers {name}", verdict=Verdict.PASS, expected=name, got=name, spec=_COVERAGE)
    for name in ("@method", "@target-uri", "authorization", "content-digest")
}
