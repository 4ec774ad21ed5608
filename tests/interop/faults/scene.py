"""A payment by the official npm client, through a recording proxy, while something goes wrong on purpose."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optrace.capture.environment import proxy_environment
from optrace.capture.options import ProxyOptions
from optrace.cli.main import main
from optrace.cli.recorder import recording
from optrace.faults.order import read_orders
from optrace.sandbox.config import SandboxConfig
from tests.capture.kit import running_proxy
from tests.interop.client.test_pay import QUICK, pay
from tests.sandbox.running import Running, running_sandbox


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
def recorded(
    folder: Path, confdir: Path, *, faults: Sequence[str] = (), on_the_way: Sequence[str] = ()
) -> Iterator[tuple[Running, Path, str]]:
    """A sandbox whose servers' own calls pass the proxy, too: (sandbox, session file, the proxy's URL).

    The sandbox plants `faults`, the proxy those `on_the_way`.
    """
    session, planted = folder / "session.optrace", {"faults": tuple(on_the_way), "fault_hosts": ("127.0.0.1",)}
    troubles: list[str | None] = []
    options = ProxyOptions(confdir=confdir, port=0)
    config = SandboxConfig(key_dir=folder, timing=QUICK, faults=read_orders(faults))
    with (
        recording(session, options, offline=True, trouble=troubles.append) as (sink, desk),
        running_proxy(confdir, sink, desk=desk, **planted) as proxy,
        running_sandbox(config, proxy=proxy.url) as running,
    ):
        yield running, session, proxy.url
    assert troubles == []


def play(folder: Path, confdir: Path, capsys: Any, **planted: Sequence[str]) -> Played:
    """Pay once, and judge the recording."""
    with recorded(folder, confdir, **planted) as (running, session, proxy):
        done = pay(running, folder, **proxy_environment(proxy, None, {}))
    capsys.readouterr()
    main(["check", str(session), "--offline", "--format", "json"])
    return Played(done, session, json.loads(capsys.readouterr().out))
