"""optrace without its own process: inside somebody else's mitmproxy, one line an exchange."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from optrace.capture.desk import Desk as DeskProtocol
from optrace.capture.desk import NoDesk
from optrace.cli.clock import utc_now
from optrace.cli.commands.ls import line
from optrace.cli.output import Output
from optrace.cli.understanding import Understanding
from optrace.cli.version import versions
from optrace.core.messages import Exchange
from optrace.core.text import safe
from optrace.session.events import ExchangeSeen, Noted
from optrace.session.steps import DEFAULT_PROFILE
from optrace.store.desk import Desk
from optrace.store.writer import SessionWriter


class HeadlessSink:
    """Prints each exchange when it has ended, and records it if there is a file; `desk` is where orders arrive."""

    def __init__(self, writer: SessionWriter | None, out: TextIO) -> None:
        self._writer = writer
        self._desk = None if writer is None else Desk(writer.path, writer.changed, utc_now)
        self.desk: DeskProtocol = self._desk or NoDesk()
        self._output = Output(out=out)
        self._trace = Understanding()
        self._n = 0

    def request(self, exchange: Exchange) -> int:
        """Keep a request before it is forwarded."""
        if self._writer is not None:
            return self._writer.request(exchange)
        self._n += 1
        return self._n

    def response(self, n: int, exchange: Exchange) -> None:
        """Keep and print an exchange that ended."""
        if self._writer is not None:
            self._writer.response(n, exchange)
        self._trace.feed([ExchangeSeen(exchange=exchange)])
        print(line(self._trace.step(n), self._output, DEFAULT_PROFILE), file=self._output.out, flush=True)

    def note(self, noted: Noted) -> None:
        """Keep and print something that is to be said."""
        if self._writer is not None:
            self._writer.note(noted)
        print(f"{noted.level}: {safe(noted.text)}", file=self._output.out, flush=True)

    def close(self) -> None:
        """Close the session file."""
        if self._desk is not None:
            self._desk.close()
        if self._writer is not None:
            self._writer.close()


def headless_sink(path: str | None, out: TextIO) -> HeadlessSink:
    """The sink of `mitmdump -s addons/optrace_addon.py`. Raises Usage if the file exists already."""
    writer = None
    if path:
        writer = SessionWriter.create(
            Path(path),
            info={**versions(), "mode": "addon"},
            clock=utc_now,
            on_trouble=lambda reason: print(f"not recorded: {reason}" if reason else "recording again", file=out),
        )
    return HeadlessSink(writer, out)
