"""The proof that nothing is left: every secret is looked for in every byte, in each way in which it may be written.

It shares nothing with the code that replaces secrets: here a secret is a needle of bytes (optrace/core/needles.py).
What was looked at and holds nothing is remembered, since most fields come with every message.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from optrace.core.content_coding import decode_content
from optrace.core.framing import unframed
from optrace.core.messages import Exchange
from optrace.core.needles import Needles
from optrace.core.sweep import written
from optrace.session.events import Event, ExchangeSeen, KeyLearned

WINDOW = 6  # bytes; shorter secrets can't be told from other text
_REMEMBERED = 8192  # fields and bodies
_LONG = 4096  # bytes of one that isn't remembered


class Residue:
    """Looks for secrets in what is about to be given away.

    Args:
        secrets: as they are said, decoded; those that are too short to be told from other text are `unprovable`.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._clean: set[bytes] = set()
        self.looked_for = 0
        self.unprovable = 0
        self._needles = Needles(needle for secret in self._provable(set(secrets)) for needle in _needles(secret))

    def _provable(self, secrets: Iterable[str]) -> Iterator[str]:
        for secret in secrets:
            if len(secret.encode("utf-8", "surrogatepass")) < WINDOW:
                self.unprovable += 1
            else:
                self.looked_for += 1
                yield secret

    def in_event(self, event: Event) -> str | None:
        """Where a secret is left in an event; None if there is none. Never says which."""
        return next((where for where, data in _parts(event) if self._left(data)), None)

    def in_text(self, text: str) -> bool:
        """Whether a secret is left in a text."""
        return self._left(_bytes(text))

    def _left(self, data: bytes) -> bool:
        if data in self._clean:
            return False
        if self._needles.within(data):
            return True
        if len(data) < _LONG:
            if len(self._clean) >= _REMEMBERED:
                self._clean.clear()
            self._clean.add(data)
        return False


def _needles(secret: str) -> set[bytes]:
    raw = secret.encode("utf-8", "surrogatepass")
    forms = {form.encode("utf-8", "surrogatepass") for form in written(secret)}
    spelled = (quote(secret, safe=safe, errors="surrogatepass") for safe in ("", "/"))
    forms |= {form.encode() for once in spelled for form in (once, quote(once, safe=""))}  # twice: a URL in a URL
    forms |= {json.dumps(json.dumps(secret))[3:-3].encode(), raw.hex().encode(), raw.hex().upper().encode()}
    for form in (raw, *forms):
        forms = forms | set(_in_base64(form))
    return {form for form in forms if len(form) >= WINDOW}


def _in_base64(raw: bytes) -> Iterator[bytes]:
    """What base64 of any text with these bytes in it must show, for each of the three ways in which they can lie."""
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw)
        start = (before * 8 + 5) // 6
        end = (before + len(raw)) * 8 // 6
        yield coded[start:end]
        yield coded[start:end].replace(b"+", b"-").replace(b"/", b"_")


def _parts(event: Event) -> Iterator[tuple[str, bytes]]:
    match event:
        case ExchangeSeen(exchange=exchange):
            for what, data in _of_exchange(exchange):
                yield f"{what} of exchange {exchange.n}", data
        case KeyLearned(wallet_address=owner, document=document, error=error):
            yield "a key that was learned", b"\n".join((_bytes(owner), document or b"", _bytes(error)))
        case _:
            yield "a note", _bytes(event.text)


def _of_exchange(exchange: Exchange) -> Iterator[tuple[str, bytes]]:
    connection = exchange.connection
    around = (exchange.error, *exchange.notes, *(getattr(connection, name) for name in connection.__slots__))
    yield "what is said", b"\n".join(_bytes(text) for text in around)
    request = exchange.request
    yield "the request line", b"\n".join(map(_bytes, (request.method, request.url, request.authority)))
    for what, message in (("the request", exchange.request), ("the response", exchange.response)):
        if message is None:
            continue
        fields = [*message.fields.raw, *(message.trailers.raw if message.trailers else ())]
        yield from ((f"a field of {what}", b"\n".join(pair)) for pair in fields)
        body = message.body or b""
        if body:
            yield f"the body of {what}", body
        framed = unframed(message.fields, body)
        if framed is not None:
            body = framed.content
            yield f"the chunks of {what}", body
        if body and "content-encoding" in message.fields:
            plain, _ = decode_content(body, message.fields.combined("content-encoding") or "")
            yield f"the decoded body of {what}", plain or b""
    if exchange.response is not None:
        yield "the status line", _bytes(exchange.response.reason)


def _bytes(text: str | None) -> bytes:
    return (text or "").encode("utf-8", "surrogatepass")
