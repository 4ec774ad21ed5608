"""The ladder as painted, as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.diagram.paint import ladder_text
from optrace.exporters.material import Exporter, Material

WIDTH = 100  # columns


def write(material: Material) -> Iterator[str]:
    """The whole ladder."""
    width = material.width or WIDTH
    yield ladder_text(list(material.steps()), width, diagram=material.diagram, profile=material.profile)


EXPORTER = Exporter(name="text", title="the ladder, as `optrace ladder` prints it", suffix=".txt", write=write)
