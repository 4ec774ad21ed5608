"""Access rights in their general form (RFC 9635 §8)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Discriminator, Tag
from typing_extensions import TypeVar

from optrace.core.wire import Seq, Wire

# marks of union branches start with "<", so that core.decode leaves them out of paths
OBJECT, TEXT, ARRAY = "<object>", "<text>", "<array>"


class AccessRight(Wire):
    """A right as an object (RFC 9635 §8). `limits` and other members of an API stay as they are."""

    type: str
    actions: Seq[str] | None = None
    locations: Seq[str] | None = None
    datatypes: Seq[str] | None = None
    identifier: str | None = None
    privileges: Seq[str] | None = None


A = TypeVar("A", default=AccessRight)


def text_or_object(value: Any) -> str:
    """The branch of a union of text and object."""
    return TEXT if isinstance(value, str) else OBJECT


def array_or_object(value: Any) -> str:
    """The branch of a union of array and object."""
    return ARRAY if isinstance(value, list) else OBJECT


# a right by value, or by reference (RFC 9635 §8.1)
Right = Annotated[Annotated[A, Tag(OBJECT)] | Annotated[str, Tag(TEXT)], Discriminator(text_or_object)]
Rights = Seq[Right[A]]
