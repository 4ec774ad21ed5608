"""The user's own signing keys: JWK files in the configuration directory, which only their owner may read."""

from __future__ import annotations

import base64
import json
import os
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optrace.core.errors import CannotStart, Usage
from optrace.core.text import safe
from optrace.signatures.keys import SigningKey, generate_ed25519, load_private_key

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")


def keys_directory() -> Path:
    """`$XDG_CONFIG_HOME/optrace/keys`, usually `~/.config/optrace/keys`. It need not be there."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "optrace" / "keys"


def stored() -> Iterator[tuple[str, SigningKey]]:
    """(name, key) of all keys that are kept, by name. A file that holds none is passed over."""
    directory = keys_directory()
    for path in sorted(directory.glob("*.jwk")) if directory.is_dir() else ():
        try:
            yield path.stem, _read(path)
        except (Usage, OSError):
            continue


def find_key(said: str, kid: str | None = None) -> SigningKey:
    """The key of a file, or the kept one of this name.

    Args:
        kid: the key's name where it is published, if the file doesn't say it; it goes before what the file says.

    Raises:
        Usage: there is no such key, or nobody says its `kid`.
    """
    path = Path(said).expanduser()
    if not path.is_file() and _NAME.fullmatch(said):
        path = keys_directory() / f"{said}.jwk"
    try:
        return _read(path, kid)
    except OSError as error:
        names = ", ".join(name for name, _ in stored())
        remedy = (
            f"Name a file, or one of your keys: {names}." if names else "Name a file, or make a key: optrace keys make"
        )
        raise Usage(f"There is no key {safe(said)}: {error.strerror}", remedy=remedy) from error


def _read(path: Path, kid: str | None = None) -> SigningKey:
    data = path.read_bytes()
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    own = value.get("kid") if isinstance(value, dict) else None
    name = kid or (own if isinstance(own, str) else None)
    if not name:
        raise Usage(
            f"{safe(str(path))} doesn't say the key's `kid`", remedy="Say it with --key-id, as the JWKS has it."
        )
    return load_private_key(data, name)


def make(name: str, kid: str | None) -> tuple[Path, SigningKey]:
    """Make an Ed25519 key and keep it. Raises Usage if the name is taken or can't be one."""
    key = generate_ed25519(kid or str(uuid.uuid4()))
    return _keep(name, key), key


def add(name: str, file: str, kid: str | None) -> tuple[Path, SigningKey]:
    """Keep the private key of a file. Raises Usage if there is none, or it isn't Ed25519."""
    key = find_key(file, kid)
    if key.algorithm != "ed25519":
        raise Usage(f"The key is {key.algorithm}, not Ed25519", remedy="Open Payments uses Ed25519 keys.")
    return _keep(name, key), key


def _keep(name: str, key: SigningKey) -> Path:
    if not _NAME.fullmatch(name):
        raise Usage(f"{safe(name)} can't name a key", remedy="Letters, digits, `_`, `-` and dots, 64 at most.")
    path = keys_directory() / f"{name}.jwk"
    private = base64.urlsafe_b64encode(key.private.private_bytes_raw()).rstrip(b"=").decode()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise Usage(f"There is a key {name} already", remedy=f"Choose another name, or delete {path}.") from None
    except OSError as error:
        raise CannotStart(f"{path} can't be written: {error.strerror}", remedy="Check the directory.") from None
    with open(file, "w", encoding="ascii") as out:
        out.write(json.dumps({**key.public_jwk(), "d": private}, indent=1) + "\n")
    return path
