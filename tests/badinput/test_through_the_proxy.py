"""Hostile traffic through a real recording proxy: it passes unharmed, is all in the session, and is drawn with a note.

All cases go through one proxy, in one go; the tests look at what came of it.
"""

from __future__ import annotations

import hashlib
import re
import socket
import threading
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from optrace.cli.commands import show
from optrace.cli.main import main
from optrace.cli.output import Output
from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.core.text import safe
from optrace.diagram.layout import Diagram
from optrace.diagram.paint import ladder_text
from optrace.session.events import ExchangeSeen
from optrace.session.steps import Step
from optrace.store.sources import open_source
from tests.badinput.cases import CASES, LARGE, Case
from tests.badinput.conftest import recording_proxy
from tests.capture.kit import WAIT, RawServer, raw_server

pytestmark = pytest.mark.slow


@dataclass
class Outcome:
    """What the client got, what the server got, and what was recorded."""

    address: str
    session: Path
    received: dict[str, tuple[bytes, str, int]] = field(default_factory=dict)  # head, SHA-256 and size of the body
    asked: dict[str, bytes] = field(default_factory=dict)
    exchanges: dict[str, Exchange] = field(default_factory=dict)
    trace: Understanding | None = None

    def step(self, name: str) -> Step:
        assert self.trace is not None
        return self.trace.step(self.exchanges[name].n)


def request_of(name: str, case: Case, address: str, *, absolute: bool) -> bytes:
    target = case.path.format(name=name)
    line = f"{case.method} http://{address}{target} HTTP/1.1" if absolute else f"{case.method} {target} HTTP/1.1"
    head = b"\r\n".join([line.encode(), b"Host: " + address.encode(), b"Accept: application/json", *case.fields])
    return head + b"\r\n\r\n" + case.body


def name_of(request: bytes) -> str:
    """The case that a request belongs to; its name is a part of its path."""
    line = request.split(b"\r\n")[0].decode("latin-1").partition("?")[0]
    parts = line.split(" ")[1].split("/")
    return next(part for part in parts if part in CASES)


def ask(proxy: tuple[str, int], request: bytes) -> tuple[bytes, str, int]:
    """Send a request and read its answer, however large, without keeping it."""
    with socket.create_connection(proxy, timeout=WAIT) as connection:
        connection.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data and (chunk := connection.recv(65536)):
            data += chunk
        head, _, body = data.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        length = int(found[1]) if found else 0
        digest, size = hashlib.sha256(body), len(body)
        while size < length and (chunk := connection.recv(1 << 20)):
            digest.update(chunk)
            size += len(chunk)
        return head, digest.hexdigest(), size


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory, confdir: Path) -> Iterator[Outcome]:
    session = tmp_path_factory.mktemp("badinput") / "session.optrace"

    def answer(request: bytes) -> Iterator[bytes]:
        given = CASES[name_of(request)].answer
        yield from [given] if isinstance(given, bytes) else given

    with raw_server(answer) as server:
        found = Outcome(server.address, session)
        with recording_proxy(session, confdir) as proxy:
            threads = [threading.Thread(target=_send, args=(found, name, (proxy.host, proxy.port))) for name in CASES]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(2 * WAIT)
            assert proxy.exit_code is None, proxy.stderr
            assert proxy.troubles() == []
            assert "Traceback" not in proxy.stderr
        _collect(found, server)
    source = open_source(session)
    found.trace = Understanding(source.exchange)
    while events := source.poll():
        found.trace.feed(events)
        ended = [e.exchange for e in events if isinstance(e, ExchangeSeen) and not e.exchange.in_flight]
        found.exchanges.update({name_of(_line(exchange)): exchange for exchange in ended})
    yield found
    source.close()


def _send(found: Outcome, name: str, proxy: tuple[str, int]) -> None:
    found.received[name] = ask(proxy, request_of(name, CASES[name], found.address, absolute=True))


def _collect(found: Outcome, server: RawServer) -> None:
    found.asked = {name_of(request): request for request in server.requests}


def _line(exchange: Exchange) -> bytes:
    path = exchange.request.url.split("/", 3)[3]
    return f"GET /{path} HTTP/1.1".encode("utf-8", "surrogateescape")


def unfolded(head: bytes) -> bytes:
    """Folded lines with one space each: mitmproxy writes them so (RFC 9112 5.2 allows it)."""
    return re.sub(rb"\r\n[ \t]+", b" ", head)


def whole(name: str) -> bytes:
    given = CASES[name].answer
    assert isinstance(given, bytes)
    return given


@pytest.mark.parametrize("name", CASES)
def test_the_request_reaches_the_server_as_it_was_sent(name: str, outcome: Outcome) -> None:
    sent = request_of(name, CASES[name], outcome.address, absolute=False)
    assert unfolded(outcome.asked[name]) == unfolded(sent)
    assert name == "folded" or outcome.asked[name] == sent


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if isinstance(case.answer, bytes)])
def test_the_answer_reaches_the_client_as_it_was_sent(name: str, outcome: Outcome) -> None:
    head, _, body = whole(name).partition(b"\r\n\r\n")
    assert outcome.received[name] == (head, hashlib.sha256(body).hexdigest(), len(body))


def test_a_large_answer_reaches_the_client(outcome: Outcome) -> None:
    _, digest, size = outcome.received["large"]
    assert size == LARGE
    expected = hashlib.sha256()
    for _ in range(LARGE // (1 << 20)):
        expected.update(b" " * (1 << 20))
    assert digest == expected.hexdigest()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.answered])
def test_a_broken_answer_is_no_good_answer_to_the_client(name: str, outcome: Outcome) -> None:
    head, _, _ = outcome.received[name]
    assert not head or head.split(b" ")[1] == b"502"


@pytest.mark.parametrize("name", CASES)
def test_it_is_recorded_to_the_byte(name: str, outcome: Outcome) -> None:
    case, exchange = CASES[name], outcome.exchanges[name]
    assert exchange.request.body == case.body
    sent = request_of(name, case, outcome.address, absolute=False).partition(b"\r\n\r\n")[0].split(b"\r\n", 1)[1]
    recorded = b"\r\n".join(field + b": " + value for field, value in exchange.request.fields.raw)
    assert unfolded(recorded) == unfolded(sent)
    if isinstance(case.answer, bytes):
        assert exchange.response is not None
        assert exchange.response.body == whole(name).partition(b"\r\n\r\n")[2]
    elif not case.answered:
        assert exchange.error
    elif not case.kept:
        assert exchange.response is not None
        assert exchange.response.body is None


@pytest.mark.parametrize("name", CASES)
def test_it_is_drawn_with_a_note(name: str, outcome: Outcome) -> None:
    case, step, exchange = CASES[name], outcome.step(name), outcome.exchanges[name]
    if case.operation:
        assert step.operation == case.operation
    findings = [f"{finding.rule} {finding.title} {finding.detail}" for finding in step.findings]
    reasons = [f"{kind} {reason}" for kind, reason in step.reasons.items()]
    said = "\n".join([*step.problems, *exchange.notes, *findings, *reasons, step.error or ""])
    assert case.says.lower() in said.lower()
    assert outcome.trace is not None
    detail = outcome.trace.detail(step.n, exchange)
    assert detail.sentence


@pytest.mark.parametrize("options", [{}, {"ascii_only": True}, {"split": True}], ids=["", "ascii", "split"])
@pytest.mark.parametrize("width", [40, 100, 200])
def test_the_ladder_is_safe_to_look_at(width: int, options: dict[str, bool], outcome: Outcome) -> None:
    assert outcome.trace is not None
    steps = [outcome.trace.step(n) for n in range(1, len(outcome.trace) + 1)]
    drawn = ladder_text(steps, width, diagram=Diagram(hosts=outcome.trace.lane_hosts), **options)  # type: ignore[arg-type]
    lines = drawn.splitlines()
    assert len(lines) > len(CASES)
    for line in lines:
        assert safe(line) == line
        assert not options.get("ascii_only") or line.isascii()


def test_no_rule_fails(outcome: Outcome) -> None:
    assert outcome.trace is not None
    assert [note.text for note in outcome.trace.notes if "rule" in note.text] == []


@pytest.mark.parametrize("words", [["check"], ["check", "--format", "json"], ["ls"], ["ladder"]], ids=" ".join)
def test_the_commands_take_it(words: list[str], outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, str(outcome.session), "--offline"]) in (0, 1)
    printed = capsys.readouterr()
    for line in (*printed.out.splitlines(), *printed.err.splitlines()):
        assert safe(line) == line


def test_each_exchange_can_be_shown(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome.trace is not None
    for exchange in outcome.exchanges.values():
        detail = outcome.trace.detail(exchange.n, exchange)
        for reveal in (False, True):
            args = Namespace(reveal=reveal, profile="rafiki")
            for form, lines in show.FORMATS.items():
                text = "\n".join(lines(detail, args, Output(color="never")))
                assert all(safe(line) == line for line in text.splitlines()), (form, exchange.request.url)
