"""One pass over the exchanges of a session that isn't known yet: what is secret in them, and what they are without it.

To mask an exchange, all secrets of its session have to be known: one may be repeated where only a sweep finds it. But
hardly one is. So a glance masks by structure what it learns from, and keeps the words that are left. Once all secrets
are known, those words tell whether that was enough; where it wasn't, the exchanges are masked anew.
"""

from __future__ import annotations

from itertools import chain

from optrace.core.fields import Fields
from optrace.core.masked_bodies import Masked, Reading, learn_secrets, masked_text
from optrace.core.masking import (
    LONG,
    REMEMBERED,
    Field,
    Secrets,
    Seen,
    field_by_structure,
    never_secret,
    suspect,
)
from optrace.core.messages import Exchange
from optrace.core.redact import mask_url
from optrace.core.sweep import SHORTEST_CODED, SHORTEST_ROW, WORDS, runs_of, said_by, words_of


class Glance(Secrets):
    """Masks exchanges by structure, and takes down what is secret in them."""

    def __init__(self) -> None:
        super().__init__()
        self._told: set[str] = set()
        self._new: list[str] = []
        self._left: set[bytes] = set()
        self._met: dict[Field, Field] = {}  # fields of the exchanges since the last call, and what is left of them

    def exchange(self, exchange: Exchange) -> Exchange:
        """The exchange masked by structure. That it is enough is yet to be seen."""
        masked = self._by_structure(exchange, [])
        request, response = masked.request, masked.response
        said = (request.url, request.method, masked.error or "", *masked.notes, response.reason if response else "")
        self._left.add("\n".join(said).encode("utf-8", "surrogatepass"))
        if request.body:
            self._left.add(request.body)
        if response is not None and response.body:
            self._left.add(response.body)
        return masked

    def taken(self) -> tuple[list[str], bytes]:
        """(secrets, but for those that were told lately, words in what is left) of the exchanges since the last call.

        None of these exchanges needs to be masked anew if no secret's word (`Sweep.words`) is in these words.
        """
        secrets, self._new = self._new, []
        parts = [*self._left, *chain.from_iterable(self._met.values())]
        left = b"\n".join(parts)
        self._left.clear()
        self._met.clear()
        self._connections.clear()
        runs = runs_of(left)
        words = set(b" ".join(runs).translate(WORDS).split())
        if b"%" in left:
            words.update(*(words_of(part) for part in {part for part in parts if b"%" in part}))
        fresh = {run for run in runs if len(run) >= SHORTEST_CODED} - self._clean_runs
        saying = {run: said for run in fresh if any(said := said_by(run))}
        for said in saying.values():
            words.update(*(words_of(text.encode()) for text in said))
        self._are_clean(fresh - saying.keys())
        return secrets, b" ".join([word for word in words if len(word) >= SHORTEST_ROW])

    def add(self, secret: str) -> None:
        """Take one down."""
        if secret not in self._told:
            if len(self._told) >= REMEMBERED:
                self._told.clear()  # some are told twice
            self._told.add(secret)
            self._new.append(secret)

    def sweep(self, text: str) -> str:
        """The text as it is, taken down as one that is left."""
        self._left.add(text.encode("utf-8", "surrogatepass"))
        return text

    def _url(self, url: str) -> str:
        mask_url(url, self._note)
        return mask_url(url)

    def _text(self, read: Reading) -> Masked | None:
        learn_secrets(read, self._note)
        return masked_text(read)

    def _fields(self, fields: Fields, fresh: list[Seen]) -> Fields:
        met = self._met.get
        masked = [met(field) or self._first(field) for field in fields.raw]
        return fields if masked == list(fields.raw) else Fields(masked)

    def _first(self, field: Field) -> Field:
        """A field that wasn't met since the last call, masked by structure."""
        masked = field if never_secret(field) else self._masked.get(field) or self._new_field(field)
        self._met[field] = masked
        return masked

    def _new_field(self, field: Field) -> Field:
        """One that isn't remembered."""
        masked = field
        if suspect(field):
            self._learn_field(field)
            masked = field_by_structure(field)
        if len(field[1]) < LONG:
            if len(self._masked) >= REMEMBERED:
                self._masked.clear()
            self._masked[field] = masked
        return masked
