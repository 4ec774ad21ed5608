"""The end of an interaction that the AS tells the client without a browser."""

from __future__ import annotations

from optrace.core.wire import Wire


class FinishPush(Wire):
    """The body of a finish by push (RFC 9635 §4.2.2)."""

    hash: str
    interact_ref: str
