"""JSON lines: an exchange a line, in the form of `optrace.core.exchange_json`, which `optrace import` reads again.

With `--reveal` nothing is lost. Masked, bodies are decoded where they were coded, and what a mask covers can't be
verified any more.
"""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.exchange_json import to_jsonl
from optrace.exporters.material import Exporter, Material


def write(material: Material) -> Iterator[str]:
    """One line after the other."""
    for n in material.each():
        yield to_jsonl(material.exchange(n)) + "\n"


EXPORTER = Exporter(
    name="jsonl",
    title="one exchange a line, as on the wire; `optrace import` reads it",
    suffix=".jsonl",
    write=write,
    understood=False,
    swept=True,
)
