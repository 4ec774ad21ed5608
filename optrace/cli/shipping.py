"""Sending a session to a collector while it is recorded: a process of its own, which reads the file as it grows.

So a collector that is dead, slow or refuses holds up neither the traffic nor the screen; what can't be sent yet waits
in the session file. The process tells its parent on standard output, as one JSON object at its end, what arrived.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from optrace.cli.output import Output
from optrace.cli.understanding import Understanding
from optrace.core.text import safe
from optrace.exporters.otlp_feed import Batch, Feed
from optrace.session.events import ExchangeSeen, KeyLearned
from optrace.store.sources import Source

_FLUSH = 5.0  # seconds that are left for the collector when the recording has ended
_PAUSE, _ROUND = 0.1, 0.5  # seconds between two looks at the file, and between two at what is settled
_FIRST, _MOST = 1.0, 30.0  # seconds between two tries
_HEADERS = "OPTRACE_OTLP_HEADERS"  # not on the command line, where everybody could read it


def add_otlp_argument(parser: ArgumentParser) -> None:
    """--otlp."""
    parser.add_argument(
        "--otlp",
        metavar="URL",
        help="send each payment as a trace to an OpenTelemetry collector, such as http://localhost:4318; secrets masked"
        ' (also [otlp] url = "..." in optrace.toml, with headers = "name=value")',
    )


@dataclass(slots=True, kw_only=True)
class Shipped:
    """What became of the exchanges of a session."""

    sent: int = 0
    refused: int = 0  # exchanges in requests that the collector refused for good
    rejected: int = 0  # spans that it left out of requests that it took
    waiting: int = 0  # were not sent when the time was over
    lost: int = 0  # found no place to wait
    why: str = ""  # the last trouble

    def words(self, url: str) -> str:
        """For the user."""
        said = f"{self.sent:,} exchange{'' if self.sent == 1 else 's'} sent to {safe(url)}"
        missing = self.refused + self.waiting + self.lost
        if missing or self.rejected:
            counted = [f"{missing:,} not"] if missing else []
            counted += [f"{self.rejected:,} spans left out by the collector"] if self.rejected else []
            said += f", {' and '.join(counted)} ({safe(self.why) or 'no time was left'});"
            said += " `optrace export FILE -f otlp` has all of them"
        return said


class Sends(Protocol):
    """A collector."""

    def send(self, body: str, *, within: float) -> Reply:
        """Send one request."""


class Reply(Protocol):
    """What a collector answers."""

    @property
    def arrived(self) -> bool: ...
    @property
    def again(self) -> bool: ...
    @property
    def after(self) -> float | None: ...
    @property
    def rejected(self) -> int: ...
    @property
    def why(self) -> str: ...


class Shipping:
    """Follows a session and sends what is settled.

    Args:
        clock: seconds that only grow; with `pause` and `chance`, what a test makes its own.
    """

    def __init__(
        self,
        source: Source,
        collector: Sends,
        versions: dict[str, str],
        keys: Iterable[KeyLearned] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._source = source
        self._trace = Understanding(source.exchange)
        self._trace.feed(keys)
        self._feed = Feed(trace=self._trace, lookup=source.exchange, source=source.name, versions=versions)
        self._collector = collector
        self._clock, self._pause, self._chance = clock, pause, chance
        self._failures = 0
        self._not_before = 0.0
        self.shipped = Shipped()

    def until(self, ended: Callable[[], bool], *, flush: float = _FLUSH) -> Shipped:
        """Follow until `ended`, then send the rest within so many seconds."""
        looked, more = self._clock(), True
        while not (over := ended()) or more:
            more = self._read()
            if not more and not over:
                self._pause(_PAUSE)
            if self._clock() - looked >= _ROUND and self._clock() >= self._not_before:
                looked = self._clock()
                self._send(all=False, within=_MOST)
        self._trace.finish()
        self._not_before, deadline = 0.0, self._clock() + flush
        while (left := deadline - self._clock()) > 0 and self._send(all=True, within=left):
            if (wait := self._not_before - self._clock()) > 0:
                self._pause(min(wait, max(0.0, deadline - self._clock())))
        self.shipped.waiting, self.shipped.lost = len(self._feed), self._feed.lost
        return self.shipped

    def _read(self) -> bool:
        events = self._source.poll()
        self._trace.feed(events)
        for event in events:
            if isinstance(event, ExchangeSeen):
                self._feed.seen(event.exchange, self._now())
        return bool(events)

    def _send(self, *, all: bool, within: float) -> bool:
        """Send what is due; False if nothing is."""
        batch = self._feed.due(self._now(), all=all)
        if batch is None:
            return False
        self._take(batch, self._collector.send(batch.body, within=within))
        return True

    def _take(self, batch: Batch, answer: Reply) -> None:
        self.shipped.why = answer.why or self.shipped.why
        if answer.again:
            # twice as long each time, by a chance that keeps many senders apart; never sooner than asked for
            wait = min(_MOST, _FIRST * 2**self._failures) * (0.5 + self._chance() / 2)
            self._failures = min(self._failures + 1, 10)
            self._not_before = self._clock() + max(wait, min(answer.after or 0.0, _MOST))
            return
        self._failures = 0
        self._feed.done(batch)
        self.shipped.rejected += answer.rejected
        if answer.arrived:
            self.shipped.sent += len(batch.exchanges)
        else:
            self.shipped.refused += len(batch.exchanges)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)


# the process, from both of its ends


def ship(source: Source, collector: Sends, versions: dict[str, str], keys: Iterable[KeyLearned]) -> None:
    """What the child does: send until standard input ends, then tell what was sent."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # its parent says when it is over
    over = threading.Event()

    def wait() -> None:
        sys.stdin.buffer.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    shipped = Shipping(source, collector, versions, keys).until(over.is_set)
    with suppress(OSError):
        print(json.dumps(asdict(shipped)), flush=True)


@contextmanager
def shipping(args: Namespace, path: Path, output: Output) -> Iterator[Callable[[], None]]:
    """Send a session to the collector of --otlp or the settings, if there is one; gives what starts it.

    It is started when the session file is there, and leaving the block, which is done when the recording has ended,
    waits for what is left and tells what was sent.

    Raises:
        Usage: the collector's URL or its header fields can't be read.
    """
    url = args.otlp or args.config.otlp.get("url", "")
    if not url:
        yield lambda: None
        return
    from optrace.net.collector import read_headers, traces_url  # httpx is slow to import

    traces_url(url)
    headers = args.config.otlp.get("headers", "")
    read_headers(headers)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> None:
        words = [sys.executable, "-m", "optrace.cli", "_ship", str(path), url]
        words += [
            word for name in ("key", "jwks") for given in getattr(args, name, ()) for word in (f"--{name}", given)
        ]
        environment = {**os.environ, _HEADERS: headers}
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        started.append(subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=nothing, env=environment))

    try:
        yield start
    finally:
        for process in started:
            output.tell(_end(process, url))


def _end(process: subprocess.Popen[bytes], url: str) -> str:
    try:
        said, _ = process.communicate(timeout=2 * _FLUSH + 10)
        return Shipped(**json.loads(said)).words(url)
    except (subprocess.TimeoutExpired, ValueError, TypeError, OSError):
        process.kill()
        return f"what was sent to {safe(url)} isn't known: its process ended without a word"


def headers_told() -> str:
    """The header fields, as the parent told them."""
    return os.environ.get(_HEADERS, "")
