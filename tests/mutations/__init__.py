"""Single exchanges with a planted fault, made without any code of optrace's, and what must be said of each first.

The signer is its own (`signing.py`); tests/interop holds it against the npm packages. Every case is on hosts and keys
of its own, with no more around it than its fault needs, and all of them are checked as one recording.
"""
