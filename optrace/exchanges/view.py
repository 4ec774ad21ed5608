"""A look at one exchange: its URL taken apart, its bodies read, its token found. Each part is worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from optrace.core.bodies import Body, read_body
from optrace.core.messages import Exchange
from optrace.core.urls import Url, canonical, parse


class View:
    """What recognition, correlation and wording ask of an exchange. Nothing here raises on any traffic."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.request = exchange.request
        self.response = exchange.response
        self.method = exchange.request.method
        self.url = exchange.request.url
        self.status = exchange.response.status if exchange.response else None

    @cached_property
    def parts(self) -> Url:
        """The request's URL, taken apart."""
        return parse(self.url)

    @cached_property
    def key(self) -> str:
        """The request's URL in canonical form, without its query."""
        return canonical(self.url.partition("?")[0].partition("#")[0])

    @cached_property
    def request_body(self) -> Body:
        """The request's body, decoded as far as it can be."""
        return read_body(self.request.fields, self.request.body)

    @cached_property
    def response_body(self) -> Body:
        """The response's body, decoded as far as it can be; empty if no response came."""
        if self.response is None:
            return read_body(self.request.fields.__class__(), b"")
        return read_body(self.response.fields, self.response.body)

    @cached_property
    def sent(self) -> Mapping[str, Any]:
        """The members of the request's JSON object; empty if it isn't one."""
        return _object(self.request_body.json)

    @cached_property
    def got(self) -> Mapping[str, Any]:
        """The members of the response's JSON object; empty if it isn't one."""
        return _object(self.response_body.json)

    @cached_property
    def asked(self) -> list[Mapping[str, Any]]:
        """The access items that a grant request asks for."""
        return _access(self.sent)

    @cached_property
    def given(self) -> list[Mapping[str, Any]]:
        """The access items that the AS's answer gives."""
        return _access(self.got)

    @cached_property
    def authorization(self) -> str | None:
        """The Authorization field as sent."""
        return self.request.fields.get("authorization")

    @cached_property
    def token(self) -> str | None:
        """The token of the Authorization field under any scheme, without quotes; None if there is none."""
        value = self.authorization
        if value is None:
            return None
        scheme, _, rest = value.partition(" ")
        token = (rest if rest else scheme).strip().strip('"')
        return token or None

    @property
    def succeeded(self) -> bool:
        """Whether a 2xx answer came."""
        return self.status is not None and 200 <= self.status < 300

    @cached_property
    def location(self) -> str | None:
        """Where a redirect points."""
        return self.response.fields.get("location") if self.response else None

    @cached_property
    def error(self) -> tuple[str | None, str | None]:
        """(code, description) of an error answer, in whichever of its shapes it came (RFC 9635 §3.6)."""
        error = self.got.get("error")
        if isinstance(error, str):
            return error, None
        members = _object(error)
        return text(members.get("code")), text(members.get("description"))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str | None:
    """The value if it is a non-empty string."""
    return value if isinstance(value, str) and value else None


def dig(value: Any, *path: str) -> Any:
    """The member at a path of JSON objects, or None where the path ends early."""
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def access_items(view: View, *, of_response: bool = False) -> list[Mapping[str, Any]]:
    """The access items that a grant request asks for, or that its answer gives; of one token or of several."""
    return view.given if of_response else view.asked


def _access(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    token = message.get("access_token")
    holders = token if isinstance(token, list) else [token]
    return [
        item
        for holder in holders
        if isinstance(access := dig(holder, "access"), list)
        for item in access
        if isinstance(item, dict)
    ]


def client_of(view: View) -> str | None:
    """The wallet address that a grant request names as its client; None for a key given directly, or none at all."""
    client = view.sent.get("client")
    return text(client) or text(dig(client, "walletAddress"))
