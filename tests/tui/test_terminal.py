"""What reaches the terminal, byte by byte, from a hostile recording looked at in every way; two at one session."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from optrace.core.exchange_json import to_jsonl
from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.store.writer import SessionWriter

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds until something must have been painted
NASTY = "\x1b[31;5;7mPWN\x1b]0;TITLE\x07\x9b2J\x9d52;c;AAAA\x9c\r\b\u202e\u2066\u200b\x00[bold red]x[/]\udc80"
HUGE = "A\x1b[3;3H" * 130_000  # a megabyte
# what Textual itself says: colours, the cursor, modes, questions about them
OURS = re.compile(
    rb"\x1b\[[0-9;:]*m|\x1b\[[0-9]+;[0-9]+H|\x1b\[\?[0-9]+[hl]|\x1b\[\?[0-9]+\$p|\x1b\[[<>=?][0-9;]*u|\x1b\[[0-9]*[ABCDJK]"
    rb"|\x1b\[[0-9]*[ n]q?|\x1b\]52;c;[A-Za-z0-9+/=]*\x07|\x1b\[H|\x1b\[[0-9]+t|\x1b\]0;\x07"
    rb"|\x1b\]22;[a-z-]*\x07|\x1b[78]"
)


def hostile() -> Iterator[Exchange]:
    """Exchanges with escape codes, markup, bidi and a megabyte in every place that is shown."""
    started = datetime(2026, 3, 1, tzinfo=UTC)
    body = ('{"walletAddress": "https://x.example/' + NASTY.encode("unicode_escape").decode() + '"}').encode()
    raw = NASTY.encode("utf-8", "surrogateescape")
    for n, (text, sent) in enumerate(((NASTY, body), (NASTY, raw), (HUGE, HUGE.encode())), 1):
        fields = Fields(((b"X-" + text.encode("utf-8", "surrogateescape")[:2_000_000], b"v"), (b"Host", raw)))
        yield Exchange(
            n=n,
            request=HttpRequest(method="POST", url=f"https://rs.example/{text}", fields=fields, body=sent),
            response=HttpResponse(status=401, reason=text, fields=fields, body=sent),
            started=started + timedelta(seconds=n),
            ended=started + timedelta(seconds=n + 1),
        )


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, *words: str, size: tuple[int, int] = (120, 40), **environment: str) -> None:
        self.fd, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        variables = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
        variables.pop("NO_COLOR", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "optrace", *words],
            stdin=inner, stdout=inner, stderr=inner, cwd=ROOT, env=variables, start_new_session=True,
        )  # fmt: skip
        os.close(inner)
        self.output = b""

    def read(self, seconds: float) -> bytes:
        """What comes until nothing more does for so long."""
        new = b""
        while select.select([self.fd], [], [], seconds)[0]:
            try:
                data = os.read(self.fd, 1 << 16)
            except OSError:
                break
            if not data:
                break
            new += data
        self.output += new
        return new

    def until(self, words: str) -> None:
        """Wait until something was painted."""
        end = time.monotonic() + PATIENCE
        while words.encode() not in self.output:
            assert time.monotonic() < end, (words, self.output[-2000:])
            self.read(0.05)

    def press(self, keys: str) -> None:
        """Type, and let the screen settle."""
        for key in keys:
            os.write(self.fd, key.encode())
            self.read(0.4)

    def close(self) -> int:
        """End it, if it hasn't ended."""
        os.write(self.fd, b"q")
        self.read(0.5)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            os.close(self.fd)


@pytest.mark.slow
def test_who_loses_the_terminal_leaves() -> None:
    screen = Terminal("open", "samples/sessions/paid.optrace", "--offline")
    try:
        screen.until("grant")
        os.close(screen.fd)  # nobody is told by a signal: it isn't the controlling terminal of a session
        assert screen.process.wait(PATIENCE) == 128 + signal.SIGHUP
    finally:
        screen.process.kill()


@contextmanager
def terminal(*words: str, size: tuple[int, int] = (120, 40), **environment: str) -> Iterator[Terminal]:
    one = Terminal(*words, size=size, **environment)
    try:
        yield one
    finally:
        one.process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["dark", "ansi", "ascii"])
def test_nothing_hostile_reaches_the_terminal(tmp_path: Path, theme: str) -> None:
    path = tmp_path / "hostile.jsonl"
    path.write_text("".join(to_jsonl(exchange) + "\n" for exchange in hostile()))
    with terminal("open", str(path), "--offline", OPTRACE_THEME=theme, XDG_CONFIG_HOME=str(tmp_path)) as screen:
        screen.until("3 msg")
        screen.press("1234567Rgj1234567vvGk1nPs?\x1b")
        screen.press("\r\x1b/zz\x1bLjj\x1bo\x1bc\x1by5\x0f\x1bp\x1b")
        assert screen.close() == 0
        output = screen.output
    for sign in (b"31;5;7m", b"]0;TITLE", b"\x9b2J", b"\x9d52", b"3;3H\x1b[3;3H"):
        assert b"\x1b" + sign not in output, sign
    rest = OURS.sub(b"", output)
    assert b"\x1b" not in rest, rest[max(0, rest.find(b"\x1b") - 40) :][:120]
    text = rest.decode("utf-8")  # whole characters, and nothing else
    odd = {char for char in text if ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0}
    assert odd <= {"\r", "\n"}
    assert not set(text) & set("\u202e\u2066\u200b")
    assert "[bold red]x" in text  # shown, not obeyed
    if theme == "ascii":
        assert text.isascii()


@pytest.mark.slow
def test_a_second_viewer_follows_a_live_session_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "live.optrace"
    exchanges = [_plain(n) for n in range(1, 6)]
    with closing(SessionWriter.create(path, info={}, clock=lambda: datetime.now(UTC))) as writer:
        for exchange in exchanges[:2]:
            _record(writer, exchange)
        with terminal("open", str(path), "--offline") as one, terminal("open", str(path), "--offline") as other:
            for screen in (one, other):
                screen.until("2 msg")
                screen.until("LIVE")
            for exchange in exchanges[2:]:
                _record(writer, exchange)
            for screen in (one, other):
                screen.until("5 msg")
            assert one.close() == 0
            _record(writer, _plain(6))
            other.until("6 msg")
            assert other.close() == 0


def _record(writer: SessionWriter, exchange: Exchange) -> None:
    writer.response(writer.request(exchange), exchange)


def _plain(n: int) -> Exchange:
    started = datetime.now(UTC)
    request = HttpRequest(method="GET", url=f"https://bob.example/{n}")
    return Exchange(n=n, request=request, response=HttpResponse(status=200), started=started, ended=started)
