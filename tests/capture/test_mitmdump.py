"""addons/optrace_addon.py inside a real mitmdump, with a sink that writes lines to a file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.capture.kit import WAIT, StopServing, ok, raw_server, read_message

ROOT = Path(__file__).parents[2]

# stands in for the sink that the command line package provides
SCRIPT = """
import runpy, sys, types
from optrace.capture.desk import NoDesk

class Sink:
    desk = NoDesk()
    def __init__(self, path): self.out = open(path, "a")
    def say(self, *what): print(*what, sep=chr(9), file=self.out, flush=True)
    def request(self, exchange): self.say("request", exchange.request.url); return 7
    def response(self, n, exchange): self.say("response", n, exchange.error)
    def note(self, noted): self.say("note", noted.text)
    def close(self): self.say("closed")

headless = types.ModuleType("optrace.cli.headless")
headless.headless_sink = lambda path, out: Sink(path)
sys.modules[headless.__name__] = headless
addons = runpy.run_path({addon!r})["addons"]
"""


@pytest.mark.slow
def test_it_records_notes_and_closes(confdir: Path, tmp_path: Path) -> None:
    script, kept = tmp_path / "script.py", tmp_path / "kept"
    script.write_text(SCRIPT.format(addon=str(ROOT / "addons" / "optrace_addon.py")))
    kept.touch()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    never = threading.Event()
    answers = iter([[ok()]])

    def answer(_: bytes) -> Iterator[bytes]:
        yield from next(answers, [])
        if not next(again):
            never.wait(WAIT)
            raise StopServing

    again = iter([True, False])
    with raw_server(answer) as server:
        command = [str(Path(sys.executable).with_name("mitmdump")), "-q", "-s", str(script)]
        command += ["--mode", f"reverse:http://{server.address}", "--listen-host", "127.0.0.1", "-p", str(port)]
        command += ["--set", f"confdir={confdir}", "--set", f"optrace_file={kept}"]
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)})
        try:
            with closing(_connect(port)) as client:
                client.sendall(b"GET /quotes HTTP/1.1\r\nHost: a\r\n\r\n")
                assert read_message(client) == ok()
                client.sendall(b"GET /left-open HTTP/1.1\r\nHost: a\r\n\r\n")
                _wait_for(kept, "left-open")
                process.send_signal(signal.SIGTERM)
                assert process.wait(WAIT) == 0
        finally:
            process.kill()
            never.set()
    note, *rest = kept.read_text().splitlines()
    assert note.startswith("note\tThis reverse proxy rewrites Host")
    url = f"http://{server.address}"  # as rewritten
    assert rest == [
        f"request\t{url}/quotes",
        "response\t7\tNone",
        f"request\t{url}/left-open",
        "response\t7\tthe proxy was stopped before the answer came",
        "closed",
    ]


def _connect(port: int) -> socket.socket:
    end = time.monotonic() + WAIT
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=WAIT)
        except OSError:
            assert time.monotonic() < end, "mitmdump did not start"
            time.sleep(0.05)


def _wait_for(kept: Path, text: str) -> None:
    end = time.monotonic() + WAIT
    while text not in kept.read_text():
        assert time.monotonic() < end
        time.sleep(0.01)
