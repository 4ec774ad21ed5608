"""What the user noted stands in the exports that have a place for it, without secrets."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from optrace.core.redact import mask
from tests.corpus import exchanges
from tests.exporters.materials import TOKEN, broken_payment, of, planted, text


def test_notes_stand_in_archives() -> None:
    material = of(list(exchanges(5)), notes={4: "look here"})
    entries = json.loads(text("har", material))["log"]["entries"]
    assert [entry.get("_note") for entry in entries] == [None, None, None, "look here", None]
    members = json.loads(text("json", material))["exchanges"]
    assert [member.get("note") for member in members] == [None, None, None, "look here", None]
    assert "noted: look here" in text("html", material)


def test_marks_stand_there_too() -> None:
    material = of(list(exchanges(3)), marks=frozenset({2}))
    entries = json.loads(text("har", material))["log"]["entries"]
    assert [entry.get("_marked") for entry in entries] == [None, True, None]
    members = json.loads(text("json", material))["exchanges"]
    assert [member.get("marked") for member in members] == [None, True, None]
    assert '"marked"' in text("html", material)
    assert "Marked." in text("markdown", replace(broken_payment(), marks=frozenset({5})))


def test_the_note_on_the_cause_stands_in_the_report() -> None:
    material = replace(broken_payment(), notes={5: "seen <b>twice</b>", 6: "elsewhere"})
    said = text("markdown", material)
    assert "Noted: seen" in said
    assert "<b>" not in said
    assert "elsewhere" not in said


@pytest.mark.parametrize("format_", ["har", "json", "html"])
def test_secrets_in_notes_are_masked(format_: str) -> None:
    material, _ = planted()
    said = text(format_, replace(material, notes={1: f"they sent {TOKEN}, token=pasted1234"}))
    assert TOKEN not in said
    assert "pasted1234" not in said
    assert mask(TOKEN)[-4:] in said
