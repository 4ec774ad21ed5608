"""The npm packages of this folder's package.json, and the programs of the system that read exports."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.interop.node import INSTALL, _give_up

HERE = Path(__file__).parent


def require_packages() -> None:
    """Have node_modules as package.json says, or skip the test; in CI nothing is skipped."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        _give_up("node and npm not found: install Node.js 20 or later to run this test")
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    with Path(tempfile.gettempdir(), "optrace-interop-exporters.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if all(_installed(name) == version for name, version in wanted.items()):
            return
        done = subprocess.run(INSTALL, cwd=HERE, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        _give_up(f"npm install failed: {done.stderr.strip()[-300:]}")


def _installed(name: str) -> str | None:
    try:
        version: str = json.loads((HERE / "node_modules" / name / "package.json").read_text())["version"]
    except (OSError, ValueError):
        return None
    return version


def run_script(name: str, value: Any, *, timeout: float = 300) -> Any:
    """Run a script of this folder with a JSON value on its standard input; what it prints is JSON."""
    require_packages()
    command = ["node", str(HERE / name)]
    done = subprocess.run(
        command, input=json.dumps(value), capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def program(*names: str) -> str:
    """The first of these programs that is there, or skip: no CI has to have them."""
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"{names[0]} isn't installed here")
    return found
