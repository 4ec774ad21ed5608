"""Grant requests (RFC 9635 §2, Open Payments' `POST /`)."""

from __future__ import annotations

from typing import Annotated, Any, Generic

from pydantic import Discriminator, Field, Tag

from optrace.core.wire import Seq, Uri, Wire
from optrace.gnap.access import ARRAY, OBJECT, TEXT, A, Rights, array_or_object, text_or_object


class TokenRequest(Wire, Generic[A]):  # noqa: UP046 - a default needs Python 3.13
    """One access token that is asked for (RFC 9635 §2.1)."""

    access: Rights[A]
    label: str | None = None
    flags: Seq[str] | None = None


class KeyFormat(Wire):
    """A client's key by value (RFC 9635 §7.1)."""

    proof: Any = None  # a method name, or an object with one
    jwk: dict[str, Any] | None = None
    cert: str | None = None
    cert_s256: str | None = Field(default=None, alias="cert#S256")


class Client(Wire):
    """A client by value: Open Payments' `walletAddress` or `jwk`, or RFC 9635 §2.3's `key`."""

    wallet_address: Uri | None = Field(default=None, alias="walletAddress")
    jwk: dict[str, Any] | None = None
    key: (
        Annotated[Annotated[KeyFormat, Tag(OBJECT)] | Annotated[str, Tag(TEXT)], Discriminator(text_or_object)] | None
    ) = None
    class_id: str | None = None
    display: dict[str, Any] | None = None

    @property
    def public_jwk(self) -> dict[str, Any] | None:
        """The key that the client gives with the request, in whichever form."""
        if self.jwk is not None:
            return self.jwk
        return self.key.jwk if isinstance(self.key, KeyFormat) else None


# text: a wallet address (Open Payments, deprecated since 1.3.0) or an instance identifier (RFC 9635 §2.3.1)
ClientIdentity = Annotated[Annotated[Client, Tag(OBJECT)] | Annotated[str, Tag(TEXT)], Discriminator(text_or_object)]


class SubjectId(Wire):
    """A subject identifier (RFC 9493): in Open Payments a wallet address with the format `uri`."""

    format: str
    id: str | None = None
    uri: str | None = None


class SubjectRequest(Wire):
    """What is asked about the resource owner (RFC 9635 §2.2)."""

    sub_ids: Seq[SubjectId] | None = None
    sub_id_formats: Seq[str] | None = None
    assertion_formats: Seq[str] | None = None


class InteractFinish(Wire):
    """How the client learns that the interaction is over (RFC 9635 §2.5.2)."""

    method: str
    uri: Uri
    nonce: str
    hash_method: str | None = None  # sha-256 if absent


class InteractRequest(Wire):
    """How the client can have the resource owner interact (RFC 9635 §2.5)."""

    start: Seq[Any]  # names, or objects (§2.5.1)
    finish: InteractFinish | None = None
    hints: dict[str, Any] | None = None


class GrantRequest(Wire, Generic[A]):  # noqa: UP046 - a default needs Python 3.13
    """The body of a grant request."""

    # an object, or labelled objects (RFC 9635 §2.1.2)
    access_token: (
        Annotated[
            Annotated[TokenRequest[A], Tag(OBJECT)] | Annotated[Seq[TokenRequest[A]], Tag(ARRAY)],
            Discriminator(array_or_object),
        ]
        | None
    ) = None
    subject: SubjectRequest | None = None
    client: ClientIdentity
    user: Any = None  # an object or a reference (RFC 9635 §2.4)
    interact: InteractRequest | None = None
    # the card drafts of Open Payments put the card's data here or on the access item
    card_authorization: dict[str, Any] | None = Field(default=None, alias="cardAuthorization")

    @property
    def tokens(self) -> tuple[TokenRequest[A], ...]:
        """The tokens that are asked for, however many."""
        token = self.access_token
        return () if token is None else token if isinstance(token, tuple) else (token,)

    @property
    def access(self) -> tuple[A | str, ...]:
        """All rights that are asked for."""
        return tuple(right for token in self.tokens for right in token.access or ())

    @property
    def client_url(self) -> str | None:
        """The wallet address that the client names, as text or in an object."""
        return self.client if isinstance(self.client, str) else self.client.wallet_address if self.client else None

    @property
    def client_jwk(self) -> dict[str, Any] | None:
        """The key that the client gives instead of an address."""
        return self.client.public_jwk if isinstance(self.client, Client) else None

    @property
    def finish(self) -> InteractFinish | None:
        """How the client wants to hear of the end; None: it will poll."""
        return self.interact.finish if self.interact else None
