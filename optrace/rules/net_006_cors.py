"""NET-006: The browser blocks the call (CORS)."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule

# what a signed call from a page needs to be allowed
_NEEDED = frozenset({"authorization", "signature", "signature-input", "content-digest"})
_SIMPLE = frozenset({"GET", "HEAD", "POST"})  # methods that need no permission


@rule(
    code="NET-006",
    title="The browser blocks the call (CORS)",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    remedy="Call from a backend: it also keeps the private key out of the page.",
    operations=("cors_preflight",),
    outcomes=(Outcome.OK, Outcome.REFUSED),
)
def cors(case: Case) -> Iterator[Found]:
    """You see an error in the browser's console; on the wire an OPTIONS and then nothing.

    Cause: the server doesn't allow pages of this origin, this method, or one of the fields that a signed call needs.

    Detected: what the preflight asks for against the Access-Control-Allow fields of its answer.

    Source: rafiki 2436, PR 2438.
    """
    request = case.view.request.fields
    response = case.exchange.response
    if response is None:
        return
    wanted = _list(request.combined("access-control-request-headers"))
    if not _NEEDED & wanted and case.row.target.role == "unknown":
        return  # the browser's own affairs
    origin, method = request.get("origin") or "", request.get("access-control-request-method") or ""
    allowed = response.fields.get("access-control-allow-origin")
    faults = []
    if case.refused:
        faults.append(f"the preflight is answered {case.status}")
    if allowed not in ("*", origin):
        faults.append(f"the origin {origin} is not allowed" + (f" (only {allowed})" if allowed else ""))
    names = _list(response.fields.combined("access-control-allow-headers"))
    # the asterisk never stands for Authorization
    missing = sorted(wanted - names - (wanted - {"authorization"} if "*" in names else set()))
    if missing:
        faults.append(f"not allowed: {', '.join(missing)}")
    methods = {name.upper() for name in _list(response.fields.combined("access-control-allow-methods"))}
    if method.upper() not in methods | _SIMPLE and "*" not in methods:
        faults.append(f"the method {method} is not allowed")
    if faults:
        yield Found(detail=f"{'; '.join(faults)}."[:1].upper() + f"{'; '.join(faults)}."[1:], where="Origin")


def _list(value: str | None) -> set[str]:
    return {part.strip().lower() for part in (value or "").split(",") if part.strip()}
