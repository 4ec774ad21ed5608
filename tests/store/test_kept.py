"""What was understood of a session, kept in a file of its own: whole and of the right state, or not there."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from optrace.session.packing import pack_steps
from optrace.session.steps import Payment, Step
from optrace.store.files import state_of
from optrace.store.kept import KeptDamaged, KeptSteps, Key, keeping_steps, open_kept
from optrace.store.writer import SessionWriter
from tests.store.traffic import clock, ping

KEY = Key(session="1 2 3", code="abc")
AT = datetime(2026, 3, 4, 5, 6, 7, 89, UTC)
LANES = {"s.rs": ("cloud-nine.example", "other.example"), "client": ()}
LOST = (1, 300, 700)  # numbers without a step


def keep_steps(path: Path, key: Key, **understood: Any) -> None:
    """All of it, at once."""
    for _ in keeping_steps(path, key, **understood):
        pass


def step(n: int) -> Step:
    return Step(
        n=n, operation="quote_get", method="GET", url=f"https://a.example/{n}", started=AT + timedelta(n), label="x"
    )


def payment(id: int) -> Payment:
    return Payment(id=id, title=f"to {id}", state="paid", exchanges=(id, id + 1), started=AT)


STEPS = [step(n) for n in range(1, 1025) if n not in LOST and not 513 <= n <= 768]  # a whole block is missing
PAYMENTS = [payment(id) for id in range(1, 601)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "kept.steps"
    keep_steps(found, KEY, steps=STEPS, payments=PAYMENTS, lane_hosts=LANES, last=1025)
    return found


def opened(path: Path, key: Key = KEY) -> KeptSteps:
    found = open_kept(path, key)
    assert found is not None
    return found


def test_it_answers_as_a_trace_does(path: Path) -> None:
    kept = opened(path)
    assert len(kept) == 1025
    assert [kept.step(n) for n in range(1, 1026) if kept.has(n)] == STEPS
    assert kept.lane_hosts == LANES
    for lost in (0, -1, *LOST, 513, 1025, 1026, 10**9):
        assert not kept.has(lost)
        with pytest.raises(IndexError):
            kept.step(lost)
    kept.close()


def test_payments_are_a_sequence_that_is_read_as_it_is_looked_at(path: Path) -> None:
    payments = opened(path).payments
    assert len(payments) == 600
    assert list(payments) == PAYMENTS
    assert payments[-1] == PAYMENTS[-1]
    assert list(payments[255:258]) == PAYMENTS[255:258]
    for beyond in (600, -601):
        with pytest.raises(IndexError):
            payments[beyond]


def test_only_its_owner_can_read_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("key", [Key(session="1 2 4", code="abc"), Key(session="1 2 3", code="abd")])
def test_another_state_of_the_session_or_the_code_finds_nothing(path: Path, key: Key) -> None:
    assert open_kept(path, key) is None


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00" + b"x" * 200, b"junk" * 1000])
def test_what_is_no_such_file_counts_as_not_there(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "kept.steps"
    assert open_kept(path, KEY) is None
    path.write_bytes(content)
    assert open_kept(path, KEY) is None


def test_a_half_written_file_counts_as_not_there(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)
    assert open_kept(path, KEY) is None


@pytest.mark.parametrize("table", ["steps", "payments"])
@pytest.mark.parametrize("packed", [b"", b"junk", pack_steps([step(1)])[:-1], 7, "text"], ids=repr)
def test_a_damaged_block_counts_as_not_there(path: Path, table: str, packed: object) -> None:
    damage(path, table, packed)
    assert open_kept(path, KEY) is None


def test_damage_that_shows_later_is_said_and_the_file_is_gone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damage(path, "steps", b"junk")
    monkeypatch.setattr("optrace.store.kept.is_whole", lambda packed: True)
    kept = opened(path)
    assert kept.step(2) == step(2)
    with pytest.raises(KeptDamaged, match="damaged"):
        kept.step(257)
    assert not path.exists()


def damage(path: Path, table: str, packed: object) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE {table} SET packed = ? WHERE block = 1", (packed,))


def test_who_asks_after_it_was_closed_gets_nothing_and_does_no_harm(path: Path) -> None:
    kept = opened(path)
    kept.close()
    assert not kept.has(2)
    assert path.exists()


def test_writing_anew_replaces_it_and_a_failure_leaves_it(path: Path) -> None:
    def failing() -> Step:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep_steps(path, KEY, steps=(failing() for _ in "x"), payments=(), lane_hosts={}, last=1)
    assert os.listdir(path.parent) == [path.name]
    assert len(opened(path)) == 1025
    keep_steps(path, KEY, steps=[step(1)], payments=(), lane_hosts={}, last=1)
    kept = opened(path)
    assert (len(kept), kept.step(1), list(kept.payments)) == (1, step(1), [])


# the state of a session's file


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "session.optrace"
    with SessionWriter.create(path, info={}, clock=clock) as writer:
        writer.response(writer.request(ping()), ping())
    return path


def later(path: Path, seconds: float = 60) -> float:
    return path.stat().st_ctime + seconds


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"x")


def _same_size(path: Path) -> None:
    times = path.stat()
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # as if nothing had happened


def _another(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.with_name("placeholder").touch()
    path.write_bytes(content)


@pytest.mark.parametrize("change", [_append, _same_size, _another])
def test_any_change_is_another_state(session: Path, change: Callable[[Path], None]) -> None:
    before = state_of(session, now=later(session))
    assert before is not None
    assert state_of(session, now=later(session)) == before
    while os.stat(session).st_ctime_ns == _tick(session):
        pass
    change(session)
    assert state_of(session, now=later(session)) != before


def _tick(beside: Path) -> int:
    """The file system's clock."""
    probe = beside.with_name("tick")
    probe.write_bytes(b"")
    return probe.stat().st_ctime_ns


def test_what_may_be_changing_has_no_state(session: Path) -> None:
    assert state_of(session, now=later(session, 1)) is None
    assert state_of(session.with_name("absent"), now=later(session)) is None
    session.with_name(session.name + "-wal").touch()
    assert state_of(session, now=later(session)) is None
