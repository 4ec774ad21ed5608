"""The proxy as a child process: ready, stopping, failing, and ending with its parent."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import httpx
import pytest

from optrace.capture.process import spawn_proxy
from optrace.core.errors import CannotStart
from tests.capture.kit import WAIT, ok, raw_server

ROOT = Path(__file__).parents[2]

CHILD = """
import json, sys
from contextlib import contextmanager
from pathlib import Path
from optrace.capture.desk import NoDesk
from optrace.capture.options import ProxyOptions
from optrace.capture.process import serve_child

class Sink:
    def __init__(self, out, trouble): self.out, self.trouble = out, trouble
    def say(self, *what): self.out.write(json.dumps(what) + chr(10)); self.out.flush()
    def request(self, exchange): self.say("request", exchange.request.url); return 1
    def response(self, n, exchange): self.say("response", n, exchange.error)
    def note(self, noted): raise OSError("disk full")

@contextmanager
def open_sink(trouble):
    with open(sys.argv[2], "a") as out:
        sink = Sink(out, trouble)
        trouble("disk full"); trouble(None)
        print("this is not part of the protocol", flush=True)
        yield sink, NoDesk()
        sink.say("closed")

sys.exit(serve_child(ProxyOptions(confdir=Path(sys.argv[1]), port=int(sys.argv[3])), open_sink))
"""


@pytest.fixture
def child(confdir: Path, tmp_path: Path) -> list[str]:
    return [sys.executable, "-c", CHILD, str(confdir), str(tmp_path / "kept.jsonl")]


def kept(child: list[str]) -> list[list[object]]:
    return [json.loads(line) for line in Path(child[-1]).read_text().splitlines()]


ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def test_it_records_and_stops_when_told(child: list[str]) -> None:
    with raw_server(lambda _: [ok()]) as server, spawn_proxy([*child, "0"], env=ENV) as proxy:
        with httpx.Client(proxy=proxy.url, trust_env=False) as client:
            assert client.get(f"http://{server.address}/").text == "ok"
        assert proxy.exit_code is None
        assert proxy.troubles() == ["disk full", None]
        assert proxy.stop() == 0
        assert proxy.exit_code == 0
        assert "not part of the protocol" in proxy.stderr
    assert kept(child) == [["request", f"http://{server.address}/"], ["response", 1, None], ["closed"]]


@pytest.mark.slow
def test_sigterm_stops_it_in_order_too(child: list[str]) -> None:
    with spawn_proxy([*child, "0"], env=ENV) as proxy:
        os.kill(proxy.pid, 15)
        end = time.monotonic() + WAIT
        while proxy.exit_code is None and time.monotonic() < end:
            time.sleep(0.01)
        assert proxy.exit_code == 0
    assert kept(child) == [["closed"]]


@pytest.mark.slow
def test_a_taken_port_reaches_the_parent_in_the_same_words(child: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart) as raised:
            spawn_proxy([*child, str(port)], env=ENV)
    assert raised.value.title == f"Port {port} is already in use"
    assert "--listen-port" in raised.value.remedy
    assert raised.value.exit_code == 4


def test_a_child_that_dies_at_once_is_quoted() -> None:
    with pytest.raises(CannotStart, match=r"exit code 3.*no such thing"):
        spawn_proxy([sys.executable, "-c", "import sys; print('no such thing', file=sys.stderr); sys.exit(3)"])


def test_a_child_that_says_nothing_is_given_up() -> None:
    with pytest.raises(CannotStart, match=r"within 0\.2 seconds"):
        spawn_proxy([sys.executable, "-c", "import sys; sys.stdin.read()"], ready_within=0.2)


def test_a_command_that_does_not_exist() -> None:
    with pytest.raises(CannotStart):
        spawn_proxy(["/does/not/exist"])


@pytest.mark.slow
def test_the_proxy_ends_when_its_parent_is_killed(child: list[str]) -> None:
    parent = textwrap.dedent(
        """
        import os, sys
        from optrace.capture.process import spawn_proxy
        proxy = spawn_proxy(sys.argv[1:])
        print(proxy.port, flush=True)
        os.kill(os.getpid(), 9)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", parent, *child, "0"], env=ENV, stdout=subprocess.PIPE, timeout=30, check=False
    )
    assert done.returncode == -9
    assert int(done.stdout) > 0
    end = time.monotonic() + WAIT
    while kept(child) != [["closed"]]:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_parent_needs_no_mitmproxy() -> None:
    code = "import sys, optrace.capture.process, optrace.capture.addon; sys.exit('mitmproxy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=ENV, check=False).returncode == 0
