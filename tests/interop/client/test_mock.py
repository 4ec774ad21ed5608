"""The official npm client pays against the mock of a Rafiki recording, with its own nonce, and verifies our hash."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from optrace.sandbox.config import SandboxConfig, Side
from optrace.sandbox.mock import mock_config, mock_of
from optrace.sandbox.recalled import OnMiss
from tests.interop.client.test_pay import pay
from tests.sandbox.running import running_sandbox
from tests.sandbox.test_mock import recalled

pytestmark = [pytest.mark.node, pytest.mark.slow]

Done = subprocess.CompletedProcess[str]


def paid(name: str, folder: Path, *more: str) -> tuple[Done, list[str]]:
    """(what the client said, what the mock told) of a payment against the recorded ASEs."""
    recollection, told = recalled(name), list[str]()
    config = mock_config(recollection, tuple(Side), SandboxConfig(key_dir=folder))
    config = replace(config, timing=replace(config.timing, wait=timedelta(0), settlement=timedelta(0)))
    with running_sandbox(
        build=lambda fetch: mock_of(recollection, config, fetch=fetch, on_miss=OnMiss.EXPLAIN, tell=told.append)
    ) as running:
        return pay(running, folder, "--amount", "1000", *more), told


@pytest.mark.parametrize("name", ["01-happy-path", "17-https-tls", "31a-python-sdk"])
def test_the_npm_client_pays_a_recorded_ase(name: str, tmp_path: Path) -> None:
    done, told = paid(name, tmp_path)
    assert done.returncode == 0, (done.stderr, told)
    assert "the hash is right" in done.stderr
    outcome = json.loads(done.stdout)
    assert outcome["completed"] is True
    price = {"01-happy-path": "1132", "17-https-tls": "1132", "31a-python-sdk": "1120"}
    assert outcome["debitAmount"] == {"value": price[name], "assetCode": "USD", "assetScale": 2}
    assert told == []


def test_a_no_is_a_no(tmp_path: Path) -> None:
    done, _ = paid("01-happy-path", tmp_path, "--reject")
    assert "the sender did not agree: grant_rejected" in done.stderr


def test_what_another_client_never_asked_is_told(tmp_path: Path) -> None:
    done, told = paid("22-fixed-send-and-other-payment-forms", tmp_path)
    assert "the hash is right" in done.stderr, (done.stderr, told)
    assert done.returncode == 1
    assert "Not in the recording. Closest is exchange" in done.stderr
    assert len(told) == 1
