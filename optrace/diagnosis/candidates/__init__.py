"""The candidate changes, a file for each family. A new family is a generator in its file and a line in `FAMILIES`."""

from __future__ import annotations

from optrace.diagnosis.candidates.base_text import base_text
from optrace.diagnosis.candidates.change import Change, Family
from optrace.diagnosis.candidates.fields import body_fields, fields
from optrace.diagnosis.candidates.keys import keys
from optrace.diagnosis.candidates.method import method
from optrace.diagnosis.candidates.neighbours import neighbours
from optrace.diagnosis.candidates.params import params
from optrace.diagnosis.candidates.prehash import prehash
from optrace.diagnosis.candidates.target_uri import target_uri

__all__ = ["FAMILIES", "LATER", "Change", "Family"]

# of two changes to the same text the first one names it
FAMILIES: tuple[Family, ...] = (target_uri, method, fields, params, base_text, prehash, keys)
# what takes bodies and other exchanges to make, and is made only when nothing above was it
LATER: tuple[Family, ...] = (body_fields, neighbours)
