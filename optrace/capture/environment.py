"""What the runtimes that people use must be told: which proxy to use, which certificates to trust. Pure.

Each runtime reads other variables, and some add certificates where others replace theirs. So there are two files: the
proxy's CA alone, for those that add, and a bundle of the system's CAs and the proxy's (`capture.ca`), for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_PROXY = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
# emptied, since clients on loopback would go around the proxy
_NO_PROXY = ("NO_PROXY", "no_proxy")
_BUNDLE = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "GIT_SSL_CAINFO")  # replace the runtime's own
_CA = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")  # come on top of the runtime's own


@dataclass(frozen=True, slots=True)
class RuntimeHint:
    """What a user has to set, and what no variable can do. `fill` gives {proxy}, {ca}, {bundle}, {host} and {port}."""

    lines: tuple[str, ...]
    note: str = ""

    def fill(self, **values: str) -> RuntimeHint:
        """The hint for one proxy and its files."""
        return RuntimeHint(tuple(line.format(**values) for line in self.lines), self.note.format(**values))


_COMMON = ("HTTP_PROXY={proxy}", "HTTPS_PROXY={proxy}", "NO_PROXY=")

RUNTIME_HINTS: Mapping[str, RuntimeHint] = {
    "Node": RuntimeHint(
        ("NODE_USE_ENV_PROXY=1", *_COMMON, "NODE_EXTRA_CA_CERTS={ca}"),
        "Node reads these from 24.0 and 22.21 on; before, give fetch undici's EnvHttpProxyAgent (undici 6 on Node 20).",
    ),
    "Deno, Bun": RuntimeHint((*_COMMON, "DENO_CERT={ca}", "NODE_EXTRA_CA_CERTS={ca}")),
    "Python": RuntimeHint(
        (*_COMMON, "SSL_CERT_FILE={bundle}", "REQUESTS_CA_BUNDLE={bundle}"),
        "aiohttp needs ClientSession(trust_env=True).",
    ),
    "Go": RuntimeHint(
        (*_COMMON, "SSL_CERT_FILE={bundle}"),
        "Go never uses a proxy for localhost and 127.0.0.1: call the server by another name for this machine. "
        "On macOS and Windows add {ca} to the system's certificates.",
    ),
    "PHP": RuntimeHint(
        (*_COMMON, "SSL_CERT_FILE={bundle}", "php -d curl.cainfo={bundle} -d openssl.cafile={bundle}"),
        "A web server's PHP reads these from php.ini.",
    ),
    "Java": RuntimeHint(
        (
            "keytool -importcert -noprompt -alias optrace -file {ca} -keystore optrace.p12 -storepass changeit",
            "JAVA_TOOL_OPTIONS=-Dhttp.proxyHost={host} -Dhttp.proxyPort={port} -Dhttps.proxyHost={host} "
            "-Dhttps.proxyPort={port} -Dhttp.nonProxyHosts= -Djavax.net.ssl.trustStore=optrace.p12",
        ),
        "java.net.http.HttpClient also needs .proxy(ProxySelector.getDefault()).",
    ),
    ".NET": RuntimeHint(
        (*_COMMON, "SSL_CERT_FILE={bundle}"), "On macOS and Windows add {ca} to the system's certificates."
    ),
    "Rust": RuntimeHint(
        (*_COMMON, "SSL_CERT_FILE={bundle}"),
        "reqwest with webpki-roots has its CAs built in: use rustls-native-certs, or add_root_certificate.",
    ),
    "Ruby": RuntimeHint((*_COMMON, "SSL_CERT_FILE={bundle}")),
    "curl": RuntimeHint((*_COMMON, "http_proxy={proxy}", "CURL_CA_BUNDLE={bundle}")),
    "a browser": RuntimeHint(
        ("proxy {host}:{port} for http and https, and {ca} as a certificate authority",),
        "Chromium: --proxy-server={host}:{port} --proxy-bypass-list=<-loopback>. "
        "Firefox: network.proxy.allow_hijacking_localhost.",
    ),
}


def proxy_environment(
    proxy_url: str, ca_file: Path | str, base: Mapping[str, str], *, bundle: Path | str | None = None
) -> dict[str, str]:
    """The environment for a client: `base` with what each runtime needs to use the proxy and to trust it.

    Args:
        proxy_url: such as http://127.0.0.1:8080.
        ca_file: PEM file with the proxy's CA.
        bundle: PEM file with the system's CAs and the proxy's; without it `ca_file` stands for both, which
            is enough as long as all traffic goes through the proxy.
    """
    host, port = _endpoint(proxy_url)
    java = (
        f"-Dhttp.proxyHost={host} -Dhttp.proxyPort={port} -Dhttps.proxyHost={host} -Dhttps.proxyPort={port} "
        "-Dhttp.nonProxyHosts="
    )
    environment = dict(base)
    environment.update(dict.fromkeys(_PROXY, proxy_url))
    environment.update(dict.fromkeys(_NO_PROXY, ""))
    environment.update(dict.fromkeys(_BUNDLE, str(bundle or ca_file)))
    environment.update(dict.fromkeys(_CA, str(ca_file)))
    environment["NODE_USE_ENV_PROXY"] = "1"
    environment["JAVA_TOOL_OPTIONS"] = f"{base.get('JAVA_TOOL_OPTIONS', '')} {java}".strip()
    return environment


def runtime_hints(proxy_url: str, ca_file: Path | str, bundle: Path | str) -> dict[str, RuntimeHint]:
    """The table with the addresses and files of one proxy filled in."""
    host, port = _endpoint(proxy_url)
    values = {"proxy": proxy_url, "ca": str(ca_file), "bundle": str(bundle), "host": host, "port": str(port)}
    return {runtime: hint.fill(**values) for runtime, hint in RUNTIME_HINTS.items()}


def trust_hint() -> str:
    """What makes a client trust the proxy's certificates, in a sentence or two."""
    return (
        "Make it trust the proxy's CA (`optrace ca` says where it is): NODE_EXTRA_CA_CERTS for Node, SSL_CERT_FILE and "
        "REQUESTS_CA_BUNDLE for Python, SSL_CERT_FILE for Go, .NET, Ruby and Rust, CURL_CA_BUNDLE for curl, "
        "curl.cainfo for PHP, a trust store for Java. `optrace run -- CMD` sets what variables can set."
    )


def _endpoint(proxy_url: str) -> tuple[str, int]:
    parts = urlsplit(proxy_url)
    return parts.hostname or "127.0.0.1", parts.port or 8080
