"""INT-010: The interaction's session cookie didn't come back."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.grants import rows_of
from optrace.rules.rule import Found, Outcome, Weight, rule

_COOKIE = re.compile(r"\s*([^=;\s]+)=")


@rule(
    code="INT-010",
    title="The interaction's session cookie didn't come back",
    severity=Severity.ERROR,
    spec=RFC9635("4.1.1"),
    remedy="Open the interaction and finish it in one browser, with cookies allowed, over one scheme and host.",
    operations=("interact_start", "interact_finish_request"),
    outcomes=(Outcome.REFUSED,),
)
def invalid_session(case: Case) -> Iterator[Found]:
    """You see 401 `invalid_request` "invalid session" at the end of the interaction.

    Cause: the cookie set when the interaction was opened wasn't sent at its finish: another browser, third-party
    cookies blocked, a proxy that dropped Set-Cookie, or a secure cookie over http.

    Detected: the server's words; the cookie that was set is looked for in the request.

    Source: rafiki packages/auth/src/interaction/routes.ts, config INTERACTION_COOKIE_SAME_SITE.
    """
    if "invalid session" not in words(case):
        return
    grant = case.grant
    sent = case.exchange.request.fields.combined("cookie")
    for row in rows_of(case, grant) if grant is not None else ():
        view = case.other(row.n) if row.operation == "interact_start" else None
        lines = view.response.fields.get_all("set-cookie") if view is not None and view.response is not None else ()
        names = [match[1] for line in lines if (match := _COOKIE.match(line))]
        if names:
            came = "no cookie" if sent is None else "others" if not any(f"{name}=" in sent for name in names) else "it"
            detail = f"Exchange {row.n} set the cookie {', '.join(names)}; this request brought {came}."
            if came == "it":
                detail += " So its content has changed or expired."
            yield Found(detail=detail, where="cookie", related=(row.n,), weight=Weight.PROOF)
            return
    came = "brought no cookie" if sent is None else "brought a cookie that the server doesn't know"
    yield Found(detail=f"The request {came}; the opening of the interaction isn't in this session.", where="cookie")
