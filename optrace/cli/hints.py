"""How to point a client at the proxy: for empty screens, and for a run in which nothing came."""

from __future__ import annotations

from collections.abc import Sequence

from optrace.capture.runtimes import BY_NAME, Runtime

_COMMON = ("Node", "Python", "Go", "PHP")  # who is named where nothing tells which runtime it was
_AT_MOST = 3
_PORT = 8080  # where optrace listens unless told otherwise


def pointing_here(port: int) -> str:
    """What an empty screen teaches, in lines that fit a terminal of 80 columns."""
    which = "" if port == _PORT else f" -p {port}"
    return (
        "Nothing has passed by yet. Point a client here, in another shell:\n\n"
        f'  eval "$(optrace ca --env{which})"\n\n'
        "and start it there; y copies the line. It sets the proxy and the CA for\n"
        "Node, Python, PHP, Java, Rust, .NET, Deno and curl. What others need, and\n"
        f"each variable for itself:  optrace ca{which}\n\n"
        "A payment to watch that needs nothing:  optrace demo"
    )


def nothing_came(runtimes: Sequence[Runtime]) -> list[str]:
    """Why nothing came through the proxy, for the runtimes that were recognised; for the usual ones if none was."""
    known = [runtime for runtime in runtimes if runtime.silent][:_AT_MOST]
    lines = ["Nothing came through the proxy: either nothing was sent over HTTP, or it was sent around the proxy."]
    for runtime in known or [BY_NAME[name] for name in _COMMON]:
        lines.append(f"  {runtime.name}: {runtime.silent}")
        lines += [f"      {line}" for line in runtime.cure]
    return [*lines, "`optrace ca` shows what each runtime needs."]
