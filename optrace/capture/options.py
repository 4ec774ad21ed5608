"""How the proxy is to run. Free of mitmproxy, so that a screen can read it without the weight."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

CONFDIR = Path("~/.mitmproxy")
KEEP_BODIES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyOptions:
    """Where the proxy listens, whom it trusts, and what it keeps."""

    host: str = "127.0.0.1"
    port: int = 8080  # 0: any free port
    mode: str = "regular"  # as mitmproxy names them: regular, reverse:URL, upstream:URL
    confdir: Path = CONFDIR  # where the CA is
    insecure: bool = False  # don't verify the servers' certificates
    upstream_ca: Path | None = None  # PEM file with CAs to trust for servers, instead of the usual ones
    ignore_hosts: tuple[str, ...] = ()  # regular expressions on host:port; their connections pass unopened
    keep_bodies: int = KEEP_BODIES  # bytes; a larger body is passed on as it comes and not kept
    record_all: bool = False  # foreign traffic too
    faults: tuple[str, ...] = ()  # orders (optrace.faults.order): traffic is changed on purpose
    fault_hosts: tuple[str, ...] = ()  # HOST or HOST:PORT, the only ones whose traffic they may touch
