"""A big export is written by several processes, and is the same as one process writes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optrace.cli import exported
from optrace.cli.cores import in_order
from optrace.cli.main import main
from optrace.core.errors import OptraceError
from optrace.store.writer import SessionWriter
from tests.corpus import exchanges


@pytest.fixture
def session(tmp_path: Path) -> Path:
    path = tmp_path / "payments.optrace"
    with SessionWriter.create(path, info={}, clock=lambda: datetime.now(UTC)) as writer:
        for exchange in exchanges(500):
            number = writer.request(replace(exchange, response=None, response_started=None, ended=None))
            if exchange.n != 499:
                writer.response(number, exchange)
    return path


def export(path: Path, *words: str) -> str:
    out = path.with_suffix(".out")
    assert main(["export", str(path), "-f", *words, "-o", str(out), "--offline"]) == 0
    return out.read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", [("jsonl",), ("har",), ("json",), ("jsonl", "op:quote_create"), ("jsonl", "--reveal")]
)  # fmt: skip
def test_several_processes_write_the_same(
    words: tuple[str, ...], session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone = export(session, *words)
    used: list[object] = []
    monkeypatch.setattr(exported, "_WORTH_PROCESSES", 1)
    monkeypatch.setattr(exported, "cores", lambda: 2)
    monkeypatch.setattr(exported, "in_order", lambda *args, **told: used.append(args) or in_order(*args, **told))
    assert export(session, *words) == alone
    assert used


def _prepare() -> None:
    """Nothing is needed."""


def _fail(task: int) -> int:
    if task == 5:
        raise OptraceError("five")
    return task * 2


@pytest.mark.slow
def test_results_come_in_order_and_errors_too() -> None:
    results = in_order(_fail, range(100), prepare=_prepare, told=())
    assert [next(results) for _ in range(5)] == [0, 2, 4, 6, 8]
    with pytest.raises(OptraceError, match="five"):
        next(results)
