"""How to point a client at the proxy: for empty screens, and for a run in which nothing came."""

from __future__ import annotations

from collections.abc import Sequence

from optrace.capture.ca import ca_certificate
from optrace.capture.runtimes import BY_NAME, Runtime
from optrace.cli.places import confdir

_COMMON = ("Node", "Python", "Go", "PHP")  # who is named where nothing tells which runtime it was
_AT_MOST = 3


def pointing_here(proxy_url: str) -> str:
    """What an empty screen teaches."""
    ca = ca_certificate(confdir())
    return (
        "Nothing has passed by yet. Point a client here:\n\n"
        f"  export HTTP_PROXY={proxy_url} HTTPS_PROXY={proxy_url} NO_PROXY=\n"
        f"  export NODE_EXTRA_CA_CERTS={ca} SSL_CERT_FILE={ca}\n\n"
        "Node also needs NODE_USE_ENV_PROXY=1 (Node 24.5, or 22.21 on).\n"
        f"Or let optrace set all that, for other runtimes too:  optrace run -- CMD\n"
        "Or watch a payment that needs nothing:  optrace demo"
    )


def nothing_came(runtimes: Sequence[Runtime]) -> list[str]:
    """Why nothing came through the proxy, for the runtimes that were recognised; for the usual ones if none was."""
    known = [runtime for runtime in runtimes if runtime.silent][:_AT_MOST]
    lines = ["Nothing came through the proxy: either nothing was sent over HTTP, or it was sent around the proxy."]
    for runtime in known or [BY_NAME[name] for name in _COMMON]:
        lines.append(f"  {runtime.name}: {runtime.silent}")
        lines += [f"      {line}" for line in runtime.cure]
    return [*lines, "`optrace ca` shows what each runtime needs."]
