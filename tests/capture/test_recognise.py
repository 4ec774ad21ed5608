"""Which runtime a command is: by its words, by the files they name, by the processes that it starts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from optrace.capture.recognise import Watch, recognise


def names(*command: str, folder: Path, path: str | None = None) -> list[str]:
    return [runtime.name for runtime in recognise(command, folder, path)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("node pay.js", ["Node"]),
        ("/opt/python3.12 -m pay", ["Python"]),
        ("python3 pay.py", ["Python"]),
        ("env -i A=b HTTP_PROXY= nice php8.2 pay.php", ["PHP"]),
        ("A=b go run .", ["Go"]),
        ("./mvnw test", ["Java"]),
        ("npx tsx pay.ts", ["Node"]),
        ("C:\\Tools\\Node.EXE pay.js", ["Node"]),
        ("docker compose up", ["a container"]),
        ("/does/not/exist", []),
        ("", []),
        ("env", []),
    ],
)
def test_by_its_words(line: str, expected: list[str], tmp_path: Path) -> None:
    assert names(*line.split(), folder=tmp_path) == expected


def test_a_line_for_a_shell(tmp_path: Path) -> None:
    assert names("sh", "-c", "cd app && python3 -m a | (curl -d @- x); true", folder=tmp_path) == ["Python", "curl"]
    assert names("bash", "-c", "python3 'unbalanced", folder=tmp_path) == ["Python"]


def test_scripts_of_package_json(tmp_path: Path) -> None:
    scripts = {"test": "npm run all", "all": "go test ./... && vitest", "pay": "php pay.php", "loop": "npm run loop",
               "own": "./bin/own"}  # fmt: skip
    (tmp_path / "package.json").write_text(json.dumps({"scripts": scripts}))
    assert names("npm", "test", folder=tmp_path) == ["Go", "Node"]
    assert names("npm", "t", folder=tmp_path) == ["Go", "Node"]
    assert names("pnpm", "run", "pay", folder=tmp_path) == ["PHP"]
    assert names("npm", "run", "loop", folder=tmp_path) == ["Node"]
    assert names("yarn", "run", "own", folder=tmp_path) == ["Node"]
    assert names("npm", "install", folder=tmp_path) == ["Node"]
    assert names("npm", "run", folder=tmp_path) == ["Node"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"scripts": 5}', '{"scripts": {"test": 7}}'])
def test_a_package_json_that_says_nothing(content: str, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text(content)
    assert names("npm", "test", folder=tmp_path) == ["Node"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"#!/usr/bin/env python3\nprint()", ["Python"]),
        (b"#! /usr/bin/php8.2 -q\n", ["PHP"]),
        (b"#!/usr/bin/env -S node --no-warnings\n", ["Node"]),
        (b"#!\n", []),
        (b"#!/bin/true\n", []),
        (b"\x7fELF..." + bytes(1000) + b"\xff Go buildinf:\x08", ["Go"]),
        (b"\x7fELF.../rustc/9fc6b431/library", ["Rust"]),
        (b"\x7fELF...", []),
        (b"", []),
    ],
)
def test_by_the_file(content: bytes, expected: list[str], tmp_path: Path) -> None:
    program = tmp_path / "pay"
    program.write_bytes(content)
    program.chmod(0o755)
    assert names("./pay", folder=tmp_path) == expected
    assert names("pay", folder=Path("/"), path=str(tmp_path)) == expected


def test_by_the_link(tmp_path: Path) -> None:
    (tmp_path / "pay").symlink_to(sys.executable)
    assert names("./pay", folder=tmp_path) == ["Python"]


@pytest.mark.skipif(not Path("/proc/self/exe").exists(), reason="no /proc here")
def test_by_its_processes() -> None:
    code = "import sys; print(flush=True); sys.stdin.read()"
    command = ["sh", "-c", f"{sys.executable} -c '{code}'; true"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        watch = Watch(process.pid)
        while not watch._seen or not any(watch._seen.values()):
            os.sched_yield()
        assert [runtime.name for runtime in watch.stop()] == ["Python"]
        process.communicate()


def test_a_process_that_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert Watch(process.pid).stop() == []
