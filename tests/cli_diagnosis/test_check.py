"""`optrace check`: formats, accepted findings, several files, exit statuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from optrace.cli import examine
from optrace.core.messages import HttpRequest
from tests.cli_diagnosis.conftest import Run
from tests.cli_diagnosis.kit import HAPPY, exchanges, write
from tests.recordings.truth import FILES

WRONG = FILES / "06-body-altered.mitm"
FAULTS = FILES / "sig-faults.mitm"


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A recording of traffic that has nothing to do with Open Payments."""
    one = exchanges("01-happy-path")[0]
    request = HttpRequest(method="GET", url="https://news.example/today")
    return write(tmp_path / "foreign.jsonl", [replace(one, request=request, response=None, error="refused")])


@pytest.fixture
def healthy(tmp_path: Path) -> Path:
    """A payment in which nothing is wrong."""
    return write(tmp_path / "healthy.jsonl", exchanges("01-happy-path")[:20])


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif", "github", "markdown"])
def test_each_format_fails_and_passes_alike(optrace: Run, healthy: Path, foreign: Path, form: str) -> None:
    assert optrace("check", "--offline", "-f", form, healthy).status == 0
    assert optrace("check", "--offline", "-f", form, WRONG).status == 1
    assert optrace("check", "--offline", "-f", form, foreign).status == 3
    assert optrace("check", "--offline", "-f", form, foreign, healthy).status == 3
    assert optrace("check", "--offline", "-f", form, "--fail-on", "never", WRONG).status == 0
    assert optrace("check", "--offline", "-f", form, "--fail-on", "never", foreign).status == 3


@pytest.mark.slow
def test_the_forms_can_be_read(optrace: Run) -> None:
    assert ElementTree.fromstring(optrace("check", "--offline", "-f", "junit", WRONG).out).tag == "testsuites"
    assert json.loads(optrace("check", "--offline", "-f", "sarif", WRONG).out)["version"] == "2.1.0"
    assert optrace("check", "--offline", "-f", "github", WRONG).out.startswith("::error file=06-body-altered.mitm")
    assert optrace("check", "--offline", "-f", "markdown", WRONG).out.startswith("## ❌")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["accepted.toml", "accepted.jsonl"])
def test_what_was_accepted_fails_no_more_and_something_new_does(optrace: Run, tmp_path: Path, name: str) -> None:
    accepted = tmp_path / name
    first = optrace("check", "--offline", "--write-expect", accepted, WRONG)
    assert first.status == 0
    assert "accepted" in first.err
    again = optrace("check", "--offline", "--expect", accepted, WRONG)
    assert (again.status, "accepted and not counted" in again.out) == (0, True)
    assert optrace("check", "--offline", "--expect", accepted, WRONG, FAULTS).status == 1


@pytest.mark.slow
def test_accepted_findings_are_marked_in_the_document(optrace: Run, tmp_path: Path) -> None:
    path = write(tmp_path / "wrong.jsonl", exchanges("05-wrong-key")[:11])
    accepted = tmp_path / "accepted.toml"
    accepted.write_text('[[accepted]]\nrule = "SIG-011"\noperation = "grant_request"\n')
    done = optrace("check", "--offline", "--expect", accepted, "-f", "json", path)
    findings = [
        (exchange["operation"], finding["rule"], finding.get("accepted", False))
        for exchange in json.loads(done.out)["exchanges"]
        for finding in exchange["findings"]
    ]
    assert ("grant_request", "SIG-011", True) in findings
    assert {(operation, rule) for operation, rule, marked in findings if marked} == {("grant_request", "SIG-011")}
    assert done.status == 1


def test_what_is_accepted_and_gone_is_told(optrace: Run, tmp_path: Path, healthy: Path) -> None:
    accepted = tmp_path / "accepted.toml"
    accepted.write_text('[[accepted]]\nrule = "SIG-011"\noperation = "grant_request"\nurl = "https://old.example/*"\n')
    done = optrace("check", "--offline", "--expect", accepted, healthy)
    assert done.status == 0
    assert "SIG-011 in grant_request at https://old.example/*" in done.err


def test_an_expectation_that_cant_be_read_is_wrong_usage(optrace: Run, tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.toml"
    accepted.write_text('[[accepted]]\nrule = "SIG-01"\noperation = "grant_request"\n')
    done = optrace("check", "--offline", "--expect", accepted, HAPPY)
    assert (done.status, done.out) == (2, "")
    assert "Did you mean" in done.err


def test_nothing_to_check_is_not_accepted_either(optrace: Run, tmp_path: Path, foreign: Path) -> None:
    assert optrace("check", "--offline", "--write-expect", tmp_path / "accepted.toml", foreign).status == 3


@pytest.mark.slow
@pytest.mark.parametrize("form", ["text", "json"])
def test_several_processes_say_what_one_says(optrace: Run, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    files = [WRONG, HAPPY, FILES / "09-token-after-rotate-revoke.mitm"]
    alone = optrace("check", "--offline", "-f", form, *files)
    monkeypatch.setattr(examine, "_WORTH_PROCESSES", 0)
    monkeypatch.setattr(examine, "cores", lambda: 2)
    together = optrace("check", "--offline", "-f", form, *files)
    assert (together.status, together.out) == (alone.status, alone.out)


@pytest.mark.slow
def test_a_process_that_cant_read_its_file_says_why(
    optrace: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(examine, "_WORTH_PROCESSES", 0)
    monkeypatch.setattr(examine, "cores", lambda: 2)
    done = optrace("check", "--offline", HAPPY, tmp_path / "none.optrace")
    assert done.status == 2
    assert "none.optrace" in done.err
