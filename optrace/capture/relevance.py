"""Which traffic is of interest: everything but what is clearly foreign. When in doubt, it is recorded.

Clearly foreign are the pages and assets (scripts, styles, pictures, fonts) of hosts that were never seen in an Open
Payments context. A wallet address is only known as such from its answer, and a request must be recorded before it is
forwarded, so any other request stays in doubt. A host is known, whatever its port, once it answers or is named in an
Open Payments message: authServer, resourceServer, wallet addresses, continue, manage and redirect URIs, finish URIs.
"""

from __future__ import annotations

import re

from optrace.core.content_coding import decode_content
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest
from optrace.core.urls import parse

_LOOK_AT = 64 * 1024  # bytes of a body
_MAX_HOSTS = 10_000

_PATHS = re.compile(
    r"/(incoming-payments|outgoing-payments|outgoing-payment-grant|quotes)(/|$)|/(jwks|did)\.json$|/\.well-known/(pay|gnap)"
    r"|/(continue|token|interact|grant)/[^/]|/discovery$"
)
_QUERY = re.compile(
    r"(^|&)(interact_ref|interactId|hash)=|(^|&)result=(grant_|invalid_interaction|unknown_interaction)"
)
_MEMBERS = re.compile(
    rb'"(interact_ref|authServer|resourceServer|walletAddress|incomingPayment|incomingAmount|debitAmount|receiveAmount'
    rb'|quoteId|grant_request_endpoint)"|"(interact|continue|client)"\s*:\s*\{'
)
_HOSTS = re.compile(rb"https?:(?:\\?/){2}(?:[^/\\\"\s?#@]*@)?(\[[0-9a-fA-F:.]+\]|[^/\\\"\s?#:@]+)")
_ASSET = re.compile(
    r"\.(css|js|mjs|map|png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot|mp[34]|webm|ogg|wav|wasm|webmanifest)$",
    re.I,
)
_ASSET_DESTINATIONS = frozenset(
    {
        "script",
        "style",
        "image",
        "font",
        "audio",
        "video",
        "track",
        "manifest",
        "worker",
        "sharedworker",
        "serviceworker",
    }
)


class Relevance:
    """Decides what is recorded, and learns which hosts belong to Open Payments.

    Args:
        everything: record foreign traffic too.
    """

    def __init__(self, *, everything: bool = False) -> None:
        self._everything = everything
        self._hosts: set[str] = set()

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts known to belong to Open Payments, in lower case and without ports."""
        return frozenset(self._hosts)

    def wants(self, request: HttpRequest) -> bool:
        """Whether a request is to be recorded."""
        return (
            self._everything
            or not _page_or_asset(request)
            or parse(request.url).host in self._hosts
            or _marked(request)
        )

    def learn(self, exchange: Exchange) -> None:
        """Take from an exchange which hosts belong to Open Payments."""
        if self._everything or len(self._hosts) > _MAX_HOSTS:
            return
        request, response = exchange.request, exchange.response
        host = parse(request.url).host
        answer = _json_start(response.fields, response.body) if response else b""
        challenge = (response.fields.get("www-authenticate") or "") if response else ""
        if _marked(request) or challenge.startswith("GNAP") or _MEMBERS.search(answer):
            self._hosts.add(host)
            for text in (answer, _json_start(request.fields, request.body), challenge.encode("latin-1")):
                self._hosts.update(name.decode("ascii", "replace").lower() for name in _HOSTS.findall(text))
        if host in self._hosts and response and (target := parse(response.fields.get("location") or "").host):
            self._hosts.add(target)


def _page_or_asset(request: HttpRequest) -> bool:
    if request.method not in {"GET", "HEAD"}:
        return False
    if _ASSET.search(parse(request.url).path):
        return True
    if (request.fields.get("sec-fetch-dest") or "") in _ASSET_DESTINATIONS:
        return True
    accept = (request.fields.get("accept") or "").lower()
    return "text/html" in accept and "json" not in accept


def _marked(request: HttpRequest) -> bool:
    """Whether the request itself says that it is Open Payments."""
    fields = request.fields
    if "signature-input" in fields or (fields.get("authorization") or "")[:5].lower() == "gnap ":
        return True
    url = parse(request.url)
    if _PATHS.search(url.path) or (url.query and _QUERY.search(url.query)):
        return True
    return bool(request.body and _MEMBERS.search(_json_start(fields, request.body)))


def _json_start(fields: Fields, body: bytes | None) -> bytes:
    """The start of a body that may be JSON, decoded."""
    if not body or "html" in (fields.get("content-type") or ""):
        return b""
    if coding := fields.combined("content-encoding"):
        body = decode_content(body, coding, limit=_LOOK_AT)[0] or b""
    return body[:_LOOK_AT]
