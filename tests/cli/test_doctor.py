"""`optrace doctor`: what it looks at, and the cures."""

from __future__ import annotations

import json
import os
import socket
import ssl
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from optrace.capture.ca import ca_certificate
from optrace.capture.trial import trial_server
from optrace.cli.doctor import machine, network, runtimes
from optrace.cli.doctor.line import Line
from optrace.net.probe import Probe, probe
from tests.cli.conftest import Run
from tests.corpus import ALICE, key

WALLET = {"id": ALICE, "assetCode": "USD", "assetScale": 2, "authServer": "https://as.example/",
          "resourceServer": "https://rs.example/"}  # fmt: skip


def answers(pages: dict[str, Probe]) -> network.Get:
    return lambda url: pages.get(url, Probe(url=url, error="no such host"))


def page(url: str, value: object, status: int = 200) -> Probe:
    return Probe(url=url, status=status, body=json.dumps(value).encode())


def wallet(*keys: object, **document: object) -> network.Get:
    jwks = f"{ALICE}/jwks.json"
    return answers({ALICE: page(ALICE, WALLET | document), jwks: page(jwks, {"keys": list(keys)})})


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No runtime is started."""
    monkeypatch.setattr(runtimes, "_TRIALS", {})
    monkeypatch.setattr(runtimes, "_UNTRIED", {})


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.mark.usefixtures("quick")
def test_a_healthy_machine(optrace: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*machine._FILES, *machine._PROXIES, "NO_PROXY", "no_proxy", "NODE_TLS_REJECT_UNAUTHORIZED"):
        monkeypatch.delenv(name, raising=False)
    done = optrace("doctor", "-p", "0")
    assert done.status == 0
    assert [line.split()[:2] for line in done.out.splitlines()] == [
        ["✓", "port"], ["✓", "ca"], ["✓", "environment"], ["·", "clock"]
    ]  # fmt: skip


@pytest.mark.usefixtures("quick")
def test_what_is_wrong_has_a_cure_and_an_exit_status(optrace: Run, taken: int) -> None:
    done = optrace("doctor", "-p", str(taken), "--json")
    assert done.status == 1
    line = json.loads(done.out)[0]
    assert (line["about"], line["ok"]) == ("port", False)
    assert str(taken) in line["said"]
    assert "-p PORT" in line["cure"]


def test_a_key_needs_a_wallet(optrace: Run) -> None:
    assert optrace("doctor", "--key", "private.key").status == 2


def test_the_shell(tmp_path: Path) -> None:
    found = {line.said.partition(" ")[0]: line for line in machine.environment(
        {"SSL_CERT_FILE": str(tmp_path / "gone.pem"), "NO_PROXY": "example.com, localhost",
         "NODE_TLS_REJECT_UNAUTHORIZED": "0", "https_proxy": "http://127.0.0.1:3128"})}  # fmt: skip
    assert found["SSL_CERT_FILE"].ok is False
    assert found["NO_PROXY"].ok is None
    assert "localhost" in found["NO_PROXY"].said
    assert "example.com" not in found["NO_PROXY"].said
    assert found["NODE_TLS_REJECT_UNAUTHORIZED=0:"].ok is False
    assert [line.ok for line in machine.environment({"SSL_CERT_FILE": str(tmp_path)})] == [True]


@pytest.mark.parametrize(
    ("seconds", "ok", "words"),
    [
        ([], None, "not compared"),
        ([0.4, 90], True, "agrees"),
        ([-3600], False, "3600 s behind"),
        ([61], False, "ahead"),
    ],
)
def test_the_clock(seconds: list[float], ok: bool | None, words: str) -> None:
    line = network.clock([timedelta(seconds=second) for second in seconds])
    assert line.ok is ok
    assert words in line.said


def test_servers_are_reached_or_not() -> None:
    get = answers({"https://a.example/": Probe(url="https://a.example/", status=404, ahead=timedelta(seconds=1))})
    lines = list(network.servers(["https://a.example/", "https://b.example/"], get))
    assert [(line.about, line.ok) for line in lines] == [("reach", True), ("reach", False), ("clock", True)]


def test_a_wallet_address_and_its_key(tmp_path: Path) -> None:
    private = json.dumps({**key().public_jwk(), "d": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"}).encode()
    lines = list(network.wallet(ALICE, wallet(key().public_jwk()), private))
    assert [(line.about, line.ok) for line in lines] == [("wallet", True), ("keys", True), ("key", True)]
    assert 'keyid="shop-1"' in lines[-1].said


def test_a_private_key_that_is_not_published() -> None:
    other = {"kid": "k", "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA",
             "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}  # fmt: skip
    lines = list(network.wallet(ALICE, wallet(other), json.dumps(key().public_jwk()).encode()))
    assert lines[-1].ok is False
    assert key().public_jwk()["x"] in lines[-1].cure


@pytest.mark.parametrize(
    ("get", "about", "words"),
    [
        (answers({}), "wallet", "no such host"),
        (answers({ALICE: page(ALICE, {}, 404)}), "wallet", "answers 404"),
        (answers({ALICE: page(ALICE, {"id": ALICE})}), "wallet", "lacks assetCode"),
        (answers({ALICE: page(ALICE, ["not an object"])}), "wallet", "lacks id"),
        (answers({ALICE: page(ALICE, WALLET)}), "keys", "no answer"),
        (wallet(), "keys", "none is published"),
        (wallet({"kid": "k", "kty": "OKP", "crv": "Ed25519", "x": "short"}), "keys", "can't be used"),
        (wallet({**key().public_jwk(), "use": "enc"}), "keys", "not sig"),
    ],
)
def test_what_is_wrong_with_a_wallet_address(get: network.Get, about: str, words: str) -> None:
    wrong = [line for line in network.wallet(ALICE, get) if line.ok is False]
    assert any(line.about == about and words in line.said and line.cure for line in wrong), wrong


def test_a_payment_pointer_and_another_name() -> None:
    lines = list(network.wallet("$" + ALICE.removeprefix("https://"), wallet(key().public_jwk())))
    assert lines[0].ok
    named = list(network.wallet(ALICE, wallet(key().public_jwk(), id=f"{ALICE}/")))
    assert any(line.ok is None and f"{ALICE}/" in line.said for line in named)


def test_the_trial_server_is_trusted_with_the_ca_only(confdir: Path) -> None:
    with trial_server(confdir) as url:
        told = ssl.create_default_context(cafile=str(ca_certificate(confdir)))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=told))
        assert opener.open(url).status == 204
        found = probe(url)
        assert found.status is None
        assert "certificate" in (found.error or "").lower()


def test_a_server_is_probed() -> None:
    assert probe("http://127.0.0.1:1/").error
    assert probe("nonsense").error


def test_each_runtime_is_tried_twice(confdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes.shutil, "which", lambda name, path=None: name in ("node", "php", "curl", "go"))
    trusting = {"curl": (True, True), "node": (False, True), "php": (False, False)}

    def attempt(command: tuple[str, ...], variables: dict[str, str]) -> bool:
        assert command[-1].startswith("https://localhost:")
        assert not any("proxy" in name.lower() for name in variables)
        return trusting[command[0]]["NODE_EXTRA_CA_CERTS" in variables]

    found = {line.about: line for line in runtimes.runtimes(
        confdir, tmp_path, {"PATH": "", "HTTPS_PROXY": "http://p"}, attempt=attempt)}  # fmt: skip
    assert {name: line.ok for name, line in found.items()} == {"node": True, "php": False, "curl": True, "go": None}
    assert "optrace run" in found["node"].said
    assert found["php"].cure


@pytest.mark.slow
def test_the_runtimes_of_this_machine_trust_it_under_run(confdir: Path, tmp_path: Path) -> None:
    lines: list[Line] = list(runtimes.runtimes(confdir, tmp_path, os.environ))
    assert lines
    assert [line for line in lines if line.ok is False] == []
