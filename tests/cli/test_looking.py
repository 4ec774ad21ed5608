"""check, ls, show and ladder: the same answers for each form of a recording, and the exit status that cli.md names."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from optrace.core.exchange_json import to_jsonl
from optrace.core.text import safe
from optrace.store.reader import SessionReader
from optrace.store.writer import SessionWriter
from tests.cli.conftest import Run, exchanges_of
from tests.recordings.truth import FILES, truth
from tests.session import story
from tests.store.traffic import clock, ping

FORMS = ("mitm", "optrace", "har", "jsonl")
HEALTHY, BROKEN = FILES / "01-happy-path.mitm", FILES / "06-body-altered.mitm"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def payment(tmp_path: Path) -> Path:
    """A payment without a fault."""
    told = [story.wallet_address(story.SENDER), story.wallet_address(story.RECIPIENT), story.jwks()]
    path = tmp_path / "payment.jsonl"
    path.write_text("".join(f"{to_jsonl(each)}\n" for each in story.one_by_one(told, story.payment("a"))))
    return path


# the same in every form


@pytest.mark.parametrize("form", FORMS)
def test_check_in_each_form(form: str, forms: dict[str, Path], optrace: Run) -> None:
    done = optrace("check", forms[form], "--offline", "--format", "json", "--fail-on", "never")
    assert done.status == 0
    found = json.loads(done.out)
    assert found["source"] == forms[form].name
    expected = truth("01-happy-path")["exchanges"]
    aspects = ("n", "operation", "variant", "from", "to", "method", "status")
    assert [[e[a] for a in aspects] for e in found["exchanges"]] == [[e.get(a) for a in aspects] for e in expected]
    if form != "har":  # a HAR has no raw fields: what follows from them may differ
        assert found["exchanges"] == json.loads(optrace_json(optrace, forms["mitm"]))["exchanges"]


def optrace_json(optrace: Run, path: Path) -> str:
    return optrace("check", path, "--offline", "--format", "json", "--fail-on", "never").out


@pytest.mark.parametrize("command", ["ls", "ladder"])
@pytest.mark.parametrize("form", FORMS)
def test_lists_and_ladders_in_each_form(form: str, command: str, forms: dict[str, Path], optrace: Run) -> None:
    done, original = (optrace(command, forms[f], "--offline") for f in (form, "mitm"))
    assert done.status == 0
    assert done.err == ""
    assert done.out.splitlines() == original.out.splitlines()
    assert "POST quote" in done.out


@pytest.mark.parametrize("how", ["text", "json", "http", "base"])
@pytest.mark.parametrize("form", FORMS)
def test_show_in_each_form(form: str, how: str, forms: dict[str, Path], optrace: Run) -> None:
    for n in (1, 5, 13, 31):
        done = optrace("show", forms[form], n, "--offline", "-f", how)
        assert done.status == 0
        assert done.out.strip()


def test_show_says_what_it_means_and_what_was_checked(payment: Path, optrace: Run) -> None:
    said = optrace("show", payment, "7").out.splitlines()
    assert said[0] == "7 quote_create  client → s.rs"
    assert said[1] == f"POST {story.SENDER.rs}/quotes → 201"
    assert said[2] == "12.00 USD debited becomes 10.00 USD received."
    assert "signature: rfc pass  open-payments pass  rafiki pass" in said
    assert "  receiver: https://" in "\n".join(said)


# the exit status


@pytest.mark.parametrize("command", ["check", "ls", "ladder"])
def test_0_clean(command: str, payment: Path, optrace: Run) -> None:
    assert optrace(command, payment, "--offline").status == 0


def test_1_findings(optrace: Run) -> None:
    done = optrace("check", BROKEN, "--offline")
    assert done.status == 1
    assert "✗" in done.out


def test_1_a_failed_signature_that_no_rule_explains_counts(payment: Path, optrace: Run) -> None:
    lines = payment.read_text().splitlines()
    broken = json.loads(lines[6])
    broken["request"]["fields"] = [
        [name, value.replace("sig1=:", "sig1=:AAAA") if name == "Signature" else value]
        for name, value in broken["request"]["fields"]
    ]
    payment.write_text("\n".join([*lines[:6], json.dumps(broken), *lines[7:]]))
    assert optrace("check", payment, "--offline").status == 1
    assert optrace("check", payment, "--offline", "--fail-on", "never").status == 0


WRONG = {
    "no file": ["check"],
    "no such file": ["check", "/does/not/exist"],
    "a directory": ["ls", "/"],
    "no such exchange": ["show", HEALTHY, "999", "--offline"],
    "no number": ["show", HEALTHY, "first"],
    "an unknown filter": ["ls", HEALTHY, "stauts:4xx", "--offline"],
    "an unknown format": ["check", HEALTHY, "--format", "xml"],
    "an unknown profile": ["check", HEALTHY, "--profile", "mine"],
    "an unknown option": ["ladder", HEALTHY, "--wide"],
    "a width that shows nothing": ["ladder", HEALTHY, "--width", "0"],
    "a key without an owner": ["check", HEALTHY, "--key", "key.pem"],
    "a key that isn't there": ["check", HEALTHY, "--key", "https://w.example/c=/does/not/exist"],
    "a key that is none": ["check", HEALTHY, "--key", f"https://w.example/c={HEALTHY}"],
    "nothing to run": ["run", "--"],
    "no duration": ["record", "--for", "soon"],
    "no port": ["record", "-p", "70000"],
    "no port for eleven": ["sandbox", "--port", "65530"],
}


@pytest.mark.parametrize("name", WRONG)
def test_2_wrong_usage(name: str, optrace: Run) -> None:
    done = optrace(*WRONG[name])
    assert done.status == 2
    assert done.out == ""
    first, *rest = done.err.splitlines()
    assert first.startswith("error: ")
    assert rest, "there is no word on what to do"
    assert "Traceback" not in done.err


@pytest.mark.parametrize("command", ["check", "ls", "ladder"])
def test_3_no_traffic(command: str, tmp_path: Path, optrace: Run) -> None:
    empty = tmp_path / "empty.optrace"
    SessionWriter.create(empty, info={}, clock=clock).close()
    assert optrace(command, empty).status == 3


def test_3_foreign_traffic_must_not_pass(tmp_path: Path, optrace: Run) -> None:
    foreign = tmp_path / "foreign.jsonl"
    foreign.write_text("".join(f"{to_jsonl(ping(n))}\n" for n in (1, 2)))
    assert optrace("check", foreign).status == 3
    assert optrace("ls", foreign).status == 0


def test_3_nothing_passes_the_filter(payment: Path, optrace: Run) -> None:
    for command in ("ls", "ladder"):
        assert optrace(command, payment, "status:5xx", "--offline").status == 3


@pytest.mark.parametrize("words", [[], ["live"], ["open", HEALTHY]])
def test_4_there_is_no_terminal(words: list[str], optrace: Run) -> None:
    done = optrace(*words)
    assert done.status == 4
    assert "terminal" in done.err
    assert "optrace ladder" in done.err


@pytest.mark.slow
def test_4_the_port_is_taken_and_no_empty_file_is_left(tmp_path: Path, optrace: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = optrace("run", "-o", tmp_path / "s.optrace", "-p", port, "--", "true")
    assert done.status == 4
    assert f"Port {port} is already in use" in done.err
    assert "--listen-port" in done.err
    assert not (tmp_path / "s.optrace").exists()


@pytest.mark.slow
def test_4_the_cas_of_the_servers_can_not_be_read(tmp_path: Path, optrace: Run) -> None:
    done = optrace("run", "-o", tmp_path / "s.optrace", "--upstream-ca", "/does/not/exist", "--", "true")
    assert done.status == 4
    assert "/does/not/exist can't be used: No such file" in done.err
    assert not (tmp_path / "s.optrace").exists()


@pytest.mark.parametrize("command", [["check"], ["ls"], ["ladder"], ["check", "--format", "json"]])
def test_5_a_damaged_recording_shows_what_can_be_read(command: list[str], tmp_path: Path, optrace: Run) -> None:
    damaged = tmp_path / "damaged.mitm"
    damaged.write_bytes(HEALTHY.read_bytes()[:-2000])
    done = optrace(*command, damaged, "--offline")
    assert done.status == 5
    assert "incoming-payment" in done.out
    assert "damaged" in done.out + done.err or json.loads(done.out)["damage"]


def test_5_a_damaged_session(forms: dict[str, Path], tmp_path: Path, optrace: Run) -> None:
    damaged = tmp_path / "damaged.optrace"
    content = bytearray(forms["optrace"].read_bytes())
    content[8192:12288] = bytes(4096)
    damaged.write_bytes(content)
    done = optrace("check", damaged, "--offline")
    assert done.status == 5
    assert done.err + done.out
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 5000, b"hello\n", b'{"log": 1}', b"SQLite format 3\0", b"\xff\xfe\x00"]
)
def test_what_is_no_recording(content: bytes, tmp_path: Path, optrace: Run) -> None:
    path = tmp_path / "file.optrace"
    path.write_bytes(content)
    for command in (["check"], ["ls"], ["ladder"], ["show"]):
        done = optrace(*command, path, *(["1"] if command == ["show"] else []))
        assert done.status in (2, 3, 5), (content, done)
        assert done.err.startswith(("error: ", "damaged")), (content, done)
        assert path.name in done.err or done.status == 5


def test_a_session_of_a_later_version(forms: dict[str, Path], tmp_path: Path, optrace: Run) -> None:
    import sqlite3

    newer = tmp_path / "newer.optrace"
    shutil.copy(forms["optrace"], newer)
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    done = optrace("check", newer)
    assert done.status == 2
    assert "session format 999" in done.err
    assert "pip install -U optrace-openpayments" in done.err


def test_the_worst_of_several_files_counts(payment: Path, tmp_path: Path, optrace: Run) -> None:
    empty = tmp_path / "empty.optrace"
    SessionWriter.create(empty, info={}, clock=clock).close()
    assert optrace("check", payment, empty, "--offline").status == 3
    assert optrace("check", payment, empty, BROKEN, "--offline").status == 1
    done = optrace("check", payment, empty, "--offline", "--format", "json")
    assert [document["source"] for document in json.loads(done.out)] == [payment.name, empty.name]


# keys


def test_keys_are_given_as_jwks_or_as_pem(tmp_path: Path, payment: Path, optrace: Run) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from tests import corpus

    without = [line for line in payment.read_text().splitlines() if "jwks.json" not in line]
    payment.write_text("\n".join(without))
    assert "unchecked" in optrace("check", payment, "--offline").out
    jwks, pem = tmp_path / "jwks.json", tmp_path / "key.pem"
    jwks.write_bytes(corpus.jwks())
    private = corpus.key()
    pem.write_bytes(_public_pem(private, Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    for option, path in (("--jwks", jwks), ("--key", pem)):
        done = optrace("check", payment, "--offline", option, f"{story.CLIENT}={path}")
        assert done.status == 0
        assert "unchecked" not in done.out


def _public_pem(key: object, encoding: object, form: object) -> bytes:
    from base64 import urlsafe_b64decode

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    x = key.public_jwk()["x"]  # type: ignore[attr-defined]
    return Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(x + "=")).public_bytes(encoding, form)  # type: ignore[arg-type]


def test_a_private_key_is_never_printed(tmp_path: Path, payment: Path, optrace: Run) -> None:
    from base64 import b64encode

    from tests import corpus

    pem = tmp_path / "private.pem"
    secret = b64encode(corpus._PKCS8 + corpus._SEED).decode()
    pem.write_text(f"-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----\n")
    done = optrace("check", payment, "--offline", "--key", f"{story.CLIENT}={pem}", "--format", "json")
    assert done.status == 0
    assert secret not in done.out + done.err


# colours, pipes


def test_colour(payment: Path, optrace: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in optrace("check", payment, "--offline").out  # no terminal
    assert "\x1b[1m" in optrace("check", payment, "--offline", "--color", "always").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1m" in optrace("check", payment, "--offline", "--color", "always").out  # the nearer word counts
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert "\x1b" not in optrace("check", payment, "--offline").out
    monkeypatch.delenv("NO_COLOR")
    assert "\x1b" not in optrace("check", payment, "--offline", "--color", "never").out
    monkeypatch.setenv("OPTRACE_COLOR", "never")
    assert "\x1b" not in optrace("check", payment, "--offline").out


@pytest.mark.slow
@pytest.mark.parametrize("words", [["ls", HEALTHY, "--offline"], ["check", BROKEN, "--offline"], ["--help"]])
def test_a_closed_pipe_is_no_error(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "optrace", *map(str, words)]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False)
    os.close(writing)
    assert done.returncode == 0
    assert done.stderr == b""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no disk that is always full")
@pytest.mark.parametrize("words", [["ls", HEALTHY, "--offline"], ["export", HEALTHY, "-f", "jsonl"]])
def test_a_full_disk_is_told_in_words(words: list[str]) -> None:
    command = [sys.executable, "-m", "optrace", *map(str, words)]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 4
    assert done.stderr.startswith(b"error: A disk is full\n")
    assert b"Traceback" not in done.stderr
    assert b"TMPDIR" in done.stderr


def test_no_command_prints_control_characters(tmp_path: Path, optrace: Run) -> None:
    evil = "\x1b]0;owned\x07\x1b[2J\r\x9b31m\u202e\ud800[bold]\\n\n"
    path = tmp_path / "evil.jsonl"
    request = {
        "method": "GET\x1b[1m",
        "url": f"https://rs.example/{evil}",
        "fields": [[f"X-{evil}", evil]],
        "body": evil,
    }
    error = json.dumps({"error": {"code": evil, "description": evil}})
    line = {
        "n": 1,
        "started": "2026-01-02T03:04:05Z",
        "ended": "2026-01-02T03:04:06Z",
        "request": request,
        "response": {"status": 400, "reason": evil, "fields": [["Content-Type", evil]], "body": error},
        "error": evil,
        "notes": [evil],
    }
    path.write_text(json.dumps(line))
    for words in (["check"], ["ls"], ["ladder"], *(["show", "1", "-f", f] for f in ("text", "http", "base", "json"))):
        command, *rest = words
        done = optrace(command, path, *rest, "--offline")
        for printed in (*done.out.splitlines(), *done.err.splitlines()):
            assert safe(printed) == printed, (words, printed)


def test_quiet_says_nothing_but_the_data(payment: Path, optrace: Run) -> None:
    assert optrace("check", payment, "-q").err == ""


def test_the_exchanges_of_a_recording_are_those_of_its_truth() -> None:
    assert len(list(exchanges_of(HEALTHY))) == len(truth("01-happy-path")["exchanges"])


def test_notes_are_printed_where_their_exchange_is(tmp_path: Path, optrace: Run) -> None:
    path = Path(shutil.copyfile(ROOT / "samples" / "sessions" / "paid.optrace", tmp_path / "a.optrace"))
    reader = SessionReader.open(path)
    reader.note(5, "too small?\x1b[31m", at=clock())
    reader.mark(5, True, at=clock())
    reader.mark(7, True, at=clock())
    reader.close()
    lines = optrace("ls", path, "--offline").out.splitlines()
    at = next(at for at, line in enumerate(lines) if "✎" in line)
    assert lines[at - 1].lstrip().startswith("5◆")
    assert [line.split("◆")[0].strip() for line in lines if "◆" in line] == ["5", "7"]
    assert lines[at].strip() == safe("✎ too small?\x1b[31m")
    shown = optrace("show", path, 5, "--offline").out.splitlines()
    assert shown[1:3] == ["◆ marked", safe("✎ too small?\x1b[31m")]
    assert "✎" not in optrace("show", path, 5, "--offline", "-f", "http").out
    assert "✎" not in optrace("show", path, 6, "--offline").out
