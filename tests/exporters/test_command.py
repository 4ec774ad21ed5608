"""`optrace export` and `optrace import` as a user types them."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from optrace.cli.main import main
from optrace.core.exchange_json import to_jsonl
from optrace.core.redact import mask
from optrace.exporters import EXPORTERS
from optrace.session.events import ExchangeSeen
from optrace.store.sources import open_source
from tests.corpus import exchanges
from tests.recordings.truth import FILES

RECORDING = FILES / "01-happy-path.mitm"


def run(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.fixture
def payment(tmp_path: Path) -> Path:
    path = tmp_path / "payment.jsonl"
    path.write_text("".join(to_jsonl(exchange) + "\n" for exchange in exchanges(11)))
    return path


@pytest.mark.parametrize("name", EXPORTERS.names())
def test_every_format(name: str, payment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", payment, "-f", name, "--offline") == 0
    masked = capsys.readouterr().out
    assert masked.strip()
    if name in ("har", "json", "jsonl", "curl", "httpx", "node", "http", "pytest"):
        run("export", payment, "-f", name, "--offline", "--reveal")
        assert capsys.readouterr().out != masked


def test_a_filter_chooses(payment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", payment, "-f", "jsonl", "op:quote_create") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["n"] for line in lines] == [7]
    assert run("export", payment, "-f", "jsonl", "status:500") == 3


def test_a_file_is_for_its_owner_alone(payment: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.html"
    assert run("export", payment, "-f", "html", "-o", out, "--offline") == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"payment.jsonl", "out.html"}


def test_a_wrong_format_gets_the_right_name(payment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", payment, "-f", "mermaidd") == 2
    assert "Did you mean mermaid?" in capsys.readouterr().err


def test_a_place_that_cannot_be_written(payment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", payment, "-f", "jsonl", "-o", tmp_path / "none" / "out") == 4
    assert "can't be written" in capsys.readouterr().err


@pytest.mark.slow
def test_a_warning_for_what_readers_do_not_take(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "long.jsonl"
    path.write_text("".join(to_jsonl(exchange) + "\n" for exchange in exchanges(600)))
    assert run("export", path, "-f", "mermaid", "--offline", "-o", tmp_path / "out") == 0
    assert "give a filter" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["har", "jsonl"])
def test_exported_and_imported(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive, session = tmp_path / "archive", tmp_path / "again.optrace"
    assert run("export", RECORDING, "-f", name, "--reveal", "--offline", "-o", archive) == 0
    assert run("import", archive, "-o", session) == 0
    capsys.readouterr()
    documents = []
    for path in (RECORDING, session):
        run("check", path, "--format", "json", "--offline")
        documents.append(json.loads(capsys.readouterr().out))
    before, after = ([(e["n"], e["operation"], e["verdicts"]) for e in document["exchanges"]] for document in documents)
    assert after == before


def test_several_files_become_one_session(payment: Path, tmp_path: Path) -> None:
    session = tmp_path / "both.optrace"
    assert run("import", RECORDING, payment, "-o", session) == 0
    numbers = {event.exchange.n for event in open_source(session).poll(10_000) if isinstance(event, ExchangeSeen)}
    first = sum(isinstance(event, ExchangeSeen) for event in open_source(RECORDING).poll(10_000))
    assert numbers == set(range(1, first + 12))
    assert stat.S_IMODE(session.stat().st_mode) == 0o600


def test_a_session_is_never_written_over(payment: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    session = tmp_path / "x.optrace"
    session.write_text("mine")
    assert run("import", payment, "-o", session) == 2
    assert session.read_text() == "mine"
    assert "exists already" in capsys.readouterr().err


def test_what_is_no_recording_leaves_nothing_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.txt").write_text("hello")
    assert run("import", tmp_path / "x.txt", "-o", tmp_path / "x.optrace") == 2
    assert {path.name for path in tmp_path.iterdir()} == {"x.txt"}
    assert "is not a recording" in capsys.readouterr().err


def test_a_damaged_file_is_imported_as_far_as_it_goes(payment: Path, tmp_path: Path) -> None:
    payment.write_text(payment.read_text() + '{"n": 12, "request": {}}\n')
    assert run("import", payment, "-o", tmp_path / "x.optrace") == 5
    assert open_source(tmp_path / "x.optrace").total == 11


def test_masked_by_default(payment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    token = next(iter(list(exchanges(5))[4].request.fields.get_all("authorization"))).partition(" ")[2]
    run("export", payment, "-f", "http", "--offline")
    said = capsys.readouterr().out
    assert token not in said
    assert f"GNAP {mask(token)}" in said
