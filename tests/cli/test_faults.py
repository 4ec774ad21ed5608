"""Faults and mocks on the command line: what is refused before anything starts, and what is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from optrace.cli.main import main
from optrace.faults import FAULTS

ROOT = Path(__file__).parents[2]
PAID = str(ROOT / "samples/sessions/paid.optrace")


def test_all_faults_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sandbox", "--faults"]) == 0
    listed = capsys.readouterr().out
    for fault in FAULTS:
        assert f"\n{fault.name}" in listed
        assert fault.diagnosed[0] in listed


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["run", "--fault", "slow", "--", "true"], "no host is named that it may touch"),
        (["record", "--fault-hosts", "a.example"], "--fault-hosts does nothing without --fault"),
        (["record", "--fault", "tls-stripped", "--fault-hosts", "a.example"], "A proxy can't do tls-stripped"),
        (["sandbox", "--fault", "wrong-hsh"], "Did you mean wrong-hash?"),
        (["demo", "--fault", "slow@quote"], "There is no operation called quote"),
        (["mock", "nowhere.optrace", "--as", "both", "--fault", "so"], "There is no fault called so"),
        (["mock", PAID], "--as"),
        (["show", PAID, "1", "--came"], "Nothing was changed in exchange 1"),
    ],
)
def test_what_is_refused(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv) == 2
    assert said in capsys.readouterr().err


def test_a_recording_without_a_payment_gives_no_mock(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = ROOT / "samples/rules/WAL-002/bad.jsonl"
    assert main(["mock", str(bad), "--as", "both", "--offline"]) == 2
    assert "No payment is in this recording" in capsys.readouterr().err
