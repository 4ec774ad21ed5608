"""replay: against the sandbox with the recorded outcome, and never to a host that wasn't named."""

from __future__ import annotations

import json
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from optrace.cli import embedded
from optrace.core.exchange_json import to_jsonl
from optrace.replay.script import script_of
from optrace.sandbox.config import Timing
from optrace.signatures.keys import generate_ed25519
from tests.cli.conftest import Run, exchanges_of
from tests.net.servers import http, server
from tests.recordings.truth import FILES
from tests.replay.recordings import ROOT, trace

PAID, REFUSED = (ROOT / "samples" / "sessions" / f"{name}.optrace" for name in ("paid", "refused"))
HAPPY = FILES / "01-happy-path.mitm"
RAFIKI = [path for path in sorted(FILES.glob("*.mitm")) if path.name[0].isdigit()]
HOSTS = (
    "cloud-nine-wallet-backend",
    "cloud-nine-wallet-auth:3006",
    "happy-life-bank-backend",
    "happy-life-bank-auth:3006",
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "again.optrace"


def test_a_payment_is_made_again(optrace: Run, out: Path) -> None:
    done = optrace("replay", PAID, "--to", "sandbox", "-o", out)
    assert done.status == 0, done.out
    assert "13 steps, each with the recorded outcome." in done.out
    assert "✓ client→s.rs   POST outgoing-payment 12.09 USD" in done.out
    checked = json.loads(optrace("check", out, "--offline", "--format", "json", "--fail-on", "never").out)
    assert checked["payments"][0]["state"] == "paid"
    assert {each["verdicts"]["hash"]["open-payments"] for each in checked["exchanges"]} >= {"pass"}
    assert not [e for e in checked["exchanges"] if e["verdicts"]["signature"]["rafiki"] == "fail"]
    assert out.stat().st_mode & 0o077 == 0


def test_a_replay_is_like_its_recording(optrace: Run, out: Path) -> None:
    """Recorded, replayed, and held against each other: nothing unexpected differs."""
    assert optrace("replay", PAID, "--to", "sandbox", "-o", out).status == 0
    done = optrace("diff", PAID, out, "--offline")
    assert done.status == 0, done.out


def test_a_refused_payment_is_refused_again(optrace: Run, out: Path) -> None:
    done = optrace("replay", REFUSED, "--to", "sandbox", "-o", out)
    assert done.status == 0, done.out
    assert "31 ✓ client→s.rs   POST outgoing-payment                    401" in done.out


# what the sandbox can't do as the recorded servers did: the step that goes otherwise, and why
ELSEWHERE = {
    "41-two-clients": (32, "the second client reads what the first one made; here one client plays both"),
    "44-pages": (
        18,
        "http for https in a wallet address; the sandbox is reached over http alone",
    ),
    "47-key-removed": (11, "the client takes its key out of its JWKS while it pays"),
    "49-introspection-down": (5, "the AS that is asked about the token is down, which no call of the client shows"),
    "50-reverse-proxies": (3, "a reverse proxy takes the path and the scheme from what the client signed"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_goes_otherwise_at_the_sandbox_still_does(name: str, optrace: Run, out: Path) -> None:
    """So that the table above stays true: the replay says at which step, and an excuse that isn't needed goes."""
    done = optrace("replay", FILES / f"{name}.mitm", "--to", "sandbox", "-o", out)
    assert done.status == 1
    assert f"step {ELSEWHERE[name][0]} goes otherwise" in done.out


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in RAFIKI if path.stem not in ELSEWHERE], ids=lambda path: path.stem)
def test_every_recording_of_rafiki_has_the_same_outcome_at_the_sandbox(
    path: Path, optrace: Run, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Timing(wait=timedelta(seconds=1), settlement=timedelta())  # to be too fast for
    monkeypatch.setattr(embedded, "_QUICK", one)
    done = optrace("replay", path, "--to", "sandbox", "-o", out)
    assert done.status == 0, done.out
    assert "each with the recorded outcome" in done.out


def test_one_payment_of_many(optrace: Run, out: Path) -> None:
    done = optrace("replay", FILES / "15-concurrent-10.mitm", "--to", "sandbox", "--payment", "2", "-o", out)
    assert done.status == 0, done.out
    assert "11 steps" in done.out


def test_a_dry_run_sends_nothing_and_says_what_it_would(optrace: Run, tmp_path: Path) -> None:
    done = optrace("replay", HAPPY, "--dry-run", "--to", "sandbox")
    assert done.status == 0
    lines = done.out.splitlines()
    assert any("POST   ‹resource server 1›/quotes   with access token 2, wallet address 2" in line for line in lines)
    assert any("moves money" in line and "/outgoing-payments" in line for line in lines)
    assert any("the browser asks for consent" in line for line in lines)
    unnamed = optrace("replay", HAPPY, "--dry-run", "--to", "https://other.example", *_key(tmp_path))
    assert unnamed.status == 1
    assert "--to doesn't name http://cloud-nine-wallet-backend" in unnamed.err


def _key(tmp_path: Path) -> tuple[str, str]:
    from optrace.sandbox.keys import private_pem

    path = tmp_path / "client.pem"
    path.write_bytes(private_pem(generate_ed25519("k")))
    return "--key", f"https://shop.example/client={path}", "--key-id", "k"  # type: ignore[return-value]


def test_a_recording_that_tries_to_lead_elsewhere_leads_nowhere(optrace: Run, out: Path, tmp_path: Path) -> None:
    """Redirects, hostile continue.uri, manage, authServer, resourceServer, ids and interact URL of live answers."""
    with server() as evil:

        def answer(request: bytes) -> bytes:
            line = request.split(b"\r\n")[0].decode()
            if "GET /accounts" in line:
                body = {"id": f"{evil.url}/a", "assetCode": "USD", "assetScale": 2, "authServer": None}
                body |= {"authServer": f"{live.url}/as", "resourceServer": f"{evil.url}/rs"}
                return http(200, json.dumps(body).encode(), "Content-Type: application/json")
            if "/as " in line:
                token = {"value": "T", "manage": f"{evil.url}/m", "access": []}
                body = {"access_token": token, "continue": {"uri": f"{evil.url}/c", "access_token": {"value": "C"}}}
                body |= {"interact": {"redirect": f"{evil.url}/i", "finish": "n"}}  # type: ignore[dict-item]
                return http(200, json.dumps(body).encode(), "Content-Type: application/json")
            return http(307, b"", f"Location: {evil.url}/redirected")

        with server(answer) as live:
            routes = [part for host in HOSTS for part in ("--to", f"http://{host}={live.url}")]
            words = [*routes, *_key(tmp_path), "--yes-pay", "--keep-going", "--no-browser", "--patience", "0"]
            done = optrace("replay", HAPPY, *words, "-o", out)
            assert done.status == 1
            assert len(live.requests) >= 4
        assert evil.requests == []
        assert f"--to doesn't name {evil.url}" in done.out
        assert evil.url not in "".join(each.request.url for each in exchanges_of(out))


def test_a_hostile_recording_sends_nothing_of_its_own(optrace: Run, out: Path, tmp_path: Path) -> None:
    """The recorded URLs themselves lead to a server here; only what --to names is sent to."""
    with server() as evil, server(lambda _: http(404)) as named:
        path = tmp_path / "hostile.jsonl"
        lines = [to_jsonl(exchange) for exchange in exchanges_of(PAID)]
        for origin in {exchange.request.url.split("/")[2] for exchange in exchanges_of(PAID)}:
            lines = [line.replace(origin, f"127.0.0.1:{evil.port}") for line in lines]
        path.write_text("".join(f"{line}\n" for line in lines))
        done = optrace("replay", path, "--to", named.url, *_key(tmp_path), "--keep-going", "-o", out)
        assert done.status == 1
        assert evil.requests == named.requests == []


def test_money_needs_a_yes(optrace: Run, out: Path, tmp_path: Path) -> None:
    """Without a terminal and without --yes-pay nothing is paid."""
    found = script_of(trace("paid"))
    with embedded.embedded(found) as stage:
        from optrace.sandbox.keys import private_pem

        key = tmp_path / "key.pem"
        key.write_bytes(private_pem(stage.endpoints.client.key))
        routes = [part for pair in stage.routes for part in ("--to", "=".join(pair))]
        client = next(iter(stage.clients.values()))
        words = [
            "--key",
            f"{client}={key}",
            "--key-id",
            stage.endpoints.client.key_id,
            "--no-browser",
            "--patience",
            "0",
        ]
        done = optrace("replay", PAID, *routes, *words, "-o", out)
    assert done.status == 1
    assert "please answer in a browser (recorded: accept): http://127.0.0.1" in done.err
    assert "POST outgoing-payment" not in done.out


def test_wrong_usage_names_the_cure(optrace: Run, tmp_path: Path) -> None:
    assert optrace("replay", PAID).status == 2
    bad = optrace("replay", PAID, "--to", "staging")
    assert (bad.status, "https://recorded.example=https://live.example" in bad.err) == (2, True)
    unsigned = optrace("replay", PAID, "--to", "https://x.example")
    assert (unsigned.status, "--key WALLET_ADDRESS=KEY" in unsigned.err) == (2, True)
    missing = optrace("replay", PAID, "--to", "sandbox", "--payment", "7")
    assert (missing.status, "payments 1 to 1" in missing.err) == (2, True)
    pem = tmp_path / "k.pem"
    pem.write_text("x")
    nameless = optrace("replay", PAID, "--to", "https://x.example", "--key", f"https://x.example/c={pem}")
    assert (nameless.status, "--key-id" in nameless.err) == (2, True)


def test_step_by_step_it_asks_before_each_request(optrace: Run, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["", "s", "q"])
    asked = []

    def ask(question: str) -> str:
        asked.append(question)
        return next(answers)

    monkeypatch.setattr("optrace.cli.replayed.Stage.ask", property(lambda self: ask, lambda self, value: None))
    done = optrace("replay", PAID, "--to", "sandbox", "--step", "--keep-going", "-o", out)
    assert len(asked) == 3
    assert "GET http://127.0.0.1" in asked[0]
    assert "skipped" in done.out
    assert {exchange.n for exchange in exchanges_of(out)} == {1}


def _answering(monkeypatch: pytest.MonkeyPatch, *said: str) -> None:
    answers = iter(said)

    def ask(question: str) -> str:
        return next(answers)

    monkeypatch.setattr("optrace.cli.replayed.Stage.ask", property(lambda self: ask, lambda self, value: None))


def test_a_request_can_be_edited_before_it_is_sent(
    optrace: Run, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the user's editor, where tokens are masked; what is sent is signed again, and says what was written."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import pathlib, re, sys\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text()\n"
        "assert '••••' in text and text.count('1000') == 1\n"
        "path.write_text(text.replace('1000', '1234') + '\\n')\n"
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    _answering(monkeypatch, "", "", "", "e", "", "q")
    done = optrace("replay", PAID, "--to", "sandbox", "--step", "-o", out)
    assert "the body was changed; it is signed again" in done.err
    created = list(exchanges_of(out))[-1]
    assert json.loads(created.request.body or b"")["incomingAmount"]["value"] == "1234"
    assert created.response is not None
    assert created.response.status == 201
    assert optrace("check", out, "--offline").status == 0


@pytest.mark.parametrize("editor", ["no-such-editor", "false", "'"])
def test_without_an_editor_the_request_stays(
    editor: str, optrace: Run, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISUAL", editor)
    _answering(monkeypatch, "e", "", "q")
    done = optrace("replay", PAID, "--to", "sandbox", "--step", "-o", out)
    assert "it stays as it was" in done.err
    assert {exchange.n for exchange in exchanges_of(out)} == {1}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second is waited for: the sandbox asks for none."""
    monkeypatch.setattr(embedded, "_QUICK", Timing(wait=timedelta(), settlement=timedelta()))
