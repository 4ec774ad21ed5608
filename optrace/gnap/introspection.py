"""Token introspection, RFC 9767 §3.3 and Rafiki's dialect."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Generic

from pydantic import Discriminator, Tag

from optrace.core.wire import Seq, Wire
from optrace.gnap.access import OBJECT, TEXT, A, Rights, text_or_object
from optrace.gnap.requests import Client


class Dialect(StrEnum):
    """Which introspection a request or an answer speaks."""

    RFC9767 = "rfc9767"
    RAFIKI = "rafiki"


class IntrospectionRequest(Wire, Generic[A]):  # noqa: UP046 - a default needs Python 3.13
    """What a resource server asks about a token it was shown."""

    access_token: str
    access: Rights[A] | None = None
    proof: Any = None
    resource_server: Any = None  # RFC 9767: required, text or an object

    @property
    def dialect(self) -> Dialect:
        """RFC 9767's if the resource server names itself."""
        return Dialect.RAFIKI if self.resource_server is None else Dialect.RFC9767


class IntrospectionResponse(Wire, Generic[A]):  # noqa: UP046 - a default needs Python 3.13
    """What the AS says of the token. Rafiki's `access` holds only the items that match the question."""

    active: bool
    access: Rights[A] | None = None
    # RFC 9767
    iss: str | None = None
    key: Any = None
    flags: Seq[str] | None = None
    exp: int | None = None  # UNIX seconds
    iat: int | None = None
    nbf: int | None = None
    aud: Any = None
    sub: str | None = None
    instance_id: str | None = None
    # Rafiki
    grant: str | None = None
    client: (
        Annotated[Annotated[Client, Tag(OBJECT)] | Annotated[str, Tag(TEXT)], Discriminator(text_or_object)] | None
    ) = None

    @property
    def dialect(self) -> Dialect | None:
        """Whose answer it is; None for `active: false` alone, which both give."""
        if self.grant is not None or self.client is not None:
            return Dialect.RAFIKI
        return Dialect.RFC9767 if self.iss is not None or self.key is not None else None
