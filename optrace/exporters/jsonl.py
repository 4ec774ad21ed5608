"""JSON lines: an exchange a line, in the form of `optrace.core.exchange_json`, which `optrace import` reads again.

With `--reveal` nothing is lost. Masked, bodies are decoded where they were coded, and what a mask covers can't be
verified any more.
"""

from __future__ import annotations

from optrace.core.exchange_json import to_jsonl
from optrace.exporters.material import Exporter, Listing

_LISTING = Listing(wire=lambda exchange, sweep: to_jsonl(exchange) + "\n")

EXPORTER = Exporter(
    name="jsonl",
    title="one exchange a line, as on the wire; `optrace import` reads it",
    suffix=".jsonl",
    write=_LISTING.write,
    listing=_LISTING,
    understood=False,
    swept=True,
)
