"""Flow files of mitmproxy, of every version that mitmproxy itself can read.

Such a file is written in the order of completion and has no checksums; a torn record hides what follows. A record that
is whole but can't be understood costs only itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

from optrace.core.errors import DamagedSession
from optrace.core.flows import EPOCH, exchange_of_flow
from optrace.core.messages import Exchange
from optrace.session.events import Noted
from optrace.store.importers.importer import Imported, Importer, Progress, numbered

_RECORD = re.compile(rb"\d{1,12}:\d{1,3}:[a-z_]+[;,]")  # a tnetstring whose first part is a name


def read(path: Path, progress: Progress) -> Imported:
    """Read a flow file; flows of other protocols than HTTP are left out, and a note says so.

    Raises:
        DamagedSession: not one flow can be read.
    """
    exchanges: list[Exchange] = []
    left_out: Counter[str] = Counter()
    faults: list[str] = []
    size = path.stat().st_size
    with path.open("rb") as file:
        for flow in _flows(file, faults):
            if flow.type == "http":
                exchanges.append(exchange_of_flow(flow, 0))
            else:
                left_out[flow.type] += 1
            progress(file.tell(), size)
    if not exchanges and not left_out:
        raise DamagedSession(path=path, why=faults[0], remedy="Nothing of it can be read.")
    ordered = numbered(exchanges)
    notes: tuple[Noted, ...] = ()
    if left_out:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(left_out.items()))
        at = ordered[0].started if ordered else EPOCH
        notes = (Noted(at=at, text=f"Flows that are not HTTP were left out: {kinds}.", level="info"),)
    damage = f"after {len(exchanges)} exchanges in all, {'; '.join(faults[:3])}" if faults else None
    return Imported(exchanges=ordered, notes=notes, damage=damage)


def _flows(file: BufferedReader, faults: list[str]) -> Iterator[Any]:
    """Each flow that can be read; for the others, a fault."""
    from mitmproxy.io import FlowReader  # heavy, and needed for this format only

    start = 0
    while True:
        try:
            for flow in FlowReader(file).stream():
                yield flow
                start = file.tell()
            return
        except Exception as error:  # mitmproxy lets through whatever a bad record leads to
            cause = error.__cause__ or error
            faults.append(f"bytes {start} to {file.tell()} can't be read ({cause})")
            start = file.tell()
            if not file.peek(1)[:1].isdigit():  # no record begins here: this was the end, or its length was a lie
                return


IMPORTER = Importer(name="mitmproxy flow file", recognises=lambda head: _RECORD.match(head) is not None, read=read)
