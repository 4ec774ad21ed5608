"""JSON lines: one exchange a line, in the form of `optrace.core.exchange_json`."""

from __future__ import annotations

import re
from pathlib import Path

from optrace.core.errors import DamagedSession
from optrace.core.exchange_json import of_jsonl
from optrace.core.messages import Exchange
from optrace.store.importers.importer import Imported, Importer, Progress, numbered

_LINE = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{.*"request"\s*:', re.S)


def read(path: Path, progress: Progress) -> Imported:
    """Read exchanges line by line; empty lines are passed over, a bad line costs only itself.

    The numbers in the file give the order if they are distinct, else the instants do; then they are counted anew.

    Raises:
        DamagedSession: no line can be read.
    """
    exchanges: list[Exchange] = []
    faults: list[str] = []
    size, done = path.stat().st_size, 0
    with path.open("rb") as file:
        for at, line in enumerate(file, 1):
            done += len(line)
            if not line.strip():
                continue
            try:
                exchanges.append(of_jsonl(line.removeprefix(b"\xef\xbb\xbf").strip()))
            except ValueError as error:
                faults.append(f"line {at}: {error}")
            progress(done, size)
    if not exchanges:
        raise DamagedSession(path=path, why=faults[0], remedy="Nothing of it can be read.")
    if len({exchange.n for exchange in exchanges}) == len(exchanges):
        ordered = numbered(exchanges, key=lambda exchange: exchange.n)
    else:
        ordered = numbered(exchanges)
    damage = f"{len(faults)} of its lines can't be read, the first: {faults[0]}" if faults else None
    return Imported(exchanges=ordered, damage=damage)


IMPORTER = Importer(name="JSON lines", recognises=lambda head: _LINE.match(head) is not None, read=read)
