"""What faults and breakpoints did to a flow: kept in its metadata, between those who do it and the recorder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optrace.core.messages import HttpResponse

if TYPE_CHECKING:
    from mitmproxy.http import HTTPFlow

_KEY = "optrace amended"


@dataclass(slots=True)
class Amended:
    """What was changed on purpose, or only held up (`notes` alone)."""

    notes: tuple[str, ...] = ()
    request: bool = False  # another request went on
    received: HttpResponse | None = None  # the answer as it came, if another one goes on

    @classmethod
    def of(cls, flow: HTTPFlow) -> Amended | None:
        """What was done to a flow; None: nothing."""
        found = flow.metadata.get(_KEY)
        return found if isinstance(found, cls) else None

    @classmethod
    def begun(cls, flow: HTTPFlow) -> Amended:
        """The same, begun if nothing was done yet."""
        found: Amended = flow.metadata.setdefault(_KEY, cls())
        return found
