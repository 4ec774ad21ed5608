"""A payment by the official npm client, through a recording proxy, while something goes wrong on purpose."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optrace.capture.environment import proxy_environment
from optrace.capture.process import spawn_proxy
from optrace.cli.main import main
from optrace.faults.order import read_orders
from optrace.sandbox.config import SandboxConfig
from tests.interop.client.test_pay import QUICK, pay
from tests.sandbox.running import Running, running_sandbox

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Played:
    """What the client said, and what `check` says of it."""

    client: subprocess.CompletedProcess[str]
    session: Path
    document: dict[str, Any]  # check --format json

    @property
    def codes(self) -> list[str]:
        """The rules that spoke."""
        return [finding["rule"] for exchange in self.document["exchanges"] for finding in exchange["findings"]]

    @property
    def paid(self) -> bool:
        return self.client.returncode == 0

    def first(self, operation: str) -> dict[str, Any]:
        """The first exchange of an operation."""
        exchange: dict[str, Any] = next(e for e in self.document["exchanges"] if e["operation"] == operation)
        return exchange


@contextmanager
def recorded(folder: Path, *proxy_words: str, faults: Sequence[str] = ()) -> Iterator[tuple[Running, Path, str]]:
    """A sandbox whose servers' own calls pass the proxy, too: (sandbox, session file, the proxy's URL)."""
    session = folder / "session.optrace"
    words = [sys.executable, "-m", "optrace.cli", "_proxy", str(session), "-p", "0", "--offline", *proxy_words]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OPTRACE_CONFDIR": str(folder / "mitmproxy")}
    config = SandboxConfig(key_dir=folder, timing=QUICK, faults=read_orders(faults))
    with spawn_proxy(words, env=env) as proxy:
        with running_sandbox(config, proxy=proxy.url) as running:
            yield running, session, proxy.url
        assert proxy.stop() == 0


def play(folder: Path, capsys: Any, *proxy_words: str, faults: Sequence[str] = ()) -> Played:
    """Pay once, and judge the recording."""
    with recorded(folder, *proxy_words, faults=faults) as (running, session, proxy):
        done = pay(running, folder, **proxy_environment(proxy, None, {}))
    capsys.readouterr()
    main(["check", str(session), "--offline", "--format", "json"])
    return Played(done, session, json.loads(capsys.readouterr().out))
