"""Why it failed, with proof.

When a signature, a digest or an interaction hash doesn't fit, the cause is searched for by counterfactuals: rebuild
what is checked with one change at a time, then with plausible pairs, then with triples. A signature that verifies over
a changed base proves what was really signed; only the sentence about why is inference, and is worded so.

- `model.py`: a signature base as a structure, so that changes compose.
- `candidates/`: the changes, a file for each family; the table is in its `__init__`.
- `search.py`, `bodies.py`, `hashes.py`: the searches for signatures, digests and interaction hashes.
- `stages.py`: which of its checks a server had passed when it answered.
- `hypotheses.py`: what a server may have seen instead, when all is right here.
- `signers.py`: which SDK wrote a signature, by its habits.
"""
