"""A pytest plugin: the fixture `optrace_recording` sends a test's HTTP through optrace and judges it.

A test that passes while its traffic has errors fails, with the Why as its report; one that fails by itself gets the Why
beside its own traceback. The session stays in the test's `tmp_path`, to be opened.

    def test_paying(optrace_recording):
        pay(wallet="https://wallet.example/alice")

    def test_the_sdk(optrace_recording):
        subprocess.run(["node", "pay.mjs"], check=True)  # inherits what the fixture has set

    def test_a_refusal(optrace_recording):
        optrace_recording.expect("SIG-003")  # a rule whose findings belong to the test
        ...

Settings (pytest.ini, pyproject.toml): `optrace_offline = true` fetches no keys, `optrace_upstream_ca = FILE` names the
CAs of servers under test. Everything heavy is imported by the fixture: each run of pytest loads this file.
"""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from optrace.capture.process import ProxyProcess

_FIXTURE = "optrace_recording"
_MADE_BEFORE = (
    "A client that was made before the fixture doesn't know the proxy: make it within the test, or hand it "
    "`optrace_recording.proxy`."
)


@dataclass(slots=True)
class Recording:
    """What a test sends, as it is recorded."""

    path: Path  # the session
    proxy: str  # URL of the proxy
    # for processes that are started with an environment of their own; this one's is set already
    environment: dict[str, str] = field(repr=False)
    _process: ProxyProcess = field(repr=False)
    _expected: set[str] = field(default_factory=set)

    def expect(self, *rules: str) -> None:
        """Findings of these rules belong to the test, and so do the verdicts of the exchanges that have them.

        Raises:
            Usage: there is no such rule.
        """
        from optrace.rules import RULES

        self._expected.update(RULES[rule].code for rule in rules)

    def judge(self) -> tuple[str, bool]:
        """(what there is to say of the traffic, whether it has errors that nobody expects). The recording ends."""
        from optrace.capture.runtimes import BY_NAME
        from optrace.cli.follow import Follower
        from optrace.cli.hints import nothing_came
        from optrace.cli.load import Loaded
        from optrace.cli.output import Output
        from optrace.cli.report import text
        from optrace.session.steps import DEFAULT_PROFILE
        from optrace.store.sources import open_source

        self.end()
        source = open_source(self.path)
        try:
            follower = Follower(source, None)
            follower.until(lambda: True)
            follower.trace.finish()
            trace = follower.trace
            steps = [trace.step(n) for n in range(1, len(trace) + 1) if trace.has(n)]
            if not steps:
                return "\n".join([*nothing_came([BY_NAME["Python"]]), _MADE_BEFORE]), True
            lines = text(Loaded(source, trace), steps, Output(color="never"), DEFAULT_PROFILE)
            return "\n".join((*lines, f"optrace open {self.path}")), any(self._wrong(step) for step in steps)
        finally:
            source.close()

    def end(self) -> None:
        """Stop the proxy; what was sent is in the session."""
        self._process.stop()

    def _wrong(self, step: Any) -> bool:
        from optrace.core.findings import Severity, Verdict
        from optrace.session.steps import DEFAULT_PROFILE

        rules = {finding.rule for finding in step.findings if finding.severity is Severity.ERROR}
        if rules:
            return not rules <= self._expected
        if any(finding.rule in self._expected for finding in step.findings):
            return False
        return any(by[DEFAULT_PROFILE] is Verdict.FAIL for _, by in step.verdicts.items())


def pytest_addoption(parser: pytest.Parser) -> None:
    """The settings."""
    parser.addini("optrace_offline", "optrace fetches no keys", type="bool", default=False)
    parser.addini("optrace_upstream_ca", "PEM file with the CAs of the servers under test", type="string", default="")


@pytest.fixture
def optrace_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> Iterator[Recording]:
    """Record what the test sends over HTTP, and fail it if that has errors."""
    from optrace.capture.environment import proxy_environment
    from optrace.capture.trust import trust_files
    from optrace.cli.places import confdir, sessions_directory
    from optrace.cli.recorder import start_proxy

    args = Namespace(
        listen_port=0,
        listen_host="127.0.0.1",
        mode="regular",
        ignore_hosts=[],
        upstream_ca=pytestconfig.getini("optrace_upstream_ca") or None,
        offline=pytestconfig.getini("optrace_offline"),
    )
    path = tmp_path / "session.optrace"
    process = start_proxy(args, path)
    try:
        environment = proxy_environment(process.url, trust_files(confdir(), sessions_directory()), os.environ)
        for name, value in environment.items():
            if os.environ.get(name) != value:
                monkeypatch.setenv(name, value)
        recording = Recording(path, process.url, environment, process)
        yield recording
    finally:
        process.stop()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Judge the traffic while the test still runs, so that it is the test that fails, not what cleans up behind it."""
    recording = pyfuncitem.funcargs.get(_FIXTURE)
    if not isinstance(recording, Recording):
        return (yield)
    try:
        result = yield
    except Exception:
        pyfuncitem.add_report_section("call", "optrace", recording.judge()[0])
        raise
    said, wrong = recording.judge()
    if wrong:
        pytest.fail(said, pytrace=False)
    pyfuncitem.add_report_section("call", "optrace", said)
    return result
