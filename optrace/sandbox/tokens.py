"""Access tokens: issue, rotation, revocation and introspection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from optrace.sandbox.config import Role
from optrace.sandbox.state import Ase, Grant, Ids, Token

_WIDER = {"read": "read-all", "list": "list-all"}  # the action that includes another


def issue(ase: Ase, grant: Grant, *, ids: Ids, life: timedelta, now: datetime) -> Token:
    """A new token for a grant."""
    token = Token(
        value=ids.token(),
        manage_id=ids.uuid(),
        grant=grant,
        expires_in=int(life.total_seconds()),
        expires=now + life,
    )
    grant.tokens.append(token)
    ase.tokens[token.value] = ase.managed[token.manage_id] = token
    return token


def access_token(ase: Ase, token: Token) -> dict[str, Any]:
    """`access_token` of an answer; `manage` is a URL, as Open Payments has it."""
    return {
        "access": token.grant.access,
        "value": token.value,
        "manage": f"{ase.urls[Role.AUTH]}/token/{token.manage_id}",
        "expires_in": token.expires_in,
    }


def managed(ase: Ase, manage_id: str) -> Token | None:
    """The token behind a management URL, even an expired one, but no revoked one."""
    token = ase.managed.get(manage_id)
    return token if token and not token.revoked else None


def rotate(ase: Ase, token: Token, *, ids: Ids, life: timedelta, now: datetime) -> Token:
    """A new value and management URL; the old ones die at once."""
    token.revoked = True
    return issue(ase, token.grant, ids=ids, life=life, now=now)


def introspect(ase: Ase, value: str, asked: Sequence[Mapping[str, Any]], *, now: datetime) -> dict[str, Any]:
    """What a resource server is told about a token: of its access only what covers what was asked."""
    token = ase.tokens.get(value)
    if token is None or token.revoked or token.expires <= now or token.grant.revoked:
        return {"active": False}
    found = (next((item for item in token.grant.access if covers(item, wanted)), None) for wanted in asked)
    return {
        "active": True,
        "grant": token.grant.id,
        "access": [item for item in found if item],
        "client": token.grant.client.json(),
    }


def covers(granted: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a granted access item includes a wanted one; identifiers are compared as text, if both have one."""
    if granted["type"] != wanted["type"]:
        return False
    if not all(
        action in granted["actions"] or _WIDER.get(action) in granted["actions"] for action in wanted["actions"]
    ):
        return False
    if wanted.get("limits") and wanted["limits"] != granted.get("limits"):
        return False
    mine, asked = granted.get("identifier"), wanted.get("identifier")
    return not (mine and asked and mine != asked)
