"""The port, the CA, and the variables of the shell."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from optrace.capture.ca import ca_certificate
from optrace.cli.doctor.line import Line
from optrace.core.errors import CannotStart

_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "DENO_CERT")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
_LOCAL = ("localhost", "127.0.0.1", "*")


def port(number: int) -> Line:
    """Whether the proxy can listen."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", number))
            listening.listen(1)
        except OSError as error:
            cure = "Stop the other program, or choose another port: optrace live -p PORT"
            return Line(about="port", ok=False, said=f"{number} can't be used: {error.strerror}", cure=cure)
    return Line(about="port", ok=True, said=f"{number} is free")


def authority(confdir: Path) -> Line:
    """Whether there is a CA; it is made if there is none."""
    made = not (confdir / "mitmproxy-ca-cert.pem").exists()
    try:
        certificate = ca_certificate(confdir)
    except CannotStart as error:
        return Line(about="ca", ok=False, said=error.title, cure=error.remedy)
    return Line(about="ca", ok=True, said=f"{certificate}{' was made' if made else ''}")


def environment(variables: Mapping[str, str]) -> Iterator[Line]:
    """What in the shell keeps clients away from the proxy, or from trusting it."""
    found = False
    for name in _FILES:
        path = variables.get(name)
        if path and not Path(path).exists():
            found = True
            said = f"{name} names {path}, which isn't there"
            yield Line(about="environment", ok=False, said=said, cure=f"unset {name}, or name a PEM file")
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host.strip() for host in variables.get(name, "").split(",")]
        if local := [host for host in hosts if host in _LOCAL]:
            found = True
            said = f"{name} keeps {', '.join(local)} from the proxy"
            cure = f"export {name}=   (optrace run does so for its command)"
            yield Line(about="environment", ok=None, said=said, cure=cure)
    if variables.get("NODE_TLS_REJECT_UNAUTHORIZED") == "0":
        found = True
        said = "NODE_TLS_REJECT_UNAUTHORIZED=0: Node trusts everybody, and faults of TLS stay hidden"
        cure = "unset NODE_TLS_REJECT_UNAUTHORIZED, and let Node trust the CA: NODE_EXTRA_CA_CERTS"
        yield Line(about="environment", ok=False, said=said, cure=cure)
    if proxies := [name for name in _PROXIES if variables.get(name)]:
        found = True
        said = f"{', '.join(f'{name}={variables[name]}' for name in proxies)}: clients use this proxy"
        yield Line(about="environment", ok=None, said=said, cure="Fine if it is optrace's; else `unset` it.")
    if not found:
        yield Line(about="environment", ok=True, said="no variable stands in the way")
