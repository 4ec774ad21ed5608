"""curl and httpx send what was recorded; pytest's tests pass, and fail where they should."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from optrace.core.errors import Usage
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest
from optrace.exporters.code import pieces
from optrace.exporters.curl import EXPORTER as CURL
from tests.corpus import exchanges
from tests.exporters.materials import HOSTILE, START, of, recorded, text

ROOT = Path(__file__).parents[2]
TOKEN = "B0C5EB4CEE5CCEDB7270"
BODIES = [
    b"",
    b'{"a":"it\'s $HOME `id` \\\\"}',
    "@file €\n\t".encode(),
    bytes(range(256)),
    *(h.encode("utf-8", "ignore") for h in HOSTILE),
]


class Seen:
    """A server that remembers the last request."""

    def __init__(self) -> None:
        seen: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                fields = {name.lower(): value for name, value in self.headers.items()}
                seen.append((self.command, self.path, fields, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.seen = seen
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def server() -> Iterator[Seen]:
    found = Seen()
    threading.Thread(target=found.server.serve_forever, daemon=True).start()
    yield found
    found.server.shutdown()


def request_of(server: Seen, body: bytes) -> Exchange:
    fields = Fields.of(
        ("Host", server.url.removeprefix("http://")),
        ("Authorization", f"GNAP {TOKEN}"),
        ("X-Odd", 'it\'s "$HOME" `id` \\ 100%'),
        ("X-Empty", ""),
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
    )
    url = f"{server.url}/a/../b%20c/[x]{{y}}?q=%22&r='$(id)'"
    method = "POST" if body else "DELETE"
    return Exchange(
        n=1, request=HttpRequest(method=method, url=url, fields=fields, body=body), started=START, ended=START
    )


SENDERS = {
    "curl": lambda script: ["sh", str(script)],
    "httpx": lambda script: [sys.executable, str(script)],
}


@pytest.mark.slow
@pytest.mark.parametrize("masked", [True, False], ids=["masked", "revealed"])
@pytest.mark.parametrize("sender", SENDERS)
def test_what_is_sent_is_what_was_recorded(sender: str, masked: bool, server: Seen, tmp_path: Path) -> None:
    if sender == "curl" and shutil.which("curl") is None:
        pytest.skip("there is no curl on this machine")
    for body in BODIES:
        exchange = request_of(server, body)
        script = tmp_path / "script"
        code = text(sender, of([exchange], reveal=not masked))
        assert (TOKEN in code) is not masked
        script.write_text(code, encoding="utf-8")
        names = {name for _, name in pieces(text("http", of([exchange]))) if name}
        environment = {"PATH": os.environ["PATH"], **dict.fromkeys(names, TOKEN)}
        server.seen.clear()
        done = subprocess.run(SENDERS[sender](script), env=environment, capture_output=True, text=True, timeout=30)
        assert server.seen, done.stderr
        method, path, fields, sent = server.seen[-1]
        assert (method, sent) == (exchange.request.method, body)
        # httpx takes dot segments out, as RFC 3986 5.2.4 wants it; curl is told not to
        assert path in ("/a/../b%20c/[x]{y}?q=%22&r='$(id)'", "/b%20c/[x]%7By%7D?q=%22&r='$(id)'")
        assert fields["authorization"] == f"GNAP {TOKEN}"
        assert fields["x-odd"] == 'it\'s "$HOME" `id` \\ 100%'
        assert fields["x-empty"] == ""
        assert fields["content-type"] == "application/json"


def test_curl_says_which_secret_is_missing(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text(text("curl", of(list(exchanges(12)), numbers=[5])), encoding="utf-8")
    done = subprocess.run(["sh", str(script)], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode != 0
    assert "SECRET_" in done.stderr


def test_no_shell_word_can_be_broken_out_of(tmp_path: Path) -> None:
    for n, nasty in enumerate(HOSTILE):
        field = nasty.encode("utf-8", "replace").replace(b"\n", b" ").replace(b"\0", b"").replace(b"\r", b"")
        request = HttpRequest(
            method="PO ST" if n == 0 else "POST",
            url=f"http://127.0.0.1:9/{nasty}",
            fields=Fields([(b"X-Evil", field), (b"bad name", b"x"), (b"X-Lines", b"a\r\nInjected: yes")]),
            body=nasty.encode("utf-8", "surrogatepass"),
        )
        code = "".join(CURL.write(of([Exchange(n=1, request=request, started=START)], reveal=True)))
        script = tmp_path / "script"
        # curl is replaced by a program that shows its arguments
        script.write_text("curl() { printf '<%s>' \"$@\"; }\n" + code, encoding="utf-8")
        done = subprocess.run(["sh", "-eu", str(script)], capture_output=True, timeout=10, check=False)
        assert done.returncode == 0, (code, done.stderr)
        assert b"uid=" not in done.stdout
        assert b"Injected" not in done.stdout
        if n:
            assert field.strip(b" \t") in done.stdout


def run_pytest(tmp_path: Path, code: str, **environment: str) -> str:
    (tmp_path / "test_recorded.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "test_recorded.py"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout.strip().splitlines()[-1]


@pytest.mark.slow
def test_pytest_pins_verdicts_and_expects_the_failures_to_stay(tmp_path: Path) -> None:
    last = run_pytest(tmp_path, text("pytest", recorded("06-body-altered", reveal=True)))
    assert re.fullmatch(r"\d+ passed, \d+ xfailed in .*", last)


@pytest.mark.slow
def test_pytest_asks_for_masked_secrets(tmp_path: Path) -> None:
    assert "skipped" in run_pytest(tmp_path, text("pytest", recorded("06-body-altered")))


@pytest.mark.slow
def test_pytest_notices_the_mended_code(tmp_path: Path) -> None:
    found = list(exchanges(12))
    code = text("pytest", recorded("06-body-altered", reveal=True, numbers=[4, 5]))
    mended = code.replace("    return recorded_5()", "    return recorded_4()")
    assert mended != code
    assert "1 failed" in run_pytest(tmp_path, mended.replace("NOW_5) == []", "NOW_4) == []"))  # XPASS(strict)
    assert found


def test_pytest_wants_something_signed() -> None:
    with pytest.raises(Usage):
        text("pytest", of(exchanges(2)))
