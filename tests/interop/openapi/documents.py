"""The official OpenAPI documents, from the npm package that ships them, and what their schemas name."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

INTEROP = Path(__file__).parent.parent
PACKAGE = "@interledger/open-payments@7.4.0"
SPECS = INTEROP / "node_modules/@interledger/open-payments/dist/openapi/specs"


@cache
def specs() -> Path:
    """The folder of the documents; installs the package if it isn't there. Skips without npm, but not in CI."""
    if SPECS.is_dir():
        return SPECS
    npm = shutil.which("npm")
    if npm is None:
        if os.environ.get("CI"):
            pytest.fail("npm is needed for the official OpenAPI documents")
        pytest.skip("npm is needed for the official OpenAPI documents")
    install = [npm, "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    # with a package.json its list is installed, else only what is needed here
    wanted = [] if (INTEROP / "package.json").exists() else ["--prefix", str(INTEROP), PACKAGE]
    done = subprocess.run([*install, *wanted], cwd=INTEROP, capture_output=True, text=True, timeout=300, check=False)
    if not SPECS.is_dir():
        reason = f"npm could not install {PACKAGE}: {done.stderr[-300:]}"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    return SPECS


@cache
def document(name: str) -> dict[str, Any]:
    """One document, such as `auth-server`."""
    loaded: dict[str, Any] = YAML(typ="safe").load(specs() / f"{name}.yaml")
    return loaded


def body_schema(name: str, path: str, method: str, status: str | None = None) -> Any:
    """The JSON schema of a request's body, or of the answer with a status."""
    operation = document(name)["paths"][path][method]
    holder = operation["requestBody"] if status is None else operation["responses"][status]
    return holder["content"]["application/json"]["schema"]


def properties(name: str, schema: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every property that a schema names, through references, alternatives and arrays."""
    while "$ref" in schema:
        found: Any = document(name)
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    for key in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(key, ()):
            yield from properties(name, part, path)
    if "items" in schema:
        yield from properties(name, schema["items"], path)
    for member, inner in schema.get("properties", {}).items():
        yield (*path, member)
        yield from properties(name, inner, (*path, member))
