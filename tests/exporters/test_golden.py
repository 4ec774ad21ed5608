"""Approved exports of one payment with one fault. UPDATE_GOLDEN=1 approves new ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.exporters.materials import broken_payment, text

GOLDEN = Path(__file__).parents[1] / "golden" / "exporters"


@pytest.mark.parametrize("name", ["mermaid", "plantuml", "markdown", "curl", "text", "httpx", "node", "http"])
def test_the_broken_payment(name: str) -> None:
    path = GOLDEN / f"broken-payment.{name}.txt"
    exported = text(name, broken_payment())
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(exported, encoding="utf-8")
    assert exported == path.read_text(encoding="utf-8"), f"{path.name} differs; UPDATE_GOLDEN=1 approves the new one"
