"""The identity provider: the page on which the resource owner is asked, and the way back.

It works without JavaScript and asks nobody to log in. Everything that it shows comes from strangers and is escaped.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from optrace.core.text import safe
from optrace.openpayments.units import format_units
from optrace.sandbox.config import Role
from optrace.sandbox.errors import Refusal
from optrace.sandbox.remote import Remote, Unreachable
from optrace.sandbox.state import Ase
from optrace.sandbox.web import Call, endpoint, on_http_exception, on_refusal, redirect
from optrace.sandbox.world import World

_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
}
_FORM_LIMIT = 4096  # bytes
_WORDS = {
    "incoming-payment": "incoming payments",
    "quote": "quotes",
    "outgoing-payment": "payments from your account",
    "read-all": "read all",
    "list-all": "list all",
}


class IdentityProvider:
    """One ASE's identity provider."""

    def __init__(self, ase: Ase, world: World, remote: Remote) -> None:
        self._ase, self._world, self._remote = ase, world, remote

    def app(self) -> Starlette:
        """The page, and the two ways to answer it."""
        routes = [
            Route("/consent", endpoint(self.ask), methods=["GET"]),
            Route("/consent", endpoint(self.answer), methods=["POST"]),
            Route("/consent/auto", endpoint(self.accept_by_itself), methods=["GET"]),
        ]
        return Starlette(routes=routes, exception_handlers={Refusal: on_refusal, HTTPException: on_http_exception})

    async def ask(self, call: Call) -> Response:
        """Show who asks for what."""
        try:
            status, _, body = await self._remote.consent("GET", self._api(call), self._ase.idp_secret)
            details = json.loads(body)
        except (Unreachable, ValueError):
            return self._problem("The authorization server can't be reached", "Try again in a moment.", 502)
        if status != 200:
            return self._problem("This request is no longer there", "It was cancelled, or the link is incomplete.", 404)
        if details["state"] != "PENDING":
            return self._problem("You have already answered", "Go back to the shop to see how it went on.", 409)
        return self._page("Your consent", _question(call.query, details), refresh=self._refresh(call))

    async def answer(self, call: Call) -> Response:
        """The form comes back: tell the authorization server, then send the browser there."""
        form = parse_qs((call.http.body or b"")[:_FORM_LIMIT].decode("utf-8", "replace"))
        decision = form.get("decision", [""])[0]
        if decision not in {"accept", "reject"}:
            return self._problem("Please accept or decline", "The form came back without an answer.", 400)
        return await self._decide(call, decision)

    async def accept_by_itself(self, call: Call) -> Response:
        """What the page leads to after a while, where the sandbox is told to do without a person."""
        if self._world.config.auto_consent is None:
            raise HTTPException(404)
        return await self._decide(call, "accept")

    async def _decide(self, call: Call, decision: str) -> Response:
        try:
            status, _, _ = await self._remote.consent("POST", f"{self._api(call)}/{decision}", self._ase.idp_secret)
        except Unreachable:
            return self._problem("The authorization server can't be reached", "Your answer was not kept.", 502)
        if status != 202:
            return self._problem("Your answer came too late", "The request has expired or was answered before.", 409)
        # 303, so that the browser goes on with a GET whatever it came with
        return redirect(f"{self._ase.urls[Role.AUTH]}/interact/{_path(call)}/finish", 303)

    def _api(self, call: Call) -> str:
        return f"{self._ase.urls[Role.INTERACTION]}/grant/{_path(call)}"

    def _refresh(self, call: Call) -> str:
        delay = self._world.config.auto_consent
        if delay is None:
            return ""
        target = f"/consent/auto?{_query(call)}"
        return f'<meta http-equiv="refresh" content="{int(delay.total_seconds())}; url={html.escape(target)}">'

    def _page(self, title: str, content: str, *, status: int = 200, refresh: str = "") -> Response:
        bank = html.escape(self._ase.config.name)
        page = _template().substitute(title=html.escape(title), bank=bank, content=content, refresh=refresh)
        return Response(page.encode(), status, dict(_HEADERS), "text/html; charset=utf-8")

    def _problem(self, title: str, advice: str, status: int) -> Response:
        return self._page(title, f"<h1>{_shown(title)}</h1>\n<p>{_shown(advice)}</p>", status=status)


@cache
def _template() -> Template:
    return Template(files("optrace.sandbox").joinpath("pages/consent.html").read_text("utf-8"))


def _path(call: Call) -> str:
    # letters, digits and hyphens only: what else comes can't name an interaction, and mustn't build another URL
    parts = (call.query.get("interactId", ""), call.query.get("nonce", ""))
    return "/".join(
        "".join(char for char in part if char.isascii() and (char.isalnum() or char == "-")) for part in parts
    )


def _query(call: Call) -> str:
    return urlencode({name: call.query.get(name, "") for name in ("interactId", "nonce")})


def _shown(text: object) -> str:
    return html.escape(safe(str(text)))


def _question(query: Mapping[str, str], details: Mapping[str, Any]) -> str:
    """The heading, the amount, the facts and the two buttons."""
    who = _shown(query.get("clientName") or "An unnamed client")
    access, subjects = details.get("access") or [], (details.get("subject") or {}).get("sub_ids") or []
    wish = "access to your account" if access else "to know who you are"
    limit: Mapping[str, Any] = next((item["limits"] for item in access if item.get("limits")), {})
    amount = limit.get("debitAmount") or limit.get("receiveAmount")
    if any(item["type"] == "outgoing-payment" for item in access):
        wish = "to pay from your account"
    rows = [("Asked by", query.get("clientUri", "")), *_facts(access, limit)]
    rows += [("Confirm that you own", subject.get("id")) for subject in subjects]
    facts = "\n".join(f"<dt>{_shown(name)}</dt><dd>{_shown(value)}</dd>" for name, value in rows)
    form = urlencode({name: query.get(name, "") for name in ("interactId", "nonce")})
    return "\n".join(
        (
            f"<h1>{who} wants {wish}</h1>",
            f'<p class="amount">{_shown(_amount(amount))}</p>' if amount else "",
            f"<dl>\n{facts}\n</dl>",
            f'<form method="post" action="/consent?{html.escape(form)}">',
            '<button type="submit" name="decision" value="reject">Decline</button>',
            '<button type="submit" name="decision" value="accept" class="accept">Accept</button>',
            "</form>",
        )
    )


def _facts(access: list[Mapping[str, Any]], limit: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for item in access:
        actions = ", ".join(_WORDS.get(action, action) for action in item["actions"])
        yield "May", f"{actions} {_WORDS.get(item['type'], item['type'])}"
        if item.get("identifier"):
            yield "Account", item["identifier"]
    if limit.get("debitAmount"):
        yield "You pay at most", _amount(limit["debitAmount"])
    if limit.get("receiveAmount"):
        yield "They get at most", _amount(limit["receiveAmount"])
    if limit.get("interval"):
        yield "Again each period", limit["interval"]
    if limit.get("receiver"):
        yield "Only for", limit["receiver"]
    if any(item["type"] == "outgoing-payment" for item in access) and not (
        limit.get("debitAmount") or limit.get("receiveAmount")
    ):
        yield "Limit", "none: any amount may be paid"


def _amount(amount: Mapping[str, Any]) -> str:
    return f"{format_units(int(amount['value']), amount['assetScale'])} {amount['assetCode']}"
