"""Faults of access tokens at the resource server."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from optrace.core.messages import HttpResponse
from optrace.core.urls import parse
from optrace.faults.fault import Argument, Deed, Fault, Seen
from optrace.faults.messages import gnap, resource, tokens_of, with_json

_PAYING = ("outgoing_payment_create",)
_TYPES = ("incoming-payment", "quote", "outgoing-payment")


def types_of(operations: tuple[str, ...]) -> frozenset[str]:
    """The access types whose tokens these operations use."""
    return frozenset(each for each in _TYPES if any(name.startswith(each.replace("-", "_")) for name in operations))


def gives(token: dict[str, Any], types: frozenset[str]) -> bool:
    """Whether a token's access is of one of the types; True if that isn't said."""
    access = token.get("access")
    if not isinstance(access, list):
        return True
    return any(isinstance(item, dict) and item.get("type") in types for item in access)


def _learn_issuer(seen: Seen) -> None:
    for value, _ in tokens_of(seen.view.got):
        seen.memory["issuer", value] = parse(seen.request.url).origin


def _inactive(seen: Seen) -> HttpResponse:
    if seen.operation in ("token_rotate", "token_revoke"):
        return gnap(401, "invalid_client", "invalid access token")
    issuer = seen.memory.get(("issuer", seen.view.token))
    challenge = (("WWW-Authenticate", f"GNAP as_uri={issuer}"),) if issuer else ()
    return resource(403, "Inactive Token", *challenge)


def _shorten(seen: Seen) -> Deed | None:
    _learn_issuer(seen)
    types = types_of(seen.operations)
    document = deepcopy(dict(seen.view.got))
    short = [(value, token) for value, token in tokens_of(document) if gives(token, types)]
    if not seen.due or not short or seen.response.status != 200:
        return None
    life = int(seen.number)
    for value, token in short:
        token["expires_in"] = life
        seen.memory["end", value] = seen.now + timedelta(seconds=life)
    response = with_json(seen.response, document)
    return Deed(said=f"the token was given {life} s to live", response=response, counts=False)


def _expired(seen: Seen) -> Deed | None:
    end: datetime | None = seen.memory.get(("end", seen.view.token))
    if not seen.targeted or end is None or seen.now < end:
        return None
    return Deed(said="the token was refused as expired", response=_inactive(seen))


def _revoked(seen: Seen) -> Deed | None:
    dead: set[str] = seen.memory.setdefault("dead", set())
    token = seen.view.token
    if token is not None and (token in dead or seen.targeted):
        counts = token not in dead
        dead.add(token)
        return Deed(said="the token was refused as revoked", response=_inactive(seen), counts=counts)
    return None


def _down(seen: Seen) -> Deed | None:
    if not seen.targeted or seen.view.token is None:
        return None
    said = "the call was refused as if the authorization server could not be asked about the token"
    return Deed(said=said, response=resource(401, "Invalid Token"))


EXPIRED_TOKEN = Fault(
    name="expired-token",
    sentence="The AS gives the token so short a life that it is refused as inactive when it is used.",
    operations=_PAYING,
    diagnosed=("TOK-002",),
    times=1,
    argument=Argument(name="SECONDS", default=0, meaning="what `expires_in` says"),
    on_request=_expired,
    on_response=_shorten,
)
REVOKED_TOKEN = Fault(
    name="revoked-token",
    sentence="The token is dead from its next use on: withdrawn at the wallet, which no message tells the client.",
    operations=_PAYING,
    diagnosed=("TOK-008",),
    times=1,
    on_request=_revoked,
    on_response=_learn_issuer,
)
INTROSPECTION_DOWN = Fault(
    name="introspection-down",
    sentence="The RS can't ask its AS about the token and says 401 “Invalid Token”.",
    operations=_PAYING,
    diagnosed=("TOK-009",),
    times=1,
    on_request=_down,
)
