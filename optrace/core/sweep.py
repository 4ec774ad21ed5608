"""Known secrets, found in any text: as they are, percent-encoded, JSON-escaped, in base64 or hex.

A secret is found by its longest run of letters and digits, which no encoding of text changes; the few whose runs are
all shorter than six characters are looked for one by one. A short one, or a common word, can't be told from other text:
it is masked where it stands as a secret, and nowhere else.

Words and runs that were looked at and hold nothing are remembered, so that what comes again and again costs nothing.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from optrace.core.redact import mask, mask_text

_SHORTEST = 6  # letters and digits in a row
_COMMON = re.compile(r"[a-z]{1,11}|[A-Z]?[a-z]{1,10}|undefined|\[object Object\]")
_LONGEST_COMMON = 15  # characters
# base64, base64url or hex of what begins with ASCII text: sixteen characters tell it from random bytes and from paths
CODED = re.compile(
    r"(?<![\w+/-])(?:(?:[A-Za-f][\w+/-]{3}){4}[\w+/-]*={0,2}|(?:[2-7][0-9A-Fa-f]){8}[0-9A-Fa-f]*(?![\w+/-]))", re.A
)
SHORTEST_CODED = 16
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_ESCAPE = re.compile(r"%[0-9A-F]{2}")
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch  # what is written in one way only
_CUT = 12  # characters of a secret that was cut
_ROW = re.compile(r"[A-Za-z0-9]+")
SHORTEST_ROW = 4
_ODD = 256  # secrets of short runs that are remembered
_SHORTEST_ODD = 8  # characters
_REMEMBERED = 100_000  # words that are known to be clean
_REMEMBERED_RUNS = 20_000  # of base64 or hex


def _apart(kept: str) -> bytes:
    """For `bytes.translate`: what isn't of a kind becomes a space, so that the rest can be split quickly."""
    return bytes(code if re.fullmatch(kept, chr(code), re.A) else ord(" ") for code in range(256))


WORDS = _apart(r"[A-Za-z0-9]")
_RUNS = _apart(r"[\w+/-]")


class Sweep:
    """Secrets, and the search for them."""

    def __init__(self) -> None:
        self._by_word: dict[bytes, tuple[str, ...]] = {}
        self._heads: set[bytes] = set()
        self._odd: list[str] = []
        self._starts: dict[str, tuple[str, ...]] = {}  # how secrets begin that may be cut
        self._clean: set[bytes] = set()
        self._clean_runs: set[bytes] = set()
        self._said: dict[str, str] = {}
        self._added: set[str] = set()
        self._fresh: list[str] = []  # added, and not yet looked for: who only collects secrets needs no more

    def __iter__(self) -> Iterator[str]:
        """Every secret that can be told from other text."""
        self.settle()
        for secrets in self._by_word.values():
            yield from secrets
        yield from self._odd

    def add(self, secret: str) -> None:
        """Remember one secret; what can't be told from other text is passed over."""
        if secret not in self._added:
            self._added.add(secret)
            self._fresh.append(secret)

    def added(self) -> Iterable[str]:
        """Every secret, also those that can't be told from other text."""
        return self._added

    def settle(self) -> None:
        """Be ready to look for what was added."""
        if not self._fresh:
            return
        for secret in self._fresh:  # each is there once
            word = _telling(secret)
            if word is None:
                continue
            if len(word) < _SHORTEST:
                if len(self._odd) < _ODD:
                    self._odd.append(secret)
                continue
            self._by_word[word] = (*self._by_word.get(word, ()), secret)
            self._heads.add(word[:_SHORTEST])
            if len(secret) > _CUT and "://" not in secret:  # too much begins as URLs do
                start = secret[:_CUT]
                self._starts[start] = (*self._starts.get(start, ()), secret)
        self._fresh.clear()
        self.forget()

    def forget(self) -> None:
        """Take nothing for clean any more: there is one more secret."""
        if self._clean:
            self._clean.clear()
        if self._clean_runs:
            self._clean_runs.clear()
        if self._said:
            self._said.clear()

    def sweep(self, text: str) -> str:
        """The text with every known secret in it masked, however it is encoded."""
        self.settle()
        if len(text) < _SHORTEST:
            return text
        if found := self.found(text):
            for secret in sorted(found, key=len, reverse=True):
                for form in _forms(secret):
                    text = text.replace(form, mask(secret))
        if len(text) >= SHORTEST_CODED and self._says_something(text):
            return CODED.sub(self._coded, text)
        return text

    def text(self, text: str) -> str:
        """Words about the traffic with their secrets masked, also those that were cut to fit in there.

        Much of them is said again and again.
        """
        self.settle()
        known = self._said.get(text)
        if known is None:
            if len(self._said) >= _REMEMBERED // 10:
                self._said.clear()
            known = self._said[text] = self._without_cut(self.sweep(mask_text(text)))
        return known

    def _without_cut(self, text: str) -> str:
        """A text without what secrets begin with."""
        if self._starts.keys().isdisjoint([text[at : at + _CUT] for at in range(len(text) - _CUT + 1)]):
            return text
        at = 0
        while at <= len(text) - _CUT:
            secrets = self._starts.get(text[at : at + _CUT])
            if secrets is None:
                at += 1
                continue
            shared = max(_shared(secret, text[at:]) for secret in secrets)
            secret = next(secret for secret in secrets if _shared(secret, text[at:]) == shared)
            text = text[:at] + mask(secret) + text[at + shared :]
        return text

    def found(self, text: str) -> set[str]:
        """The secrets that are in a text in one of their forms."""
        self.settle()
        words = words_of(_bytes(text)) - self._clean
        found = {secret for word in words for key in self._keys(word) for secret in self._by_word[key]}
        if not found and not self._odd:
            return found
        return {secret for secret in (*found, *self._odd) if any(form in text for form in _forms(secret))}

    def holds(self, text: str) -> bool:
        """Whether there is anything in a text that a sweep masks."""
        return bool(self.found(text)) or self._says_something(text)

    def _says_something(self, text: str) -> bool:
        """Whether a run of the text says a secret in base64 or hex."""
        fresh = runs_of(_bytes(text)) - self._clean_runs
        if any(any(map(self.found, said_by(run))) for run in fresh):
            return True
        self._are_clean(fresh)
        return False

    def _are_clean(self, runs: set[bytes]) -> None:
        """Remember runs that say nothing."""
        if len(self._clean_runs) + len(runs) > _REMEMBERED_RUNS:
            self._clean_runs.clear()
        if len(runs) <= _REMEMBERED_RUNS:
            self._clean_runs |= runs

    def _coded(self, match: re.Match[str]) -> str:
        said = decoded(match[0])
        return mask(match[0]) if said and self.found(said) else match[0]

    def _keys(self, word: bytes) -> Iterable[bytes]:
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


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (mine, its) in pairs if mine != its), min(len(one), len(other)))


def _telling(secret: str) -> bytes | None:
    """The longest run of letters and digits of a secret; None if it can't be told from other text."""
    if len(secret) > _LONGEST_COMMON and secret.isascii() and secret.isalnum():  # as most are
        return secret.encode()
    if secret.startswith("••••") or _COMMON.fullmatch(secret):
        return None
    row = max(_ROW.findall(secret), key=len, default="").encode()
    return None if len(row) < _SHORTEST and len(secret) < _SHORTEST_ODD else row


def words_in(secrets: Iterable[str]) -> set[bytes] | None:
    """Letters and digits of which some are in each text that holds a secret, unless it is in base64 or hex.

    None if a secret has no four of them in a row, so that no text can be told to be without it.
    """
    rows = {row for secret in secrets if (row := _telling(secret)) is not None}
    return None if any(len(row) < SHORTEST_ROW for row in rows) else rows


def words_of(text: bytes) -> set[bytes]:
    """The words of a text, also those that are percent-encoded."""
    words = set(text.translate(WORDS).split())
    if text.find(b"%") >= 0:  # `in` asks first whether that is a number, which takes ten times as long
        words.update(unquote_to_bytes(text).translate(WORDS).split())
    return words


def runs_of(text: bytes) -> set[bytes]:
    """The runs of a text that may be base64 or hex."""
    return set(text.translate(_RUNS).split())


def said_by(run: bytes) -> set[str]:
    """What a run says in base64 or hex, if that is text."""
    # where CODED matches, it does from the first to the last character of a run, and `=` may follow
    said = run.decode("ascii") if len(run) >= SHORTEST_CODED else ""
    return {decoded(said), decoded(f"{said}=")} if CODED.match(said) else set()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def written(secret: str) -> tuple[str, ...]:
    """The ways in which a secret may be written in text, in a fixed order: equal ones are repeated."""
    if _PLAIN(secret):
        return (secret,) * 10
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
