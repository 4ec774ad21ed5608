"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from optrace.cli import pytest_plugin
from tests.capture.kit import ok, raw_server
from tests.cli.conftest import exchanges_of
from tests.cli.test_processes import ROOT, WALLET

pytestmark = pytest.mark.slow

HEAD = """
import httpx, os
URL = os.environ["TEST_URL"]
BAD = {"content-digest": "sha-512=:AAAA:", "signature": "sig1=:AA==:", "signature-input": 'sig1=("@method")'}

def ask():
    httpx.post(URL, json={"client": "http://127.0.0.1:1/c", "access_token": {"access": []}}, headers=BAD)
"""


def pytests(folder: Path, code: str, *words: str) -> tuple[str, dict[str, int]]:
    """What pytest prints of some tests, and the outcomes that it counts."""
    (folder / "test_it.py").write_text(HEAD + code)
    (folder / "pytest.ini").write_text("[pytest]\noptrace_offline = true\n")
    with raw_server(lambda _: [ok(WALLET, "Content-Type: application/json")] * 9) as server:
        environment = {**os.environ, "TEST_URL": f"http://{server.address}/alice", "PYTHONPATH": str(ROOT)}
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # whether optrace is installed here or not
        command = [sys.executable, "-m", "pytest", "-p", "optrace.cli.pytest_plugin", "-p", "no:cacheprovider", "-rA"]
        done = subprocess.run(
            [*command, "--basetemp", str(folder / "tmp"), *words],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    said = done.stdout + done.stderr
    kinds = ("passed", "failed", "error")
    return said, {kind: n for kind in kinds if (n := sum(line.startswith(kind.upper()) for line in said.splitlines()))}


def test_a_test_with_healthy_traffic_passes(tmp_path: Path) -> None:
    said, counts = pytests(tmp_path, """
def test_reading(optrace_recording):
    assert httpx.get(URL, headers={"accept": "application/json"}).status_code == 200
    assert optrace_recording.proxy == os.environ["HTTP_PROXY"]

def test_nothing_is_left_behind():
    assert "HTTP_PROXY" not in os.environ
""")  # fmt: skip
    assert counts == {"passed": 2}, said
    (session,) = tmp_path.glob("tmp/**/session.optrace")
    assert [exchange.request.url for exchange in exchanges_of(session)][-1].endswith("/alice")


def test_a_test_whose_traffic_has_errors_fails_with_the_why(tmp_path: Path) -> None:
    said, counts = pytests(tmp_path, "def test_asking(optrace_recording):\n    ask()\n")
    assert counts == {"failed": 1}, said
    assert "SIG-018 The signature doesn't cover method and target" in said
    assert "fix: " in said
    assert "optrace open " in said


def test_what_is_expected_is_no_failure(tmp_path: Path) -> None:
    _, counts = pytests(tmp_path, """
import pytest

def test_asking(optrace_recording):
    from optrace.rules import RULES
    optrace_recording.expect(*RULES.names())
    ask()

def test_a_slip(optrace_recording):
    with pytest.raises(Exception, match="SIG-0"):
        optrace_recording.expect("SIG-0")
    httpx.get(URL, headers={"accept": "application/json"})
""")  # fmt: skip
    assert counts == {"passed": 2}


def test_a_test_that_fails_by_itself_gets_the_why_beside_it(tmp_path: Path) -> None:
    said, counts = pytests(tmp_path, "def test_asking(optrace_recording):\n    ask()\n    assert 1 == 2\n")
    assert counts == {"failed": 1}, said
    assert "assert 1 == 2" in said
    assert "Captured optrace call" in said
    assert "SIG-018 The signature doesn't cover method and target" in said


def test_without_traffic_it_says_why_that_may_be(tmp_path: Path) -> None:
    said, counts = pytests(tmp_path, "def test_idle(optrace_recording):\n    pass\n")
    assert counts == {"failed": 1}, said
    assert "Nothing came through the proxy" in said
    assert "A client that was made before the fixture" in said


def test_tests_of_other_kinds_are_recorded(tmp_path: Path) -> None:
    """Coroutines, methods, and what a test starts: Node is recorded as Python is."""
    said, counts = pytests(tmp_path, """
import subprocess

async def test_a_coroutine(optrace_recording):
    async with httpx.AsyncClient() as client:
        await client.get(URL, headers={"accept": "application/json"})

class TestIt:
    def test_a_subprocess(self, optrace_recording):
        code = "fetch(process.env.TEST_URL, { headers: { accept: 'application/json' } }).then((a) => a.text())"
        subprocess.run(["node", "-e", code], check=True)
        assert "PATH" not in repr(optrace_recording)
""", "-p", "pytest_asyncio.plugin", "-o", "asyncio_mode=auto")  # fmt: skip
    assert counts == {"passed": 2}, said
    assert len(list(tmp_path.glob("tmp/**/session.optrace"))) == 2


def test_it_is_installed_with_optrace() -> None:
    assert f'optrace = "{pytest_plugin.__name__}"' in (ROOT / "pyproject.toml").read_text()


def test_loading_it_is_cheap() -> None:
    """Each run of pytest loads it, whoever uses it."""
    code = "import sys, optrace.cli.pytest_plugin; print([m for m in sys.modules if m.startswith('optrace.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "['optrace.cli', 'optrace.cli.pytest_plugin']"
