"""The variables, tried on the real runtimes that this machine has."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from optrace.capture.ca import ca_bundle, ca_certificate
from optrace.capture.environment import proxy_environment, typed_lines
from optrace.capture.runtimes import RUNTIMES
from optrace.capture.trust import Trust, trust_files
from tests.capture.kit import KeptSink, ok, raw_server, running_proxy

PYTHON = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read().decode())"
HTTPX = "import sys, httpx; print(httpx.get(sys.argv[1]).text)"


TRUST = Trust(ca=Path("/ca.pem"), bundle=Path("/all.pem"), truststore=Path("/all.p12"), php=Path("/php"))


def test_the_base_stays_and_loopback_is_not_left_out() -> None:
    base = {"PATH": "/bin", "NO_PROXY": "localhost", "no_proxy": "localhost", "JAVA_TOOL_OPTIONS": "-Xmx1g"}
    environment = proxy_environment("http://127.0.0.1:8080", TRUST, base)
    assert environment["PATH"] == "/bin"
    assert environment["NO_PROXY"] == environment["no_proxy"] == ""
    assert environment["HTTP_PROXY"] == environment["https_proxy"] == "http://127.0.0.1:8080"
    assert environment["NODE_EXTRA_CA_CERTS"] == "/ca.pem"
    assert environment["SSL_CERT_FILE"] == environment["REQUESTS_CA_BUNDLE"] == "/all.pem"
    assert environment["JAVA_TOOL_OPTIONS"].startswith("-Xmx1g -Dhttp.proxyHost=127.0.0.1 -Dhttp.proxyPort=8080 ")
    assert '-Djavax.net.ssl.trustStore="/all.p12"' in environment["JAVA_TOOL_OPTIONS"]
    assert environment["PHP_INI_SCAN_DIR"] == f"{os.pathsep}/php"  # behind PHP's own directory
    assert base["NO_PROXY"] == "localhost"


def test_a_run_within_a_run_says_nothing_twice() -> None:
    once = proxy_environment("http://127.0.0.1:8080", TRUST, {"NODE_OPTIONS": "--no-warnings"})
    assert once["NODE_OPTIONS"].startswith("--no-warnings --require ")
    assert proxy_environment("http://127.0.0.1:8080", TRUST, once) == once


def test_where_no_tls_is_spoken_certificates_stay_as_they_are() -> None:
    environment = proxy_environment("http://[::1]:8080", None, {"SSL_CERT_FILE": "/mine.pem"})
    assert environment["SSL_CERT_FILE"] == "/mine.pem"
    assert environment["HTTPS_PROXY"] == "http://[::1]:8080"
    assert environment["NODE_USE_ENV_PROXY"] == "1"
    assert "NODE_EXTRA_CA_CERTS" not in environment


def test_every_runtime_can_be_filled_in() -> None:
    typed = typed_lines("http://127.0.0.1:8080", TRUST)
    assert [*typed] == [runtime.name for runtime in RUNTIMES]
    for lines in typed.values():
        assert lines
        assert "{" not in "".join(lines)
    assert all(bool(runtime.silent) == bool(runtime.cure) for runtime in RUNTIMES)


def test_a_command_belongs_to_one_runtime() -> None:
    commands = [command for runtime in RUNTIMES for command in runtime.commands]
    assert len(commands) == len(set(commands))


def test_the_trust_files_are_made_anew_when_the_ca_is(confdir: Path, tmp_path: Path) -> None:
    trust = trust_files(confdir, tmp_path)
    store = trust.truststore.read_bytes()
    assert b"optrace" not in store
    assert trust_files(confdir, tmp_path).truststore.read_bytes() == store
    trust_files(tmp_path / "another", tmp_path)
    assert trust.truststore.read_bytes() != store
    assert f'curl.cainfo="{trust.bundle}"' in (trust.php / "optrace.ini").read_text()


def test_the_bundle_has_the_system_and_the_proxy(confdir: Path, tmp_path: Path) -> None:
    bundle = ca_bundle(confdir, tmp_path / "bundle.pem")
    context = ssl.create_default_context(cafile=bundle)
    subjects = [dict(pair[0] for pair in ca["subject"]) for ca in context.get_ca_certs()]
    assert any(subject.get("commonName") == "mitmproxy" for subject in subjects)
    assert len(subjects) > 20
    assert list(tmp_path.iterdir()) == [bundle]


def test_a_bundle_of_a_bundle_is_the_same(confdir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ca_bundle(confdir, tmp_path / "first.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(first))
    assert ca_bundle(confdir, tmp_path / "second.pem").read_bytes().split() == first.read_bytes().split()


def test_the_ca_is_made_once(tmp_path: Path) -> None:
    first = ca_certificate(tmp_path / "new")
    made = first.read_bytes()
    assert b"PRIVATE" not in made
    assert ca_certificate(tmp_path / "new").read_bytes() == made


@pytest.mark.slow
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
    trust = trust_files(confdir, tmp_path)
    with (
        raw_server(lambda _: [ok(b"plain", "Connection: close")]) as plain,
        raw_server(lambda _: [ok(b"secret", "Connection: close")], upstream_tls) as secret,
        running_proxy(confdir, sink, upstream_ca=upstream_pem) as proxy,
    ):
        base = {"PATH": "/usr/bin:/bin", "NO_PROXY": "localhost,127.0.0.1"}
        environment = proxy_environment(proxy.url, trust, base)
        for url, said in ((f"http://{plain.address}/", "plain"), (f"https://{secret.address}/", "secret")):
            done = subprocess.run([*command, url], env=environment, capture_output=True, timeout=30, check=False)
            assert done.stdout.decode().strip() == said, done.stderr
    assert [n for n, _ in sink.ended] == [1, 2]
