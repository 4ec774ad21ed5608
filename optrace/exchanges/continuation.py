"""Continuing a grant (RFC 9635 §5): with an interaction reference, by polling, changing it, or giving it up."""

from __future__ import annotations

from optrace.exchanges.grant_request import issued_in_words
from optrace.exchanges.kind import Kind, answer, seconds_in_words
from optrace.exchanges.view import View, dig


def _outcome(view: View) -> str:
    if view.succeeded and dig(view.got, "access_token", "value"):
        return f"The AS gives {issued_in_words(view)}."
    if view.succeeded and isinstance(view.got.get("subject"), dict):
        return "The AS says who the user is."
    if view.succeeded:
        wait = seconds_in_words(dig(view.got, "continue", "wait"))
        return "The grant is still pending" + (f"; ask again after {wait}." if wait else ".")
    return f"The AS answers {answer(view)}."


def _cancel_outcome(view: View) -> str:
    if view.succeeded:
        return "The client gives the grant up; its tokens are dead."
    return f"The client gives the grant up; the AS answers {answer(view)}."


GRANT_CONTINUE = Kind(
    id="grant_continue",
    title="Continuation Request",
    target="as",
    signed=True,
    token="continuation",
    label=lambda view: "continue",
    sentence=lambda view: f"The client hands in the interaction reference. {_outcome(view)}",
)
GRANT_POLL = Kind(
    id="grant_poll",
    title="Continuation Request (poll)",
    target="as",
    signed=True,
    token="continuation",
    label=lambda view: "poll",
    sentence=lambda view: f"The client asks whether the grant is decided. {_outcome(view)}",
)
GRANT_MODIFY = Kind(
    id="grant_modify",
    title="Modify an existing request",
    target="as",
    signed=True,
    token="continuation",
    label=lambda view: "modify grant",
    sentence=lambda view: f"The client changes what it asks for (RFC 9635 5.3). {_outcome(view)}",
)
GRANT_CANCEL = Kind(
    id="grant_cancel",
    title="Cancel Grant",
    target="as",
    signed=True,
    token="continuation",
    label=lambda view: "cancel grant",
    sentence=_cancel_outcome,
)
