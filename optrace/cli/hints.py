"""How to point a client at the proxy: for empty screens and for `optrace ca`."""

from __future__ import annotations

from pathlib import Path

from optrace.capture.ca import ca_certificate
from optrace.capture.environment import runtime_hints
from optrace.cli.places import confdir


def pointing_here(proxy_url: str) -> str:
    """What an empty screen teaches."""
    ca = ca_certificate(confdir())
    return (
        "Nothing has passed by yet. Point a client here:\n\n"
        f"  export HTTP_PROXY={proxy_url} HTTPS_PROXY={proxy_url} NO_PROXY=\n"
        f"  export NODE_EXTRA_CA_CERTS={ca} SSL_CERT_FILE={ca}\n\n"
        "Node's fetch also needs NODE_USE_ENV_PROXY=1 (Node 24, or 22.21 on).\n"
        f"Or let optrace set all that:  optrace run -- CMD\n"
        "Or watch a payment that needs nothing:  optrace demo"
    )


def for_runtimes(proxy_url: str, bundle: Path) -> dict[str, list[str]]:
    """Runtime -> the lines that it needs."""
    hints = runtime_hints(proxy_url, ca_certificate(confdir()), bundle)
    return {name: [*hint.lines, *([f"# {hint.note}"] if hint.note else [])] for name, hint in hints.items()}
