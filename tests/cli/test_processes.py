"""The commands that start processes: run, record, demo, sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from optrace.session.events import KeyLearned
from optrace.session.steps import LANES
from optrace.store.sources import open_source
from tests.capture.kit import ok, raw_server
from tests.cli.conftest import exchanges_of

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
OPTRACE = [sys.executable, "-m", "optrace"]
WALLET = (
    b'{"id":"http://127.0.0.1/a","assetCode":"USD","assetScale":2,'
    b'"authServer":"http://127.0.0.1:1/","resourceServer":"http://127.0.0.1:2/"}'
)
GET = "import httpx, sys; httpx.get(sys.argv[1], headers={'accept': 'application/json'})"


def run(*words: str | Path, timeout: float = 60, **env: str) -> subprocess.CompletedProcess[str]:
    """A command line in a process of its own, without a terminal."""
    return subprocess.run(
        [*OPTRACE, *map(str, words)],
        cwd=ROOT,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@contextmanager
def started(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*OPTRACE, *map(str, words)],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # no terminal: a signal comes from whoever sent it
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


# run


def test_run_gives_back_what_the_command_came_to(tmp_path: Path) -> None:
    code = "import sys; print('said'); sys.stderr.write('told'); sys.exit(7)"
    done = run("run", "-o", tmp_path / "s.optrace", "--", sys.executable, "-c", code)
    assert done.returncode == 7
    assert done.stdout == "said\n"
    assert "told" in done.stderr
    assert "Nothing came through the proxy" in done.stderr
    assert "optrace ca" in done.stderr


def test_run_records_and_leaves_the_commands_output_alone(tmp_path: Path) -> None:
    session = tmp_path / "s.optrace"
    with raw_server(lambda _: [ok(WALLET, "Content-Type: application/json")]) as server:
        words = [sys.executable, "-c", GET, f"http://{server.address}/alice"]
        done = run("run", "-o", session, "--check", "--offline", "--", *words)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert f"optrace open {session}" in done.stderr
    *_, exchange = exchanges_of(session)
    assert exchange.response is not None
    assert exchange.response.body == WALLET


def test_run_check_fails_a_success_with_errors(tmp_path: Path) -> None:
    body = "{'client': 'http://127.0.0.1:1/c', 'access_token': {'access': []}}"
    headers = (
        "{'content-digest': 'sha-512=:AAAA:', 'signature': 'sig1=:AA==:', 'signature-input': 'sig1=(\"@method\")'}"
    )
    code = f"import httpx, sys; httpx.post(sys.argv[1], json={body}, headers={headers})"
    with raw_server(lambda _: [ok(b"{}", "Content-Type: application/json")]) as server:
        words = ["--", sys.executable, "-c", code, f"http://{server.address}/"]
        checked = run("run", "-o", tmp_path / "1.optrace", "--offline", "--check", *words)
        unchecked = run("run", "-o", tmp_path / "2.optrace", "--offline", *words)
    assert checked.returncode == 1, checked.stderr
    assert unchecked.returncode == 0


def test_run_knows_the_keys_of_a_client_that_ends_at_once(tmp_path: Path) -> None:
    """Whoever is refused gives up, and only then are there his keys, by which it is told why."""

    def answer(request: bytes) -> list[bytes]:
        found = request.startswith(b"GET /client/jwks.json ")
        return [ok(b'{"keys":[]}', "Content-Type: application/json") if found else ok(b"{}")]

    headers = "{'signature': 'sig1=:AA==:', 'signature-input': 'sig1=(\"@method\");keyid=\"k\"'}"
    with raw_server(answer) as server:
        body = f"{{'client': 'http://{server.address}/client', 'access_token': {{'access': []}}}}"
        code = f"import httpx, sys; httpx.post(sys.argv[1], json={body}, headers={headers})"
        run("run", "-o", tmp_path / "s.optrace", "--", sys.executable, "-c", code, f"http://{server.address}/")
        assert any(request.startswith(b"GET /client/jwks.json ") for request in server.requests)
    source = open_source(tmp_path / "s.optrace")
    (learned,) = [event for event in source.poll() if isinstance(event, KeyLearned)]
    source.close()
    assert learned.document == b'{"keys":[]}'


def test_run_check_does_not_pass_without_traffic(tmp_path: Path) -> None:
    assert run("run", "-o", tmp_path / "1.optrace", "--check", "--", "true").returncode == 3
    assert run("run", "-o", tmp_path / "2.optrace", "--check", "--", "false").returncode == 1


def test_run_says_how_a_killed_command_ended(tmp_path: Path) -> None:
    code = "import os; os.kill(os.getpid(), 15)"
    assert run("run", "-o", tmp_path / "s.optrace", "--", sys.executable, "-c", code).returncode == 128 + 15


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
def test_run_passes_signals_on(number: signal.Signals, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\n"
        "def told(number, frame): os.write(1, b'%d\\n' % number); sys.exit(9)\n"  # print may be at work
        f"signal.signal({int(number)}, told)\n"
        "print('ready', flush=True)\n"
        "signal.pause()"
    )
    with started("run", "-o", tmp_path / "s.optrace", "--", sys.executable, "-c", code) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    assert out == f"{int(number)}\n"
    assert process.returncode == 9
    assert [path.name for path in tmp_path.glob("s.*")] == ["s.optrace"]  # the session is closed


def test_run_of_what_is_no_command(tmp_path: Path) -> None:
    done = run("run", "-o", tmp_path / "s.optrace", "--", "/does/not/exist")
    assert done.returncode == 4
    assert "error: /does/not/exist can't be run: No such file or directory" in done.stderr


def test_run_takes_no_file_that_is_there(tmp_path: Path) -> None:
    session = tmp_path / "s.optrace"
    session.write_text("mine")
    done = run("run", "-o", session, "--", "true")
    assert done.returncode == 2
    assert session.read_text() == "mine"
    assert str(session) in done.stderr


# record


def test_record_for_a_while(tmp_path: Path) -> None:
    begun = time.monotonic()
    done = run("record", "-o", tmp_path / "s.optrace", "-p", "0", "--for", "0.2s")
    assert done.returncode == 3  # nothing passed by
    assert time.monotonic() - begun < 20
    assert "listening on http://127.0.0.1:" in done.stderr
    assert f"0 exchanges in {tmp_path / 's.optrace'}" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_record_until_it_is_stopped(number: signal.Signals, tmp_path: Path) -> None:
    session = tmp_path / "s.optrace"
    with (
        raw_server(lambda _: [ok(WALLET, "Content-Type: application/json")]) as server,
        started("record", "-o", session, "-p", "0", "--offline") as process,
    ):
        assert process.stderr is not None
        assert process.stdout is not None
        proxy = process.stderr.readline().split()[2].rstrip(",")
        assert httpx.get(f"http://{server.address}/alice", proxy=proxy, trust_env=False).content == WALLET
        line = process.stdout.readline()  # printed while it runs
        assert "GET wallet address alice" in line
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert out == ""
    assert f"1 exchange in {session}" in err
    assert os.listdir(tmp_path) == ["s.optrace"]  # no sidecar files


# sandbox and demo


def test_the_sandbox_prints_where_it_stands(tmp_path: Path) -> None:
    with started("sandbox", "--json", "--key-dir", tmp_path, "--auto-consent", "0") as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        assert set(found) == {"sender", "recipient", "client", "key", "key_id", "sender_auth", "recipient_auth"}
        wallet = httpx.get(found["sender"], trust_env=False, headers={"accept": "application/json"}).json()
        assert wallet["id"] == found["sender"]
        assert wallet["authServer"] == found["sender_auth"]
        keys = httpx.get(f"{found['client']}/jwks.json", trust_env=False).json()
        assert [key["kid"] for key in keys["keys"]] == [found["key_id"]]
        assert Path(found["key"]).stat().st_mode & 0o077 == 0
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("more", "state", "status"), [((), "paid", 0), (("--reject",), "rejected", 0)], ids=["accepted", "rejected"]
)
def test_the_demo_without_a_terminal(more: tuple[str, ...], state: str, status: int, tmp_path: Path) -> None:
    """The whole product at once: sandbox, client, proxy, recording, diagram, verdicts."""
    session = tmp_path / "demo.optrace"
    done = run("demo", "-o", session, *more)
    assert done.returncode == status, done.stderr
    for words in ("CLIENT", "IdP", "grant outgoing-payment", "introspect token", f"  {state}"):
        assert words in done.stdout, words
    assert "✗" not in done.stdout
    assert "\x1b" not in done.stdout
    assert str(session) in done.stderr
    source = open_source(session)
    assert not source.live
    source.close()
    checked = run("check", session, "--offline", "--format", "json", "--fail-on", "never")
    document = json.loads(checked.stdout)
    assert [payment["state"] for payment in document["payments"]] == [state]
    lanes = {exchange[end] for exchange in document["exchanges"] for end in ("from", "to")}
    assert lanes <= set(LANES) - {"unknown"}
    assert all("fail" not in by.values() for e in document["exchanges"] for by in e["verdicts"].values())
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["demo.optrace"]


def test_a_live_session_can_be_looked_at_by_others(tmp_path: Path) -> None:
    """A second reader is free: ls, check and ladder work while it is recorded."""
    session = tmp_path / "s.optrace"
    with (
        raw_server(lambda _: [ok(WALLET, "Content-Type: application/json")]) as server,
        started("record", "-o", session, "-p", "0", "--offline") as process,
    ):
        assert process.stderr is not None
        proxy = process.stderr.readline().split()[2].rstrip(",")
        httpx.get(f"http://{server.address}/alice", proxy=proxy, trust_env=False)
        done = run("ls", session, "--offline")
        assert done.returncode == 0
        assert "GET wallet address alice" in done.stdout
        assert process.poll() is None
