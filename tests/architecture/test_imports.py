"""Imports point one way, and each heavy package is used in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "optrace"

# an import may only point to the left; packages of one tier are islands to each other
TIERS = [
    "core",
    "signatures gnap openpayments",
    "exchanges",
    "session",
    "diagnosis",
    "rules diagram replay faults redaction",
    "exporters",
    "store capture net sandbox tui",
    "cli",
]
LEVEL = {name: level for level, tier in enumerate(TIERS) for name in tier.split()}
ONLY = {
    "mitmproxy": {"capture", "store"},  # store reads flow files
    "httpx": {"net"},
    "textual": {"tui"},
    "textual_serve": {"tui"},
    "aiohttp": {"tui"},
    "rich": {"tui"},
    "cryptography": {"signatures", "capture"},  # capture makes a certificate to try
    "sqlite3": {"store"},
    "starlette": {"sandbox"},
    "uvicorn": {"sandbox"},
}
MODULES = sorted(path.relative_to(ROOT) for path in PACKAGE.rglob("*.py") if len(path.relative_to(PACKAGE).parts) > 1)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_imports_point_to_the_left(path: Path) -> None:
    own = path.parts[1]
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "optrace" and len(parts) > 1 and parts[1] != own:
            assert LEVEL[parts[1]] < LEVEL[own], f"{path} imports {name}"


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_each_heavy_package_has_one_home(path: Path) -> None:
    own = path.parts[1]
    for name in imports(path):
        homes = ONLY.get(name.split(".")[0])
        assert homes is None or own in homes, f"{path} imports {name}"
