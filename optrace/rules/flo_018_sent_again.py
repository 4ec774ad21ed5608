"""FLO-018: A signed call was sent again without signing it anew."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Weight, rule

_CREATED = re.compile(r";\s*created\s*=\s*(\d{1,12})(?!\d)")
_SECOND = 1.5  # `created` is cut to whole seconds, and sending takes a moment


@rule(
    code="FLO-018",
    title="A signed call was sent again without signing it anew",
    severity=Severity.WARN,
    weight=Weight.SMELL,
    spec=RFC9421("7.2.2"),
    remedy="Sign each attempt: a wallet with protection against replay will refuse the second.",
)
def sent_again(case: Case) -> Iterator[Found]:
    """You see nothing on Rafiki, which has no protection against replay: the same bytes make a second payment.

    Cause: a retry below the signing code, or somebody who replays what he saw.

    Detected: the same value of Signature in two requests. Ed25519 gives equal signatures for equal bytes, and `created`
    counts whole seconds: a repetition within the same second may have been signed anew, and is only noted.

    Source: open-payments docs, implement/security.
    """
    first = case.row.repeats
    if first is None:
        return
    row, before = case.trace.row(first), case.other(first)
    same = before is not None and before.request.body == case.exchange.request.body and row.url == case.row.url
    what = "The same call, byte for byte," if same and row.method == case.row.method else "The signature"
    detail = f"{what} was in exchange {first}, {(case.started - row.started).total_seconds():.1f} s before."
    created = _CREATED.search(case.view.request.fields.get("signature-input") or "")
    if created and case.started.timestamp() - int(created[1]) < _SECOND:
        detail += " It may have been signed anew within the same second."
        yield Found(detail=detail, where="Signature", related=(first,), severity=Severity.INFO)
    else:
        yield Found(detail=detail, where="Signature", related=(first,))
