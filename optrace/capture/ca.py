"""The proxy's certificate authority: mitmproxy's own, in its usual place."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from optrace.capture.options import CONFDIR
from optrace.core.errors import CannotStart

_BASENAME = "mitmproxy"
_KEY_SIZE = 2048  # mitmproxy's default


def ca_certificate(confdir: Path = CONFDIR) -> Path:
    """The PEM file with the CA's certificate (no key in it); the CA is made if there is none yet.

    Raises:
        CannotStart: the CA can neither be read nor made.
    """
    folder = confdir.expanduser()
    certificate = folder / f"{_BASENAME}-ca-cert.pem"
    if certificate.exists():
        return certificate
    from mitmproxy.certs import CertStore  # heavy, and needed once in a lifetime

    try:
        CertStore.from_store(folder, _BASENAME, _KEY_SIZE)
    except (OSError, ValueError) as error:
        raise CannotStart(
            f"The certificate authority in {folder} can't be made: {error}",
            remedy="Name another folder in OPTRACE_CONFDIR",
        ) from error
    if not certificate.exists():
        raise CannotStart(
            f"{certificate} is missing beside the CA's key",
            remedy="Delete the mitmproxy-ca files there; they are made anew",
        )
    return certificate


def ca_bundle(confdir: Path, out: Path) -> Path:
    """Write the system's CAs and the proxy's to `out`, for runtimes that take one file instead of their own."""
    system, ours = _system_cas().rstrip(b"\n"), ca_certificate(confdir).read_bytes()
    temporary = out.with_name(f"{out.name}.{os.getpid()}")
    # within another run, the system's is such a bundle
    temporary.write_bytes(system + b"\n" if ours.strip() in system else system + b"\n" + ours)
    temporary.replace(out)  # a runtime that reads it now sees the old one or the new one, whole
    return out


def _system_cas() -> bytes:
    """The user's own bundle (SSL_CERT_FILE) or the system's, in which companies put their CAs; or else certifi's."""
    if system := ssl.get_default_verify_paths().cafile:  # None if there is no such file
        try:
            if content := Path(system).read_bytes():
                return content
        except OSError:
            pass
    import certifi

    return Path(certifi.where()).read_bytes()
