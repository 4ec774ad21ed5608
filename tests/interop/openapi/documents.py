"""The official OpenAPI documents, from the npm package that ships them, and what their schemas name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.interop.node import require_packages

SPECS = Path(__file__).parent.parent / "node_modules/@interledger/open-payments/dist/openapi/specs"


@cache
def document(name: str) -> dict[str, Any]:
    """One document, such as `auth-server`."""
    require_packages()
    loaded: dict[str, Any] = YAML(typ="safe").load(SPECS / f"{name}.yaml")
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
