"""Which operation an exchange is.

Server roots differ from one ASE to the next, and `authServer` and `resourceServer` are opaque. So what earlier answers
taught (links, tokens) goes first, then the paths and shapes that Open Payments and RFC 9635 fix. First hit wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol

from optrace.exchanges import continuation, grant_request, incoming_payment, interaction, outgoing_payment, quote
from optrace.exchanges import server_side as server
from optrace.exchanges import token as tokens
from optrace.exchanges import wallet_address as wallet
from optrace.exchanges.kind import Kind
from optrace.exchanges.view import View, dig, text


class Known(Protocol):
    """What the trace has taught so far."""

    def link(self, key: str) -> str | None:
        """What a URL (canonical, without query) was given out as: one of the keys of `BY_LINK`."""

    def is_continuation_token(self, token: str) -> bool:
        """Whether this value was issued as a continuation token."""

    def is_access_token(self, token: str) -> bool:
        """Whether this value was issued as an access token."""

    def serves_wallet_addresses(self, authority: str) -> bool:
        """Whether a wallet address was read from this host (canonical authority)."""


_RESOURCE = re.compile(r"/(incoming-payments|outgoing-payments|quotes)(?:/([^/]+)(/complete)?)?/?$")
_INTERACT = re.compile(r"/interact/[^/]+/[^/]+(/finish)?/?$")
_CONSENT = re.compile(r"/grant/[^/]+/[^/]+(?:/(accept|reject))?/?$")
_CONTINUE = re.compile(r"/continue/[^/]+/?$")
_TOKEN = re.compile(r"/token/[^/]+/?$")
_EVENT = re.compile(r"(?:incoming_payment|outgoing_payment|wallet_address|asset|peer)\.[a-z_]+$")
_ASSET = re.compile(r"\.(?:js|mjs|css|map|png|jpe?g|gif|svg|ico|webp|woff2?|ttf|webmanifest|html?|txt|xml)$", re.I)

# (collection, has an id, /complete) and method -> kind
_RESOURCES = {
    ("incoming-payments", False, False, "POST"): incoming_payment.INCOMING_PAYMENT_CREATE,
    ("incoming-payments", False, False, "GET"): incoming_payment.INCOMING_PAYMENT_LIST,
    ("incoming-payments", True, False, "GET"): incoming_payment.INCOMING_PAYMENT_GET,
    ("incoming-payments", True, True, "POST"): incoming_payment.INCOMING_PAYMENT_COMPLETE,
    ("quotes", False, False, "POST"): quote.QUOTE_CREATE,
    ("quotes", True, False, "GET"): quote.QUOTE_GET,
    ("outgoing-payments", False, False, "POST"): outgoing_payment.OUTGOING_PAYMENT_CREATE,
    ("outgoing-payments", False, False, "GET"): outgoing_payment.OUTGOING_PAYMENT_LIST,
    ("outgoing-payments", True, False, "GET"): outgoing_payment.OUTGOING_PAYMENT_GET,
}


def recognise(view: View, known: Known) -> Kind:
    """The kind of an exchange, `UNKNOWN` if nothing fits. A response that isn't there yet may change the answer."""
    for test in (_preflight, _spsp, _learned, _discovery, _fixed_paths, _resource, _grant, _continued, _introspection):
        if kind := test(view, known):
            return kind
    for late in (_hops, _finish, _wallet, _infra):
        if kind := late(view, known):
            return kind
    return server.UNKNOWN


def _preflight(view: View, known: Known) -> Kind | None:
    fields = view.request.fields
    if view.method == "OPTIONS" and "origin" in fields and "access-control-request-method" in fields:
        return server.CORS_PREFLIGHT
    return None


def _spsp(view: View, known: Known) -> Kind | None:
    if view.method == "GET" and "application/spsp4+json" in (view.request.fields.get("accept") or "").lower():
        return wallet.SPSP_GET
    return None


def _by_continue(view: View) -> Kind | None:
    if view.method == "POST":
        return continuation.GRANT_CONTINUE if view.sent else continuation.GRANT_POLL
    return {"PATCH": continuation.GRANT_MODIFY, "DELETE": continuation.GRANT_CANCEL}.get(view.method)


def _by_manage(view: View) -> Kind | None:
    return {"POST": tokens.TOKEN_ROTATE, "DELETE": tokens.TOKEN_REVOKE}.get(view.method)


def _by_grant_endpoint(view: View) -> Kind | None:
    return {"POST": grant_request.GRANT_REQUEST, "OPTIONS": server.AS_DISCOVERY}.get(view.method)


def _by_finish(view: View) -> Kind | None:
    return {"GET": interaction.FINISH_REDIRECT, "POST": interaction.FINISH_PUSH}.get(view.method)


def _incoming_read(view: View) -> Kind | None:
    if view.method != "GET":
        return None
    signed_in = view.authorization is not None
    return incoming_payment.INCOMING_PAYMENT_GET if signed_in else incoming_payment.INCOMING_PAYMENT_GET_PUBLIC


def _only_get(kind: Kind) -> Callable[[View], Kind | None]:
    return lambda view: kind if view.method == "GET" else None


BY_LINK: dict[str, Callable[[View], Kind | None]] = {
    "continue": _by_continue,
    "manage": _by_manage,
    "grant_endpoint": _by_grant_endpoint,
    "interact": _only_get(interaction.INTERACT_START),
    "idp": _only_get(interaction.IDP_REDIRECT),
    "finish": _by_finish,
    "wallet_address": _only_get(wallet.WALLET_ADDRESS_GET),
    "incoming_payment": _incoming_read,
    "quote": _only_get(quote.QUOTE_GET),
    "outgoing_payment": _only_get(outgoing_payment.OUTGOING_PAYMENT_GET),
}


def _learned(view: View, known: Known) -> Kind | None:
    link = known.link(view.key)
    by = BY_LINK.get(link) if link else None
    return by(view) if by else None


def _discovery(view: View, known: Known) -> Kind | None:
    if "grant_request_endpoint" in view.got and not view.parts.path.endswith("/.well-known/gnap-as-rs"):
        return server.AS_DISCOVERY
    return None


def _fixed_paths(view: View, known: Known) -> Kind | None:
    path = view.parts.path
    if view.method == "GET":
        if path.endswith("/jwks.json"):
            return wallet.JWKS_GET
        if path.endswith("/did.json"):
            return wallet.DID_GET
        if path.endswith("/.well-known/gnap-as-rs"):
            return server.AS_RS_DISCOVERY
    return None


def _resource(view: View, known: Known) -> Kind | None:
    path = view.parts.path
    if view.method == "GET" and path.rstrip("/").endswith("/outgoing-payment-grant"):
        return outgoing_payment.OUTGOING_PAYMENT_GRANT_GET
    if match := _RESOURCE.search(path):
        kind = _RESOURCES.get((match[1], match[2] is not None, match[3] is not None, view.method))
        return _incoming_read(view) if kind is incoming_payment.INCOMING_PAYMENT_GET else kind
    return None


def _grant(view: View, known: Known) -> Kind | None:
    if view.method == "POST" and "client" in view.sent and ("access_token" in view.sent or "subject" in view.sent):
        return grant_request.GRANT_REQUEST
    return None


def _continued(view: View, known: Known) -> Kind | None:
    path, token = view.parts.path, view.token
    on_continue, on_token = _CONTINUE.search(path) is not None, _TOKEN.search(path) is not None
    if view.method == "PATCH":
        return continuation.GRANT_MODIFY if on_continue else None
    if view.method not in ("POST", "DELETE") or not (token or on_continue or on_token):
        return None
    if view.method == "POST" and "interact_ref" in view.sent and not text(view.sent.get("hash")):
        return continuation.GRANT_CONTINUE
    if view.method == "POST" and view.sent and not on_continue:
        return None
    if on_continue or (token and known.is_continuation_token(token) and not on_token):
        return _by_continue(view)
    if on_token or (token and known.is_access_token(token)):
        return _by_manage(view)
    if view.method == "DELETE":
        return tokens.TOKEN_REVOKE
    if "access_token" in view.got and "continue" not in view.got:
        return tokens.TOKEN_ROTATE
    return continuation.GRANT_POLL if "continue" in view.got else None


def _introspection(view: View, known: Known) -> Kind | None:
    if view.method == "POST" and text(view.sent.get("access_token")):
        return server.TOKEN_INTROSPECT
    if view.method == "POST" and "resource_server" in view.sent and "access" in view.sent:
        return server.RESOURCE_SET_REGISTER
    return None


def _hops(view: View, known: Known) -> Kind | None:
    path = view.parts.path
    if match := _INTERACT.search(path):
        return interaction.INTERACT_FINISH_REQUEST if match[1] else interaction.INTERACT_START
    if match := _CONSENT.search(path):
        if match[1] and view.method == "POST":
            return interaction.CONSENT_ACCEPT if match[1] == "accept" else interaction.CONSENT_REJECT
        if not match[1] and view.method == "GET":
            return interaction.CONSENT_GET
    return None


def _finish(view: View, known: Known) -> Kind | None:
    names = dict(view.parts.parameters())
    if view.method == "GET" and "interact_ref" in names:  # a hash may have got lost on the way
        return interaction.FINISH_REDIRECT
    if view.method == "GET" and names.get("result") in interaction.FINISH_RESULTS:
        return interaction.FINISH_REDIRECT
    if view.method == "GET" and "interactId" in names and "nonce" in names:
        return interaction.IDP_REDIRECT
    if view.method == "POST" and text(view.sent.get("hash")) and text(view.sent.get("interact_ref")):
        return interaction.FINISH_PUSH
    return None


def _wallet(view: View, known: Known) -> Kind | None:
    if view.method != "GET":
        return None
    got = view.got
    if all(name in got for name in ("id", "assetCode", "assetScale", "authServer")):
        return wallet.WALLET_ADDRESS_GET
    if dig(got, "error", "description") == "Could not get wallet address":
        return wallet.WALLET_ADDRESS_GET
    # a wallet address host takes any other path for a wallet address, existing or not
    if (
        view.authorization is None
        and view.parts.query is None
        and not _ASSET.search(view.parts.path)
        and "text/html" not in (view.request.fields.get("accept") or "")
        and (view.status is None or view.status >= 400)
        and (known.serves_wallet_addresses(view.key.partition("/")[0]) or _speaks_of_wallets(view))
    ):
        return wallet.WALLET_ADDRESS_GET
    return None


def _speaks_of_wallets(view: View) -> bool:
    description = view.error[1]
    return description is not None and "wallet address" in description.lower()


def _infra(view: View, known: Known) -> Kind | None:
    fields, path = view.request.fields, view.parts.path
    if path.endswith("/healthz"):
        return server.INFRA_HEALTH
    if "rafiki-signature" in fields or path.endswith("/graphql"):
        return server.INFRA_ADMIN
    if (
        view.method == "POST"
        and isinstance(view.sent.get("data"), dict)
        and _EVENT.match(text(view.sent.get("type")) or "")
    ):
        return server.INFRA_ADMIN  # a webhook of an ASE that signs none
    if "signature" in fields and "signature-input" not in fields and (fields.get("signature") or "").startswith("t="):
        return server.INFRA_ADMIN
    return None
