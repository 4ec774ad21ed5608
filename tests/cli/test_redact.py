"""`optrace redact`: a copy to mail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partialmethod
from pathlib import Path
from typing import Any

import pytest

from optrace.cli import proving
from optrace.core.messages import Exchange, HttpResponse
from optrace.redaction import residue
from optrace.redaction.redact import Redaction
from optrace.store.reader import SessionReader
from optrace.store.sources import Source, open_source
from optrace.store.writer import SessionWriter
from tests.cli.conftest import Run, exchanges_of
from tests.cli.test_secrets import secrets_of
from tests.corpus import exchanges
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


def test_notes_come_along_without_what_they_give_away(optrace: Run, tmp_path: Path) -> None:
    session, copy = tmp_path / "session.optrace", tmp_path / "copy.optrace"
    assert optrace("import", FILES / "01-happy-path.mitm", "-o", session).status == 0
    secret = max(secrets_of(list(exchanges_of(session))), key=len)
    source = open_source(session)
    assert isinstance(source, SessionReader)
    source.note(3, f"why is {secret} there?", at=datetime(2026, 1, 1, tzinfo=UTC))
    source.note(5, "fine", at=datetime(2026, 1, 1, tzinfo=UTC))
    source.mark(4, True, at=datetime(2026, 1, 1, tzinfo=UTC))
    source.close()
    assert optrace("redact", session, "-o", copy, "--offline").status == 0
    copied = open_source(copy)
    assert copied.marks() == (4,)
    notes = copied.notes()
    copied.close()
    assert notes[5] == "fine"
    assert notes[3].startswith("why is ")
    assert notes[3].endswith(" there?")
    assert leaks({secret}, notes[3]) == []


def test_a_secret_left_in_a_note_is_no_copy(
    optrace: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    session, copy = tmp_path / "session.optrace", tmp_path / "copy.optrace"
    optrace("import", FILES / "01-happy-path.mitm", "-o", session)
    secret = max(secrets_of(list(exchanges_of(session))), key=len)
    source = open_source(session)
    assert isinstance(source, SessionReader)
    source.note(3, "nothing", at=datetime(2026, 1, 1, tzinfo=UTC))
    source.close()
    monkeypatch.setattr(SessionWriter, "annotate", partialmethod(_annotate_with, secret, SessionWriter.annotate))
    done = optrace("redact", session, "-o", copy, "--offline")
    assert done.status == 1
    assert "the note on exchange 3" in done.err
    assert secret not in done.err
    assert not copy.exists()


def _annotate_with(
    writer: SessionWriter, secret: str, annotate: Callable[[SessionWriter, int, str], None], n: int, text: str
) -> None:  # fmt: skip
    annotate(writer, n, f"{text} {secret}")


@pytest.mark.slow
def test_a_process_beside_proves_the_same(optrace: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = optrace("redact", FILES / "01-happy-path.mitm", "-o", tmp_path / "one.optrace", "--offline")
    monkeypatch.setattr(proving, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(proving, "cores", lambda: 2)
    monkeypatch.setattr(proving._Proof, "finish", lambda *_: pytest.fail("it is proven here"))
    beside = optrace("redact", FILES / "01-happy-path.mitm", "-o", tmp_path / "two.optrace", "--offline")
    assert beside.status == alone.status == 0
    assert beside.err == alone.err.replace("one.optrace", "two.optrace")
    assert [path.name for path in tmp_path.iterdir() if "two" in path.name] == ["two.optrace"]


@pytest.mark.slow
def test_a_process_beside_finds_what_is_left(
    optrace: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(proving, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(proving, "cores", lambda: 2)
    monkeypatch.setattr(Redaction, "exchange", lambda self, exchange: exchange)
    done = optrace("redact", FILES / "01-happy-path.mitm", "-o", tmp_path / "copy.optrace", "--offline")
    assert done.status == 1
    assert re.search(r"A secret is left in .* of exchange \d+: nothing was written", done.err)
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]


def test_nothing_is_left_of_a_copy_that_was_given_up(
    optrace: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    readers: list[Source] = []

    def interrupted(self: Redaction, exchange: Exchange) -> Exchange:
        if exchange.n == 3:
            readers.extend(map(open_source, tmp_path.glob(".copy*[0-9]")))  # somebody follows, as the proof does
            assert readers[0].live
            readers[0].poll()
            raise KeyboardInterrupt
        return exchange

    monkeypatch.setattr(Redaction, "exchange", interrupted)
    done = optrace("redact", FILES / "01-happy-path.mitm", "-o", tmp_path / "copy.optrace", "--offline")
    assert done.status == 130
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]
    readers[0].close()


def test_what_the_proxy_changed_on_purpose_comes_along_as_it_became(optrace: Run, tmp_path: Path) -> None:
    session, copy = tmp_path / "session.optrace", tmp_path / "copy.optrace"
    before, after = "first-SECRET-0123456789", "other-SECRET-9876543210"
    with SessionWriter.create(session, info={}, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as writer:
        exchange = next(iter(exchanges(1)))
        assert exchange.response is not None

        def answer(token: str) -> HttpResponse:
            return replace(exchange.response, body=json.dumps({"access_token": {"value": token}}).encode())

        number = writer.request(replace(exchange, response=None, response_started=None, ended=None))
        writer.response(number, replace(exchange, response=answer(after), received=answer(before)))
    source = open_source(session)
    assert source.came(1) is not None
    source.close()
    assert optrace("redact", session, "-o", copy, "--offline").status == 0
    redacted = open_source(copy)
    assert redacted.came(1) is None
    assert leaks({before, after}, repr(redacted.exchange(1))) == []
