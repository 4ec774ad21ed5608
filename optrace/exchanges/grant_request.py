"""The grant request (RFC 9635 §2): what the client asks for, and whether a token or an interaction comes back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optrace.exchanges.kind import Kind, amount_in_words, refused, seconds_in_words
from optrace.exchanges.view import View, access_items, client_of, dig

ACCESS_TYPES = ("incoming-payment", "quote", "outgoing-payment")


def variant(view: View) -> str | None:
    """An access type, mixed, subject, subject+access or card; None if the request asks for nothing."""
    items = access_items(view)
    access = variant_of(items)
    subject = isinstance(view.sent.get("subject"), dict)
    start = dig(view.sent, "interact", "start")
    if (isinstance(start, list) and "card" in start) or any("cardAuthorization" in item for item in items):
        return "card"
    if subject:
        return "subject+access" if access else "subject"
    return access


def variant_of(items: Iterable[Mapping[str, Any]]) -> str | None:
    """The one type of some access items, or mixed; None if there is none."""
    types = {kind for item in items if isinstance(kind := item.get("type"), str)}
    return next(iter(types), None) if len(types) < 2 else "mixed"


def interactive(view: View) -> bool:
    """Whether the answer asks for an interaction. The AS decides it, not the request."""
    return isinstance(view.got.get("interact"), dict)


def access_in_words(item: Mapping[str, Any]) -> str:
    """`may create, read incoming payments at https://… up to 25.00 USD`."""
    actions = item.get("actions")
    doing = _listed([str(action) for action in actions]) if isinstance(actions, list) and actions else "?"
    words = f"may {doing} {str(item.get('type')).replace('-', ' ')}s"
    if isinstance(item.get("identifier"), str):
        words += f" of {item['identifier']}"
    return words + limits_in_words(item.get("limits"))


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def limits_in_words(limits: object) -> str:
    """` up to 25.00 USD debited, each R12/…/P1M, only to https://…`; empty without limits."""
    if not isinstance(limits, dict):
        return ""
    parts = []
    for member, word in (("debitAmount", "debited"), ("receiveAmount", "received")):
        if amount := amount_in_words(limits.get(member)):
            parts.append(f" up to {amount} {word}")
    if isinstance(limits.get("interval"), str):
        parts.append(f" in each interval of {limits['interval']}")
    if isinstance(limits.get("receiver"), str):
        parts.append(f" only to {limits['receiver']}")
    return ",".join(parts)


def issued_in_words(view: View) -> str:
    """What a token answer gives, for grant requests, continuations and rotations alike."""
    items = access_items(view, of_response=True)
    words = "; ".join(access_in_words(item) for item in items) or "no access named"
    life = seconds_in_words(dig(view.got, "access_token", "expires_in"))
    return f"an access token: {words}" + (f"; it expires in {life}" if life else "; no expiry named")


def _sentence(view: View) -> str:
    client = client_of(view) or ("a key given directly" if dig(view.sent, "client", "jwk") else "an unnamed client")
    wish = "; ".join(access_in_words(item).removeprefix("may ") for item in access_items(view))
    if variant(view) in ("subject", "subject+access"):
        wish = f"{wish}; and who the user is" if wish else "know who the user is"
    asks = f"{client} asks to {wish}." if wish else f"{client} asks for nothing."
    if view.succeeded and dig(view.got, "access_token", "value"):
        return f"{asks} The AS gives {issued_in_words(view)}."
    if view.succeeded and interactive(view):
        wait = seconds_in_words(dig(view.got, "continue", "wait"))
        return f"{asks} The AS wants the user to consent first" + (f"; continue after {wait}." if wait else ".")
    if view.status is not None:
        return f"{asks} The AS answers {view.status}{refused(view)}."
    return asks


def _label(view: View) -> str:
    # the type says enough; "payment" would be said in every row
    return f"grant {variant(view) or 'request'}"


GRANT_REQUEST = Kind(
    id="grant_request",
    title="Grant Request",
    target="as",
    signed=True,
    label=_label,
    sentence=_sentence,
)
