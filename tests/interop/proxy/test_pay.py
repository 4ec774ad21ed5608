"""The official npm client pays against the sandbox through a recording proxy, and every byte survives it.

The servers' own calls pass the proxy too, so that all hops are in the session.
"""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from optrace.capture.environment import proxy_environment
from optrace.capture.process import spawn_proxy
from optrace.capture.trust import trust_files
from optrace.cli.main import main
from optrace.core.findings import PROFILES, Verdict
from optrace.sandbox.config import SandboxConfig
from optrace.session.steps import Step
from optrace.session.trace import Trace
from optrace.store.sources import open_source
from tests.interop.client.test_pay import QUICK, pay
from tests.sandbox.certificate import write_certificate
from tests.sandbox.running import running_sandbox

pytestmark = pytest.mark.node

ROOT = Path(__file__).parents[3]
# who speaks to whom in which operation, when one bank pays another
LANES = {
    "incoming_payment_create": "client→r.rs",
    "quote_create": "client→s.rs",
    "interact_start": "client→s.as",
    "idp_redirect": "client→s.idp",
    "interact_finish_request": "s.idp→s.as",
    "finish_redirect": "s.idp→client",
    "grant_continue": "client→s.as",
    "outgoing_payment_create": "client→s.rs",
    "outgoing_payment_get": "client→s.rs",
    "outgoing_payment_list": "client→s.rs",
}


@dataclass(frozen=True)
class Recorded:
    """A payment that was made through the proxy."""

    outcome: dict[str, object]
    session: Path
    trace: Trace
    scheme: str

    @property
    def steps(self) -> list[Step]:
        return [self.trace.step(n) for n in range(1, len(self.trace) + 1)]


@pytest.fixture(scope="module", params=["http", "https"])
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    folder = tmp_path_factory.mktemp(request.param)
    session, confdir = folder / "session.optrace", folder / "mitmproxy"
    words = [sys.executable, "-m", "optrace.cli", "_proxy", str(session), "-p", "0"]
    config = SandboxConfig(key_dir=folder, timing=QUICK)
    if request.param == "https":
        certificate, private_key = write_certificate(folder)
        words += ["--upstream-ca", str(certificate)]
        config = SandboxConfig(key_dir=folder, certificate=certificate, private_key=private_key, timing=QUICK)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OPTRACE_CONFDIR": str(confdir)}
    with spawn_proxy(words, env=env) as proxy:
        files = trust_files(confdir, folder)
        trust = ssl.create_default_context(cafile=str(files.ca))
        with running_sandbox(config, proxy=proxy.url, verify=trust) as running:
            done = pay(running, folder, **proxy_environment(proxy.url, files, {}))
        assert done.returncode == 0, done.stderr
        assert proxy.stop() == 0
        assert proxy.troubles() == []
    source = open_source(session)
    trace = Trace(source.exchange)
    while events := source.poll():
        trace.feed(events)
    yield Recorded(json.loads(done.stdout), session, trace, request.param)
    source.close()


def test_it_is_paid(recorded: Recorded) -> None:
    assert recorded.outcome["completed"] is True
    assert recorded.outcome["failed"] is False


def test_the_ca_is_where_optrace_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("OPTRACE_CONFDIR", str(tmp_path))
    assert main(["ca", "--path"]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path == tmp_path / "mitmproxy-ca-cert.pem"
    ssl.create_default_context(cafile=str(path))


def test_every_hop_is_there_and_ended(recorded: Recorded) -> None:
    assert all(step.url.startswith(f"{recorded.scheme}://") for step in recorded.steps if step.target != "client")
    assert all(step.status is not None and step.error is None for step in recorded.steps)
    assert all(step.status < 400 for step in recorded.steps if step.status)
    seen = Counter(step.operation for step in recorded.steps)
    assert seen["grant_request"] >= 3
    assert seen["token_introspect"] >= 5
    assert seen["jwks_get"] >= 1
    assert set(LANES) <= set(seen)
    # the consent page's own form is the bank's business
    assert [(step.method, step.target) for step in recorded.steps if step.operation == "unknown"] == [("POST", "s.idp")]


def test_every_signature_verifies_in_every_profile(recorded: Recorded) -> None:
    signed = [step for step in recorded.steps if "S" in step.proven]
    assert len(signed) >= 9
    for step in signed:
        for profile in PROFILES:
            assert step.verdicts.signature[profile] is Verdict.PASS, (step.n, step.operation, step.reasons)
            assert step.verdicts.digest[profile] in (Verdict.PASS, Verdict.NONE)


def test_the_hash_passes(recorded: Recorded) -> None:
    hashes = [step.verdicts.hash for step in recorded.steps if "H" in step.proven]
    assert len(hashes) == 1
    assert hashes[0]["rafiki"] is hashes[0]["open-payments"] is Verdict.PASS
    assert hashes[0]["rfc"] in (Verdict.PASS, Verdict.DIFFERS)  # base64 where the RFC has base64url


def test_it_is_one_payment(recorded: Recorded) -> None:
    (payment,) = recorded.trace.payments
    assert payment.state == "paid"
    assert payment.sender
    assert payment.recipient
    known = {step.n for step in recorded.steps if step.operation != "unknown"}
    assert known == {*payment.exchanges, *payment.context}
    assert {step.n for step in recorded.steps if step.payment == 1} == {*payment.exchanges}


def test_the_lanes_are_right(recorded: Recorded) -> None:
    for step in recorded.steps:
        if step.operation in LANES:
            assert f"{step.source}→{step.target}" == LANES[step.operation]
    grants = {(step.variant, step.target) for step in recorded.steps if step.operation == "grant_request"}
    assert {("incoming-payment", "r.as"), ("quote", "s.as"), ("outgoing-payment", "s.as")} <= grants
    asked = {(step.source, step.target) for step in recorded.steps if step.operation == "token_introspect"}
    assert asked == {("s.rs", "s.as"), ("r.rs", "r.as")}
    assert not any(step.same_ase for step in recorded.steps)
    lanes = {lane for step in recorded.steps for lane in (step.source, step.target)}
    assert lanes <= {"client", "c.wa"} | {f"{side}.{role}" for side in "sr" for role in ("wa", "as", "rs", "idp")}


def test_the_proxy_says_that_it_changed_nothing(recorded: Recorded) -> None:
    source = open_source(recorded.session)
    for step in recorded.steps:
        assert source.exchange(step.n).notes == ()
    source.close()


def test_check_passes(recorded: Recorded, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", str(recorded.session), "--offline", "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    errors = [finding for exchange in document["exchanges"] for finding in exchange["findings"]]
    assert [finding for finding in errors if finding["severity"] == "error"] == []
    assert status == 0
