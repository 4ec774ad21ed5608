"""A user's key file as the JWKS document that a wallet address would publish."""

from __future__ import annotations

import json

from optrace.core.errors import Usage
from optrace.signatures.keys import BadKey, KeySet, read_key_file


def as_jwks(data: bytes) -> bytes:
    """A JWKS with the public key, or keys, of a JWK, JWKS or PEM file. A PEM's key has an empty `kid`: it fits any.

    Raises:
        Usage: there is no key in it.
    """
    key = read_key_file(data)
    if isinstance(key, KeySet):
        return data
    if isinstance(key, BadKey):
        why = "; ".join(problem.text for problem in key.problems)
        raise Usage(f"The key can't be used: {why}", remedy="Give a JWK, a JWKS or a PEM file.")
    public = {name: value for name, value in key.jwk.items() if name not in ("d", "p", "q", "dp", "dq", "qi")}
    public.setdefault("kid", key.kid)
    if key.algorithm == "ed25519":
        public.setdefault("alg", "EdDSA")
    return json.dumps({"keys": [public]}).encode()
