"""Digests in fields, made again of what they were made of: the body as sent, or as something else once wrote it.

What was hashed is found among the bodies that the search for causes tries, too (optrace/diagnosis/bodies.py). The same
rewriting of the changed body, or the changed body of the same other request, is hashed in its place.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping

from optrace.core.compact import ByHash
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.quick import replace
from optrace.diagnosis.bodies import all_bodies, body_variants
from optrace.diagnosis.case import Case
from optrace.redaction.texts import Texts
from optrace.signatures.digest import rafiki_body
from optrace.signatures.javascript import restringify
from optrace.signatures.throwaway import recoded

FIELDS = frozenset({"content-digest", "repr-digest", "digest", "content-md5"})
_RUN = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){16,}")
_ALGORITHMS: Mapping[int, tuple[Callable[[bytes], bytes], ...]] = {
    64: (lambda data: hashlib.sha512(data).digest(), lambda data: hashlib.sha3_512(data).digest()),
    48: (lambda data: hashlib.sha384(data).digest(),),
    32: (lambda data: hashlib.sha256(data).digest(), lambda data: hashlib.sha3_256(data).digest()),
    20: (lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),),
    16: (lambda data: hashlib.md5(data, usedforsecurity=False).digest(),),
}
_KEPT = 64  # bodies of other requests that are kept, changed


class Digests:
    """Makes digests again."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._bodies: OrderedDict[bytes, bytes] = OrderedDict()
        self._made_of: ByHash = ByHash()  # digest -> the request whose body it is of

    def learn(self, exchange: Exchange) -> None:
        """Remember the digests of a request's body: others may carry them."""
        if exchange.request.body:
            for size in (64, 32):
                self._made_of.setdefault(_ALGORITHMS[size][0](exchange.request.body), exchange.n)

    def message[M: (HttpRequest, HttpResponse)](self, old: M, new: M, case: Case | None) -> M:
        """A changed message with the digests in its fields made again."""
        places = [at for at, (name, _) in enumerate(old.fields.raw) if name.decode("latin-1").lower() in FIELDS]
        if old.body is None or not places:
            return new
        raw = list(new.fields.raw)
        for at in places:
            name, value = old.fields.raw[at]
            raw[at] = name, self.field(value.decode("latin-1"), old, new, case).encode("latin-1")
        return replace(new, fields=Fields(raw))

    def field(
        self, value: str, old: HttpRequest | HttpResponse, new: HttpRequest | HttpResponse, case: Case | None
    ) -> str:
        """The value of a field with each digest in it made again."""
        return _RUN.sub(lambda match: self._made(match[0], old, new, case), value)

    def _made(
        self, text: str, old: HttpRequest | HttpResponse, new: HttpRequest | HttpResponse, case: Case | None
    ) -> str:
        data = _bytes(text)
        if data is None:
            return text
        for algorithm in _ALGORITHMS.get(len(data), ()):
            if old.body is not None and algorithm(old.body) == data:
                return recoded(text, algorithm(new.body or b""))
        for algorithm in _ALGORITHMS.get(len(data), ()):
            if isinstance(old, HttpRequest) and isinstance(new, HttpRequest) and case is not None:
                body = self._hashed(data, algorithm, old, new, case)
                if body is not None:
                    return recoded(text, algorithm(body))
        return recoded(text, self._texts.stand_ins.bytes_of(data))

    def _hashed(
        self, data: bytes, algorithm: Callable[[bytes], bytes], old: HttpRequest, new: HttpRequest, case: Case
    ) -> bytes | None:
        """What is to be hashed in place of what was; None if nobody knows what was."""
        written = rafiki_body(old)
        if written is not None and algorithm(written) == data:
            return rafiki_body(new)
        if (n := self._made_of.get(data)) is not None:
            return self._changed(case, n)
        for variant in all_bodies(case):
            if algorithm(variant.body) != data:
                continue
            if variant.related:
                other = self._changed(case, variant.related[0])
                return restringify(other) if variant.id == "other-javascript" and other else other
            return next((same.body for same in body_variants(new) if same.id == variant.id), new.body)
        return None

    def _changed(self, case: Case, n: int) -> bytes | None:
        """The changed body of another request."""
        view = case.other(n)
        request = view.request if view is not None else None
        if request is None or request.body is None:
            return None
        if request.body not in self._bodies:
            self._bodies[request.body] = self._texts.content(request) or b""
            while len(self._bodies) > _KEPT:
                self._bodies.popitem(last=False)
        return self._bodies[request.body]


def _bytes(text: str) -> bytes | None:
    if _HEX.fullmatch(text) and len(text) // 2 in _ALGORITHMS:
        return bytes.fromhex(text)
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return None
    return data if len(data) in _ALGORITHMS else None
