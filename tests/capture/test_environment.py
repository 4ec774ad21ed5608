"""The variables, tried on the real runtimes that this machine has."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from optrace.capture.ca import ca_bundle, ca_certificate
from optrace.capture.environment import RUNTIME_HINTS, proxy_environment, runtime_hints
from tests.capture.kit import KeptSink, ok, raw_server, running_proxy

PYTHON = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
HTTPX = "import sys, httpx; print(httpx.get(sys.argv[1]).text)"


def test_the_base_stays_and_loopback_is_not_left_out() -> None:
    base = {"PATH": "/bin", "NO_PROXY": "localhost", "no_proxy": "localhost", "JAVA_TOOL_OPTIONS": "-Xmx1g"}
    environment = proxy_environment("http://127.0.0.1:8080", "/ca.pem", base, bundle="/all.pem")
    assert environment["PATH"] == "/bin"
    assert environment["NO_PROXY"] == environment["no_proxy"] == ""
    assert environment["HTTP_PROXY"] == environment["https_proxy"] == "http://127.0.0.1:8080"
    assert environment["NODE_EXTRA_CA_CERTS"] == "/ca.pem"
    assert environment["SSL_CERT_FILE"] == environment["REQUESTS_CA_BUNDLE"] == "/all.pem"
    assert environment["JAVA_TOOL_OPTIONS"].startswith("-Xmx1g -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=8080 ")
    assert base["NO_PROXY"] == "localhost"


def test_without_a_bundle_the_ca_stands_for_it() -> None:
    environment = proxy_environment("http://[::1]:8080", "/ca.pem", {})
    assert environment["SSL_CERT_FILE"] == "/ca.pem"
    assert "-Dhttp.proxyHost=::1" in environment["JAVA_TOOL_OPTIONS"]


def test_every_hint_can_be_filled() -> None:
    hints = runtime_hints("http://127.0.0.1:8080", "/ca.pem", "/all.pem")
    assert hints.keys() == RUNTIME_HINTS.keys()
    for hint in hints.values():
        assert hint.lines
        assert "{" not in "".join(hint.lines) + hint.note


def test_the_bundle_has_the_system_and_the_proxy(confdir: Path, tmp_path: Path) -> None:
    bundle = ca_bundle(confdir, tmp_path / "bundle.pem")
    context = ssl.create_default_context(cafile=bundle)
    subjects = [dict(pair[0] for pair in ca["subject"]) for ca in context.get_ca_certs()]
    assert any(subject.get("commonName") == "mitmproxy" for subject in subjects)
    assert len(subjects) > 20
    assert list(tmp_path.iterdir()) == [bundle]


def test_the_ca_is_made_once(tmp_path: Path) -> None:
    first = ca_certificate(tmp_path / "new")
    made = first.read_bytes()
    assert b"PRIVATE" not in made
    assert ca_certificate(tmp_path / "new").read_bytes() == made


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([sys.executable, "-c", PYTHON], id="urllib"),
        pytest.param([sys.executable, "-c", HTTPX], id="httpx"),
        pytest.param(
            ["curl", "-sS", "--fail"],
            id="curl",
            marks=pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here"),
        ),
    ],
)
def test_real_clients_come_through_over_http_and_https(
    confdir: Path,
    upstream_pem: Path,
    upstream_tls: ssl.SSLContext,
    tmp_path: Path,
    sink: KeptSink,
    command: list[str],
) -> None:
    bundle = ca_bundle(confdir, tmp_path / "bundle.pem")
    with (
        raw_server(lambda _: [ok(b"plain", "Connection: close")]) as plain,
        raw_server(lambda _: [ok(b"secret", "Connection: close")], upstream_tls) as secret,
        running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy,
    ):
        base = {"PATH": "/usr/bin:/bin", "NO_PROXY": "localhost,127.0.0.1"}
        environment = proxy_environment(proxy.url, ca_certificate(confdir), base, bundle=bundle)
        for url, said in ((f"http://{plain.address}/", "plain"), (f"https://{secret.address}/", "secret")):
            done = subprocess.run([*command, url], env=environment, capture_output=True, timeout=30, check=False)
            assert done.stdout.decode().strip() == said, done.stderr
    assert [n for n, _ in sink.ended] == [1, 2]
