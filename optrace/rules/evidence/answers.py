"""What a refusal says, and which of the server's checks it comes from.

The reference implementation checks in a fixed order, so its words tell what was passed and what was never reached. At
the resource server: schema, wallet address of the resource, token, signature, business rules. At the authorization
server: route, schema, signature, tenant, grant.
"""

from __future__ import annotations

import re

from optrace.diagnosis.case import Case
from optrace.exchanges.view import View, dig
from optrace.gnap.challenge import Challenge, parse_challenge

# calls that need an access token at a resource server
RESOURCE_CALLS = (
    "incoming_payment_create",
    "incoming_payment_get",
    "incoming_payment_list",
    "incoming_payment_complete",
    "quote_create",
    "quote_get",
    "outgoing_payment_create",
    "outgoing_payment_get",
    "outgoing_payment_list",
    "outgoing_payment_grant_get",
)
CONTINUATIONS = ("grant_continue", "grant_poll", "grant_modify")
MANAGEMENT = ("token_rotate", "token_revoke")
AUTH_CALLS = ("grant_request", *CONTINUATIONS, "grant_cancel", *MANAGEMENT)
# calls with a JSON body
POSTS = ("grant_request", "grant_continue", "incoming_payment_create", "quote_create", "outgoing_payment_create")
API_CALLS = (*RESOURCE_CALLS, "incoming_payment_get_public", *AUTH_CALLS)

_TOKEN_WORDS = frozenset(
    {"missing or invalid authorization header value", "invalid token", "inactive token", "insufficient grant"}
)
_TITLE = re.compile(r"<title[^>]*>([^<]{1,200})", re.I)


def words(case: Case) -> str:
    """What the server says, in lower case: the description of its error, or its plain text."""
    return case.once(_words)


def _words(case: Case) -> str:
    if case.description:
        return case.description.strip().lower()
    text = case.view.response_body.text or ""
    return " ".join(text.split())[:200].lower() if case.view.response_body.kind == "text" else ""


def quoted(case: Case) -> str:
    """The server's words as it wrote them, in quotation marks; its status if it wrote none."""
    said = case.description or (words(case) if not is_html(case.view) else "")
    return f'{case.status} "{said}"' if said else str(case.status)


def about_schema(case: Case) -> bool:
    """Whether the answer is that of an OpenAPI validator, which speaks before anything else is looked at."""
    return "validating openapi request" in words(case)


def about_signature(case: Case) -> bool:
    """Whether the answer is about the signature or the keys to verify it with."""
    said = words(case)
    return "signature" in said and not about_schema(case)


def about_client(case: Case) -> bool:
    """Whether the AS says that it can't tell who the client is, or gets no keys of it."""
    return "could not determine client" in words(case) or "client keys" in words(case)


def about_unknown_resource(case: Case) -> bool:
    """Whether Rafiki's 401 means that there is no such resource: it looks up the wallet address before the token."""
    details = dig(case.view.got, "error", "details", "description")
    return isinstance(details, str) and "failed to get wallet address" in details.lower()


def about_limits(case: Case) -> bool:
    """Whether a payment was refused for the limits of its grant: Rafiki's 403 "unauthorized"."""
    return case.row.operation == "outgoing_payment_create" and case.status == 403 and words(case) == "unauthorized"


def about_token(case: Case) -> bool:
    """Whether a resource server refused at its token stage. What comes after it, the signature too, wasn't reached."""
    return case.once(_about_token)


def _about_token(case: Case) -> bool:
    if case.row.operation not in RESOURCE_CALLS or case.status not in (401, 403):
        return False
    if about_schema(case) or about_signature(case) or about_limits(case) or about_unknown_resource(case):
        return False
    said = words(case)
    if said in _TOKEN_WORDS or challenge(case) is not None:
        return True
    return not said or any(word in said for word in ("token", "grant", "authoriz", "permission", "scope"))


def challenge(case: Case) -> Challenge | None:
    """The GNAP challenge of the answer."""
    response = case.exchange.response
    return parse_challenge(response.fields.get("www-authenticate")) if response else None


def is_html(view: View) -> bool:
    """Whether the answer is a web page."""
    if view.response is None:
        return False
    kind = (view.response.fields.get("content-type") or "").lower()
    if "json" in kind or view.response_body.text is None:
        return False
    return "html" in kind or (view.response_body.text or "").lstrip()[:15].lower().startswith(("<!doctype", "<html"))


def page_title(view: View) -> str:
    """The title of a web page; empty if it has none."""
    match = _TITLE.search((view.response_body.text or "")[:20000])
    return " ".join(match[1].split()) if match else ""
