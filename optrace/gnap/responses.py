"""Answers of an authorization server (RFC 9635 §3): pending, approved, subject, the drafts' card form, errors."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Generic

from pydantic import Discriminator, Field, Tag

from optrace.core.wire import Seq, Uri, Wire
from optrace.gnap.access import ARRAY, OBJECT, TEXT, A, Rights, array_or_object, text_or_object
from optrace.gnap.continuation import Continue
from optrace.gnap.requests import SubjectId


class GrantOutcome(StrEnum):
    """What an answer comes to (RFC 9635 §1.5, as far as one message shows it)."""

    PENDING = "pending"
    APPROVED = "approved"
    SUBJECT = "subject"
    CARD = "card"
    ERROR = "error"
    NOTHING = "nothing"


class ManageToken(Wire):
    """The token of RFC 9635's management API."""

    value: str


class Manage(Wire):
    """The management API of a token in RFC 9635's form (§3.2.1)."""

    uri: Uri
    access_token: ManageToken


# RFC 9635: an object with its own token; Open Payments: a URI, used with the access token itself
Management = Annotated[Annotated[Manage, Tag(OBJECT)] | Annotated[Uri, Tag(TEXT)], Discriminator(text_or_object)]


class AccessToken(Wire, Generic[A]):  # noqa: UP046 - a default needs Python 3.13
    """An access token that was issued (RFC 9635 §3.2.1)."""

    value: str
    access: Rights[A]
    manage: Management | None = None
    expires_in: int | None = None  # seconds from the issue
    label: str | None = None
    flags: Seq[str] | None = None
    key: Any = None  # an object or a reference
    card_authorization: dict[str, Any] | None = Field(default=None, alias="cardAuthorization")  # draft

    @property
    def manage_uri(self) -> str | None:
        """Where the token is rotated and revoked, in whichever form."""
        return self.manage.uri if isinstance(self.manage, Manage) else self.manage


class UserCode(Wire):
    """A code that the resource owner types in (RFC 9635 §3.3.3, §3.3.4)."""

    code: str
    uri: str | None = None


class InteractResponse(Wire):
    """How the resource owner can interact (RFC 9635 §3.3). Open Payments requires `redirect` and `finish`."""

    redirect: Uri | None = None
    app: Uri | None = None
    user_code: Any = None  # text
    user_code_uri: UserCode | None = None
    finish: str | None = None  # the AS nonce of the interaction hash
    expires_in: int | None = None  # seconds


class Subject(Wire):
    """What the AS says about the resource owner (RFC 9635 §3.4)."""

    sub_ids: Seq[SubjectId] | None = None
    assertions: Seq[Any] | None = None
    updated_at: str | None = None


class ErrorObject(Wire):
    """RFC 9635 §3.6's object form. Rafiki leaves `code` out when its OpenAPI validator speaks."""

    code: str | None = None
    description: str | None = None
    details: Any = None


ErrorMember = Annotated[Annotated[ErrorObject, Tag(OBJECT)] | Annotated[str, Tag(TEXT)], Discriminator(text_or_object)]


class GrantResponse(Wire, Generic[A]):  # noqa: UP046 - a default needs Python 3.13
    """Any answer to a grant request, a continuation or a rotation."""

    continue_: Continue | None = Field(default=None, alias="continue")
    # an object, or labelled objects (RFC 9635 §3.2.2)
    access_token: (
        Annotated[
            Annotated[AccessToken[A], Tag(OBJECT)] | Annotated[Seq[AccessToken[A]], Tag(ARRAY)],
            Discriminator(array_or_object),
        ]
        | None
    ) = None
    interact: InteractResponse | None = None
    subject: Subject | None = None
    instance_id: str | None = None
    error: ErrorMember | None = None
    card_authorization: dict[str, Any] | None = Field(default=None, alias="cardAuthorization")  # draft

    @property
    def outcome(self) -> GrantOutcome:
        """What the answer comes to; an error first, even if the grant may go on."""
        return next((outcome for name, outcome in _OUTCOMES if getattr(self, name) is not None), GrantOutcome.NOTHING)

    @property
    def tokens(self) -> tuple[AccessToken[A], ...]:
        """The tokens that were issued, however many."""
        token = self.access_token
        return () if token is None else token if isinstance(token, tuple) else (token,)


_OUTCOMES = (
    ("error", GrantOutcome.ERROR),
    ("access_token", GrantOutcome.APPROVED),
    ("subject", GrantOutcome.SUBJECT),
    ("card_authorization", GrantOutcome.CARD),
    ("interact", GrantOutcome.PENDING),
    ("continue_", GrantOutcome.PENDING),
)


class Discovery(Wire):
    """What an AS says about itself (RFC 9635 §9; Rafiki's `GET /discovery` has one other name and a relative URI)."""

    grant_request_endpoint: str
    interaction_start_modes_supported: Seq[str] | None = None
    interaction_finish_methods_supported: Seq[str] | None = None
    interaction_finish_modes_supported: Seq[str] | None = None  # Rafiki
    key_proofs_supported: Seq[str] | None = None
    sub_id_formats_supported: Seq[str] | None = None
    assertion_formats_supported: Seq[str] | None = None
    key_rotation_supported: bool | None = None
    # RFC 9767 §3.1
    introspection_endpoint: str | None = None
    token_formats_supported: Seq[str] | None = None
    resource_registration_endpoint: str | None = None
