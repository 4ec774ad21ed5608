"""The environment of a client: what `runtimes` has, filled in for one proxy and its files. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from optrace.capture.runtimes import JOINED, PROXY_VARIABLES, RUNTIMES
from optrace.capture.trust import Trust

_PRELOAD = Path(__file__).with_name("node_proxy.cjs")


def proxy_environment(proxy_url: str, trust: Trust | None, base: Mapping[str, str]) -> dict[str, str]:
    """The environment for a client: `base` with what each runtime needs to use the proxy and to trust it.

    Args:
        proxy_url: such as http://127.0.0.1:8080.
        trust: the files that make it trusted; None where no TLS is spoken: certificates stay as they are in `base`.
    """
    values = _values(proxy_url, trust)
    environment = {**base, **{name: value.format(**values) for name, value in PROXY_VARIABLES.items()}}
    for runtime in RUNTIMES:
        for name, template in runtime.variables.items():
            if trust is not None or not any(file in template for file in _FILES):
                environment[name] = _behind(environment.get(name, ""), name, template.format(**values))
    return environment


def _behind(before: str, name: str, value: str) -> str:
    """A value, behind what is there already where a variable holds several."""
    if name not in JOINED:
        return value
    if before.endswith(value):
        return before
    # PHP's own directory is what stands before its first separator, even where that is nothing
    return f"{before}{JOINED[name]}{value}" if before or name == "PHP_INI_SCAN_DIR" else value


def typed_lines(proxy_url: str, trust: Trust) -> dict[str, list[str]]:
    """Runtime -> the lines that a user types where there is no `optrace run`."""
    values = _values(proxy_url, trust)
    return {runtime.name: runtime.typed(values) for runtime in RUNTIMES}


def trust_hint() -> str:
    """What makes a client trust the proxy's certificates, in a sentence or two."""
    return (
        "Make it trust the proxy's CA (`optrace ca` says where it is): NODE_EXTRA_CA_CERTS for Node, SSL_CERT_FILE and "
        "REQUESTS_CA_BUNDLE for Python, SSL_CERT_FILE for Go, .NET, Ruby and Rust, CURL_CA_BUNDLE for curl, "
        "curl.cainfo for PHP, a trust store for Java. `optrace run -- CMD` sets what variables can set."
    )


_FILES = ("{ca}", "{bundle}", "{truststore}", "{php}")


def _values(proxy_url: str, trust: Trust | None) -> dict[str, str]:
    parts = urlsplit(proxy_url)
    values = {"proxy": proxy_url, "host": parts.hostname or "127.0.0.1", "port": str(parts.port or 8080)}
    values["preload"] = _PRELOAD.as_posix()  # in NODE_OPTIONS a backslash is an escape
    files = ("ca", "bundle", "truststore", "php")
    return values | {name: str(getattr(trust, name)) if trust else "" for name in files}
