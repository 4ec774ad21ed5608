"""Where a replay may send, and what the values of a recording are called there.

A replay sends to hosts that its user named, and to no other: whatever a recording or a live answer says, a URL of
another origin isn't reached. URLs from outside are moved to the live hosts by the longest prefix that was named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from optrace.core.errors import Usage
from optrace.core.text import safe
from optrace.core.urls import canonical, parse
from optrace.replay.bind import shifted
from optrace.replay.kinds import URLS, ValueKind
from optrace.replay.script import Slot

_SCHEMES = {"http": "https", "https": "http"}
_OWN = (ValueKind.FINISH_URI,)  # the client's own place: nothing is sent there


def read_target(text: str) -> tuple[str, str] | None:
    """(recorded, live) of `RECORDED=LIVE`, or of a URL that stands for itself; None for `sandbox`.

    Raises:
        Usage: no hosts are named.
    """
    if text == "sandbox":
        return None
    recorded, equals, live = text.partition("=http")
    live = f"http{live}" if equals else recorded
    for url in (recorded, live):
        if not parse(url).authority or parse(url).scheme not in ("http", "https"):
            raise Usage(
                f"{safe(text)} names no hosts",
                remedy="Write https://recorded.example=https://live.example, or sandbox.",
            )
    return recorded, live


class Routes:
    """Recorded URLs, or beginnings of them, and the live ones that they stand for.

    Args:
        pairs: (recorded, live); the longest that fits a URL counts, whatever its scheme.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = sorted(((canonical(old), new.removesuffix("/")) for old, new in pairs), key=lambda p: -len(p[0]))
        self.origins = frozenset(parse(new).origin.lower() for _, new in self._pairs)

    def live(self, url: str) -> str:
        """The live URL that a recorded one stands for; itself if nothing was said of it."""
        base, mark, query = url.partition("?")
        known = canonical(base)
        for old, new in self._pairs:
            if known == old or known.startswith(f"{old}/"):
                slash = "/" if base.endswith("/") and len(known) > len(old) else ""
                return f"{new}{known[len(old) :]}{slash}{mark}{query}"
        return url

    def reach(self, url: str) -> str | None:
        """The URL to send to, or None if its host wasn't named. Only its scheme may change: to the one that was."""
        parts = parse(url)
        origin = parts.origin.lower()
        if "@" in parts.authority:
            return None
        if origin in self.origins:
            return url
        other = _SCHEMES.get(parts.scheme)
        if other and origin.replace(parts.scheme, other, 1) in self.origins:  # development stacks: https ids on http
            return f"{other}{url[len(parts.scheme) :]}"
        return None


class Outside:
    """The live values of slots that no answer brings.

    Args:
        clients: recorded wallet address of a client (canonical) -> the live one; anything else is routed as a URL.
        finish_uri: where the live browser comes back to; None keeps the recorded one.
        nonce: gives a fresh nonce.
        later: how much later than the recording this is.
    """

    def __init__(
        self,
        routes: Routes,
        *,
        clients: Mapping[str, str],
        finish_uri: str | None,
        nonce: Callable[[], str],
        later: timedelta,
    ) -> None:
        self._routes, self._clients, self._finish_uri = routes, clients, finish_uri
        self._nonce, self._later = nonce, later

    def __call__(self, slot: Slot) -> str | None:
        """The live value of a slot from outside."""
        if slot.kind is ValueKind.CLIENT_NONCE:
            return self._nonce()
        if slot.kind is ValueKind.TIME:
            return shifted(slot.recorded, self._later)
        if slot.kind in _OWN:
            return self._finish_uri or slot.recorded
        if slot.kind in URLS:
            return self._clients.get(canonical(slot.recorded)) or self._routes.live(slot.recorded)
        return slot.recorded
