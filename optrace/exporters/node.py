"""Each request as JavaScript: the Open Payments SDK's call where there is one, which signs anew, else `fetch`."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from optrace.core.bodies import ABSENT
from optrace.core.urls import parse
from optrace.exchanges.view import View
from optrace.exporters.code import Call, calls, is_method, needed, text_of, url_to_send
from optrace.exporters.material import Exporter, Material

_HEAD = "// Node.js 20 or later: save as .mjs, `npm install @interledger/open-payments`, run with `node`\n"
_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?')
_ESCAPED_MASK = re.compile(r"(?:\\u2022){4}([0-9a-f]{4})")


def write(material: Material) -> Iterator[str]:
    """One module."""
    found = [(call, _sdk_call(call)) for call in calls(material)]
    yield _HEAD
    if any(sdk for _, sdk in found):
        yield _client([call for call, sdk in found if sdk])
    if names := needed(call for call, _ in found):
        said = textwrap.wrap(f"masked: set {', '.join(names)} in the environment", 117, break_long_words=False)
        yield "".join(f"// {line}\n" for line in said)
    for call, sdk in found:
        yield f"\n// {call.title}\n" + "".join(f"// {line}\n" for line in call.findings)
        name = f"answer{call.step.n}"
        yield f"const {name} = await {sdk or _fetch(call)}\n"
        yield f"console.log({name})\n" if sdk else f"console.log({name}.status, await {name}.text())\n"


def _client(found: list[Call]) -> str:
    owner = next((call.step.key_owner for call in found if call.step.key_owner), None)
    wallet = _js(owner) if owner and "://" in owner else "process.env.WALLET_ADDRESS"
    plain = "  useHttp: true,\n" if any(call.request.url.startswith("http:") for call in found) else ""
    return (
        "import { createAuthenticatedClient } from '@interledger/open-payments'\n\n"
        "const client = await createAuthenticatedClient({\n"
        f"  walletAddressUrl: {wallet},\n"
        "  keyId: process.env.KEY_ID,\n"
        "  privateKey: process.env.PRIVATE_KEY, // a path, or the key as PEM\n"
        f"{plain}}})\n"
    )


def _at(call: Call, url: str, **more: Any) -> dict[str, Any]:
    """What the SDK's calls take first: where, and with which token."""
    token = (View(call.exchange).token or "").encode("latin-1").decode("utf-8", "replace")
    return {"url": url_to_send(url), **more, **({"accessToken": token} if token else {})}


def _plain(method: str, end: str = "") -> Callable[[Call], tuple[str, list[Any]]]:
    return lambda call: (method, [_at(call, _without(call, end))])


def _with_body(method: str, end: str = "") -> Callable[[Call], tuple[str, list[Any]]]:
    def made(call: Call) -> tuple[str, list[Any]]:
        body = View(call.exchange).request_body.json
        return method, [_at(call, _without(call, end)), *([] if body is ABSENT else [body])]

    return made


def _grant_request(call: Call) -> tuple[str, list[Any]]:
    body = View(call.exchange).sent
    return "grant.request", [_at(call, call.request.url), {k: v for k, v in body.items() if k != "client"}]


def _list(method: str, end: str) -> Callable[[Call], tuple[str, list[Any]]]:
    def made(call: Call) -> tuple[str, list[Any]]:
        query = dict(parse(call.request.url).parameters())
        pages = {name: int(query[name]) if query[name].isdecimal() and len(query[name]) < 9 else query[name]
                 for name in ("first", "last", "cursor") if name in query}  # fmt: skip
        at = _at(call, _without(call, end), walletAddress=query.get("wallet-address", ""))
        return method, [at, *([pages] if pages else [])]

    return made


def _without(call: Call, end: str) -> str:
    return call.request.url.partition("?")[0].removesuffix(end) if end else call.request.url


_CALLS: Mapping[str, Callable[[Call], tuple[str, list[Any]]]] = {
    "wallet_address_get": _plain("walletAddress.get"),
    "jwks_get": _plain("walletAddress.getKeys", "/jwks.json"),
    "did_get": _plain("walletAddress.getDIDDocument", "/did.json"),
    "grant_request": _grant_request,
    "grant_continue": _with_body("grant.continue"),
    "grant_poll": _plain("grant.continue"),
    "grant_cancel": _plain("grant.cancel"),
    "token_rotate": _plain("token.rotate"),
    "token_revoke": _plain("token.revoke"),
    "incoming_payment_create": _with_body("incomingPayment.create", "/incoming-payments"),
    "incoming_payment_get": _plain("incomingPayment.get"),
    "incoming_payment_get_public": _plain("incomingPayment.getPublic"),
    "incoming_payment_complete": _plain("incomingPayment.complete", "/complete"),
    "incoming_payment_list": _list("incomingPayment.list", "/incoming-payments"),
    "quote_create": _with_body("quote.create", "/quotes"),
    "quote_get": _plain("quote.get"),
    "outgoing_payment_create": _with_body("outgoingPayment.create", "/outgoing-payments"),
    "outgoing_payment_get": _plain("outgoingPayment.get"),
    "outgoing_payment_list": _list("outgoingPayment.list", "/outgoing-payments"),
    "outgoing_payment_grant_get": _plain("outgoingPayment.getGrantSpentAmounts", "/outgoing-payment-grant"),
}


def _sdk_call(call: Call) -> str | None:
    made = _CALLS.get(call.step.operation)
    if made is None or call.step.source not in ("client", "unknown"):
        return None
    method, arguments = made(call)
    return f"client.{method}({', '.join(_js(argument, indent=2) for argument in arguments)})"


def _fetch(call: Call) -> str:
    request = call.request
    options: dict[str, Any] = {"method": request.method if is_method(request.method) else "GET", "redirect": "manual"}
    options["headers"] = [[name, text_of(value) or value.decode("latin-1")] for name, value in call.fields]
    said = [_js(url_to_send(request.url)), _js(options, indent=2)]
    if request.body and options["method"] not in ("GET", "HEAD"):
        text = text_of(request.body)
        body = f"Uint8Array.from({list(request.body)})" if text is None else _js(text)
        said[1] = said[1].removesuffix("\n}") + f',\n  "body": {body}\n}}'
    return f"fetch({', '.join(said)})"


def _js(value: Any, indent: int | None = None) -> str:
    """A JavaScript expression for a JSON value; masked secrets are read from the environment."""
    return _STRING.sub(_with_secrets, json.dumps(value, indent=indent))


def _with_secrets(match: re.Match[str]) -> str:
    parts = _ESCAPED_MASK.split(match[1])
    if len(parts) == 1 or match[2]:  # a member's name can't be an expression
        return match[0]
    said = [f"process.env.SECRET_{part.upper()}" if at % 2 else f'"{part}"' for at, part in enumerate(parts)]
    return " + ".join(part for part in said if part != '""')


EXPORTER = Exporter(name="node", title="JavaScript: the Open Payments SDK's calls", suffix=".mjs", write=write)
