"""Each command of the README is run, in its order, in a copy of what it names; what is shown is what comes out.

Blocks of `sh` are commands; in `console`, `$` is before a command and its output follows, where … stands for anything,
or alone on its line for any lines. The client that commands speak of is a small one, which reads a wallet address.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from optrace.store.sources import open_source
from tests.capture.kit import ok, raw_server
from tests.cli.conftest import exchanges_of
from tests.cli.test_processes import WALLET
from tests.recordings.truth import FILES
from tests.tui.test_terminal import terminal

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
NO = ("optrace check", "optrace explain", "optrace diff")  # whose answer is no: exit status 1
SERVERS = ("optrace sandbox", "optrace mock")  # they run until they are told to stop
SCREENS = {"optrace open": "wallet address", "optrace live": "Nothing has passed by"}  # what they show at first
JS = "fetch(process.env.WALLET, { headers: { accept: 'application/json' } }).then((answer) => answer.text())\n"
PY = "import httpx, os\nhttpx.get(os.environ['WALLET'], headers={'accept': 'application/json'})\n"
REQUEST = 'POST /quotes HTTP/1.1\nHost: rs.example\nAuthorization: GNAP T\nContent-Type: application/json\n\n{"a":1}'


def commands() -> Iterator[tuple[str, str]]:
    """(command, what the README shows of its output, if it shows any)."""
    for kind, block in re.findall(r"^```(sh|console)\n(.*?)^```", README, re.M | re.S):
        if kind == "sh":
            yield from ((line, "") for line in block.replace("\\\n", "").splitlines())
        else:
            for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
                command, _, shown = part.partition("\n")
                yield command, shown


def pattern(shown: str) -> str:
    """A regular expression for an output of which some is left out."""
    lines = (
        r"(?:.*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + r"\n"
        for line in shown.splitlines()
    )
    return "".join(lines)


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A copy of what commands name, with `optrace` on the path, a free port for the proxy, and a wallet address."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "samples" / "sessions", tmp_path / "samples" / "sessions")
    shutil.copy(FILES / "01-happy-path.mitm", tmp_path / "flows.mitm")
    for name, text in (("pay.js", JS), ("pay.py", PY), ("request.http", REQUEST)):
        (tmp_path / name).write_text(text)
    refused = ROOT / "samples" / "sessions" / "refused.optrace"
    jwks = next(e for e in exchanges_of(refused) if e.request.url.endswith("/client/jwks.json") and e.response)
    assert jwks.response is not None
    (tmp_path / "jwks.json").write_bytes(jwks.response.body or b"")
    source = open_source(refused)
    request = source.exchange(31).request
    source.close()
    head = [f"{request.method} {request.url} HTTP/1.1", *(f"{name}: {value}" for name, value in request.fields)]
    (tmp_path / "request.txt").write_text("\n".join([*head, "", (request.body or b"").decode()]))
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, words in (("optrace", "-m optrace"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words} "$@"\n')
        (programs / name).chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with raw_server(lambda _: [ok(WALLET, "Content-Type: application/json")]) as server:
        yield {
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "PORT": str(port),
            "OPTRACE_OFFLINE": "1",
            "WALLET": f"http://{server.address}/alice",
            "XDG_STATE_HOME": str(tmp_path / "state"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "COLUMNS": "120",
        }


def test_each_command_of_the_readme_does_what_it_says(environment: dict[str, str], tmp_path: Path) -> None:
    told = list(commands())
    assert len(told) > 25
    for said, shown in told:
        # the port that everybody has by default may be taken here
        command = re.sub("optrace (live|ca --env)", rf"optrace \1 -p {environment['PORT']}", said)
        name = " ".join(command.split()[:2])
        if name in SCREENS:
            with terminal(*command.split()[1:], **environment) as screen:
                screen.until(SCREENS[name])
                assert screen.close() == 0, command
        elif name in SERVERS:
            assert until_it_serves(command, environment) == 0, command
        elif command.startswith("eval "):
            through_a_proxy(command, environment, tmp_path / "eval.optrace")
        else:
            done = sh(command, environment)
            assert done.returncode == (name in NO), (command, done.returncode, done.stdout, done.stderr)
            assert re.match(pattern(shown), done.stdout), (command, done.stdout)


def sh(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
        check=False,
    )  # fmt: skip


def until_it_serves(command: str, environment: dict[str, str]) -> int:
    """Its exit status, when it is told to stop after its first line."""
    process = subprocess.Popen(
        command.split(), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        assert process.stdout is not None
        assert b"http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        return process.returncode
    finally:
        process.kill()


def through_a_proxy(command: str, environment: dict[str, str], session: Path) -> None:
    """What a second shell does while the first one has the proxy."""
    words = ["optrace", "record", "-p", environment["PORT"], "-o", str(session)]
    proxy = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert proxy.stderr is not None
        assert b"listening" in proxy.stderr.readline()
        done = sh(command, environment)
        assert done.returncode == 0, done.stderr
    finally:
        proxy.terminate()
        proxy.communicate(timeout=30)
    assert [exchange.request.url for exchange in exchanges_of(session)][-1] == environment["WALLET"]


def test_what_is_left_out_is_anything() -> None:
    assert re.match(pattern("a…c\n…\nd\n"), "abbc\nx\ny\nd\n")
    assert not re.match(pattern("a…c\n…\nd\n"), "abb\nx\ny\nd\n")
    assert not re.match(pattern("a.c\n"), "abc\n")
