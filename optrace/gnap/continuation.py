"""Continuing a grant (RFC 9635 §5): the request's body, and the place and token that the answer gives for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from optrace.core.wire import Uri, Wire

DEFAULT_WAIT = timedelta(seconds=5)  # RFC 9635 §3.1: what an absent `wait` means


class ContinueRequest(Wire):
    """The body of a continuation after interaction (RFC 9635 §5.1). A poll has no body, or an empty object."""

    interact_ref: str | None = None
    # RFC 9635 §5.3: what a PATCH may ask for anew
    access_token: Any = None
    subject: Any = None
    interact: Any = None


class ContinueToken(Wire):
    """The token for the continuation; it is of no use at a resource server."""

    value: str


class Continue(Wire):
    """Where and with which token the grant goes on (RFC 9635 §3.1)."""

    uri: Uri
    access_token: ContinueToken
    wait: int | None = None  # seconds

    @property
    def waits(self) -> timedelta:
        """How long the client must wait before it comes."""
        # beyond the calendar is beyond any session too
        return DEFAULT_WAIT if self.wait is None else timedelta(seconds=min(max(self.wait, 0), 10**9))
