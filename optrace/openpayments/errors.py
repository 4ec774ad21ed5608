"""The error body of a resource server. Shapes of other servers: optrace/gnap/problems.py."""

from __future__ import annotations

from typing import Any

from optrace.core.wire import Wire


class ErrorDetail(Wire):
    """What went wrong. `code` is a word in the specification, the HTTP status as text in Rafiki."""

    code: str | None = None
    description: str
    details: dict[str, Any] | None = None


class ErrorResponse(Wire):
    """An error body."""

    error: ErrorDetail
