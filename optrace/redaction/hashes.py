"""Interaction hashes (RFC 9635 §4.2.3), made again over the same values, right or wrong, under their stand-ins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

from optrace.diagnosis.case import Case
from optrace.diagnosis.hashes import HASHED, HashFound, search_hash
from optrace.exchanges.interaction import finish_query
from optrace.gnap.interaction import METHODS, decode_hash, to_base64, to_base64url, to_bytes
from optrace.redaction.texts import Texts
from optrace.session.grants import Grant

_VARIANTS = 128  # of a reference, until the hash shows the encoding that it has
_ENCODE: Mapping[str, Callable[[bytes], str]] = {
    "base64url": to_base64url,
    "base64url_padded": lambda digest: to_base64(digest).replace("+", "-").replace("/", "_"),
    "base64": to_base64,
    "base64_unpadded": lambda digest: to_base64(digest).rstrip("="),
    "base64_space": lambda digest: to_base64(digest).replace("+", " "),
    "hex": bytes.hex,
}


class Hashes:
    """Gives each hash its stand-in, before the texts are changed."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._done: set[str] = set()

    def learn(self, case: Case) -> None:
        """Make the hash of a finish again; nothing if the exchange is none, or has none."""
        if case.row.operation not in HASHED:
            return
        query = finish_query(case.view)
        received, reference = query.get("hash"), query.get("interact_ref")
        if not received or received in self._done:
            return
        self._done.add(received)
        found = search_hash(case)
        bare = next((text for text in (received, unquote(received), received.strip(" \"'")) if decode_hash(text)), None)
        decoded = decode_hash(bare) if bare is not None else None
        if found is None or bare is None or decoded is None:
            return  # what it was made of wasn't seen, or it is no hash: its stand-in is as good
        digest, encoding = decoded
        made = self._again(case, found, reference or "", bare)
        new = _ENCODE[encoding](made or self._texts.stand_ins.bytes_of(digest))
        if bare == bare.upper() and encoding == "hex":
            new = new.upper()
        self._fix(received, bare, new)

    def _fix(self, received: str, bare: str, new: str) -> None:
        said = quote(new, safe="") if bare != received and unquote(received) == bare else received.replace(bare, new)
        for old, stand_in in ((bare, new), (received, said)):
            self._texts.stand_ins.fix(old, stand_in)
            self._texts.stand_ins.fix(old.replace(" ", "+"), stand_in.replace(" ", "+"))
            self._texts.secrets.add(old.replace(" ", "+"))

    def _again(self, case: Case, found: HashFound, reference: str, bare: str) -> bytes | None:
        """The hash over the same values; the reference is moved on until it shows the encoding of the old one."""
        decoded = decode_hash(bare)
        if found.variant is None or found.method is None or decoded is None:
            return None
        digest, encoding = decoded
        for variant in range(_VARIANTS):
            other = self._texts.stand_ins.of(reference, variant=variant)
            base = self._changed(case, found, {reference: other})
            digest = METHODS[found.method](base)
            if _looks_like(_ENCODE[encoding](digest), bare):
                if variant:
                    self._texts.stand_ins.fix(reference, other)
                break
        return digest

    def _changed(self, case: Case, found: HashFound, known: Mapping[str, str]) -> bytes:
        """The base that was hashed, with the stand-ins of all that is in it."""
        assert found.variant is not None
        grants = [grant for grant in (case.grant, found.other) if grant is not None]
        grants += [grant for grant in case.memory.grants[-20:] if grant not in grants]
        values = {value: self._texts.stand_ins.of(value) for grant in grants for value in _nonces(grant)} | dict(known)
        text = found.variant.base.decode("utf-8", "surrogatepass")
        pattern = "|".join(re.escape(value) for value in sorted(values, key=len, reverse=True))
        pieces = re.split(f"({pattern})", text) if pattern else [text]
        return to_bytes("".join(values.get(piece) or self._texts.url(piece) for piece in pieces))


def _looks_like(text: str, other: str) -> bool:
    """Whether two hashes are in one encoding, and both have, or have not, the letters that tell its alphabet."""
    one, two = decode_hash(text), decode_hash(other)
    assert two is not None
    return one is not None and one[1] == two[1] and _letters(text) == _letters(other)


def _letters(text: str) -> tuple[bool, bool]:
    return not {"+", "/", " "}.isdisjoint(text), not {"-", "_"}.isdisjoint(text)


def _nonces(grant: Grant) -> list[str]:
    return [value for value in (grant.client_nonce, grant.as_nonce) if value]
