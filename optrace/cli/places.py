"""Where files go when the user doesn't say: the XDG base directories."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path


def sessions_directory() -> Path:
    """`$XDG_STATE_HOME/optrace`, usually `~/.local/state/optrace`; made, for its owner alone, if it isn't there."""
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    directory = Path(base).expanduser() / "optrace"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory


def new_session(now: datetime) -> Path:
    """A path for a session that starts now, not taken yet: `2026-11-22T15-40-07.optrace`."""
    stem = now.strftime("%Y-%m-%dT%H-%M-%S")
    directory = sessions_directory()
    path = directory / f"{stem}.optrace"
    count = 2
    while path.exists():
        path = directory / f"{stem}-{count}.optrace"
        count += 1
    return path


def confdir() -> Path:
    """mitmproxy's own directory, where its CA is."""
    return Path(os.environ.get("OPTRACE_CONFDIR") or "~/.mitmproxy").expanduser()


def cache_directory() -> Path:
    """`$XDG_CACHE_HOME/optrace`, usually `~/.cache/optrace`: for what may be thrown away. It need not be there."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "optrace"
