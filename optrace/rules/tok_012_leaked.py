"""TOK-012: A token shows where it doesn't belong."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import unquote_plus

from optrace.core.findings import Severity
from optrace.core.redact import mask
from optrace.core.specs import RFC9635
from optrace.diagnosis.case import Case
from optrace.rules.evidence.wallets import is_private
from optrace.rules.rule import Found, Weight, rule


@rule(
    code="TOK-012",
    title="A token shows where it doesn't belong",
    severity=Severity.RISK,
    weight=Weight.SMELL,
    spec=RFC9635("11.5"),
    remedy="Send tokens in the Authorization field only, over https; revoke one that was seen elsewhere.",
)
def leaked(case: Case) -> Iterator[Found]:
    """You see nothing: the call works.

    Cause: a token in a URL ends up in logs, histories and Referer fields; one in a JSON body in databases; one over
    plain http with everybody on the way.

    Detected: a known token value in a query, a redirect or a body other than the answer that issues it and the question
    of an introspection; or a token sent over plain http to a public host.

    Source: rafiki's redaction lists in the grant and token routes.
    """
    view, tokens = case.view, case.memory.tokens
    if view.parts.query is not None:
        for name, value in _pairs(view.parts.query):
            if value in tokens or (value and name in ("access_token", "token") and value == view.token):
                yield Found(detail=f"The query has the token {mask(value)} as `{name}`.", where=f"query: {name}")
                return
    if view.location and "?" in view.location:
        for name, value in _pairs(view.location.partition("?")[2]):
            if value in tokens:
                yield Found(detail=f"The redirect carries the token {mask(value)} as `{name}`.", where="Location")
                return
    if view.method != "GET" and case.row.operation != "token_introspect":
        for name, value in view.sent.items():
            if isinstance(value, dict) and name in ("metadata", "access_token"):
                inside = ((f"{name}.{key}", member) for key, member in value.items() if isinstance(member, str))
                found = next((one for one in inside if one[1] in tokens), None)
            else:
                found = (name, value) if isinstance(value, str) and value in tokens else None
            if found is not None:
                where, token = found
                yield Found(detail=f"The body has the token {mask(token)} as `{where}`.", where=where)
                return
    if view.token and view.token in tokens and view.parts.scheme == "http" and not is_private(view.url):
        detail = f"Token {mask(view.token)} goes to {view.parts.authority} over plain http."
        yield Found(detail=detail, where="Authorization")


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    """The parameters of a query; it is looked at in every exchange, so only what needs it is decoded."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        yield name, unquote_plus(value) if "%" in value or "+" in value else value
