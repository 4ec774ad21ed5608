"""A session without its secrets that still verifies: what can be mailed to somebody who is to find the fault.

Every secret, and the names of people, get a stand-in of the same length and the same kinds of letters, so that each
byte keeps its place: JSON stays written as it was, lengths stay right or wrong as they were. Equal texts get equal
stand-ins, however they are escaped or encoded. Then all that was computed from the texts is computed again:

- published keys become throwaway keys, whose private halves are kept only until the end;
- a digest is made anew of the same thing as before: the body, or what the search (optrace/diagnosis) says it was of;
- an interaction hash likewise, over the same mistake if there was one;
- a signature is made anew by the throwaway key over the same base as before: the one of the message, or the one that
  the search proved; what nothing explains becomes random bytes, and stays wrong.

- `stand_ins.py`: what stands for a text. `in_place.py`, `json_text.py`, `coded.py`: texts changed where they are.
- `known.py`, `hosts.py`: what is looked for everywhere. `texts.py`: everything that is text.
- `keys.py`, `digests.py`, `hashes.py`, `signatures.py`: what is computed from texts.
- `redact.py`: whole events. `residue.py`: the proof that no secret is left. `compare.py`: that the verdicts are.

Pure: the random key that the stand-ins are made with comes in as an argument. It imports from diagnosis and below.
"""
