"""What was said to be recorded is there after the recorder was killed in the middle of its work."""

import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from optrace.session.events import ExchangeSeen
from optrace.store.reader import SessionReader
from tests.store.traffic import payments

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def record(path, *, lines):
    """Start a recorder, read `lines` lines of what it says, kill it; what it said, and what it said last."""
    command = [sys.executable, "-m", "tests.store.recorder", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        said = list(islice(process.stdout, lines))
        live = SessionReader.open(path)
        assert live.live
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
        process.wait()
        assert not live.live
        live.close()
    return [line.split() for line in said if line.endswith("\n")]


@pytest.mark.parametrize("lines", [3, 400, 1501])
def test_all_that_was_said_to_be_recorded_is_there(tmp_path, lines):
    path = tmp_path / "killed.optrace"
    said = record(path, lines=lines)
    assert len(said) >= lines
    reader = SessionReader.open(path)
    events = []
    while some := reader.poll():
        assert all(isinstance(event, ExchangeSeen) for event in some)
        events += some
    assert reader.damage is None
    requests = [event.exchange.n for event in events if event.exchange.in_flight]
    whole = [event.exchange for event in events if not event.exchange.in_flight]
    assert [n for what, n in said if what == "request"] == [str(n) for n in requests][: len(said) - len(said) // 2]
    assert [n for what, n in said if what == "response"] == [str(each.n) for each in whole][: len(said) // 2]
    assert len(events) - len(said) in (0, 1)  # the last may be recorded and not said
    assert whole == list(payments(len(whole)))
    reader.close()
    assert os.listdir(tmp_path) == [path.name]


def test_the_file_of_a_killed_recorder_is_read_where_nothing_may_be_written(tmp_path, monkeypatch):
    path = tmp_path / "killed.optrace"
    said = record(path, lines=101)
    # what SQLite says of a WAL file in a directory that can't be written to; the tests may run as root
    monkeypatch.setattr("optrace.store.files._connect", lambda path: None)
    reader = SessionReader.open(path)
    assert not reader.live
    assert len(reader.poll(10_000)) >= len(said)
    copy = reader._copy
    assert copy.stat().st_mode & 0o777 == 0o700
    reader.close()
    assert not copy.exists()
