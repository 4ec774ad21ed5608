"""What optrace itself did to the traffic."""

from __future__ import annotations

from dataclasses import replace

from optrace.core.amends import fault_note
from tests.rules.scenarios.table import sample
from tests.rules.scene import Scene


@sample("FLT-001")
def on_purpose(s: Scene, bad: bool) -> None:
    s.read()
    s.grant(s.bob, "incoming-payment", ["create"])
    if bad:
        note = fault_note("slow", "the answer was held up for 3 s")
        s.exchanges[-1] = replace(s.exchanges[-1], notes=(note,))
