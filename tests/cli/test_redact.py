"""`optrace redact`: a copy to mail."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from optrace.redaction import residue
from optrace.store.sources import open_source
from tests.cli.conftest import Run, exchanges_of
from tests.cli.test_secrets import secrets_of
from tests.exporters.test_secrets import leaks
from tests.recordings.truth import FILES

REFUSED = Path(__file__).parents[2] / "samples/sessions/refused.optrace"


def checked(optrace: Run, file: Path) -> Any:
    """What `check` says, without what has stand-ins."""
    document = json.loads(optrace("check", file, "--format", "json", "--offline").out)
    del document["source"]
    return _without_texts(document)


def _without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_texts(member) for name, member in value.items() if name not in ("title", "label")}
    if isinstance(value, list):
        return [_without_texts(member) for member in value]
    return re.sub(r"https?://\S+|••••\w{4}|[\w+/=-]{30,}", "~", value) if isinstance(value, str) else value


def test_the_copy_is_checked_as_the_original(optrace: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.optrace"
    done = optrace("redact", REFUSED, "-o", copy, "--offline")
    assert (done.status, done.out) == (0, "")
    assert "no secret is left" in done.err
    assert "Every verdict and finding is as it was" in done.err
    assert checked(optrace, copy) == checked(optrace, REFUSED)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir() if "copy" in path.name] == ["copy.optrace"]


def test_no_secret_is_in_the_file(optrace: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.optrace"
    optrace("redact", FILES / "01-happy-path.mitm", "-o", copy, "--offline")
    secrets = secrets_of(list(exchanges_of(FILES / "01-happy-path.mitm")))
    said = "".join(map(repr, exchanges_of(copy)))
    assert leaks(secrets, said) == []
    assert leaks(secrets, copy.read_bytes().decode("latin-1")) == []


def test_a_copy_of_the_copy_is_checked_alike_too(optrace: Run, tmp_path: Path) -> None:
    one, two = tmp_path / "one.optrace", tmp_path / "two.optrace"
    assert optrace("redact", REFUSED, "-o", one, "--offline", "--hosts").status == 0
    assert optrace("redact", one, "-o", two, "--offline", "--hosts").status == 0
    assert checked(optrace, two) == checked(optrace, REFUSED)


def test_keys_are_not_fetched_for_a_copy(optrace: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wallets publish the true keys; the copy was signed with others."""
    monkeypatch.setattr("optrace.cli.load.fetched_keys", lambda *_: pytest.fail("keys are fetched"))
    copy = tmp_path / "copy.optrace"
    optrace("redact", REFUSED, "-o", copy, "--offline")
    assert "redacted" in open_source(copy).info
    assert optrace("check", copy).status == 1


def test_with_a_secret_left_nothing_is_written(optrace: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residue.Residue, "in_event", lambda self, event: "the body of the request of exchange 3")
    done = optrace("redact", REFUSED, "-o", tmp_path / "copy.optrace", "--offline")
    assert done.status == 1
    assert "A secret is left in the body of the request of exchange 3: nothing was written" in done.err
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]


def test_a_file_is_never_written_over(optrace: Run, tmp_path: Path) -> None:
    copy = tmp_path / "copy.optrace"
    copy.write_text("mine")
    assert optrace("redact", REFUSED, "-o", copy).status == 2
    assert copy.read_text() == "mine"
