"""The versions of optrace and of what it stands on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

_DISTRIBUTION = "optrace-openpayments"
_BELOW = ("mitmproxy", "textual", "httpx", "pydantic", "cryptography")


def own_version() -> str:
    """The version of optrace; "0" when it runs from a tree that isn't installed."""
    return _version(_DISTRIBUTION) or "0"


def versions() -> dict[str, str]:
    """optrace, Python, the operating system and the packages below, by name."""
    found = {"optrace": own_version(), "python": platform.python_version(), "system": platform.platform(terse=True)}
    return found | {name: have for name in _BELOW if (have := _version(name))}


def _version(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None
