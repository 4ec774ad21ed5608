"""The files by which runtimes come to trust the proxy: its certificate in each of the forms that they read."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from optrace.capture.ca import ca_bundle, ca_certificate

_PASSWORD = b"changeit"  # Java's own default; nothing in the store is secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Where the files are."""

    ca: Path  # PEM: the proxy's CA alone
    bundle: Path  # PEM: the system's CAs and the proxy's
    truststore: Path  # the bundle as a PKCS #12 file for Java, password `changeit`
    php: Path  # a directory of ini files that name the bundle


def trust_files(confdir: Path, folder: Path) -> Trust:
    """Make what isn't there yet, or no longer as it should be.

    Args:
        confdir: where the CA is, or is made.
        folder: where the others go.

    Raises:
        CannotStart: the CA can neither be read nor made.
    """
    bundle, truststore = folder / "ca-bundle.pem", folder / "ca-bundle.p12"
    before = bundle.read_bytes() if bundle.exists() else b""
    ca_bundle(confdir, bundle)
    content = bundle.read_bytes()
    if content != before or not truststore.exists():
        _write(truststore, _java_store(content))
    php = folder / "php"
    php.mkdir(exist_ok=True)
    _write(php / "optrace.ini", f'curl.cainfo="{bundle}"\nopenssl.cafile="{bundle}"\n'.encode())
    return Trust(ca=ca_certificate(confdir), bundle=bundle, truststore=truststore, php=php)


def _java_store(bundle: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption  # slow to import, seldom needed
    from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore
    from cryptography.x509 import load_pem_x509_certificate

    entries = []
    with warnings.catch_warnings(action="ignore"):  # of old CAs that break a rule
        for number, pem in enumerate(re.findall(rb"-----BEGIN CERTIFICATE-----.*?-----END [^\n]*", bundle, re.S)):
            with contextlib.suppress(ValueError):  # one that can't be read is one less to be trusted
                entries.append(PKCS12Certificate(load_pem_x509_certificate(pem), f"ca-{number}".encode()))
        return serialize_java_truststore(entries, BestAvailableEncryption(_PASSWORD))


def _write(path: Path, content: bytes) -> None:
    """Whoever reads it now sees the old one or the new one, whole."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.new")
    temporary.write_bytes(content)
    temporary.replace(path)
