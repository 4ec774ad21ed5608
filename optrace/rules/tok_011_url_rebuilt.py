"""TOK-011: The manage or continue URL was put together by hand."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import RFC9635
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import CONTINUATIONS, MANAGEMENT, about_client, about_signature
from optrace.rules.evidence.wallets import difference
from optrace.rules.rule import Found, Outcome, Weight, rule


@rule(
    code="TOK-011",
    title="The manage or continue URL was put together by hand",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9635("5"),
    remedy="Use `manage` and `continue.uri` exactly as the answer gave them.",
    operations=(*CONTINUATIONS, "grant_cancel", *MANAGEMENT),
    outcomes=(Outcome.REFUSED,),
    absorbs=("TOK-004",),
)
def url_rebuilt(case: Case) -> Iterator[Found]:
    """You see 404, or 401 "invalid access token".

    Cause: the id was glued to the grant endpoint. That one ends in a tenant segment; `/token` and `/continue` live at
    the root of the server.

    Detected: the id at the end of the path is that of a URL which was given out, and the rest differs; or the path
    begins with that of a known grant endpoint.

    Source: open-payments-python-sdk src/open_payments_sdk/api/auth.py.
    """
    if about_signature(case) or about_client(case):
        return
    used = case.view.url.partition("?")[0]
    if case.memory.link(case.view.key) in ("manage", "continue"):
        return
    last = used.rstrip("/").rpartition("/")[2]
    token = case.token
    known = _given(case, last)
    if known is not None:
        url, n = known
        detail = f"The request went to {used}; exchange {n} gave out {url}. What differs is {difference(used, url)}."
        yield Found(detail=detail, where="url", related=(n,))
        return
    for grant in case.grants_before(200):
        prefix = (grant.endpoint or "").rstrip("/")
        if prefix and parse(prefix).segments and used.startswith(f"{prefix}/"):
            detail = f"The path begins with that of the grant endpoint, {prefix}; no answer gave out such a URL."
            if token is not None and token.manage:
                detail += f" The manage URL of this token is {token.manage} (exchange {token.born})."
            yield Found(detail=detail, where="url", related=(grant.n,), weight=Weight.EXPLAINS)
            return


def _given(case: Case, last: str) -> tuple[str, int] | None:
    """(URL, exchange) of the manage or continue URL with this id that was given out."""
    candidates = [case.token.grant] if case.token is not None else []
    for grant in (*candidates, *case.grants_before(200)):
        urls = [token.manage for token in grant.tokens if token.manage] + [grant.continue_uri or ""]
        for url in urls:
            if url.rstrip("/").rpartition("/")[2] == last and (n := case.memory.birth(url)) is not None:
                return (url, n) if n < case.row.n else None
    return None
