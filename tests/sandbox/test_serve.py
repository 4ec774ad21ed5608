"""Starting, stopping, and the edges of the servers."""

from __future__ import annotations

import json
import os
import random
import socket
import ssl
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from optrace.core.errors import CannotStart
from optrace.sandbox.config import CLOUD_NINE, ClientConfig, Role, SandboxConfig, Timing
from tests.sandbox.certificate import write_certificate
from tests.sandbox.player import Player, access, ok, refused
from tests.sandbox.running import Clock, Running, running_sandbox

ROOT = Path(__file__).parents[2]


def run_sample(running: Running, key_file: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "samples/pay.py"), "--sender", running.sender.wallet_address]
    command += ["--recipient", running.recipient.wallet_address, "--client", running.client.wallet_address]
    command += ["--key", str(key_file), "--key-id", running.client.key_id, *more]
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**clean, **environment}, check=False
    )


@pytest.mark.slow
def test_the_python_sample_pays_and_takes_no_for_an_answer(tmp_path: Path) -> None:
    config = SandboxConfig(key_dir=tmp_path, timing=Timing(wait=timedelta(0), settlement=timedelta(0)))
    with running_sandbox(config) as running:
        key_file = running.client.key_file
        assert key_file == tmp_path / "client.pem"
        assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
        paid = run_sample(running, key_file, "--amount", "700")
        assert paid.returncode == 0, paid.stderr
        outcome = json.loads(paid.stdout)
        assert outcome["receivedAmount"] == {"value": "700", "assetCode": "EUR", "assetScale": 2}
        assert outcome["completed"] is True
        assert "the hash is right" in paid.stderr
        declined = run_sample(running, key_file, "--reject")
        assert declined.returncode == 1
        assert "the sender did not agree: grant_rejected" in declined.stderr


def test_the_folder_of_the_key_is_made(tmp_path: Path) -> None:
    with running_sandbox(SandboxConfig(key_dir=tmp_path / "not" / "yet")) as running:
        assert running.client.key_file == tmp_path / "not" / "yet" / "client.pem"
        assert running.client.key_file.exists()


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(CannotStart, match="can't be written"),
        running_sandbox(SandboxConfig(key_dir=tmp_path / "file")),
    ):
        pass


def test_everything_over_tls(tmp_path: Path) -> None:
    certificate, private_key = write_certificate(tmp_path)
    timing = Timing(wait=timedelta(0), settlement=timedelta(0))
    config = SandboxConfig(key_dir=tmp_path, certificate=certificate, private_key=private_key, timing=timing)
    with running_sandbox(config, verify=ssl.create_default_context(cafile=str(certificate))) as running:
        assert running.sender.wallet_address.startswith("https://127.0.0.1:")
        assert running.client.key_file
        paid = run_sample(running, running.client.key_file, SSL_CERT_FILE=str(certificate))
        assert paid.returncode == 0, paid.stderr


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("no certificate")
    config = SandboxConfig(certificate=tmp_path / "x.pem", private_key=tmp_path / "x.pem")
    with pytest.raises(CannotStart, match="certificate"), running_sandbox(config):
        pass


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        config = SandboxConfig(sender=replace(CLOUD_NINE, ports={Role.AUTH: port}))
        with pytest.raises(CannotStart, match=str(port)), running_sandbox(config):
            pass


def test_chosen_ports_and_host_names_can_be_used_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    sender = replace(CLOUD_NINE, ports={Role.RESOURCE: port}, hostnames={Role.RESOURCE: "localhost"})
    config = SandboxConfig(sender=sender, client=ClientConfig(name="shop", kid="k", hostname="localhost"))
    for _ in range(2):
        with running_sandbox(config) as running:
            assert running.sender.wallet_address == f"http://localhost:{port}/alice"
            assert running.client.wallet_address.startswith("http://localhost:")
            assert ok(httpx.get(running.sender.wallet_address, trust_env=False))["id"] == running.sender.wallet_address


def test_randomness_and_time_are_given() -> None:
    clock = Clock()

    def ids() -> list[str]:
        with running_sandbox(clock=clock, rng=random.Random(9)) as running:
            player = Player(running, clock)
            with player.http, player.browser:
                answer = ok(player.grant(running.sender.grant_endpoint, access("quote", "create")))
            return [answer["access_token"]["value"], answer["continue"]["access_token"]["value"]]

    assert ids() == ids()


def test_consent_by_itself() -> None:
    clock = Clock()
    with running_sandbox(SandboxConfig(auto_consent=timedelta(seconds=3)), clock=clock) as running:
        player = Player(running, clock)
        with player.http, player.browser as browser:
            pending = player.ask_outgoing()
            page = browser.get(browser.get(pending["interact"]["redirect"]).headers["location"])
            target = page.text.partition('content="3; url=')[2].partition('"')[0].replace("&amp;", "&")
            location = browser.get(str(page.url.join(target))).headers["location"]
            assert "interact_ref=" in browser.get(location).headers["location"]


def test_cors(player: Player) -> None:
    asked = {
        "origin": "https://shop.test",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,signature",
    }
    for url in (player.sender.grant_endpoint, player.sender.resource_server, player.sender.urls[Role.INTERACTION]):
        answer = player.http.options(url, headers=asked)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["access-control-allow-headers"] == "content-type,signature"
    for url in (player.alice, f"{player.alice}/nowhere/at/all"):
        assert player.http.get(url).headers["access-control-allow-origin"] == "*"


def test_wallet_addresses(player: Player) -> None:
    keys = ok(player.http.get(f"{player.address}/jwks.json"))
    assert keys == {"keys": [player.key.public_jwk()]}
    assert ok(player.http.get(f"{player.alice}/jwks.json")) == {"keys": []}
    assert ok(player.http.get(f"{player.alice}/"))["id"] == player.alice
    own = f"{player.sender.urls[Role.RESOURCE]}/.well-known/pay"
    assert len(ok(player.http.get(f"{own}/jwks.json"))["keys"]) == 1
    assert refused(player.http.get(own)) == (404, "404", "Could not get wallet address")
    assert refused(player.http.get(f"{player.alice}x")) == (404, "404", "Could not get wallet address")
    assert refused(player.http.get(player.sender.resource_server))[0] == 404
    html = {"accept": "text/html"}
    assert refused(player.http.get(player.alice, headers=html))[0] == 406


def test_bodies_that_cannot_be_read(player: Player) -> None:
    url, json_type = player.sender.grant_endpoint, {"content-type": "application/json"}
    for content in (b"{", b'"text"', b'{"a":NaN}', b"[" * 100_000, b"\xff"):
        assert player.http.post(url, content=content, headers=json_type).status_code == 400
    assert player.http.post(url, content=b" " * 1_100_000, headers=json_type).status_code == 413
    assert player.http.post(url, content=b"x", headers={"content-type": "text/plain"}).status_code == 415
    empty = player.http.post(url, headers=json_type)
    assert refused(empty) == (
        400,
        None,
        "Received error validating OpenAPI request: body must have required property 'client'",
    )


def test_routes_that_are_none(player: Player) -> None:
    for method, url in (
        ("PUT", player.sender.grant_endpoint),
        ("GET", player.sender.grant_endpoint),
        ("PATCH", player.alice),
    ):
        answer = player.http.request(method, url)
        assert (answer.status_code, answer.text) == (404, "Not Found")
    discovery = f"{player.sender.urls[Role.AUTH]}/discovery"
    assert ok(player.http.get(discovery))["grant_request_endpoint"] == "/"
