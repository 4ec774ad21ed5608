"""Node.js and the pinned npm packages of package.json, for the tests that hold optrace against them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
INSTALL = ("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")


def require_packages() -> None:
    """Have node_modules as package.json says, or skip the test; in CI nothing is skipped."""
    missing = [name for name in ("node", "npm") if shutil.which(name) is None]
    if missing:
        _give_up(f"{' and '.join(missing)} not found: install Node.js 20 or later to run this test")
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    with Path(tempfile.gettempdir(), "optrace-interop.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one installation, however many test runs
        if all(_installed(name) == version for name, version in wanted.items()):
            return
        done = subprocess.run(INSTALL, cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        _give_up(f"npm install failed: {done.stderr.strip()[-300:]}")


def run_script(script: Path, value: Any) -> Any:
    """Run a script of this folder with a JSON value on its standard input; what it prints is JSON."""
    require_packages()
    text = json.dumps(value)
    done = subprocess.run(["node", str(script)], input=text, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def _installed(name: str) -> str | None:
    try:
        version: str = json.loads((HERE / "node_modules" / name / "package.json").read_text())["version"]
    except (OSError, ValueError):
        return None
    return version


def _give_up(why: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(why)
    pytest.skip(why)
