"""The filter on the command line: one language for all lists, mistakes pointed at, saved filters, negated terms."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optrace.cli.main import main
from optrace.store.reader import SessionReader

FILE = str(Path(__file__).parents[2] / "samples" / "sessions" / "refused.optrace")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    return tmp_path


def numbers(capsys: pytest.CaptureFixture[str], *words: str) -> list[int]:
    main(["ls", FILE, "--offline", *words])
    lines = capsys.readouterr().out.splitlines()
    return [int(line.split()[0]) for line in lines if not line.startswith("payment")]


def test_words_search_what_went_over_the_wire(capsys: pytest.CaptureFixture[str]) -> None:
    assert numbers(capsys, "op:outgoing_payment", "invalid", "signature") == [31]
    assert numbers(capsys, "~bq", "quoteId") == [31]


def test_negated_terms_are_no_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert numbers(capsys, "-n:1..29", "-op:jwks") == numbers(capsys, "not n:1..29 !op:jwks") == [31, 32]


def test_saved_filters(capsys: pytest.CaptureFixture[str], project: Path) -> None:
    (project / "optrace.toml").write_text('[filters]\nrefused = "sig:fail or status:>=400"\n')
    assert numbers(capsys, "@refused", "op:outgoing") == [31]


@pytest.mark.parametrize(
    "command", [["ls", FILE], ["ladder", FILE], ["export", FILE, "-f", "curl"], ["check", FILE, "--filter"]]
)
def test_a_mistake_is_pointed_at(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "n:1 stauts:4xx"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: There is no filter field called stauts",
        "         n:1 stauts:4xx",
        "             ^^^^^^",
        "       Did you mean status? To look for the text, put it in quotes.",
    ]


def test_check_judges_what_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", FILE, "--offline", "--filter", "op:outgoing_payment"]) == 1
    assert "SIG-003" in capsys.readouterr().out
    assert main(["check", FILE, "--offline", "--filter", "-finding:any -op:outgoing"]) == 0


def test_notes_and_marks_are_found_by_every_command(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(shutil.copyfile(FILE, project / "a.optrace"))
    reader = SessionReader.open(path)
    reader.note(31, "why?", at=datetime(2026, 1, 1, tzinfo=UTC))
    reader.mark(30, True, at=datetime(2026, 1, 1, tzinfo=UTC))
    reader.close()
    for wanted, n in (("note:why", 31), ("note:any", 31), ("marked:yes", 30)):
        assert main(["ls", str(path), "--offline", "--json", wanted]) == 0
        assert [each["n"] for each in json.loads(capsys.readouterr().out)["exchanges"]] == [n]
        assert main(["check", str(path), "--offline", "--format", "json", "--filter", wanted]) == int(n == 31)
        assert [each["n"] for each in json.loads(capsys.readouterr().out)["exchanges"]] == [n]
        assert main(["export", str(path), "--offline", "-f", "json", wanted]) == 0
        assert [each["n"] for each in json.loads(capsys.readouterr().out)["exchanges"]] == [n]
        assert main(["ladder", str(path), "--offline", wanted]) == 0
        rows = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[:4].strip().isdigit()]
        assert rows == [str(n)]


def test_the_help_lists_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ls", "--help"]) == 0
    text = capsys.readouterr().out
    assert "profile:rafiki≠rfc" in text
    assert "~bq ..." in text
