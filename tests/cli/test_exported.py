"""A big export is written by several processes, and is the same as one process writes it."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optrace.cli import exported
from optrace.cli.cores import crew
from optrace.cli.main import main
from optrace.core.errors import OptraceError
from optrace.core.fields import Fields
from optrace.core.messages import Exchange
from optrace.core.redact import mask
from optrace.store.writer import SessionWriter
from tests.corpus import exchanges


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recorded") / "payments.optrace"
    with SessionWriter.create(path, info={}, clock=lambda: datetime.now(UTC)) as writer:
        for exchange in exchanges(500):
            number = writer.request(replace(exchange, response=None, response_started=None, ended=None))
            if exchange.n != 499:
                writer.response(number, exchange)
    return path


@pytest.fixture
def session(recorded: Path, tmp_path: Path) -> Path:
    """A copy, beside which the exports are written."""
    return Path(shutil.copyfile(recorded, tmp_path / recorded.name))


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Processes are used however little there is to do; what they were told."""
    used: list[object] = []
    monkeypatch.setattr(exported, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(exported, "cores", lambda: 2)
    monkeypatch.setattr(exported, "crew", lambda **told: used.append(told) or crew(**told))
    return used


def export(path: Path, *words: str) -> str:
    out = path.with_suffix(".out")
    assert main(["export", str(path), "-f", *words, "-o", str(out), "--offline"]) == 0
    return out.read_text()


FORMATS = [("jsonl",), ("har",), ("json",), ("jsonl", "op:quote_create"), ("jsonl", "--reveal"), ("har", "--reveal")]


@pytest.mark.slow
@pytest.mark.parametrize("words", FORMATS, ids=" ".join)
def test_several_processes_write_the_same(
    words: tuple[str, ...], session: Path, request: pytest.FixtureRequest
) -> None:  # fmt: skip
    alone = export(session, *words)
    used = request.getfixturevalue("shared")
    assert export(session, *words) == alone
    assert used


@pytest.mark.slow
@pytest.mark.parametrize("name", ["jsonl", "har"])
def test_what_is_said_before_it_is_a_secret_is_masked(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Every 150th exchange is misled: the words of an error, or a field, repeat a token of the last grant."""
    found = list(exchanges(400))
    token = next(said for said in reversed(list(map(_token, found))) if said)
    path = tmp_path / "leaking.optrace"
    with SessionWriter.create(path, info={}, clock=lambda: datetime.now(UTC)) as writer:
        for exchange in found:
            if exchange.n % 150 == 0:
                fields = Fields((*exchange.request.fields.raw, (b"X-Debug", f"was {token}".encode())))
                exchange = replace(exchange, request=replace(exchange.request, fields=fields))
            writer.response(writer.request(exchange), exchange)
    alone = export(path, name)
    request.getfixturevalue("shared")
    assert export(path, name) == alone
    assert token not in alone
    assert alone.count(f"was {mask(token)}"[4:].encode("ascii", "backslashreplace").decode()) > 2


def _token(exchange: Exchange) -> str | None:
    body = (exchange.response.body if exchange.response else None) or b""
    match = re.search(rb'"access_token":\{"value":"([^"]+)"', body)
    return match[1].decode() if match else None


@pytest.mark.slow
def test_nothing_is_left_aside(
    session: Path, shared: list[object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    aside = tmp_path / "aside"
    aside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(aside))
    export(session, "jsonl")
    assert shared
    assert not list(aside.iterdir())


def _prepare() -> None:
    """Nothing is needed."""


def _fail(task: int) -> int:
    if task == 5:
        raise OptraceError("five")
    return task * 2


@pytest.mark.slow
def test_results_come_in_order_and_errors_too() -> None:
    with crew(prepare=_prepare, told=()) as hands:
        results = hands.in_order(_fail, range(100))
        assert [next(results) for _ in range(5)] == [0, 2, 4, 6, 8]
        with pytest.raises(OptraceError, match="five"):
            next(results)
