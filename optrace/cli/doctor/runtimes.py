"""Which runtimes are here, and whether they trust the proxy's CA: each is sent to a server that has it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from optrace.capture.environment import proxy_environment
from optrace.capture.trial import trial_server
from optrace.capture.trust import trust_files
from optrace.cli.doctor.line import Line

Try = Callable[[Sequence[str], Mapping[str, str]], bool]

_PYTHON = "import sys, urllib.request as u; u.build_opener(u.ProxyHandler({})).open(sys.argv[1])"
_PATIENCE = 15  # seconds for one runtime
# what a runtime is called -> the words that have it GET a URL, which is added
_TRIALS: Mapping[str, tuple[str, ...]] = {
    "node": ("node", "-e", "fetch(process.argv[1]).catch(() => process.exit(1))"),
    "deno": ("deno", "eval", "await fetch(Deno.args[0])"),
    "python3": ("python3", "-c", _PYTHON),
    "php": ("php", "-r", "exit(@file_get_contents($argv[1]) === false ? 1 : 0);", "--"),
    "ruby": ("ruby", "-rnet/http", "-e", "Net::HTTP.get(URI(ARGV[0]))"),
    "curl": ("curl", "--silent", "--show-error", "--noproxy", "*", "--output", "/dev/null"),
}  # fmt: skip
# those that nothing short can be tried with: (executable, what is to be known)
_UNTRIED = {
    "go": "SSL_CERT_FILE, which `optrace run` sets; on macOS and Windows the system's certificates",
    "java": "JAVA_TOOL_OPTIONS, which `optrace run` sets: they name a trust store that has the CA",
    "dotnet": "SSL_CERT_FILE, which `optrace run` sets; on macOS and Windows the system's certificates",
}


def runtimes(
    confdir: Path, folder: Path, variables: Mapping[str, str], *, attempt: Try | None = None
) -> Iterator[Line]:
    """A line for each runtime on the path.

    Args:
        folder: where the files by which runtimes trust the CA are written.
        attempt: runs a command with an environment; whether it succeeded.
    """
    bare = {name: value for name, value in variables.items() if "proxy" not in name.lower()}
    told = proxy_environment("http://127.0.0.1:8080", trust_files(confdir, folder), bare)
    told = {
        name: value
        for name, value in told.items()
        if "proxy" not in name.lower() and name not in ("NODE_USE_ENV_PROXY", "JAVA_TOOL_OPTIONS")
    }
    here = [name for name in _TRIALS if shutil.which(name, path=variables.get("PATH"))]
    with trial_server(confdir) as url, ThreadPoolExecutor(max_workers=2) as pool:
        run = attempt or _run
        jobs = [(name, pool.submit(run, (*_TRIALS[name], url), bare), pool.submit(run, (*_TRIALS[name], url), told))
                for name in here]  # fmt: skip
        for name, by_itself, when_told in jobs:
            yield _line(name, by_itself.result(), when_told.result())
    for name, how in _UNTRIED.items():
        if shutil.which(name, path=variables.get("PATH")):
            yield Line(about=name, ok=None, said=f"is here, and was not tried. It trusts by {how}")


def _line(name: str, by_itself: bool, when_told: bool) -> Line:
    if by_itself:
        return Line(about=name, ok=True, said="trusts the CA, in this shell too")
    if when_told:
        return Line(about=name, ok=True, said="trusts the CA under `optrace run`; in this shell it doesn't")
    return Line(about=name, ok=False, said="doesn't trust the CA, whatever it is told", cure="optrace ca")


def _run(command: Sequence[str], variables: Mapping[str, str]) -> bool:
    try:
        done = subprocess.run(
            command, env=dict(variables), capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
