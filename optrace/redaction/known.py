"""What is looked for in every text, wherever it stands: secrets that can't be mistaken, and the names of people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from urllib.parse import unquote

from optrace.core.masking import Secrets
from optrace.core.redact import PERSONAL_HOLDERS, PERSONAL_MEMBERS
from optrace.core.sweep import WORDS
from optrace.core.urls import parse
from optrace.redaction.hosts import cased
from optrace.redaction.json_text import Place
from optrace.redaction.stand_ins import StandIns

_RUN = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\.|[^\W_]+")
_ESCAPED = re.compile(r"[%\\]").search
_SHORTEST = 3  # letters of a name
_FEW = 16  # names
_ALIKE = 0.75  # of two names, as difflib measures it
# words that are nobody's name and no secret, though a wallet address may end in them
_COMMON = """
    access account accounts action actions address admin amount api app application asset auth authserver authorization
    charset client code com completed content continue cookie create credit debit delete demo description dev display
    error example expires false finish form get grant hash host http https id identifier incoming interact interledger
    interval json jwks key keys kid known limits list local localhost manage metadata method methods name nobody nonce
    null op open outgoing path pay payment payments post public query quote quotes read receive receiver redirect
    resource revoke rotate send sent server shop start status test text time token true type uri url urlencoded user
    users utf value wallet well
"""
COMMON = frozenset(_COMMON.split())


def is_personal(place: Place) -> bool:
    """Whether a text of a JSON document says who somebody is, or what somebody wrote."""
    return place.key in PERSONAL_MEMBERS or not PERSONAL_HOLDERS.isdisjoint(place.above)


class Findable(Secrets):
    """The secrets of a session that can be told from other text."""

    def add(self, secret: str) -> None:
        """Remember one; numbers, dates and the protocol's own words stand for too much else."""
        words = re.findall(r"[A-Za-z]+", secret)
        if any(word.lower() not in COMMON for word in words) and "://" not in secret:
            super().add(secret)


class Names:
    """The names of people, as wallet addresses have them: by habit, the last part of the path is one."""

    def __init__(self, stand_ins: StandIns) -> None:
        self._stand_ins = stand_ins
        self._known: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        """The names, in lower case."""
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def learn(self, url: str) -> None:
        """Remember whose wallet address it is."""
        segments = parse(url).segments
        for word in _RUN.findall(unquote(segments[-1])) if segments else ():
            name = word.lower()
            if len(name) < _SHORTEST or name in COMMON or name in self._known:
                continue
            if alike := get_close_matches(name, self._known, 1, cutoff=_ALIKE):
                self._stand_ins.fix(name, self._edited(alike[0], name))
            self._known.add(name)

    def change(self, text: str) -> str:
        """The text with the stand-ins of all names that are known."""
        if not text.isascii() or _ESCAPED(text):
            return text if self._known.isdisjoint(_RUN.findall(text.lower())) else _RUN.sub(self._changed, text)
        # most texts: that none of a few names is in there, or none among their words, is told in no time
        lower = text.lower()
        if len(self._known) <= _FEW and not any(name in lower for name in self._known):
            return text
        words = set(lower.encode().translate(WORDS).decode().split())
        if self._known.isdisjoint(words):
            return text
        return _any_of(frozenset(self._known & words)).sub(self._changed, text)

    def _changed(self, match: re.Match[str]) -> str:
        name = match[0].lower()
        return cased(match[0], self._stand_ins.of(name)) if name in self._known else match[0]

    def _edited(self, known: str, name: str) -> str:
        """The stand-in of a name that is like another one: as like to that one's, so that a slip stays a slip."""
        one, two, made = self._stand_ins.of(known), self._stand_ins.of(name), ""
        for what, start, end, mine, last in SequenceMatcher(None, known, name).get_opcodes():
            made += one[start:end] if what == "equal" else two[mine:last]
        return made


@lru_cache(maxsize=1024)
def _any_of(names: frozenset[str]) -> re.Pattern[str]:
    """What finds some names, as whole words of ASCII text."""
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(sorted(names))})(?![A-Za-z0-9])", re.I | re.A)
