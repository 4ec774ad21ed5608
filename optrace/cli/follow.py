"""Following a session while it is recorded, without a screen: a line an exchange, and a summary at the end."""

from __future__ import annotations

import time
from collections.abc import Callable

from optrace.cli.commands.ls import line
from optrace.cli.output import Output
from optrace.cli.understanding import Understanding
from optrace.core.text import safe
from optrace.session.steps import DEFAULT_PROFILE
from optrace.store.sources import Source

_PAUSE = 0.1  # seconds between two looks


class Follower:
    """Understands each exchange, and prints it once it has ended if there is an `output`."""

    def __init__(self, source: Source, output: Output | None, profile: str = DEFAULT_PROFILE) -> None:
        self.source = source
        self.trace = Understanding(source.exchange)
        self._output = output
        self._profile = profile
        self._open: set[int] = set()
        self._seen = 0
        self._notes = 0

    def look(self) -> bool:
        """Take in what is new and print what ended; False if there was nothing."""
        events = self.source.poll()
        self.trace.feed(events)
        if self._output is not None:
            self._print(self._output)
        return bool(events)

    def _print(self, output: Output) -> None:
        self._open.update(range(self._seen + 1, len(self.trace) + 1))
        self._seen = len(self.trace)
        for n in sorted(self._open):
            if self.trace.has(n) and not (step := self.trace.step(n)).in_flight:
                self._open.discard(n)
                output.say(line(step, output, self._profile))
        for note in self.trace.notes[self._notes :]:
            output.tell(f"{note.level}: {safe(note.text)}")
        self._notes = len(self.trace.notes)
        output.out.flush()

    def until(self, ended: Callable[[], bool]) -> None:
        """Follow until `ended` and nothing more comes."""
        while True:
            over = ended()
            if not self.look():
                if over:
                    return
                time.sleep(_PAUSE)
