"""All the cases: importing the files enters them."""

from __future__ import annotations

from tests.mutations import dig, gnt, interaction, languages, pairs, res, rest, sig, tok
from tests.mutations.case import TABLE

__all__ = ["TABLE"]
_FILES = (sig, dig, tok, gnt, interaction, res, rest, languages, pairs)
