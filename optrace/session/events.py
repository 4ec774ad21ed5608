"""What flows from the edges inward: frozen events, in the order in which they happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from optrace.core.messages import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeSeen:
    """An exchange was recorded. It comes once when its request was sent and again, whole, when it ended."""

    exchange: Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLearned:
    """A JWKS that did not pass by as traffic: given by the user, or fetched by optrace.

    `document` holds the body as it was read, or is None when fetching failed (`error` says how).
    """

    wallet_address: str
    document: bytes | None
    seen: datetime  # UTC
    how: str  # "given" or "fetched"
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something that the recorder has to say about the session: a client that refused the CA, a full disk."""

    at: datetime  # UTC
    text: str
    level: str = "info"  # info, warn or error


Event = ExchangeSeen | KeyLearned | Noted
