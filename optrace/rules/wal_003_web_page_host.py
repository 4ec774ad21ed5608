"""WAL-003: This is the wallet's web page, not its wallet address."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.specs import OpenPayments
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.exchanges.view import View
from optrace.rules.evidence.answers import is_html, page_title
from optrace.rules.rule import Found, Weight, rule

_LOGIN = re.compile(r"/(?:login|log-in|signin|sign-in|auth|account)\b", re.I)


@rule(
    code="WAL-003",
    title="This is the wallet's web page, not its wallet address",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=OpenPayments("concepts/wallet-addresses"),
    remedy="Use the wallet address that the wallet shows, not the address of its web page. For the test wallet that is"
    " ilp.interledger-test.dev.",
    operations=("wallet_address_get", "jwks_get", "unknown"),
)
def web_page_host(case: Case) -> Iterator[Found]:
    """You see a web page, a redirect to a login, or 404, where a wallet address should be.

    Cause: wallets have two hosts, one with pages for people and one with wallet addresses.

    Detected: a read that wants JSON is answered with HTML or sent to a login page, and isn't a browser's.

    Source: hackathon code with the host of the test wallet's pages.
    """
    view = case.view
    if view.method != "GET" or view.response is None or view.authorization is not None or _is_browser(view):
        return
    accept = (view.request.fields.get("accept") or "*/*").lower()
    if "text/html" in accept or ("json" not in accept and case.row.operation == "unknown"):
        return
    location = view.location or ""
    to_login = (view.status or 0) // 100 == 3 and _LOGIN.search(parse(location).path) is not None
    if not to_login and not is_html(view):
        return
    named = case.row.operation != "unknown"
    if not named and not (to_login or len(view.parts.segments) in (1, 2)):
        return
    title = page_title(view)
    detail = f"{view.url.partition('?')[0]} answers {view.status}"
    detail += f" and sends on to {location.partition('?')[0]}." if to_login else " with a web page"
    if not to_login:
        detail += f" titled {title}." if title else "."
    if named:
        yield Found(detail=detail, where="url")
    else:
        yield Found(detail=detail, where="url", severity=Severity.WARN, weight=Weight.HYPOTHESIS)


def _is_browser(view: View) -> bool:
    fields = view.request.fields
    return "cookie" in fields or "sec-fetch-mode" in fields or "origin" in fields or "referer" in fields
