"""Commands that only need steps take them from the cache when nothing has changed, and say just the same."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

import pytest

from optrace.cli import kept
from optrace.cli.places import cache_directory
from optrace.core.exchange_json import to_jsonl
from optrace.store.writer import SessionWriter
from tests.cli.conftest import Run
from tests.corpus import exchanges, jwks
from tests.store.traffic import clock

COMMANDS = (("check",), ("check", "-f", "json"), ("ls",), ("ls", "op:quote"), ("ladder", "--width", "120"))


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished session, long enough ago."""
    monkeypatch.setattr(kept, "WORTH", 10)
    monkeypatch.setattr(kept, "SMALL", 0)
    monkeypatch.setattr("optrace.store.files._SETTLED", -1.0)
    path = tmp_path / "session.optrace"
    with SessionWriter.create(path, info={}, clock=clock) as writer:
        for exchange in exchanges(40):
            writer.response(writer.request(exchange), exchange)
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The recordings that were read and understood."""
    found: list[str] = []
    loaded = kept.loaded

    def noted(args: Namespace, path: str, *more: object) -> object:
        found.append(path)
        return loaded(args, path, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(kept, "loaded", noted)
    return found


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_the_second_time_says_the_same_without_reading(
    session: Path, command: tuple[str, ...], optrace: Run, reads: list[str]
) -> None:
    first = optrace(command[0], session, *command[1:], "--offline")
    assert len(reads) == 1
    assert optrace(command[0], session, *command[1:], "--offline") == first
    assert len(reads) == 1
    assert first.out


def test_a_word_in_a_body_is_found_all_the_same(session: Path, optrace: Run, reads: list[str]) -> None:
    first = optrace("ls", session, "assetScale", "--offline")
    assert optrace("ls", session, "assetScale", "--offline") == first
    assert len(reads) == 1
    assert first.out.count("\n") > 5


def test_the_session_itself_is_left_alone(session: Path, optrace: Run) -> None:
    before = session.stat()
    optrace("check", session)
    optrace("check", session)
    assert session.stat()[:-3] == before[:-3]  # all but the times
    assert session.stat().st_mtime_ns == before.st_mtime_ns
    assert sorted(os.listdir(session.parent)) == ["cache", "session.optrace"]


def test_a_changed_session_is_read_again(session: Path, optrace: Run, reads: list[str]) -> None:
    optrace("check", session)
    os.utime(session)
    optrace("check", session)
    assert len(reads) == 2


def test_nobody_asks_for_the_code_where_a_session_is_small(
    session: Path, optrace: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "SMALL", session.stat().st_size + 1)
    monkeypatch.setattr(kept, "code_state", None)
    assert optrace("check", session).err == ""


def test_changed_code_reads_again(
    session: Path, optrace: Run, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    optrace("check", session)
    monkeypatch.setattr(kept, "code_state", lambda: "another")
    optrace("check", session)
    assert len(reads) == 2


def test_the_code_state_names_this_very_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "optrace"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(kept.optrace, "__file__", str(package / "__init__.py"))
    monkeypatch.setattr(kept, "_BEGAN", float("inf"))
    before = kept.code_state.__wrapped__()
    assert kept.code_state.__wrapped__() == before
    (package / "rule.py").write_text("")
    assert kept.code_state.__wrapped__() != before
    monkeypatch.setattr(kept, "_BEGAN", 0.0)
    assert kept.code_state.__wrapped__() is None  # it isn't what this process runs


def test_given_keys_leave_the_cache_aside(session: Path, tmp_path: Path, optrace: Run, reads: list[str]) -> None:
    optrace("check", session)
    (tmp_path / "jwks.json").write_bytes(jwks())
    optrace("check", session, "--jwks", f"https://happy-life.example/accounts/shop={tmp_path / 'jwks.json'}")
    optrace("check", session)
    assert len(reads) == 2


def test_nothing_is_kept_while_keys_are_missing(
    tmp_path: Path, optrace: Run, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "WORTH", 10)
    monkeypatch.setattr(kept, "SMALL", 0)
    monkeypatch.setattr("optrace.store.files._SETTLED", -1.0)
    path = tmp_path / "session.optrace"
    with SessionWriter.create(path, info={}, clock=clock) as writer:
        for exchange in list(exchanges(40))[3:]:
            writer.response(writer.request(exchange), exchange)
    optrace("check", path, "--offline")
    assert not (cache_directory() / "steps").exists()


def test_short_sessions_and_foreign_recordings_are_not_kept(
    session: Path, tmp_path: Path, optrace: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = tmp_path / "session.jsonl"
    lines.write_text("".join(f"{to_jsonl(exchange)}\n" for exchange in exchanges(40)))
    optrace("check", lines)
    monkeypatch.setattr(kept, "WORTH", 41)
    optrace("check", session)
    assert not (cache_directory() / "steps").exists()


def test_a_damaged_cache_is_made_anew(session: Path, optrace: Run, reads: list[str]) -> None:
    first = optrace("check", session)
    (file,) = (cache_directory() / "steps").iterdir()
    content = file.read_bytes()
    file.write_bytes(content.replace(b"\x78\x9c", b"\x78\x9d"))  # the head of each deflated block
    for _ in range(2):
        assert optrace("check", session) == first
    assert len(reads) == 2


def test_a_cache_that_cannot_be_written_is_no_trouble(
    session: Path, tmp_path: Path, optrace: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = optrace("check", session)
    (tmp_path / "no-folder").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no-folder"))
    assert optrace("check", session) == first


def test_the_oldest_make_room(session: Path, optrace: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = cache_directory() / "steps"
    folder.mkdir(parents=True)
    for age in range(3):
        (folder / f"{age}.steps").write_bytes(b"x" * 100_000)
        os.utime(folder / f"{age}.steps", (10**9 - age, 10**9 - age))
    monkeypatch.setattr(kept, "_ROOM", 250_000)
    optrace("check", session)
    assert {"0.steps", "1.steps", kept.place_of(session).name} == set(os.listdir(folder))
