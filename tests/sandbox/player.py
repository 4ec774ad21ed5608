"""A client that speaks Open Payments to a sandbox in short sentences, well or badly as the test wants it."""

from __future__ import annotations

import html
import json
import re
import ssl
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.signatures.keys import SigningKey
from optrace.signatures.sign import sign_request
from tests.sandbox.running import Clock, Running

_TLS = ssl.create_default_context()
BROWSER = {"accept": "text/html,*/*;q=0.8"}
FINISH = "http://shop.test/finish?order=7"
USD = {"assetCode": "USD", "assetScale": 2}
EUR = {"assetCode": "EUR", "assetScale": 2}

Tamper = Callable[[HttpRequest], HttpRequest]


def usd(value: int) -> dict[str, Any]:
    return {"value": str(value), **USD}


def eur(value: int) -> dict[str, Any]:
    return {"value": str(value), **EUR}


def access(kind: str, *actions: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "actions": list(actions), **more}


class Player:
    """One client against one sandbox."""

    def __init__(self, sandbox: Running, clock: Clock) -> None:
        self.sandbox, self.clock = sandbox, clock
        self.sender, self.recipient = sandbox.sender, sandbox.recipient
        self.alice, self.bob = sandbox.sender.wallet_address, sandbox.recipient.wallet_address
        self.key: SigningKey = sandbox.client.key
        self.address = sandbox.client.wallet_address
        # one TLS context for both, since making one takes longer than a whole payment
        self.http = httpx.Client(trust_env=False, timeout=10, verify=_TLS)
        self.browser = httpx.Client(trust_env=False, timeout=10, verify=_TLS, headers=BROWSER)

    # ---- one request

    def call(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        token: str | None = None,
        key: SigningKey | None = None,
        sign: bool = True,
        tamper: Tamper = lambda request: request,
        headers: tuple[tuple[str, str], ...] = (),
    ) -> httpx.Response:
        """Send it, signed unless told otherwise; `tamper` changes it after it was signed."""
        fields = [("accept", "application/json"), ("content-type", "application/json"), *headers]
        if token is not None:
            fields.append(("authorization", f"GNAP {token}"))
        content = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        request = HttpRequest(method=method, url=url, fields=Fields.of(*fields), body=content)
        if sign:
            request = sign_request(request, key or self.key, created=int(self.clock().timestamp()))
        request = tamper(request)
        return self.http.request(method, request.url, headers=list(request.fields), content=request.body or b"")

    # ---- the recipient's side

    def incoming_grant(self, *actions: str, **more: Any) -> dict[str, Any]:
        wanted = actions or ("create", "read", "list", "complete")
        return ok(self.grant(self.recipient.grant_endpoint, access("incoming-payment", *wanted, **more)))

    def incoming_token(self, *actions: str) -> str:
        return str(self.incoming_grant(*actions)["access_token"]["value"])

    def incoming(self, value: int | None = 1000, *, token: str | None = None, **more: Any) -> dict[str, Any]:
        body = {"walletAddress": self.bob, **({"incomingAmount": eur(value)} if value is not None else {}), **more}
        response = self.call(
            "POST", f"{self.recipient.resource_server}/incoming-payments", body, token=token or self.incoming_token()
        )
        return ok(response, 201)

    # ---- the sender's side

    def grant(self, server: str, *items: dict[str, Any], finish: str | None = None, **more: Any) -> httpx.Response:
        body: dict[str, Any] = {"access_token": {"access": list(items)}, "client": self.address}
        if finish is not None:
            body["interact"] = {
                "start": ["redirect"],
                "finish": {"method": "redirect", "uri": finish, "nonce": "client-nonce"},
            }
        return self.call("POST", server, {**body, **more})

    def quote_token(self, *actions: str) -> str:
        answer = ok(self.grant(self.sender.grant_endpoint, access("quote", *(actions or ("create", "read")))))
        return str(answer["access_token"]["value"])

    def ask_quote(self, receiver: str, *, token: str | None = None, **more: Any) -> httpx.Response:
        body = {"walletAddress": self.alice, "receiver": receiver, "method": "ilp", **more}
        return self.call("POST", f"{self.sender.resource_server}/quotes", body, token=token or self.quote_token())

    def quote(self, receiver: str, **more: Any) -> dict[str, Any]:
        return ok(self.ask_quote(receiver, **more), 201)

    def ask_outgoing(self, *, limits: dict[str, Any] | None = None, finish: str | None = FINISH) -> dict[str, Any]:
        """A pending grant for outgoing payments."""
        item = access("outgoing-payment", "create", "read", "list", identifier=self.alice)
        if limits is not None:
            item["limits"] = limits
        more = {} if finish is not None else {"interact": {"start": ["redirect"]}}
        return ok(self.grant(self.sender.grant_endpoint, item, finish=finish, **more))

    def outgoing_grant(self, limits: dict[str, Any] | None = None) -> dict[str, Any]:
        """The same with consent given, waited for and continued."""
        pending = self.ask_outgoing(limits=limits)
        outcome = self.consent(pending["interact"]["redirect"])
        self.clock.advance(5)
        return ok(self.proceed(pending, outcome["interact_ref"]))

    def outgoing_token(self, limits: dict[str, Any] | None = None) -> str:
        return str(self.outgoing_grant(limits)["access_token"]["value"])

    def proceed(self, pending: dict[str, Any], interact_ref: str | None = None) -> httpx.Response:
        """Continue, or poll without a reference."""
        body = None if interact_ref is None else {"interact_ref": interact_ref}
        return self.call("POST", pending["continue"]["uri"], body, token=pending["continue"]["access_token"]["value"])

    def pay(self, quote: dict[str, Any] | str, token: str, **more: Any) -> httpx.Response:
        quote_id = quote if isinstance(quote, str) else quote["id"]
        body = {"walletAddress": self.alice, "quoteId": quote_id, **more}
        return self.call("POST", f"{self.sender.resource_server}/outgoing-payments", body, token=token)

    # ---- the browser

    def consent(self, url: str, decision: str = "accept", browser: httpx.Client | None = None) -> dict[str, str]:
        """Click through to the finish URI; the parameters that it was called with."""
        location = self.browse(url, decision, browser).headers["location"]
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def browse(self, url: str, decision: str = "accept", browser: httpx.Client | None = None) -> httpx.Response:
        """The answer to the browser's last step, the finish at the authorization server."""
        browser = browser or self.browser
        page = browser.get(browser.get(url).headers["location"])
        assert page.status_code == 200, page.text
        action = re.search(r'action="([^"]+)"', page.text)
        assert action
        answered = browser.post(urljoin(str(page.url), html.unescape(action[1])), data={"decision": decision})
        assert answered.status_code == 303, answered.text
        return browser.get(answered.headers["location"])


def ok(response: httpx.Response, status: int = 200) -> dict[str, Any]:
    """The answer's body, when it is what it should be."""
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    return body


def refused(response: httpx.Response) -> tuple[int, str | None, str]:
    """(status, code, description) of an error."""
    error = response.json()["error"]
    return response.status_code, error.get("code"), error["description"]


def with_body(body: bytes) -> Tamper:
    return lambda request: replace(
        request, body=body, fields=with_field(request.fields, "Content-Length", str(len(body)))
    )


def with_field(fields: Fields, name: str, value: str) -> Fields:
    return Fields.of(*((old, value if old.lower() == name.lower() else text) for old, text in fields))


def without_field(name: str) -> Tamper:
    return lambda request: replace(
        request, fields=Fields.of(*((old, text) for old, text in request.fields if old.lower() != name.lower()))
    )
