from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from mitmproxy.certs import CertStore

from optrace.capture.process import ProxyProcess, spawn_proxy

ROOT = Path(__file__).parents[2]


@contextmanager
def recording_proxy(session: Path, confdir: Path, *more: str) -> Iterator[ProxyProcess]:
    """The recording proxy as `optrace record` starts it, on a free port."""
    words = [sys.executable, "-m", "optrace.cli", "_proxy", str(session), "-p", "0", "--offline", *more]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "OPTRACE_CONFDIR": str(confdir)}
    with spawn_proxy(words, env=env) as proxy:
        yield proxy


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mitmproxy")
    CertStore.from_store(folder, "mitmproxy", 2048)
    return folder
