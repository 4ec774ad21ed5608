"""Printing: data to standard output, talk to standard error, colour where somebody looks."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TextIO

from optrace.core.errors import OptraceError
from optrace.core.text import safe, safe_json

# one style for each meaning; the sixteen colours of the terminal, so that its own theme decides how they look
STYLES: Mapping[str, str] = {
    "good": "32",
    "bad": "31",
    "differs": "33",
    "unsure": "36",
    "dim": "2",
    "strong": "1",
    "title": "1;34",
}
_EVERY = 0.1  # seconds between two states of a progress bar


def json_text(value: object) -> str:
    """A JSON document: readable, and as safe to look at as text is."""
    return safe_json(json.dumps(value, ensure_ascii=False, indent=1))


@dataclass(slots=True)
class Output:
    """Where a command prints, and how much of it."""

    color: str = "auto"  # auto, always or never
    quiet: bool = False
    verbose: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def colored(self, stream: TextIO) -> bool:
        """Whether a stream gets colours: https://no-color.org, then --color, then whether it is a terminal."""
        if self.color != "auto":
            return self.color == "always"
        return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb" and stream.isatty()

    def style(self, text: str, style: str) -> str:
        """Text in one of `STYLES`, for standard output."""
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and text and self.colored(self.out) else text

    def say(self, text: str = "") -> None:
        """A line of data."""
        print(text, file=self.out)

    def say_json(self, value: object) -> None:
        """A JSON document as data."""
        print(json_text(value), file=self.out)

    def tell(self, text: str) -> None:
        """A line of talk; --quiet silences it."""
        if not self.quiet:
            print(text, file=self.err, flush=True)

    def complain(self, error: OptraceError) -> None:
        """What happened and what to do."""
        head = "error:"
        if self.colored(self.err):
            head = f"\x1b[31m{head}\x1b[0m"
        print(f"{head} {safe(error.title)}", file=self.err)
        for line in error.excerpt:
            print(f"         {line}", file=self.err)
        if error.remedy:
            print(f"       {error.remedy}", file=self.err)


class Progress:
    """A bar on standard error for work that takes longer than a second; nothing on a pipe."""

    def __init__(self, output: Output, what: str) -> None:
        self._err = output.err
        self._what = what
        self._shown = not output.quiet and output.err.isatty()
        self._started = self._last = time.monotonic()
        self._drawn = False

    def __call__(self, done: int, total: int | None) -> None:
        """Say how far the work is."""
        now = time.monotonic()
        if not self._shown or now - self._started < 1 or now - self._last < _EVERY:
            return
        self._last, self._drawn = now, True
        if total:
            part = min(1.0, done / total)
            bar = "█" * int(part * 24)
            left = (now - self._started) * (1 - part) / part if part else 0
            text = f"{self._what} {bar:░<24} {part:4.0%}  {left:.0f} s left"
        else:
            text = f"{self._what} {done:,}"
        self._err.write(f"\r\x1b[2K{text}")
        self._err.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._drawn:
            self._err.write("\r\x1b[2K")
            self._err.flush()
