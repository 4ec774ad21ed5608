"""Imports point one way, and each heavy package is used in one place."""

from __future__ import annotations

import ast
import subprocess
import sys
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


@pytest.fixture(scope="module")
def imported() -> list[tuple[Path, str]]:
    """(a file within one of the packages, a module that it imports)."""
    files = sorted(file.relative_to(ROOT) for file in PACKAGE.glob("*/**/*.py"))
    return [(file, name) for file in files for name in imports(file)]


def statements(within: ast.AST) -> Iterator[ast.AST]:
    """The statements of a node, and those within them: imports are nowhere else."""
    for block in ("body", "orelse", "handlers", "finalbody", "cases"):
        for node in getattr(within, block, ()):
            yield node
            yield from statements(node)


def imports(path: Path) -> Iterator[str]:
    for node in statements(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def test_imports_point_to_the_left(imported: list[tuple[Path, str]]) -> None:
    wrong = []
    for path, name in imported:
        own, parts = path.parts[1], name.split(".")
        if parts[0] == "optrace" and len(parts) > 1 and parts[1] != own and LEVEL[parts[1]] >= LEVEL[own]:
            wrong.append(f"{path} imports {name}")
    assert wrong == []


def test_each_heavy_package_has_one_home(imported: list[tuple[Path, str]]) -> None:
    wrong = []
    for path, name in imported:
        homes = ONLY.get(name.split(".")[0])
        if homes is not None and path.parts[1] not in homes:
            wrong.append(f"{path} imports {name}")
    assert wrong == []


def test_what_reads_and_judges_needs_no_models() -> None:
    """Models take longer to import than all the rest of `optrace check`; only a closer look needs them."""
    code = "import sys, optrace.cli.commands.check, optrace.cli.commands.ls; assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
