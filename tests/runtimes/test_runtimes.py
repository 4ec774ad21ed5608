"""`optrace run` with real runtimes: the smallest program of each asks a plain and an encrypted server on loopback."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from optrace.capture.runtimes import BY_NAME
from optrace.sandbox.config import SandboxConfig
from tests.cli.conftest import exchanges_of
from tests.cli.test_processes import run
from tests.interop.node import HERE as INTEROP
from tests.interop.node import require_packages
from tests.sandbox.certificate import write_certificate
from tests.sandbox.running import running_sandbox

pytestmark = pytest.mark.slow

PROGRAMS = Path(__file__).parent / "programs"
RUST = Path(tempfile.gettempdir()) / "optrace-rust" / "debug" / "client"


@dataclass(frozen=True)
class Program:
    """What asks for each URL of its arguments, and prints each status."""

    name: str
    words: tuple[str, ...]  # {here}: its folder
    build: tuple[str, ...] = ()
    answers: int = 1  # for each URL
    npm: bool = False  # it imports packages of npm
    file: str = ""  # what must be there beside the commands


def go(source: str) -> tuple[str, ...]:
    return ("go", "build", "-o", "{here}/client", "{here}/" + source)


CURL = ("curl", "-sS", "-o", "/dev/null", "-o", "/dev/null", "-w", "%{{http_code}}\\n")
GUZZLE = "/usr/share/php/GuzzleHttp/autoload.php"
PYTHON = sys.executable
# these come through with nothing but the variables
HEARD = (
    Program("node fetch", ("node", "{here}/fetch.mjs")),
    Program("node http and https", ("node", "{here}/https.cjs")),
    Program("node axios", ("node", "{here}/axios.mjs"), npm=True),
    Program("node undici", ("node", "{here}/undici.mjs"), npm=True, answers=2),
    Program("deno fetch", ("deno", "run", "-A", "{here}/fetch.mjs")),
    Program("bun fetch", ("bun", "{here}/fetch.mjs")),
    Program("python httpx", (PYTHON, "{here}/use_httpx.py")),
    Program("python requests", (PYTHON, "{here}/use_requests.py")),
    Program("python aiohttp", (PYTHON, "{here}/use_aiohttp.py")),
    Program("curl", CURL),
    Program("php curl", ("php", "{here}/curl.php"), file="/etc/php"),
    Program("php guzzle", ("php", "{here}/guzzle.php"), file=GUZZLE),
    Program("php streams, cured", ("php", "{here}/cured_stream.php")),
    Program("java HttpClient", ("java", "-cp", "{here}", "Modern"), build=("javac", "{here}/Modern.java")),
    Program("java HttpURLConnection", ("java", "-cp", "{here}", "Classic"), build=("javac", "{here}/Classic.java")),
    Program("go, cured", ("{here}/client",), build=go("cured_net_http.go")),
    Program("ruby, cured", ("ruby", "{here}/cured_net_http.rb")),
    # `cargo build --target-dir /tmp/optrace-rust` in programs/rust takes minutes, so that is left to a person
    Program("rust reqwest", (str(RUST),), file=str(RUST)),
)  # fmt: skip
# these go around the proxy, and the runtime that is named for it; Node's is in the same table, but has no such program
SILENT = (
    (Program("python aiohttp", (PYTHON, "{here}/use_aiohttp_alone.py")), "Python"),
    (Program("php streams", ("php", "{here}/stream.php")), "PHP"),
    (Program("go", ("{here}/client",), build=go("net_http.go")), "Go"),
    (Program("ruby", ("ruby", "{here}/net_http.rb")), "Ruby"),
)


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, Path]]:
    """(wallet address over http, one over https, the CA to trust for it)."""
    folder = tmp_path_factory.mktemp("sandbox")
    certificate, private_key = write_certificate(folder)
    secure = SandboxConfig(key_dir=folder, certificate=certificate, private_key=private_key)
    trust = ssl.create_default_context(cafile=str(certificate))
    with running_sandbox(SandboxConfig(key_dir=folder)) as plain, running_sandbox(secure, verify=trust) as encrypted:
        yield plain.sender.wallet_address, encrypted.sender.wallet_address, certificate


def prepared(program: Program, folder: Path) -> list[str]:
    """The program's command line, in a copy of its folder; the test is skipped where its runtime isn't here."""
    commands = [words[0] for words in (program.words, program.build) if words and "{" not in words[0]]
    missing = [name for name in commands if shutil.which(name) is None]
    missing += [program.file] * bool(program.file and not Path(program.file).exists())
    if missing:
        give_up = pytest.fail if "node" in missing and os.environ.get("CI") else pytest.skip
        give_up(f"{' and '.join(missing)} not found")
    here = shutil.copytree(PROGRAMS, folder / "programs", ignore=shutil.ignore_patterns("rust"))
    if program.npm:
        require_packages()
        (here / "node_modules").symlink_to(INTEROP / "node_modules")

    def filled(words: Sequence[str]) -> list[str]:
        return [word.format(here=here) for word in words]

    if program.build:
        subprocess.run(filled(program.build), check=True, capture_output=True, timeout=300)
    return filled(program.words)


@pytest.mark.parametrize("program", HEARD, ids=lambda program: program.name)
def test_it_comes_through(program: Program, urls: tuple[str, str, Path], tmp_path: Path) -> None:
    plain, encrypted, certificate = urls
    words, session = prepared(program, tmp_path), tmp_path / "s.optrace"
    done = run(
        "run", "-o", session, "--offline", "--upstream-ca", certificate, "--", *words, plain, encrypted, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["200"] * 2 * program.answers
    seen = list({exchange.n: exchange for exchange in exchanges_of(session)}.values())
    assert [exchange.request.url for exchange in seen] == [plain] * program.answers + [encrypted] * program.answers
    for exchange in seen:
        assert exchange.response is not None
        assert exchange.response.status == 200
        assert exchange.notes == ()  # nothing changed on the way


@pytest.mark.parametrize(("program", "runtime"), SILENT, ids=lambda value: getattr(value, "name", value))
def test_it_says_why_nothing_came(program: Program, runtime: str, urls: tuple[str, str, Path], tmp_path: Path) -> None:
    words = prepared(program, tmp_path)
    done = run("run", "-o", tmp_path / "s.optrace", "--check", "--", *words, urls[0], timeout=120)
    assert done.returncode == 3
    assert done.stdout.split() == ["200"]
    lines = [line.strip() for line in done.stderr.splitlines()]
    named = [line.split(":")[0] for line in lines if line.split(":")[0] in BY_NAME]
    assert named == [runtime]
    assert set(BY_NAME[runtime].cure) <= set(lines)


def test_the_cured_programs_have_the_very_lines_that_are_told() -> None:
    for runtime, cured in (("Go", "cured_net_http.go"), ("PHP", "cured_stream.php"), ("Python", "use_aiohttp.py")):
        assert any(line in (PROGRAMS / cured).read_text() for line in BY_NAME[runtime].cure)
    assert BY_NAME["Ruby"].cure[0] in (PROGRAMS / "cured_net_http.rb").read_text()


def test_what_refuses_the_certificate_is_told_of(urls: tuple[str, str, Path], tmp_path: Path) -> None:
    code = "import httpx, ssl, sys; httpx.get(sys.argv[1], verify=ssl.create_default_context(cafile=sys.argv[2]))"
    command = [sys.executable, "-c", code, urls[1].replace("127.0.0.1", "localhost"), str(urls[2])]
    done = run("run", "-o", tmp_path / "s.optrace", "--upstream-ca", urls[2], "--", *command)
    assert "A client refused the proxy's certificate for localhost" in done.stderr
    assert "Nothing came through" not in done.stderr


def test_what_was_left_unrecorded_is_told_of(urls: tuple[str, str, Path], tmp_path: Path) -> None:
    code = "import httpx, sys; httpx.get(sys.argv[1], headers={'accept': 'text/html'})"
    done = run("run", "-o", tmp_path / "s.optrace", "--", sys.executable, "-c", code, urls[0])
    assert "1 request for pages, scripts or pictures of other sites passed by" in done.stderr
    assert "--record-all" in done.stderr
    assert "Nothing came through" not in done.stderr


def test_the_user_keeps_what_his_variables_say(urls: tuple[str, str, Path], tmp_path: Path) -> None:
    """What is there already stays, and stays before ours."""
    code = "console.log(process.env.NODE_OPTIONS.split(' ')[0], process.execArgv.length)"
    done = run("run", "-o", tmp_path / "s.optrace", "--", "node", "-e", code, NODE_OPTIONS="--no-warnings")
    assert done.stdout == "--no-warnings 2\n", os.environ.get("NODE_OPTIONS")
