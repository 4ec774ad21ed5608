"""What an ASE remembers. All of it is in memory and belongs to one event loop; instants are UTC."""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import Any

from optrace.sandbox.config import AseConfig, Role
from optrace.sandbox.money import Asset, Money
from optrace.signatures.keys import SigningKey


class GrantState(StrEnum):
    """RFC 9635 §1.5, under Rafiki's names."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    FINALIZED = "FINALIZED"


class Finalization(StrEnum):
    """Why a grant is over."""

    ISSUED = "ISSUED"
    REVOKED = "REVOKED"
    REJECTED = "REJECTED"


class InteractionState(StrEnum):
    """What the resource owner has said."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DENIED = "DENIED"


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks: a wallet address whose JWKS holds the key, or the key itself (directed identity)."""

    wallet_address: str | None = None
    jwk: dict[str, Any] | None = None

    def json(self) -> dict[str, Any]:
        """As introspection and error details show it."""
        return {"jwk": self.jwk} if self.jwk is not None else {"walletAddress": self.wallet_address}


@dataclass(slots=True, kw_only=True)
class Finish:
    """How the client wants to hear that the interaction is over."""

    uri: str
    nonce: str


@dataclass(slots=True, kw_only=True)
class Grant:
    """A grant at the authorization server."""

    id: str
    tenant: str
    client: Client
    access: list[dict[str, Any]]
    subjects: list[dict[str, Any]]
    continue_id: str
    continue_token: str
    last_continued: datetime
    state: GrantState
    finalization: Finalization | None = None
    finish: Finish | None = None
    interaction: Interaction | None = None
    tokens: list[Token] = field(default_factory=list)

    @property
    def revoked(self) -> bool:
        return self.finalization is Finalization.REVOKED

    @property
    def rejected(self) -> bool:
        return self.finalization is Finalization.REJECTED

    def finalize(self, reason: Finalization) -> None:
        """End the grant; there is no way back."""
        self.state, self.finalization = GrantState.FINALIZED, reason


@dataclass(slots=True, kw_only=True)
class Interaction:
    """The resource owner's part of an interactive grant."""

    id: str
    nonce: str  # `interact.finish` of the response, and part of the redirect URL
    ref: str
    grant: Grant
    expires: datetime
    state: InteractionState = InteractionState.PENDING


@dataclass(slots=True, kw_only=True)
class Token:
    """An access token."""

    value: str
    manage_id: str
    grant: Grant
    expires_in: int  # seconds
    expires: datetime
    revoked: bool = False


@dataclass(slots=True, kw_only=True)
class Session:
    """What the authorization server remembers of a browser."""

    nonce: str
    expires: datetime


@dataclass(slots=True, kw_only=True)
class WalletAddress:
    """A wallet address and the account behind it."""

    address: str
    public_name: str
    asset: Asset
    balance: int
    keys: list[dict[str, Any]] = field(default_factory=list)
    active: bool = True


@dataclass(slots=True, kw_only=True)
class IncomingPayment:
    """An incoming payment. `amount` None: any amount may come."""

    id: str
    url: str
    wallet: WalletAddress
    client: str | None
    created: datetime
    expires: datetime
    received: int = 0
    amount: Money | None = None
    metadata: dict[str, Any] | None = None
    completed: bool = False


@dataclass(slots=True, kw_only=True)
class Quote:
    """What a payment would cost."""

    id: str
    wallet: WalletAddress
    client: str | None
    receiver: str
    debit: Money
    receive: Money
    net: int  # the debit without the fee
    created: datetime
    expires: datetime


class OutgoingState(StrEnum):
    """How far the money has come."""

    SENDING = "SENDING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(slots=True, kw_only=True)
class OutgoingPayment:
    """An outgoing payment. Its id is its quote's."""

    id: str
    wallet: WalletAddress
    client: str | None
    quote: Quote
    grant_id: str
    created: datetime
    metadata: dict[str, Any] | None = None
    state: OutgoingState = OutgoingState.SENDING
    sent: int = 0
    grant_spent: tuple[int, int] = (0, 0)  # debit and receive amounts of the grant's payments before this one


@dataclass(slots=True, kw_only=True)
class Ase:
    """An account servicing entity: who it is, and its books."""

    config: AseConfig
    urls: dict[Role, str]  # origins, without a trailing slash
    key: SigningKey
    idp_secret: str
    cookie_key: bytes
    wallets: dict[str, WalletAddress] = field(default_factory=dict)  # by address
    grants: dict[str, Grant] = field(default_factory=dict)  # by continue id
    interactions: dict[str, Interaction] = field(default_factory=dict)  # by id
    references: dict[str, Interaction] = field(default_factory=dict)  # by interact_ref
    tokens: dict[str, Token] = field(default_factory=dict)  # by value
    managed: dict[str, Token] = field(default_factory=dict)  # by management id
    sessions: dict[str, Session] = field(default_factory=dict)  # by cookie value
    incoming: dict[str, IncomingPayment] = field(default_factory=dict)  # by id, oldest first, as the next two
    quotes: dict[str, Quote] = field(default_factory=dict)
    outgoing: dict[str, OutgoingPayment] = field(default_factory=dict)
    outgoing_by_grant: dict[str, list[OutgoingPayment]] = field(default_factory=dict)
    unsettled: list[OutgoingPayment] = field(default_factory=list)

    @property
    def tenant(self) -> str:
        return self.config.tenant

    @property
    def grant_endpoint(self) -> str:
        """`authServer` of its wallet addresses."""
        return f"{self.urls[Role.AUTH]}/{self.tenant}"

    @property
    def resource_server(self) -> str:
        """`resourceServer` of its wallet addresses."""
        return f"{self.urls[Role.RESOURCE]}/{self.tenant}"

    @property
    def own_address(self) -> str:
        """The wallet address that it shows as a client of other ASEs; only its keys can be read."""
        return f"{self.urls[Role.RESOURCE]}/.well-known/pay"


class Ids:
    """Ids, tokens and nonces in Rafiki's forms, out of one source of randomness."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def uuid(self) -> str:
        """A version 4 UUID."""
        return str(uuid.UUID(int=self._rng.getrandbits(128), version=4))

    def token(self) -> str:
        """A token: 20 upper-case hexadecimal digits."""
        return self._rng.randbytes(10).hex().upper()

    def nonce(self) -> str:
        """An interaction's nonce: 16 upper-case hexadecimal digits."""
        return self._rng.randbytes(8).hex().upper()

    def secret(self, length: int) -> bytes:
        """So many random bytes."""
        return self._rng.randbytes(length)

    def secret_text(self, length: int) -> str:
        """So many random bytes as base64url without padding."""
        return base64.urlsafe_b64encode(self.secret(length)).rstrip(b"=").decode("ascii")


def is_uuid(text: str) -> bool:
    """Whether a database column of UUIDs would take the text."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False


def iso(instant: datetime) -> str:
    """RFC 3339 with milliseconds, as JavaScript prints it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"
