"""diff: what it prints, in each form, and its exit status."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.conftest import Run, exchanges_of
from tests.cli.test_secrets import secrets_of
from tests.recordings.truth import FILES
from tests.replay.recordings import ROOT

GOOD, REJECTED = FILES / "01-happy-path.mitm", FILES / "03-consent-rejected.mitm"
PAID, REFUSED = (ROOT / "samples" / "sessions" / f"{name}.optrace" for name in ("paid", "refused"))
MANY = FILES / "15-concurrent-10.mitm"


def test_a_recording_and_itself(optrace: Run) -> None:
    done = optrace("diff", GOOD, GOOD, "--offline")
    assert done.status == 0
    assert "31 steps correspond; nothing unexpected differs." in done.out


def test_where_the_runs_part_is_said_first(optrace: Run) -> None:
    done = optrace("diff", PAID, REFUSED, "--offline")
    assert done.status == 1
    lines = done.out.splitlines()
    at = next(index for index, line in enumerate(lines) if "the runs part here" in line)
    assert lines[at].startswith("31 ↔ 31")
    assert lines[at + 1].strip() == "✗ request signature verdict: pass → fail"
    assert "A slash was added to the path, or taken off" in done.out
    assert "↳ response status: 201 → 401" in done.out
    assert not any("·" in line for line in lines)


def test_all_lists_what_is_expected_too(optrace: Run) -> None:
    done = optrace("diff", GOOD, REJECTED, "--offline", "--all")
    assert "· request body incomingAmount.value: 1000 → 700   the client chose another amount" in done.out


def test_json(optrace: Run) -> None:
    done = optrace("diff", PAID, REFUSED, "--offline", "--format", "json")
    found = json.loads(done.out)
    assert done.status == 1
    assert found["first"] == {"one": 31, "other": 31}
    assert found["differences"]["unexpected"] == 1
    step = next(step for step in found["steps"] if step["one"] == 31)
    assert step["cause"] == "unexpected"
    assert step["differences"][0] == {
        "part": "request",
        "where": "signature verdict",
        "one": "pass",
        "other": "fail",
        "cause": "unexpected",
        "why": "the signature is right on one side only",
    }


def test_html_is_one_page_that_runs_nothing(optrace: Run) -> None:
    page = optrace("diff", PAID, REFUSED, "--offline", "--format", "html").out
    assert page.startswith("<!doctype html>")
    assert re.search(r"content=\"default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'", page)
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page)
    assert 'id="first"' in page


def test_no_secret_is_printed(optrace: Run) -> None:
    secrets = secrets_of([*exchanges_of(PAID), *exchanges_of(REFUSED)])
    for form in ("text", "json", "html"):
        out = optrace("diff", PAID, REFUSED, "--offline", "--all", "--format", form).out
        assert not [secret for secret in secrets if secret in out]


def test_payments_of_one_recording(optrace: Run) -> None:
    done = optrace("diff", MANY, "--payment", "1:2", "--offline")
    assert done.status == 0
    assert "payment 1" in done.out
    assert "payment 2" in done.out


def test_wrong_usage_names_the_cure(optrace: Run) -> None:
    alone = optrace("diff", GOOD)
    assert (alone.status, "optrace diff A B" in alone.err) == (2, True)
    missing = optrace("diff", GOOD, "--payment", "1:9", "--offline")
    assert missing.status == 2
    assert "It has payments 1 to 2." in missing.err
    assert optrace("diff", GOOD, "--payment", "one").status == 2


def test_an_empty_side_is_no_pass(optrace: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    assert optrace("diff", GOOD, empty, "--offline").status in (2, 3)


def test_hostile_values_come_out_as_text(optrace: Run, tmp_path: Path) -> None:
    """Markup and control codes in what differs."""
    from dataclasses import replace

    from optrace.core.exchange_json import to_jsonl

    evil = b"<script>alert(1)</script>\x1b[2J"
    changed = []
    for exchange in exchanges_of(GOOD):
        if exchange.response is not None and exchange.n == 5:
            body = (exchange.response.body or b"").replace(b"Free Money!", evil.replace(b"\x1b", b"\\u001b"))
            exchange = replace(exchange, response=replace(exchange.response, body=body))
        changed.append(to_jsonl(exchange))
    path = tmp_path / "evil.jsonl"
    path.write_text("".join(f"{line}\n" for line in changed))
    text, page = (optrace("diff", GOOD, path, "--offline", "--format", form) for form in ("text", "html"))
    assert text.status == page.status == 1
    assert "\x1b" not in text.out
    assert "<script>" not in page.out
    assert "&lt;script&gt;" in page.out
