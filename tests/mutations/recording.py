"""The cases as one recording of mitmproxy's, what `optrace check` says of it, and where that is wrong.

`python -m tests.mutations.recording [ID...]` prints what is wrong of the cases whose ids begin so.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitmproxy import connection, http
from mitmproxy.flow import Error
from mitmproxy.io import FlowWriter

from optrace.cli.main import main
from tests.mutations.case import Case, Entry, Sent
from tests.mutations.table import TABLE


@dataclass(frozen=True)
class Built:
    """A case with its exchanges; `first` is the number of the first of them in the recording."""

    entry: Entry
    case: Case
    first: int

    @property
    def marked(self) -> int:
        """The number of the exchange with the planted fault."""
        index = self.case.marked
        return self.first + (len(self.case.sent) - 1 if index is None else index)


def built(entries: Iterable[Entry]) -> list[Built]:
    """The cases in a row, twenty minutes apart."""
    found, n = [], 1
    for number, entry in enumerate(entries):
        case = Case(entry.id, number * 20)
        entry.build(case)
        found.append(Built(entry, case, n))
        n += len(case.sent)
    return found


def write(cases: Iterable[Built], path: Path) -> Path:
    """The recording."""
    with path.open("wb") as file:
        writer = FlowWriter(file)  # type: ignore[no-untyped-call]
        for one in cases:
            for sent in one.case.sent:
                writer.add(flow(sent))  # type: ignore[no-untyped-call]
    return path


def flow(sent: Sent) -> http.HTTPFlow:
    """One exchange as mitmproxy keeps it."""
    message = sent.message
    scheme, _, rest = message.url.partition("://")
    authority, slash, path = rest.partition("/")
    host, _, port = authority.partition(":")
    number = sent.port or (int(port) if port else 443 if scheme == "https" else 80)
    begun, ended = sent.started, sent.started + sent.took
    made = http.HTTPFlow(
        connection.Client(peername=("127.0.0.1", 50000), sockname=("127.0.0.1", 8080), timestamp_start=begun),
        connection.Server(address=(host, number)),
    )
    fields = [(name.encode(), value.encode()) for name, value in message.headers.items()]
    made.request = http.Request(
        host,
        number,
        message.method.encode(),
        scheme.encode(),
        b"",
        (slash + path or "/").encode(),
        b"HTTP/1.1",
        http.Headers(fields),
        message.body,
        None,
        begun,
        begun + 0.001,
    )
    if sent.error is not None or sent.status is None:
        made.error = Error(sent.error or "no answer", ended)  # type: ignore[no-untyped-call]
        return made
    fields = [(name.encode(), value.encode()) for name, value in sent.answered.items()]
    fields.append((b"content-length", str(len(sent.answer)).encode()))
    made.response = http.Response(
        b"HTTP/1.1", sent.status, b"", http.Headers(fields), sent.answer, None, ended - 0.001, ended
    )
    return made


def checked(path: Path) -> Mapping[int, Mapping[str, Any]]:
    """What `optrace check` says of each exchange."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main(["check", str(path), "--format", "json", "--offline"])
    return {one["n"]: one for one in json.loads(said.getvalue())["exchanges"]}


def wrong(cases: Iterable[Built], said: Mapping[int, Mapping[str, Any]]) -> Iterator[str]:
    """Where the first finding isn't the planted fault, a verdict isn't that of the verifiers, or a healthy exchange
    has an error."""
    for one in cases:
        entry, marked = one.entry, said[one.marked]
        name = f"{entry.id} ({entry.title})"
        codes = [finding["rule"] for finding in marked["findings"]]
        if entry.planted and codes[:1] not in [[code] for code in entry.planted]:
            yield f"{name}: {codes}, planted was {' or '.join(entry.planted)}"
        if missing := set(entry.both) - set(codes):
            yield f"{name}: {codes}, without {', '.join(missing)}"
        for profile, wanted in (("rfc", entry.rfc), ("rafiki", entry.rafiki)):
            if wanted and (got := verdict(marked, profile)) != wanted:
                yield f"{name}: signature.{profile} is {got}, not {wanted}"
        for n in range(one.first, one.first + len(one.case.sent)):
            errors = {finding["rule"] for finding in said[n]["findings"] if finding["severity"] == "error"}
            if errors and (n != one.marked or not entry.planted) and not errors & set(entry.planted):
                yield f"{name}: {', '.join(errors)} at {said[n]['operation']}, where nothing is wrong"


def verdict(exchange: Mapping[str, Any], profile: str) -> str:
    """The verdict on its signature."""
    found = exchange["verdicts"]["signature"][profile]
    return str(found["verdict"] if isinstance(found, dict) else found)


if __name__ == "__main__":
    wanted = tuple(sys.argv[1:]) or ("",)
    cases = built(entry for entry in TABLE if entry.id.startswith(wanted))
    faults = list(wrong(cases, checked(write(cases, Path(tempfile.gettempdir(), "mutations.mitm")))))
    print(*faults, f"{len(faults)} wrong of {len(cases)}", sep="\n")
