"""Exchanges in a line or two, and what a trace would know of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.urls import canonical, place
from optrace.exchanges.recognise import recognise
from optrace.exchanges.view import View

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GNAP = ("Authorization", "GNAP TOKEN")
JSON = ("Content-Type", "application/json")


def exchange(
    method: str,
    url: str,
    *headers: tuple[str, str],
    sent: Any = None,
    status: int | None = 200,
    got: Any = None,
    answer_headers: Iterable[tuple[str, str]] = (),
    n: int = 1,
) -> Exchange:
    """`sent` and `got` are JSON values, or bytes as they are; no status means that no answer came."""
    started = START + timedelta(seconds=n)
    request = HttpRequest(method=method, url=url, fields=_fields(headers, sent), body=_body(sent))
    response = None
    if status is not None:
        response = HttpResponse(status=status, fields=_fields(answer_headers, got), body=_body(got))
    ended = started + timedelta(milliseconds=5) if response else None
    return Exchange(n=n, request=request, response=response, started=started, ended=ended)


def _fields(headers: Iterable[tuple[str, str]], body: Any) -> Fields:
    return Fields.of(*headers, *([JSON] if body is not None and not isinstance(body, bytes) else []))


def _body(value: Any) -> bytes:
    return b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()


@dataclass
class Taught:
    """What earlier exchanges taught: URLs with their meaning, tokens, hosts of wallet addresses."""

    links: dict[str, str] = field(default_factory=dict)
    continuation: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    wallets: tuple[str, ...] = ()

    def link(self, key: str) -> str | None:
        return {canonical(url): kind for url, kind in self.links.items()}.get(key)

    def is_continuation_token(self, token: str) -> bool:
        return token in self.continuation

    def is_access_token(self, token: str) -> bool:
        return token in self.access

    def serves_wallet_addresses(self, authority: str) -> bool:
        return authority in {place(url) for url in self.wallets}


def operation(seen: Exchange, known: Taught | None = None) -> str:
    return recognise(View(seen), known or Taught()).id
