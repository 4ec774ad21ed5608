"""Mermaid's own parser and PlantUML read our diagrams, and see in them what is meant."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from optrace.exporters import EXPORTERS
from tests.exporters.materials import HOSTILE, broken_payment, hostile, planted, recorded, text
from tests.interop.exporters.packages import program, require_packages, run_script
from tests.recordings.truth import NAMES

MADE_UP = {"hostile": hostile, "broken": broken_payment, "planted": lambda: planted()[0]}


@pytest.mark.node
def test_mermaid_reads_every_recording() -> None:
    diagrams = {name: text("mermaid", recorded(name)) for name in NAMES}
    diagrams |= {name: text("mermaid", made()) for name, made in MADE_UP.items()}
    found = run_script("mermaid.mjs", diagrams)
    assert {name: said["error"] for name, said in found.items() if "error" in said} == {}
    for name in NAMES:
        assert found[name]["numbers"], name
        steps = list(recorded(name).steps())
        assert sorted(found[name]["numbers"]) == [step.n for step in steps]
        answered = sum(step.status is not None or step.error is not None for step in steps)
        assert len(found[name]["messages"]) == len(steps) + answered


@pytest.mark.node
def test_mermaid_shows_hostile_words_as_words() -> None:
    found = run_script("mermaid.mjs", {"hostile": text("mermaid", hostile())})["hostile"]
    assert len(found["actors"]) == 2
    assert len(found["messages"]) == 2 * len(HOSTILE)
    assert "<script>" not in "".join(text("mermaid", hostile()).split("\n"))
    assert any("<script>alert(1)</script>" in note for note in found["notes"])
    assert any("Note over client: forged" in note for note in found["notes"])


@pytest.mark.node
def test_mermaid_sees_boxes_and_verdicts() -> None:
    found = run_script("mermaid.mjs", {"x": text("mermaid", broken_payment())})["x"]
    assert found["boxes"] == ["Sender's ASE", "Recipient's ASE"]
    assert found["actors"][2] == "Client"
    assert any(note.startswith("✗ signature fail") for note in found["notes"])
    assert any("DIG-008" in note for note in found["notes"])


@pytest.mark.slow
def test_plantuml_reads_every_recording() -> None:
    plantuml = program("plantuml")
    diagrams = [text("plantuml", recorded(name)) for name in NAMES] + [
        text("plantuml", made()) for made in MADE_UP.values()
    ]
    assert all(diagram.isascii() for diagram in diagrams)
    done = subprocess.run(
        [plantuml, "-syntax"], input="\n".join(diagrams), capture_output=True, text=True, timeout=300, check=False
    )
    assert re.findall(r"^(\w+)\n\((\d+) participants\)", done.stdout, re.M)
    assert "ERROR" not in done.stdout
    assert done.stdout.count("SEQUENCE") == len(diagrams)


@pytest.mark.slow
def test_plantuml_shows_hostile_words_as_words() -> None:
    plantuml = program("plantuml")
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere/secret-home"}
    done = subprocess.run(
        [plantuml, "-tsvg", "-pipe", "-charset", "UTF-8"],
        input=text("plantuml", hostile()).encode(),
        capture_output=True,
        env=environment,
        timeout=300,
        check=True,
    )
    said = re.sub(r"<[^>]*>", "", done.stdout.decode())
    assert "%getenv(HOME)" in said.replace("\u00a0", " ")
    assert "secret-home" not in said
    assert "root:" not in said
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said


@pytest.mark.node
def test_the_schema_of_har_accepts_every_recording() -> None:
    archives = {name: json.loads(text("har", recorded(name, reveal=name < "1"))) for name in NAMES}
    archives |= {name: json.loads(text("har", made())) for name, made in MADE_UP.items() if name != "hostile"}
    assert {name: errors for name, errors in run_script("har.mjs", archives).items() if errors} == {}


@pytest.mark.node
def test_the_schema_finds_faults() -> None:
    archive = json.loads(text("har", broken_payment()))
    del archive["log"]["entries"][0]["request"]["headers"]
    assert run_script("har.mjs", {"x": archive})["x"]


@pytest.mark.node
@pytest.mark.parametrize("name", ["hostile", *MADE_UP])
def test_node_can_read_the_module(name: str, tmp_path) -> None:
    require_packages()
    path = tmp_path / f"module{EXPORTERS['node'].suffix}"
    path.write_text(text("node", MADE_UP[name]()), encoding="utf-8")
    done = subprocess.run(["node", "--check", str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
