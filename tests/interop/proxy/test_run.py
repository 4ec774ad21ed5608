"""`optrace run --check -- node pay.mjs`: the official npm client, as it is, pays through optrace."""

from __future__ import annotations

import json
import ssl
import sys
from pathlib import Path

import pytest

from optrace.sandbox.config import SandboxConfig
from tests.cli.conftest import exchanges_of
from tests.interop.client.test_pay import QUICK, pay
from tests.sandbox.certificate import write_certificate
from tests.sandbox.running import running_sandbox

pytestmark = [pytest.mark.node, pytest.mark.slow]

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_npm_client_pays_through_run(scheme: str, tmp_path: Path) -> None:
    session = tmp_path / "s.optrace"
    before = [sys.executable, "-m", "optrace", "run", "--check", "-o", str(session)]
    config, verify = SandboxConfig(key_dir=tmp_path, timing=QUICK), True
    if scheme == "https":
        certificate, private_key = write_certificate(tmp_path)
        before += ["--upstream-ca", str(certificate)]
        config = SandboxConfig(key_dir=tmp_path, certificate=certificate, private_key=private_key, timing=QUICK)
        verify = ssl.create_default_context(cafile=str(certificate))
    places = {"OPTRACE_CONFDIR": str(tmp_path / "mitmproxy"), "XDG_STATE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with running_sandbox(config, verify=verify) as running:
        done = pay(running, tmp_path, before=[*before, "--"], **places)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["completed"] is True
    assert "payment 1" in done.stderr
    seen = {exchange.n: exchange for exchange in exchanges_of(session)}
    assert {exchange.request.url.partition(":")[0] for exchange in seen.values()} >= {scheme}
    assert all(exchange.notes == () for exchange in seen.values())
    assert sum(exchange.request.fields.get("signature") is not None for exchange in seen.values()) >= 9
