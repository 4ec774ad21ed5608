"""Grants and their tokens: the states of RFC 9635 §1.5 as a table, and what each answer brings into the world.

A grant is made by a grant request. Everything that the AS hands out for it (continuation, interaction, access token)
leads back to it, so that a call with a token, minutes later, is known to belong to the grant that allowed it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optrace.session.groups import Group
    from optrace.session.places import Ase


class GrantState(StrEnum):
    """RFC 9635 §1.5, with the way in which a grant was finalized."""

    PROCESSING = "processing"
    PENDING = "pending"
    APPROVED = "approved"
    ISSUED = "finalized (issued)"
    REJECTED = "finalized (rejected)"
    CANCELLED = "finalized (cancelled)"
    REFUSED = "refused"


class Happening(StrEnum):
    """What an exchange did to a grant."""

    INTERACTION_OFFERED = "the AS asked for an interaction"
    TOKEN_ISSUED = "the AS issued a token"
    CONSENT_GIVEN = "the interaction was finished with an interaction reference"
    CONSENT_REFUSED = "the user said no"
    CANCELLED = "the client gave the grant up"
    REQUEST_REFUSED = "the AS refused the grant request"


GRANT_STEPS: Mapping[tuple[GrantState, Happening], GrantState] = {
    (GrantState.PROCESSING, Happening.INTERACTION_OFFERED): GrantState.PENDING,
    (GrantState.PROCESSING, Happening.TOKEN_ISSUED): GrantState.APPROVED,
    (GrantState.PROCESSING, Happening.REQUEST_REFUSED): GrantState.REFUSED,
    (GrantState.PENDING, Happening.CONSENT_GIVEN): GrantState.APPROVED,
    (GrantState.PENDING, Happening.CONSENT_REFUSED): GrantState.REJECTED,
    (GrantState.PENDING, Happening.TOKEN_ISSUED): GrantState.ISSUED,  # the finish hop didn't pass by
    (GrantState.APPROVED, Happening.TOKEN_ISSUED): GrantState.ISSUED,
    **{(state, Happening.CANCELLED): GrantState.CANCELLED for state in GrantState if state is not GrantState.REFUSED},
}


NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class Token:
    """A token value and its life."""

    value: str
    kind: str  # "access" or "continuation"
    grant: Grant
    born: int  # the exchange that issued it
    issued: datetime
    expires_in: int | None = None  # seconds
    manage: str | None = None
    access: Sequence[Mapping[str, Any]] = ()
    dead: int | None = None  # the exchange that rotated or revoked it


@dataclass(slots=True, eq=False)
class Grant:
    """A grant request and what came of it. `n` is the exchange that asked, or the first that was seen of it."""

    n: int
    ase: Ase
    endpoint: str | None = None  # the URL that the client posted to, as it stands in the hash base
    client: str | None = None  # wallet address of the client
    client_jwk: Mapping[str, Any] | None = None
    variant: str | None = None
    access: Sequence[Mapping[str, Any]] = ()  # as asked
    state: GrantState = GrantState.PROCESSING
    started: datetime | None = None
    wait: int | None = None  # seconds
    wait_from: datetime | None = None
    client_nonce: str | None = None
    as_nonce: str | None = None
    hash_method: str | None = None
    finish_uri: str | None = None
    finish_method: str | None = None
    continue_uri: str | None = None
    interact_uri: str | None = None
    interact_refs: Mapping[str, int] = NONE  # reference -> the exchange that brought it
    finish_locations: Mapping[str, int] = NONE  # Location of a finish answer -> its exchange
    tokens: list[Token] = field(default_factory=list)
    flows: list[int] = field(default_factory=list)  # payments that its tokens were used for, some more than once
    placed: int = 0  # how many of them `Payments` knows of
    group: Group | None = None  # the first of its payments
    rows: list[int] = field(default_factory=list)  # exchanges that belong to the grant itself
    names: tuple[tuple[str, str], ...] = ()  # what leads to it: which of the memory's shelves, the name there

    def happened(self, what: Happening) -> None:
        """Move the state on; what the table doesn't know leaves it as it is."""
        self.state = GRANT_STEPS.get((self.state, what), self.state)

    @property
    def side(self) -> str | None:
        """s or r, from what the grant is for: quotes and outgoing payments are the sender's business."""
        types = {kind for item in self.access if isinstance(kind := item.get("type"), str)}
        if types & {"quote", "outgoing-payment"} or (self.variant or "").startswith("subject"):
            return "s"
        return "r" if "incoming-payment" in types else None
