"""The official npm client pays against the sandbox, and finds nothing to complain of in its answers."""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from optrace.sandbox.config import SandboxConfig, Timing
from tests.interop.node import HERE, require_packages
from tests.sandbox.certificate import write_certificate
from tests.sandbox.running import Running, running_sandbox

pytestmark = pytest.mark.node

SAMPLE = HERE.parents[1] / "samples/node"
QUICK = Timing(wait=timedelta(0), settlement=timedelta(0))


def pay(
    running: Running, folder: Path, *more: str, before: Sequence[str] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the sample with the packages that the tests have installed, `before` before its words."""
    require_packages()
    script = folder / "pay.mjs"
    if not script.exists():
        shutil.copy(SAMPLE / "pay.mjs", script)
        (folder / "node_modules").symlink_to(HERE / "node_modules")
    command = [*before, "node", str(script), "--sender", running.sender.wallet_address]
    command += ["--recipient", running.recipient.wallet_address, "--client", running.client.wallet_address]
    command += ["--key", str(running.client.key_file), "--key-id", running.client.key_id, *more]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ, **environment}, check=False
    )


def test_the_sample_names_the_versions_that_are_tested() -> None:
    tested = json.loads((HERE / "package.json").read_text())["dependencies"]
    named = json.loads((SAMPLE / "package.json").read_text())["dependencies"]
    assert {name: tested.get(name) for name in named} == named


def test_the_npm_client_pays(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(key_dir=tmp_path, timing=QUICK)) as running:
        done = pay(running, tmp_path, "--amount", "1234")
        assert done.returncode == 0, done.stderr
        outcome = json.loads(done.stdout)
        assert outcome["receivedAmount"] == {"value": "1234", "assetCode": "EUR", "assetScale": 2}
        assert outcome["completed"] is True
        assert outcome["failed"] is False
        assert outcome["payments"] == 1
        declined = pay(running, tmp_path, "--reject")
        assert declined.returncode == 1
        assert "the sender did not agree: grant_rejected" in declined.stderr


def test_the_npm_client_pays_over_tls(tmp_path: Path) -> None:
    certificate, private_key = write_certificate(tmp_path)
    config = SandboxConfig(key_dir=tmp_path, certificate=certificate, private_key=private_key, timing=QUICK)
    with running_sandbox(config, verify=ssl.create_default_context(cafile=str(certificate))) as running:
        done = pay(running, tmp_path, NODE_EXTRA_CA_CERTS=str(certificate))
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["completed"] is True
