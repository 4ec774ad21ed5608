"""The resource owner's part of a grant: start, choice, finish, and the hash that ties the finish to the request.

As Rafiki does it, the finish of a rejected grant carries neither hash nor reference (RFC 9635 §4.2 would send both and
say no at the continuation), and the hash is standard base64 with padding (§4.2.3 has base64url without).
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from urllib.parse import parse_qsl, quote_plus, urlsplit, urlunsplit

from optrace.sandbox.config import Role
from optrace.sandbox.errors import gnap
from optrace.sandbox.state import Ase, Finalization, Grant, GrantState, Interaction, InteractionState


def with_parameters(url: str, *pairs: tuple[str, str]) -> str:
    """A URL with query parameters set as a browser's URL library sets them: what was there is kept and re-encoded."""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in dict(pairs)]
    text = "&".join(f"{_form(name)}={_form(value)}" for name, value in [*query, *pairs])
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", text, parts.fragment))


def _form(text: str) -> str:
    # application/x-www-form-urlencoded of the URL standard: it leaves * and encodes ~
    return quote_plus(text, safe="*").replace("~", "%7E")


def start_url(ase: Ase, interaction: Interaction, *, client_name: str, client_uri: str) -> str:
    """`interact.redirect` of a grant response."""
    url = f"{ase.urls[Role.AUTH]}/interact/{interaction.id}/{interaction.nonce}"
    return with_parameters(url, ("clientName", client_name), ("clientUri", client_uri))


def find(ase: Ase, interact_id: str, nonce: str) -> Interaction | None:
    """The interaction that id and nonce name together."""
    interaction = ase.interactions.get(interact_id)
    return interaction if interaction and interaction.nonce == nonce else None


def start(ase: Ase, interaction: Interaction | None, *, client_name: str, client_uri: str) -> tuple[str, bool]:
    """Where the browser goes next, and whether the interaction has really begun."""
    if interaction is None:
        raise gnap(400, "unknown_interaction", "unknown interaction")
    grant = interaction.grant
    if interaction.state is not InteractionState.PENDING or grant.revoked:
        if grant.finish is None:
            raise gnap(403, "invalid_interaction", "invalid interaction")
        return _told(grant.finish.uri, "invalid_interaction", "invalid interaction"), False
    page = with_parameters(
        f"{ase.urls[Role.IDP]}/consent",
        ("interactId", interaction.id),
        ("nonce", interaction.nonce),
        ("clientName", client_name),
        ("clientUri", client_uri),
    )
    return page, True


def choose(interaction: Interaction, choice: str, *, now: datetime) -> None:
    """The resource owner's answer, brought by the identity provider: `accept` or `reject`."""
    grant = interaction.grant
    if grant.revoked or grant.rejected:
        raise gnap(401, "user_denied", "user denied interaction")
    if interaction.state is not InteractionState.PENDING or interaction.expires <= now:
        raise gnap(400, "invalid_interaction", "invalid interaction")
    states = {"accept": InteractionState.APPROVED, "reject": InteractionState.DENIED}
    if choice not in states:
        raise gnap(400, "invalid_request", "invalid interaction choice")
    interaction.state = states[choice]


def finish(ase: Ase, interaction: Interaction | None, *, session_nonce: str | None, now: datetime) -> str | None:
    """Where the browser is sent with the outcome; None: nowhere, the client polls."""
    if interaction is None:
        raise gnap(404, "unknown_interaction", "unknown interaction")
    grant = interaction.grant
    if interaction.expires <= now:
        if grant.finish is None:
            raise gnap(401, "invalid_interaction", "interaction expired")
        return _told(grant.finish.uri, "invalid_interaction", "interaction expired")
    if session_nonce != interaction.nonce:
        raise gnap(401, "invalid_request", "invalid session")
    if grant.revoked:
        if grant.finish is None:
            raise gnap(404, "unknown_interaction", "unknown interaction")
        return _told(grant.finish.uri, "unknown_interaction", "unknown interaction")
    if interaction.state is InteractionState.PENDING and grant.finish is None:
        raise gnap(401, "invalid_interaction", "interaction is not active")
    _settle(grant, interaction.state)
    if grant.finish is None:
        return None
    if interaction.state is InteractionState.APPROVED:
        digest = interact_hash(grant.finish.nonce, interaction.nonce, interaction.ref, ase.grant_endpoint)
        return with_parameters(grant.finish.uri, ("hash", digest), ("interact_ref", interaction.ref))
    denied = interaction.state is InteractionState.DENIED
    return with_parameters(grant.finish.uri, ("result", "grant_rejected" if denied else "grant_invalid"))


def _settle(grant: Grant, state: InteractionState) -> None:
    # only from PENDING: a repeated finish must not bring a finished grant back to life
    if grant.state is not GrantState.PENDING:
        return
    if state is InteractionState.APPROVED:
        grant.state = GrantState.APPROVED
    elif state is InteractionState.DENIED:
        grant.finalize(Finalization.REJECTED)


def _told(uri: str, result: str, message: str) -> str:
    return with_parameters(uri, ("result", result), ("message", message))


def interact_hash(client_nonce: str, server_nonce: str, interact_ref: str, grant_endpoint: str) -> str:
    """RFC 9635 §4.2.3 with sha-256, in standard base64 with padding."""
    base = "\n".join((client_nonce, server_nonce, interact_ref, grant_endpoint))
    return base64.b64encode(hashlib.sha256(base.encode()).digest()).decode("ascii")
