"""A replay that the screen asks for, against a real sandbox."""

from __future__ import annotations

from pathlib import Path

import pytest

from optrace.cli.replays import play_watched, send_once
from optrace.cli.understanding import Understanding
from optrace.core.errors import Usage
from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.replay.drive import Outcome, Result
from optrace.replay.script import Script, ScriptStep, script_of
from optrace.store.reader import SessionReader
from tests.capture.kit import ok, raw_server

SAMPLE = Path(__file__).parents[2] / "samples" / "sessions" / "paid.optrace"


class Looking:
    """Keeps what it is told."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.results: list[Result] = []
        self.said: list[str] = []
        self.asked = 0
        self._stop_after = stop_after

    @property
    def stopped(self) -> bool:
        return len(self.results) >= self._stop_after

    def result(self, result: Result) -> None:
        self.results.append(result)

    def tell(self, text: str) -> None:
        self.said.append(text)

    def may_pay(self, step: ScriptStep, url: str) -> bool:
        self.asked += 1
        return False


@pytest.fixture
def script() -> Script:
    reader = SessionReader.open(SAMPLE)
    trace = Understanding(reader.exchange)
    while events := reader.poll():
        trace.feed(events)
    found = script_of(trace).only(trace.payments[0].exchanges)
    reader.close()
    return found


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_a_payment_goes_as_it_was_recorded(script: Script) -> None:
    watch = Looking()
    path = play_watched(script, [None], watch)
    assert len(watch.results) > 5
    assert all(result.outcome is Outcome.SAME for result in watch.results)
    assert watch.asked == 0  # no money moves in the sandbox
    reader = SessionReader.open(path)
    assert reader.total >= len(watch.results)
    reader.close()


def test_it_ends_when_nobody_looks_on_any_more(script: Script) -> None:
    watch = Looking(stop_after=2)
    play_watched(script, [None], watch)
    assert len(watch.results) == 2


def test_without_a_key_nothing_is_sent(script: Script) -> None:
    watch = Looking()
    with pytest.raises(Usage) as caught:
        play_watched(script, [("http://127.0.0.1:1", "http://127.0.0.1:1")], watch)
    assert "no key to sign them with" in caught.value.title
    assert watch.results == []


def test_a_host_that_isnt_named_is_not_asked(script: Script) -> None:
    from optrace.cli.keystore import make

    make("mine", "demo-client-key")
    watch = Looking()
    play_watched(script, [("https://elsewhere.example", "https://elsewhere.example")], watch)
    (result,) = watch.results
    assert result.outcome is Outcome.UNSENT
    assert "--to doesn't name" in result.why


def test_one_request_is_sent_and_recorded() -> None:
    with raw_server(lambda _: [ok(b"hello")]) as server:
        url = f"http://{server.address}/quotes?x=1"
        exchange, path = send_once(HttpRequest(method="POST", url=url, fields=Fields.of(("X-Odd", "a  b")), body=b"{}"))
    assert exchange.response is not None
    assert exchange.response.body == b"hello"
    assert server.requests[0].startswith(b"POST /quotes?x=1 HTTP/1.1")
    assert b"X-Odd: a  b" in server.requests[0]
    reader = SessionReader.open(path)
    assert reader.exchange(1).response == exchange.response
    reader.close()
