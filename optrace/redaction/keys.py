"""The throwaway keys of a session: one for each key that was published in it, or given for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from optrace.core.bodies import read_body
from optrace.core.messages import Exchange
from optrace.redaction.texts import Texts
from optrace.signatures.jwk import Key, read_jwk
from optrace.signatures.throwaway import Throwaway, identity, throwaway

_MATERIAL = ("x", "y", "n", "k", "d")


class Keys:
    """Knows the throwaway of each key, and has the texts say it instead."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._made: dict[bytes, Throwaway] = {}
        self._seen: set[str] = set()

    def __len__(self) -> int:
        """How many keys were replaced."""
        return len(self._made)

    def learn(self, exchange: Exchange) -> None:
        """Find the keys in the bodies of an exchange."""
        for message in (exchange.request, exchange.response):
            if (
                message is not None
                and message.body
                and (message.body.find(b"kty") >= 0 or "content-encoding" in message.fields)
            ):
                self._look(read_body(message.fields, message.body).json)

    def learn_document(self, document: bytes | None) -> None:
        """Find the keys in a JWKS that didn't pass by."""
        try:
            self._look(json.loads((document or b"").decode("utf-8-sig")))
        except (ValueError, RecursionError):
            return

    def of(self, key: Key) -> Throwaway | None:
        """What signs in place of a key's owner."""
        return self._made.get(identity(key.public))

    def _look(self, value: Any) -> None:
        for jwk in _jwks(value):
            said = json.dumps(jwk, sort_keys=True)
            if said in self._seen:
                continue
            self._seen.add(said)
            key, stand_ins = read_jwk(jwk), self._texts.stand_ins
            if isinstance(key, Key) and (made := throwaway(jwk, self._random)) is not None:
                self._made.setdefault(identity(key.public), made)
                for name, text in made.members.items():
                    if jwk[name] != text:
                        stand_ins.fix(jwk[name], text)
            for name in _MATERIAL:
                if isinstance(material := jwk.get(name), str):
                    self._texts.secrets.add(material)

    def _random(self, purpose: str, count: int) -> bytes:
        return self._texts.stand_ins.bytes_of(purpose.encode(), count)


def _jwks(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every JWK in a JSON value."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if isinstance(value.get("kty"), str):
                yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
