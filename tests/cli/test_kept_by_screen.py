"""What the screen has understood of a finished session is kept as `check` would: so that it opens at once next time."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from optrace.cli import kept
from optrace.cli.places import cache_directory
from optrace.cli.understanding import Understanding
from optrace.store.kept import KeptSteps
from optrace.store.reader import SessionReader
from optrace.store.sources import open_source
from optrace.store.writer import SessionWriter
from optrace.tui.app import OptraceApp, settle
from tests.cli.conftest import Run
from tests.corpus import exchanges
from tests.store.traffic import clock

SAMPLES = Path(__file__).parents[2] / "samples" / "sessions"
NO_KEYS = Namespace(key=[], jwks=[])


@pytest.fixture(autouse=True)
def everything_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "WORTH", 10)
    monkeypatch.setattr(kept, "SMALL", 0)
    monkeypatch.setattr("optrace.store.files._SETTLED", -1.0)


def files() -> list[str]:
    folder = cache_directory() / "steps"
    return sorted(os.listdir(folder)) if folder.exists() else []


def read(path: Path) -> tuple[SessionReader, Understanding, Iterator[bool]]:
    """A session, read and understood as the screen does, and what the screen does then."""
    state, source = kept.state_before(NO_KEYS, str(path)), SessionReader.open(path)
    trace = Understanding(source.exchange)
    while events := source.poll(7):
        trace.feed(events)
    for _ in trace.concluding():
        pass
    return source, trace, kept.keeping(source, trace, path, state)


def taken(steps: KeptSteps) -> object:
    found = [steps.step(n) for n in range(1, len(steps) + 1)], list(steps.payments), dict(steps.lane_hosts)
    steps.close()
    return found


@pytest.mark.parametrize("name", ["paid", "refused"])
def test_what_is_kept_is_what_check_keeps(name: str, tmp_path: Path, optrace: Run) -> None:
    path = Path(shutil.copyfile(SAMPLES / f"{name}.optrace", tmp_path / "a.optrace"))
    source, trace, keeping = read(path)
    assert not trace.missing_keys()
    for _ in keeping:
        pass
    source.close()
    (file,) = files()
    mine = kept.recall(NO_KEYS, str(path))
    assert mine is not None
    seen = taken(mine)
    (cache_directory() / "steps" / file).unlink()
    optrace("check", path, "--offline")
    its = kept.recall(NO_KEYS, str(path))
    assert its is not None
    assert seen == taken(its)


def test_who_leaves_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(SAMPLES / "paid.optrace", tmp_path / "a.optrace"))
    source, trace, keeping = read(path)
    for _ in range(len(trace) + 1):  # the rules have looked, and the first block is written
        next(keeping)
    assert len(files()) == 1
    assert files()[0].startswith(".")
    keeping.close()  # type: ignore[attr-defined]
    source.close()
    assert files() == []


def test_a_session_that_changed_meanwhile_is_not_kept(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(SAMPLES / "paid.optrace", tmp_path / "a.optrace"))
    source, _, keeping = read(path)
    source.note(1, "changed", at=clock())
    assert not any(keeping)
    source.close()
    assert files() == []


def test_nothing_is_kept_while_keys_are_missing_or_it_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "session.optrace"
    with SessionWriter.create(path, info={}, clock=clock) as writer:
        for exchange in list(exchanges(40))[3:]:
            writer.response(writer.request(exchange), exchange)
        source, _, keeping = read(path)
        assert list(keeping) == []
        source.close()
    source, trace, keeping = read(path)
    assert trace.missing_keys()
    assert list(keeping) == []
    source.close()
    assert files() == []


async def test_the_screen_keeps_it_while_nobody_waits(tmp_path: Path) -> None:
    path = Path(shutil.copyfile(SAMPLES / "paid.optrace", tmp_path / "a.optrace"))
    state, source = kept.state_before(NO_KEYS, str(path)), open_source(path)
    trace = Understanding(source.exchange)
    done = threading.Event()

    def on_read() -> Iterator[bool]:
        yield from kept.keeping(source, trace, path, state)
        done.set()

    app = OptraceApp(source, trace, title="optrace", hint="", on_read=on_read)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(app, pilot)
        assert await asyncio.to_thread(done.wait, 60)
    assert files() == [kept.place_of(path).name]


async def test_trouble_with_it_is_none_for_the_screen(tmp_path: Path) -> None:
    def failing() -> Iterator[bool]:
        yield True
        raise RuntimeError

    source = open_source(SAMPLES / "paid.optrace")
    app = OptraceApp(source, Understanding(source.exchange), title="optrace", hint="", on_read=failing)
    async with app.run_test(size=(100, 30)) as pilot:
        await settle(app, pilot)
        assert app.home.top.failed == ""
        assert app.bridge._thread.is_alive()
