"""Managing an access token (RFC 9635 §6): rotation and revocation."""

from __future__ import annotations

from optrace.exchanges.grant_request import issued_in_words
from optrace.exchanges.kind import Kind, answer
from optrace.exchanges.view import View


def _rotated(view: View) -> str:
    if view.succeeded:
        return f"The old token is dead; the AS gives {issued_in_words(view)}."
    return f"The client wants a new token value; the AS answers {answer(view)}."


def _revoked(view: View) -> str:
    if view.succeeded:
        return "The client gives the token back; it is dead."
    return f"The client gives a token back; the AS answers {answer(view)}."


TOKEN_ROTATE = Kind(
    id="token_rotate",
    title="Rotate Access Token",
    target="as",
    signed=True,
    token="access",
    label=lambda view: "rotate token",
    sentence=_rotated,
)
TOKEN_REVOKE = Kind(
    id="token_revoke",
    title="Revoke Access Token",
    target="as",
    signed=True,
    token="access",
    label=lambda view: "revoke token",
    sentence=_revoked,
)
