"""What a session can be given out as, one file a format. A new one is a module here and a line in `EXPORTERS`.

Exporters are pure: `Material` in, text out, piece by piece. Secrets are masked before an exporter sees them
(`material.py`), and what it gives is swept once more for whatever slipped through its hands.
"""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.registry import Registry
from optrace.exporters import (
    curl,
    har,
    html,
    http,
    httpx,
    json,
    jsonl,
    markdown,
    mermaid,
    node,
    otlp,
    plantuml,
    pytest,
    svg,
    text,
)
from optrace.exporters.material import Exporter, Material

EXPORTERS: Registry[Exporter] = Registry(
    "format",
    (
        mermaid.EXPORTER,
        plantuml.EXPORTER,
        svg.EXPORTER,
        text.EXPORTER,
        html.EXPORTER,
        markdown.EXPORTER,
        har.EXPORTER,
        json.EXPORTER,
        jsonl.EXPORTER,
        otlp.EXPORTER,
        curl.EXPORTER,
        httpx.EXPORTER,
        node.EXPORTER,
        http.EXPORTER,
        pytest.EXPORTER,
    ),
    name=lambda exporter: exporter.name,
)


def export(exporter: Exporter, material: Material) -> Iterator[str]:
    """The text of an export, in pieces.

    Raises:
        Usage: the exchanges aren't fit for this format.
    """
    pieces = exporter.write(material)
    if material.secrets is None or exporter.swept:
        return pieces
    return map(material.secrets.sweep, pieces)


def one(exporter: Exporter, material: Material, n: int, wire: str | None = None) -> str:
    """One exchange in a format that lists them, as it stands in the whole.

    Args:
        wire: what `Listing.wire` makes of it, if that is known.
    """
    assert exporter.listing is not None
    text = exporter.listing.one(material, n, wire)
    return text if material.secrets is None or exporter.swept else material.secrets.sweep(text)


__all__ = ["EXPORTERS", "Exporter", "Material", "export", "one"]
