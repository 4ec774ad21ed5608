"""Private keys as files, for programs that want one."""

from __future__ import annotations

import base64
from pathlib import Path

from optrace.signatures.keys import SigningKey

_PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")  # RFC 8410 §7: all of the structure but the key


def private_pem(key: SigningKey) -> bytes:
    """An Ed25519 private key as PKCS#8 in PEM."""
    text = base64.b64encode(_PKCS8_ED25519 + key.private.private_bytes_raw())
    return b"-----BEGIN PRIVATE KEY-----\n" + text + b"\n-----END PRIVATE KEY-----\n"


def write_private(path: Path, key: SigningKey) -> None:
    """Write the key to a file that only its owner can read."""
    path.unlink(missing_ok=True)  # a new file: an old one's mode would stay
    path.touch(mode=0o600)
    path.write_bytes(private_pem(key))
