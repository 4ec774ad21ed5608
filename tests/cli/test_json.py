"""The JSON documents: of the shape that `check --schema` prints, whatever was recorded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from optrace.cli.schema import DOCUMENT
from optrace.core.exchange_json import to_jsonl
from optrace.core.findings import PROFILES
from optrace.store.reader import SessionReader
from optrace.store.writer import SessionWriter
from tests.cli.conftest import Run
from tests.recordings.truth import FILES, NAMES
from tests.store.traffic import clock, in_flight, ping

VALIDATOR = jsonschema.Draft202012Validator(DOCUMENT, format_checker=jsonschema.FormatChecker())
SAMPLE = Path(__file__).parents[2] / "samples" / "sessions" / "paid.optrace"
JSON = ("--offline", "--format", "json", "--fail-on", "never")


def faults(document: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(document)]


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(DOCUMENT)


def test_the_schema_is_printed(optrace: Run) -> None:
    done = optrace("check", "--schema")
    assert done.status == 0
    assert json.loads(done.out) == DOCUMENT


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_recording_fits(name: str, optrace: Run) -> None:
    document = json.loads(optrace("check", FILES / f"{name}.mitm", *JSON).out)
    assert faults(document) == []
    found = [finding["severity"] for exchange in document["exchanges"] for finding in exchange["findings"]]
    assert document["findings"] == {severity: found.count(severity) for severity in ("error", "risk", "warn", "info")}


def test_ls_prints_the_same_document_filtered(optrace: Run) -> None:
    path = FILES / "06-body-altered.mitm"
    done = optrace("ls", path, "--json", "--offline", "sig:fail")
    document, whole = json.loads(done.out), json.loads(optrace("check", path, *JSON).out)
    assert faults(document) == []
    kept = {exchange["n"]: exchange for exchange in document["exchanges"]}
    assert kept
    assert all(exchange["verdicts"]["signature"]["open-payments"] == "fail" for exchange in kept.values())
    # the rules of a list see the same recording, so they say the same
    assert list(kept.values()) == [exchange for exchange in whole["exchanges"] if exchange["n"] in kept]


def test_what_the_user_said_stands_in_it(tmp_path: Path, optrace: Run) -> None:
    path = Path(shutil.copyfile(SAMPLE, tmp_path / "a.optrace"))
    reader = SessionReader.open(path)
    reader.note(5, "seen with access_token=abc1234567", at=clock())
    reader.mark(6, True, at=clock())
    reader.close()
    for words in (["ls", path, "--json", "--offline"], ["check", path, *JSON]):
        document = json.loads(optrace(*words).out)
        assert faults(document) == []
        said = {each["n"]: (each.get("note"), each.get("marked")) for each in document["exchanges"]}
        assert said[5][0].startswith("seen with access_token=")
        assert "abc1234567" not in said[5][0]
        assert said[6] == (None, True)
        assert {n for n in said if said[n] != (None, None)} == {5, 6}


def test_an_empty_session_fits(tmp_path: Path, optrace: Run) -> None:
    empty = tmp_path / "empty.optrace"
    SessionWriter.create(empty, info={}, clock=clock).close()
    document = json.loads(optrace("check", empty, *JSON).out)
    assert faults(document) == []
    assert document["exchanges"] == document["payments"] == []


def test_exchanges_that_never_ended_fit(tmp_path: Path, optrace: Run) -> None:
    path = tmp_path / "open.jsonl"
    broken = ping(2, response=None, error="refused")
    path.write_text("".join(f"{to_jsonl(each)}\n" for each in (in_flight(1), broken)))
    document = json.loads(optrace("check", path, *JSON).out)
    assert faults(document) == []
    assert [(e["status"], e["error"]) for e in document["exchanges"]] == [(None, None), (None, "refused")]


def test_the_schema_is_strict_about_what_it_names() -> None:
    """A test of the test: it would notice."""
    verdicts = {kind: dict.fromkeys(PROFILES, "none") for kind in ("signature", "digest", "hash")}
    exchange = dict.fromkeys(("variant", "status", "error", "milliseconds", "payment", "retry_of"))
    exchange |= {"n": 1, "operation": "unknown", "from": "client", "to": "unknown", "method": "GET", "url": "x"}
    exchange |= {"started": "2026-01-01T00:00:00+00:00", "label": "GET", "verdicts": verdicts, "reasons": {}}
    exchange |= {"problems": [], "findings": []}
    good = {"optrace": "1", "schema": 1, "source": "x", "damage": None, "payments": [], "exchanges": [exchange]}
    good["findings"] = dict.fromkeys(("error", "risk", "warn", "info"), 0)
    assert faults(good) == []
    for wrong in (
        {"schema": 2},
        {"source": 1},
        {"exchanges": [{**exchange, "n": 0}]},
        {"exchanges": [{**exchange, "to": "bank"}]},
        {"exchanges": [{**exchange, "verdicts": {**verdicts, "hash": {"rfc": "pass"}}}]},
        {"exchanges": [{**exchange, "findings": [{"rule": "SIG-001"}]}]},
        {"findings": {"error": 1}},
    ):
        assert faults({**good, **wrong}), wrong
    assert faults({name: value for name, value in good.items() if name != "damage"})


def test_version_as_json(optrace: Run) -> None:
    found = json.loads(optrace("version", "--json").out)
    assert {"optrace", "python", "system", "mitmproxy"} <= set(found)
