"""Whole exchanges with their secrets masked, and the search for secrets where nobody expects them.

Masking by structure (optrace/core/redact.py) knows where secrets stand. But servers repeat tokens in the words of an
error, clients copy them into metadata, and browsers put them into paths. So a first pass over a session remembers each
secret, and a second one sweeps every text: as it is, percent-encoded, JSON-escaped, in base64 or hex.

A secret is found by its longest run of letters and digits, which no encoding of text changes; the few whose runs are
all shorter than six characters are looked for one by one. A short one, or a common word, can't be told from other text:
it is masked where it stands as a secret, and nowhere else.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote

from optrace.core.bodies import ABSENT, Body, read_body
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.redact import SECRET_FIELDS, Hide, mask, mask_field, mask_json, mask_text, mask_url

Message = HttpRequest | HttpResponse
Sweep = Callable[[str], str]

_SHORTEST = 6  # letters and digits in a row
_WORD = re.compile(r"[A-Za-z0-9]{%d,}" % _SHORTEST)  # noqa: UP031
_COMMON = re.compile(r"[a-z]{1,11}|[A-Z]?[a-z]{1,10}|undefined|\[object Object\]")
# base64, base64url or hex of what begins with ASCII text: sixteen characters tell it from random bytes and from paths
CODED = re.compile(
    r"(?<![\w+/-])(?:(?:[A-Za-f][\w+/-]{3}){4}[\w+/-]*={0,2}|(?:[2-7][0-9A-Fa-f]){8}[0-9A-Fa-f]*(?![\w+/-]))", re.A
)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_ODD = 256  # secrets of short runs that are remembered
_SHORTEST_ODD = 8  # characters
_REMEMBERED = 100_000  # words that are known to be clean
# what structure may mask in a body; most bodies have none of it and need no second look
_SUSPECT = re.compile(
    rb"token|interact|nonce|ecret|finish|hash|assword|ookie|uthori[sz]|pi_?[kK]ey|pi-key|/grant/|GNAP|gnap|earer|asic"
    rb'|DPoP|dpop|BASIC|BEARER|%3|@|\\u00|"(?:d|p|q|k|dp|dq|qi)"'
).search
_SUSPECT_FIELD = re.compile(r"[?&;#][\w%.-]+=|\"|@|/(?:interact|grant)/|(?:gnap|bearer|basic|dpop)\s", re.I).search
# fields that hold no secrets by their nature; the sweep looks at them all the same
_PLAIN_FIELDS = frozenset({"signature", "signature-input", "content-digest"})
_LEFT_OUT = "A body that can't be read was left out: it may hold secrets."
_DECODED = "A body stands here decoded, since its secrets are masked."


class Secrets:
    """The secrets of a session: learned from its exchanges, then found in any text.

    Learn all of a session first: a secret may be said before the message that makes it one.
    """

    def __init__(self) -> None:
        self._by_word: dict[str, tuple[str, ...]] = {}
        self._heads: set[str] = set()
        self._odd: list[str] = []
        self._clean: set[str] = set()
        self._said: dict[str, str] = {}

    def learn(self, exchange: Exchange) -> None:
        """Remember what is secret in an exchange."""
        mask_url(exchange.request.url, self._note)
        for message in (exchange.request, exchange.response):
            if message is None:
                continue
            for fields in (message.fields, message.trailers):
                for name, value in fields or ():
                    self._learn_field(name.lower(), value)
            if message.body and _may_hide(message):
                _masked_text(message, self._note)

    def __iter__(self) -> Iterator[str]:
        """Every secret that can be told from other text."""
        for secrets in self._by_word.values():
            yield from secrets
        yield from self._odd

    def add(self, secret: str) -> None:
        """Remember one secret; what can't be told from other text is passed over."""
        if _COMMON.fullmatch(secret) or secret.startswith("••••"):
            return
        words = _WORD.findall(secret)
        if not words:
            if len(secret) >= _SHORTEST_ODD and secret not in self._odd and len(self._odd) < _ODD:
                self._odd.append(secret)
                self._said.clear()
            return
        word = max(words, key=len)
        known = self._by_word.get(word, ())
        if secret not in known:
            self._by_word[word] = (*known, secret)
            self._heads.add(word[:_SHORTEST])
            self._clean.clear()
            self._said.clear()

    def sweep(self, text: str) -> str:
        """The text with every known secret in it masked, however it is encoded."""
        for secret in sorted(self.found(text), key=len, reverse=True):
            for form in _forms(secret):
                text = text.replace(form, mask(secret))
        return CODED.sub(self._coded, text) if len(text) >= 16 else text

    def text(self, text: str) -> str:
        """Words about the traffic with their secrets masked; much of them is said again and again."""
        known = self._said.get(text)
        if known is None:
            if len(self._said) >= _REMEMBERED // 10:
                self._said.clear()
            known = self._said[text] = self.sweep(mask_text(text))
        return known

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange with its secrets masked: bodies decoded, and left out if they can't be read.

        Signatures and digests no longer fit what they cover.
        """
        masked = replace(
            exchange,
            request=replace(self._message(exchange.request), url=mask_url(exchange.request.url)),
            response=None if exchange.response is None else self._message(exchange.response),
            error=None if exchange.error is None else mask_text(exchange.error),
        )
        masked = replace(masked, notes=(*exchange.notes, *_notes(exchange, masked)))
        everything = "\n".join(_texts(masked))
        return masked if self.sweep(everything) == everything else _each(masked, self.sweep)

    def _note(self, secret: str) -> str:
        self.add(secret)
        return secret

    def _learn_field(self, name: str, value: str) -> None:
        if name not in SECRET_FIELDS:
            if _may_hide_in(name, value):
                mask_field(name, value, self._note)
            return
        mask_field(name, value, self._note)
        if "cookie" in name:
            for pair in value.split(";") if name == "cookie" else value.split(";")[:1]:
                said = pair.partition("=")[2].strip(' "')
                self.add(said)
                self.add(unquote(said))
        else:
            for word in value.split():
                self.add(word.strip('"'))
                self.add(decoded(word).partition(":")[2])

    def _coded(self, match: re.Match[str]) -> str:
        said = decoded(match[0])
        return mask(match[0]) if said and self.found(said) else match[0]

    def found(self, text: str) -> set[str]:
        """The secrets that are in a text in one of their forms."""
        words = set(_WORD.findall(text))
        if "%" in text:
            words.update(_WORD.findall(unquote(text)))
        words -= self._clean
        found = {secret for word in words for key in self._keys(word) for secret in self._by_word[key]}
        return {secret for secret in (*found, *self._odd) if any(form in text for form in _forms(secret))}

    def _keys(self, word: str) -> Iterable[str]:
        """The words of secrets that are within a word."""
        heads, last = self._heads, len(word) - _SHORTEST
        starts = [at for at in range(last + 1) if word[at : at + _SHORTEST] in heads]
        if not starts:
            if len(self._clean) >= _REMEMBERED:
                self._clean.clear()
            self._clean.add(word)
            return ()
        ends = range(_SHORTEST, len(word) + 1)
        return {part for at in starts for end in ends if (part := word[at : at + end]) in self._by_word}

    def _message[M: (HttpRequest, HttpResponse)](self, message: M) -> M:
        fields = _masked_fields(message.fields)
        trailers = None if message.trailers is None else _masked_fields(message.trailers)
        if not message.body or not _may_hide(message):
            return replace(message, fields=fields, trailers=trailers)
        text = _masked_text(message, mask)
        if text is None:
            return replace(message, fields=fields, trailers=trailers, body=None)
        shown = self.sweep(text.shown)
        if "content-encoding" in message.fields:
            fields = Fields((name, value) for name, value in fields.raw if name.lower() != b"content-encoding")
        elif not text.hidden and shown == text.shown:
            return replace(message, fields=fields, trailers=trailers)
        return replace(message, fields=fields, trailers=trailers, body=shown.encode("utf-8", "surrogatepass"))


class _Text(NamedTuple):
    shown: str
    hidden: bool  # whether anything of it was


@lru_cache(maxsize=4096)
def _may_hide_in(name: str, value: str) -> bool:
    """Whether structure may mask anything in a field; most are the same from message to message."""
    return name in SECRET_FIELDS or (name not in _PLAIN_FIELDS and _SUSPECT_FIELD(value) is not None)


def _may_hide(message: Message) -> bool:
    """Whether structure may mask anything in the body of a message, or it can't be told without decoding it."""
    body = message.body or b""
    if "content-encoding" in message.fields or _SUSPECT(body) is not None:
        return True
    try:
        body.decode()
    except UnicodeDecodeError:
        return True
    return b"\0" in body


def _masked_text(message: Message, hide: Hide) -> _Text | None:
    """The body as text with its secrets hidden; None if it can't be read."""
    read = read_body(message.fields, message.body)
    if read.text is None:
        return _Text("", False) if read.kind == "empty" else None
    if read.json is not ABSENT:
        return _masked_json(read, hide)
    text = read.text
    if "form-urlencoded" in (message.fields.get("content-type") or ""):
        text = mask_url(f"?{text}", hide)[1:]
    text = mask_text(text, hide)
    return _Text(text, text != read.text)


def _masked_json(read: Body, hide: Hide) -> _Text:
    """A JSON text with its secrets hidden; where they are whole strings, all else stays as it was written."""
    secrets: dict[str, str] = {}

    def noted(secret: str) -> str:
        return secrets.setdefault(secret, hide(secret))

    text, masked = read.text or "", mask_json(read.json, noted)
    if read.problems:  # perhaps repeated members, of which only the last one was read
        mask_text(text, hide)
    elif not secrets and "\\u00" not in text:
        return _Text(text, False)
    for secret, stand_in in secrets.items():
        for form in {json.dumps(secret), json.dumps(secret, ensure_ascii=False)}:
            text = text.replace(form, f'"{stand_in}"')
    try:
        # letters that are spelled as escapes could hide a secret from the sweep
        if "\\u00" not in text and json.loads(text, object_pairs_hook=_distinct) == masked:
            return _Text(text, text != read.text)
    except ValueError:  # repeated members, or a number that Python doesn't read
        pass
    return _Text(json.dumps(masked, ensure_ascii=False, separators=(",", ":")), True)


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is repeated")
    return members


def _masked_fields(fields: Fields) -> Fields:
    masked = []
    for name, value in fields.raw:
        said, text = name.decode("latin-1"), _text(value)
        if _may_hide_in(said.lower(), text):
            hidden = mask_field(said, text)
            value = value if hidden == text else hidden.encode("utf-8", "surrogatepass")
        masked.append((name, value))
    return Fields(masked)


def _notes(before: Exchange, after: Exchange) -> Iterable[str]:
    """What has to be said of bodies that aren't as they were sent."""
    for old, new in ((before.request, after.request), (before.response, after.response)):
        if old is None or new is None:
            continue
        if old.body and new.body is None:
            yield _LEFT_OUT
        elif "content-encoding" in old.fields and "content-encoding" not in new.fields:
            yield _DECODED


def _texts(exchange: Exchange) -> Iterable[str]:
    yield from (exchange.request.url, exchange.request.method, exchange.error or "", *exchange.notes)
    yield exchange.response.reason if exchange.response else ""
    for message in (exchange.request, exchange.response):
        if message is not None:
            for fields in (message.fields, message.trailers):
                for name, value in fields.raw if fields else ():
                    yield f"{_text(name)}\n{_text(value)}"
            yield _text(message.body or b"")


def _each(exchange: Exchange, sweep: Sweep) -> Exchange:
    """The exchange with each of its texts swept."""
    request, response = exchange.request, exchange.response
    return replace(
        exchange,
        request=replace(_swept(request, sweep), url=sweep(request.url), method=sweep(request.method)),
        response=None if response is None else replace(_swept(response, sweep), reason=sweep(response.reason)),
        error=None if exchange.error is None else sweep(exchange.error),
        notes=tuple(sweep(note) for note in exchange.notes),
    )


def _swept[M: (HttpRequest, HttpResponse)](message: M, sweep: Sweep) -> M:
    def swept(raw: bytes) -> bytes:
        text = _text(raw)
        clean = sweep(text)
        return raw if clean == text else clean.encode("utf-8", "surrogatepass")

    def all_of(fields: Fields) -> Fields:
        return Fields((swept(name), swept(value)) for name, value in fields.raw)

    return replace(
        message,
        fields=all_of(message.fields),
        trailers=None if message.trailers is None else all_of(message.trailers),
        body=swept(message.body) if message.body else message.body,
    )


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def written(secret: str) -> tuple[str, ...]:
    """The ways in which a secret may be written in text, in a fixed order: equal ones are repeated."""
    escaped, plain = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
    quoted, path = quote(secret, safe="", errors="replace"), quote(secret, errors="replace")
    lower = _ESCAPE.sub(lambda match: match[0].lower(), quoted)
    twice = quote(quoted, safe=""), quote(path, safe="")  # in a URL in a URL
    return secret, escaped, plain, quoted, path, lower, *twice, html.escape(secret), secret.replace("/", "\\/")


@lru_cache(maxsize=1024)
def _forms(secret: str) -> tuple[str, ...]:
    """How a secret may be written, the longest ways first."""
    return tuple(sorted(set(written(secret)), key=lambda form: (-len(form), form)))


def decoded(run: str) -> str:
    """What a run of base64 or hex says, if that is text; otherwise nothing."""
    try:
        if len(run) % 2 == 0 and _HEX.fullmatch(run):
            return bytes.fromhex(run).decode()
        padded = run.rstrip("=").replace("-", "+").replace("_", "/")
        return base64.b64decode(padded + "=" * (-len(padded) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
