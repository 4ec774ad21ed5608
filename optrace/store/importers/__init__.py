"""Foreign recordings, one file a format. A new one is a module here and a line in `IMPORTERS`."""

from __future__ import annotations

from optrace.store.importers import flows, har, jsonl
from optrace.store.importers.importer import Imported, Importer, Progress

IMPORTERS: tuple[Importer, ...] = (flows.IMPORTER, har.IMPORTER, jsonl.IMPORTER)

__all__ = ["IMPORTERS", "Imported", "Importer", "Progress"]
