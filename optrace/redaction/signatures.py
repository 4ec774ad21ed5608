"""Signatures, made again: over the message, or over what the search proved that was signed; else random bytes."""

from __future__ import annotations

import base64

from optrace.core.fields import Fields
from optrace.core.findings import Verdict
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.quick import replace
from optrace.diagnosis.case import Case
from optrace.diagnosis.model import Model, verifier
from optrace.diagnosis.search import SearchResult, searched
from optrace.diagnosis.subject import own_signature
from optrace.redaction.digests import Digests
from optrace.redaction.keys import Keys
from optrace.redaction.texts import Texts
from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.base import signature_base
from optrace.signatures.components import BaseError, Component, component_value
from optrace.signatures.jwk import Key
from optrace.signatures.keys import KeySet
from optrace.signatures.reading import read_signatures
from optrace.signatures.throwaway import recoded
from optrace.signatures.verify import SignatureSeen, verify_request

FIELDS = frozenset({"signature"})
_NO_KEYS = KeySet.unseen("", "they are made anew")


class Signatures:
    """Signs changed messages as the old ones were signed."""

    def __init__(self, texts: Texts, keys: Keys, digests: Digests) -> None:
        self._texts = texts
        self._keys = keys
        self._digests = digests

    def request(self, old: HttpRequest, new: HttpRequest, case: Case | None) -> HttpRequest:
        """A changed request with its signatures made again; random ones if nobody knows the request."""
        if "signature" not in old.fields:
            return new
        if case is None:
            return replace(new, fields=self._written(old.fields, new.fields, {}))
        if (key := _certain(case)) is not None and (base := _base(new)) is not None:
            read = read_signatures(old.fields)[0]
            if read.signature and (throwaway := self._keys.of(key)) is not None:
                signature = throwaway.sign(key.algorithm, base)
                if read.canonical:
                    value = f"{read.label}=:{base64.b64encode(signature).decode()}:".encode()
                    raw = [(name, value if name.lower() == b"signature" else was) for name, was in new.fields.raw]
                    return replace(new, fields=Fields(raw))
                return replace(new, fields=self._written(old.fields, new.fields, {read.signature: signature}))
        verification = case.verification
        seen = verification.signatures if verification is not None else ()
        rebuilt = verify_request(new, _NO_KEYS, now=case.started).signatures
        made = {}
        for one, other in zip(seen, rebuilt, strict=False):
            if one.signature:
                made[one.signature] = self._made(case, one, other, old, new)
        return replace(new, fields=self._written(old.fields, new.fields, made))

    def response(self, old: HttpResponse, new: HttpResponse) -> HttpResponse:
        """A changed response. Nobody judges its signature, so nothing is known to sign it again with."""
        if "signature" not in old.fields:
            return new
        return replace(new, fields=self._written(old.fields, new.fields, {}))

    def _made(
        self, case: Case, seen: SignatureSeen, rebuilt: SignatureSeen, old: HttpRequest, new: HttpRequest
    ) -> bytes:  # fmt: skip
        assert seen.signature is not None
        signature = seen.signature
        for key in _keys(case, seen):
            for before, after in ((seen.base, rebuilt.base), (seen.raw_base, rebuilt.raw_base)):
                if before is not None and after is not None and verifier(key, signature)(before):
                    return self._sign(key, before, after, signature)
        own = own_signature(case)
        found = searched(case) if own is not None and own.signature == signature else None
        if found is not None and found.model is not None:
            return self._searched(found, seen, rebuilt, old, new, case)
        return self._texts.stand_ins.bytes_of(signature)

    def _searched(
        self,
        found: SearchResult,
        seen: SignatureSeen,
        rebuilt: SignatureSeen,
        old: HttpRequest,
        new: HttpRequest,
        case: Case,
    ) -> bytes:
        model, signature = found.model, seen.signature
        assert model is not None
        assert signature is not None
        lines = tuple((name, self._line(name, value, old, new, case)) for name, value in model.lines)
        params = rebuilt.input_text if model.params == seen.input_text else self._texts.text(model.params)
        changed: Model = model._replace(lines=lines, params=params)
        return self._sign(model.key, model.signed(), changed.signed(), signature)

    def _line(self, name: str, value: str, old: HttpRequest, new: HttpRequest, case: Case) -> str:
        component = name.replace('"', "").partition(";")[0]
        if value == _value(component, old):
            return _value(component, new) or value
        if component == "content-digest":
            return self._digests.field(value, old, new, case)
        if component in ("@target-uri", "@path", "@query", "@request-target", "@authority"):
            return self._texts.url(value)
        return value if component.startswith("@") else self._texts.field(component, value)

    def _sign(self, key: Key, before: bytes, after: bytes, signature: bytes) -> bytes:
        """The signature by the throwaway of a key, by the algorithm that the old one was made with."""
        throwaway = self._keys.of(key)
        if throwaway is None:
            return self._texts.stand_ins.bytes_of(signature)
        if len(key.algorithms) == 1:
            return throwaway.sign(key.algorithm, after)
        fits = (name for name in key.algorithms if ALGORITHMS[name].verify(key.public, before, signature))
        return throwaway.sign(next(fits, key.algorithm), after)

    def _written(self, old: Fields, new: Fields, made: dict[bytes, bytes]) -> Fields:
        """The fields with each signature in the place and the spelling of the old one."""
        before = [value for name, value in old.raw if name.lower() == b"signature"]
        raw = []
        for name, value in new.raw:
            if name.lower() == b"signature" and before:
                value = self._respelled(before.pop(0).decode("latin-1"), made).encode("latin-1")
            raw.append((name, value))
        return Fields(raw)

    def _respelled(self, text: str, made: dict[bytes, bytes]) -> str:
        rest = text
        for signature, again in made.items():
            for spelled in _spellings(signature):
                if spelled in text:
                    new = recoded(spelled, again)
                    text, rest = text.replace(spelled, new), rest.replace(spelled, "")
                    break
        if len(rest) == len(text):  # not one was found: what can't be read is only disguised
            label, mark, value = text.partition("=")
            return f"{label}{mark}{self._texts.stand_ins.of(value)}" if mark else self._texts.stand_ins.of(text)
        return text


def _certain(case: Case) -> Key | None:
    """The key of a signature that was judged good, if it can have been no other one; it needs no second look."""
    if case.row.verdicts.signature["rfc"] is not Verdict.PASS or any(case.memory.keyring.older(case.row.key_owner)):
        return None
    key = case.keys.find(case.row.kid or "")
    return key if key is not None and len(key.algorithms) == 1 else None


def _base(message: HttpRequest) -> bytes | None:
    """The base of a message's only signature; None if it is not the usual one."""
    readings = read_signatures(message.fields)
    if len(readings) != 1 or readings[0].problems or readings[0].text != readings[0].input_text:
        return None
    try:
        return signature_base(message, readings[0].components, readings[0].text)
    except BaseError:
        return None


def _keys(case: Case, seen: SignatureSeen) -> list[Key]:
    """The keys that may have made a signature by what it says: the newest first, the same kid of older documents."""
    keys = [seen.key] if seen.key is not None else []
    kid = seen.params.keyid if seen.params else None
    keys += [key for key in case.keys.keys if kid is None or key.kid == kid]
    keys += [key for _, key in case.memory.keyring.all_keys() if kid is None or key.kid == kid]
    return list({id(key): key for key in keys}.values())


def _spellings(signature: bytes) -> list[str]:
    padded = base64.b64encode(signature).decode()
    both = [padded, padded.replace("+", "-").replace("/", "_")]
    return [*both, *(text.rstrip("=") for text in both), signature.hex()]


def _value(component: str, request: HttpRequest) -> str | None:
    try:
        return component_value(Component(component), request)
    except BaseError:
        return None
