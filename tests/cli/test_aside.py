"""A second process that verifies ahead: it makes no difference to what is found, and what befalls it does no harm."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import batched
from pathlib import Path
from threading import Event as Flag
from types import MappingProxyType
from typing import Any

import pytest

from optrace.cli import aside as module
from optrace.cli.aside import Aside
from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.rules.engine import Diagnosis
from optrace.session.events import Event, ExchangeSeen
from optrace.session.trace import Trace
from optrace.store.sources import Source, open_source
from optrace.tui.app import OptraceApp, settle
from tests.benchmarks.bench_open import record
from tests.corpus import exchanges

ROOT = Path(__file__).parents[2]
RECORDINGS = sorted(
    path
    for folder in ("tests/recordings/files", "samples/sessions")
    for path in (ROOT / folder).iterdir()
    if path.suffix in (".mitm", ".optrace", ".har", ".jsonl")
)
RULES = sorted((ROOT / "samples" / "rules").iterdir())


class AtOnce:
    """Another process that is none: what it is asked goes through the same words, and is answered at once."""

    def __init__(self) -> None:
        self.ready = Flag()
        self.ready.set()
        self._answers: list[tuple[list[Any], bytes]] = []

    def ask(self, asked: list[Any]) -> None:
        sets, said = pickle.loads(pickle.dumps(module._said(asked)))
        answer = bytes(module._passes(sets[place], whole) for place, *whole in said)
        self._answers.append((asked, answer))

    def answers(self) -> Iterator[tuple[list[Any], bytes]]:
        while self._answers:
            yield self._answers.pop(0)

    def close(self) -> None:
        pass


def understood(
    source: Source, aside: Aside | None = None, each: Callable[[], object] = lambda: None, *, judged: bool = True
) -> list[object]:
    """All that can be told of a recording; the rules, which see nothing but that, take longer than all the rest."""
    trace = Trace(source.exchange, passes=aside.passes if aside else None)
    diagnosis = Diagnosis(trace) if judged else None
    while events := aside.poll() if aside else source.poll(module._BATCH):
        trace.feed(events)
        each()
    if diagnosis:
        diagnosis.finish()
    if aside:
        aside.close()
    numbers = [n for n in range(1, len(trace) + 1) if trace.has(n)]
    told: list[object] = [trace.step(n) for n in numbers]
    for n in numbers:
        detail = trace.detail(n, source.exchange(n))
        told.append(replace(detail, signature=None))
        if detail.signature is not None:  # two errors of the same words are not equal
            told += [
                replace(detail.signature, signatures=()),
                [repr(one.base_error) for one in detail.signature.signatures],
            ]
            told += [replace(one, base_error=None) for one in detail.signature.signatures]
    return [*told, trace.payments, trace.lane_hosts, trace.missing_keys()]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few exchanges are enough."""
    monkeypatch.setattr(module, "cores", lambda: 2)
    monkeypatch.setattr(module, "WORTH", 1)
    monkeypatch.setattr(module, "_BATCH", 4)
    monkeypatch.setattr(module, "_AHEAD", 8)


@pytest.fixture
def at_once(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a process."""
    monkeypatch.setattr(module, "_Other", AtOnce)


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_no_recording_is_understood_otherwise(path: Path, at_once: None) -> None:
    source, judged = open_source(path), path.suffix == ".optrace"
    assert understood(source, Aside(source), judged=judged) == understood(open_source(path), judged=judged)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bad.jsonl", "good.jsonl"])
def test_nor_is_what_breaks_a_rule_or_barely_keeps_it(name: str, at_once: None) -> None:
    for path in RULES:
        source = open_source(path / name)
        told = understood(source, Aside(source), judged=False)
        assert told == understood(open_source(path / name), judged=False), path.name


class Made:
    """Exchanges as a source."""

    name = "made"
    live = False
    damage = None
    info: Mapping[str, str] = MappingProxyType({})

    def __init__(self, made: list[Exchange]) -> None:
        self._made = made
        self._left = batched([ExchangeSeen(exchange=each) for each in made], 4)

    @property
    def total(self) -> int:
        return len(self._made)

    def poll(self, limit: int = 500) -> list[Any]:
        return list(next(self._left, ()))

    def exchange(self, n: int) -> Exchange:
        return self._made[n - 1]

    def came(self, n: int) -> Exchange | None:
        return None

    def notes(self) -> dict[int, str]:
        return {}

    def close(self) -> None:
        pass


def counted(aside: Aside) -> list[bool]:
    """What the fold is told, each time it asks."""
    told: list[bool] = []
    passes = aside.passes
    aside.passes = lambda *of: told.append(passes(*of)) or told[-1]  # type: ignore[method-assign, func-returns-value]
    return told


def test_most_of_what_is_healthy_is_verified_there(at_once: None) -> None:
    source = Made(list(exchanges(200)))
    aside = Aside(source)
    told = counted(aside)
    assert understood(source, aside) == understood(Made(list(exchanges(200))))
    assert sum(told) > 150
    assert aside._other is None  # it ended with the recording


def test_each_answer_is_asked_for_and_let_go(at_once: None) -> None:
    source = Made(list(exchanges(200)))
    aside = Aside(source)
    kept: list[int] = []
    understood(source, aside, lambda: kept.append(len(aside._known)))
    assert 0 < max(kept) <= 4 * module._BATCH
    assert kept[-1] == 0


def test_what_is_read_ahead_has_little_room(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROOM", 1)
    source = Made(list(exchanges(40)))
    aside = Aside(source)
    ahead: list[int] = []
    understood(source, aside, lambda: ahead.append(len(aside._read)))
    assert max(ahead) <= 4
    assert aside._held == 0


def test_a_screen_gets_no_more_than_it_asks_for(at_once: None) -> None:
    source = Made(list(exchanges(40)))
    aside = Aside(source)
    polled = [aside.poll(3)]
    while polled[-1]:
        polled.append(aside.poll(3))
    assert max(map(len, polled)) == 3
    assert [one.exchange.n for events in polled for one in events if isinstance(one, ExchangeSeen)] == [*range(1, 41)]


def test_an_answer_counts_for_the_very_question_only(at_once: None) -> None:
    source = Made(list(exchanges(40)))
    aside = Aside(source)
    trace = Trace(passes=aside.passes)
    while len(aside._known) < 2:
        trace.feed(aside.poll())
    asked = next(iter(aside._known.values()))
    keys = trace.memory.keyring.of("https://nobody.example/keys")
    assert not aside.passes(asked.request, keys, asked.now)
    assert not aside.passes(asked.request, asked.keys, asked.now)  # it was given out
    other = next(iter(aside._known.values()))
    assert not aside.passes(other.request, other.keys, asked.now)


def test_few_exchanges_are_left_to_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_Other", lambda: pytest.fail("a process was started"))
    assert Aside(Made(list(exchanges(20))))._other is None
    monkeypatch.setattr(module, "WORTH", 1)
    monkeypatch.setattr(module, "cores", lambda: 1)
    assert Aside(Made(list(exchanges(20))))._other is None


async def test_the_screen_comes_to_the_same(at_once: None) -> None:
    source = Made(list(exchanges(60)))
    aside = Aside(source)
    told = counted(aside)
    trace = Understanding(source.exchange, passes=aside.passes)
    app = OptraceApp(source, trace, title="optrace", hint="", poll=aside.poll)
    async with app.run_test() as pilot:
        await settle(app, pilot)
    assert sum(told) > 30
    alone = Understanding()
    alone.feed(ExchangeSeen(exchange=each) for each in exchanges(60))
    assert [trace.step(n) for n in range(1, 61)] == [alone.step(n) for n in range(1, 61)]


# with a real process


def process_of(aside: Aside) -> Any:
    assert aside._other is not None
    assert aside._other.ready.wait(60)
    return aside._other._process


def awaited(aside: Aside) -> Callable[[], None]:
    """Waits until all that was asked is answered."""

    def wait() -> None:
        other = aside._other
        end = time.monotonic() + 60
        while (
            other is not None
            and other.open > sum(len(asked) for asked, _ in [*other._answers])
            and time.monotonic() < end
        ):
            time.sleep(0.001)

    return wait


@pytest.mark.slow
def test_a_process_answers_the_same(small: None) -> None:
    source = Made(list(exchanges(200)))
    aside = Aside(source)
    process_of(aside)
    told = counted(aside)
    assert understood(source, aside, awaited(aside)) == understood(Made(list(exchanges(200))))
    assert sum(told) > 150


@pytest.mark.slow
@pytest.mark.parametrize("blow", ["SIGKILL", "SIGSTOP"])
def test_a_process_that_dies_or_stops_is_not_waited_for(blow: str, small: None) -> None:
    source = Made(list(exchanges(200)))
    aside = Aside(source)
    process = process_of(aside)
    polled = iter(range(100))

    def strike() -> None:
        if next(polled) == 10:
            os.kill(process.pid, getattr(signal, blow))

    assert understood(source, aside, strike) == understood(Made(list(exchanges(200))))
    assert process.poll() is not None


@pytest.fixture(scope="module")
def long_session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("long") / "s.optrace"
    record(path, 3000)
    return path


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("files", [1, 2])
@pytest.mark.parametrize(
    ("sent", "to", "status"), [("SIGINT", "all", 130), ("SIGTERM", "one", -15), ("SIGKILL", "one", -9)]
)
def test_nothing_is_left_behind(
    sent: str, to: str, status: int, files: int, tmp_path: Path, long_session: Path
) -> None:
    command = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # tests may run in the background
        "import optrace.cli.cores as c; c.cores = lambda: 2; import optrace.cli.examine as e; e._WORTH_PROCESSES = 1\n"
        "from optrace.cli.main import run\nif __name__ == '__main__': run()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", command, "check", *[long_session] * files, "--offline"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not (helpers := members(process.pid) - {process.pid}) and time.monotonic() < end:
            time.sleep(0.01)
        assert helpers
        (os.killpg if to == "all" else os.kill)(process.pid, getattr(signal, sent))
        _, told = process.communicate(timeout=60)
        assert process.returncode == status
        assert told == b"" or sent != "SIGINT"  # who is left alone while it starts says so
        while members(process.pid) and time.monotonic() < end:
            time.sleep(0.01)
        assert not members(process.pid)
    finally:
        process.kill()
        process.communicate()


def members(session: int) -> set[int]:
    """The processes of a session that still run."""
    found = set()
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, sid, *_ = each.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(sid) == session and state != "Z":
            found.add(int(each.parent.name))
    return found


def test_a_recording_that_piles_up_while_it_grows_gets_one_too(at_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH", 16)
    events: list[Event] = [ExchangeSeen(exchange=exchange) for exchange in exchanges(80)]

    class Growing:
        total = 0

        def poll(self, limit: int) -> list[Event]:
            given, events[:] = events[:limit], events[limit:]
            return given

    aside = Aside(Growing(), soon=False)  # type: ignore[arg-type]
    few, events = events, []
    started = []
    for event in few[:40]:  # they come one by one, and are taken in as they come
        events.append(event)
        aside.poll(4)
        started.append(aside._other is not None)
    assert not any(started)
    events += few[40:]
    seen = 0
    while given := aside.poll(4):
        seen += len(given)
        started.append(aside._other is not None)
    assert seen == 40
    assert any(started)
    assert aside._other is None  # it has caught up
