"""Signatures that a second process verifies, while this one understands what came before: each does half of the work.

A recording is read a little ahead. Its signed requests go to the other process, each with the keys that its `keyid`
was held against the last time; back come those that pass by all profiles. The fold asks for that before it verifies
itself. Where nothing is known, since the process hasn't begun, is behind or is gone, or since it turns out that other
keys count, the fold verifies as ever, and comes to the same.
"""

from __future__ import annotations

import gc
import os
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from optrace.cli.cores import cores
from optrace.core.fields import Fields
from optrace.core.json_bytes import hasten
from optrace.core.messages import HttpRequest
from optrace.session.events import Event, ExchangeSeen
from optrace.signatures.keys import KeySet
from optrace.signatures.verify import verify_request
from optrace.store.sources import Source

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

WORTH = 1500  # exchanges; fewer are understood before much could be gained
_BATCH = 500  # events
_AHEAD = 2 * _BATCH  # that are read, and sent, before they are needed
_ROOM = 16_000_000  # bytes of bodies that are read ahead at most
_BIG = 64 * 1024  # bytes of a body that is as quick to look at here as to send
_KIDS = 1024  # keyids whose keys are remembered
_MANY_KEYS = 64  # a set of more isn't sent
_KNOWN = 4 * _BATCH  # answers that nobody has asked for yet
_KEYID = re.compile(r';\s*keyid\s*=\s*"([^"]*)"')

_Said = tuple[int, str, str, tuple[tuple[bytes, bytes], ...], bytes | None, str, str | None, datetime]


class _Asked(NamedTuple):
    """A request that is verified aside, as it was when it was sent."""

    request: HttpRequest
    keys: KeySet
    now: datetime


class Aside:
    """The events of a source, read ahead; and of their requests, those that are known to pass.

    Args:
        source: is read by nobody else from now on.
        wanted: whether it will be read; if not, no process is started, as with few exchanges that don't pile up.
        soon: start it now; otherwise once the first events were given out, which may be all that a screen shows.
    """

    def __init__(self, source: Source, *, wanted: bool = True, soon: bool = True) -> None:
        self._source = source
        self._other: _Other | None = None
        self._read: deque[Event] = deque()  # ahead
        self._held = 0  # bytes of their bodies
        self._keys: dict[str, KeySet] = {}  # keyid -> what its signatures were held against the last time
        self._known: dict[int, _Asked] = {}  # by the request's identity
        self._may = wanted and cores() > 1 and not _is_helper()
        self._wanted = self._may and (source.total or 0) >= WORTH
        self._behind = 0  # events that were given out while more was waiting
        self._given = soon
        self._begin()

    def poll(self, limit: int = _BATCH) -> list[Event]:
        """The next events, `limit` at most; none at the end, or if there are none at present."""
        self._begin()
        self._given = True
        if self._other is not None and self._other.ready.is_set():
            self._look_ahead(self._other, min(_BATCH, 2 * limit))  # a screen that asks for little is waiting, too
        if not self._read:
            events = self._source.poll(limit)
            if not events:
                self.close()  # what may still come, comes one by one
            self._behind = self._behind + len(events) if len(events) >= limit else 0
            if self._behind >= WORTH and self._other is None:
                self._wanted, self._behind = self._may, 0  # more comes than one process understands
            return events
        events = [self._read.popleft() for _ in range(min(limit, _BATCH, len(self._read)))]
        self._held -= _weight(events)
        return events

    def passes(self, request: HttpRequest, keys: KeySet, now: datetime) -> bool:
        """Whether it is known that a request passes with these keys, at this time. Asked once, then forgotten."""
        if self._other is None:
            return False
        for key in keys.keys[:_MANY_KEYS]:
            if self._keys.get(key.kid) is not keys:
                self._keys[key.kid] = keys
                if len(self._keys) > _KIDS:
                    del self._keys[next(iter(self._keys))]
        known = self._known.pop(id(request), None)
        return known is not None and known.now == now and (known.keys is keys or known.keys == keys)

    def close(self) -> None:
        """End the other process."""
        other, self._other, self._wanted = self._other, None, False
        if other is not None:
            other.close()
            self._known = {}

    def _begin(self) -> None:
        if self._wanted and self._given:
            self._wanted = False
            hasten()
            with suppress(OSError):  # no room for one more process
                self._other = _Other()

    def _look_ahead(self, other: _Other, limit: int) -> None:
        for asked, passing in other.answers():
            self._known.update((id(one.request), one) for one, passes in zip(asked, passing, strict=True) if passes)
        while len(self._known) > _KNOWN:
            del self._known[next(iter(self._known))]
        for _ in range(2):  # more than is given out, until there is enough
            if len(self._read) > _AHEAD or self._held > _ROOM:
                break
            events = self._source.poll(limit)
            self._read += events
            self._held += _weight(events)
            if asked := list(self._to_ask(events)):
                other.ask(asked)

    def _to_ask(self, events: Sequence[Event]) -> Iterator[_Asked]:
        for event in events:
            if isinstance(event, ExchangeSeen) and not event.exchange.in_flight:
                request = event.exchange.request
                match = _KEYID.search(request.fields.get("signature-input") or "")
                keys = self._keys.get(match[1]) if match else None
                if keys is None or len(keys.keys) > _MANY_KEYS or len(request.body or b"") > _BIG:
                    continue
                if request.trailers is None:
                    yield _Asked(request, keys, event.exchange.started)


class _Other:
    """The other process, and the thread that talks to it: whatever happens to the process, nobody waits for it."""

    def __init__(self) -> None:
        from multiprocessing.connection import Connection  # slow to import

        self.ready = threading.Event()  # it can be asked
        self.open = 0  # requests whose answers nobody took yet
        self._asked: SimpleQueue[list[_Asked] | None] = SimpleQueue()
        self._answers: deque[tuple[list[_Asked], bytes]] = deque()
        words, pipe = [sys.executable, "-m", "optrace.cli.aside"], subprocess.PIPE
        self._process = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, bufsize=0)
        self._ask, self._hear = (Connection(os.dup(end.fileno())) for end in _ends(self._process))
        for end in _ends(self._process):
            end.close()
        self._thread = threading.Thread(target=self._talk, name="optrace-aside", daemon=True)
        self._thread.start()

    def ask(self, asked: list[_Asked]) -> None:
        """Have requests verified, unless there is enough to do already."""
        if self.open < _AHEAD:
            self.open += len(asked)
            self._asked.put(asked)

    def answers(self) -> Iterator[tuple[list[_Asked], bytes]]:
        """(what was asked, a byte for each: whether it passes) of all that is answered and wasn't given out yet."""
        while self._answers:
            asked, answer = self._answers.popleft()
            self.open -= len(asked)
            yield asked, answer

    def close(self) -> None:
        """End it at once."""
        self._asked.put(None)
        self._process.kill()
        self._process.wait()
        self._thread.join()
        for ours in (self._ask, self._hear):
            ours.close()

    def _talk(self) -> None:
        with suppress(OSError, EOFError):  # it is gone
            self._hear.recv_bytes()
            self.ready.set()
            while (asked := self._asked.get()) is not None:
                self._ask.send(_said(asked))
                self._answers.append((asked, self._hear.recv_bytes()))
        self.ready.clear()


def _ends(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    """Where it is asked, and where it answers."""
    assert process.stdin is not None
    assert process.stdout is not None
    return process.stdin, process.stdout


def _is_helper() -> bool:
    """Whether this process was started by another one of optrace, which has work for all cores."""
    known = sys.modules.get("multiprocessing.process")  # there in each such process, and slow to import
    return known is not None and known.parent_process() is not None


def _weight(events: Sequence[Event]) -> int:
    exchanges = (event.exchange for event in events if isinstance(event, ExchangeSeen))
    return sum(
        len(each.request.body or b"") + (len(each.response.body or b"") if each.response else 0) for each in exchanges
    )


# what is sent, and what the other process does


def _said(asked: list[_Asked]) -> tuple[list[KeySet], list[_Said]]:
    """Requests as they are sent: as plain as can be, since that is quick; and the sets of keys, each once."""
    sets = {id(one.keys): one.keys for one in asked}
    places = {name: place for place, name in enumerate(sets)}
    said: list[_Said] = []
    for request, keys, now in asked:
        whole = request.method, request.url, request.fields.raw, request.body, request.http_version, request.authority
        said.append((places[id(keys)], *whole, now))
    return list(sets.values()), said


def _verify() -> None:
    """Answer until nobody asks any more."""
    from multiprocessing.connection import Connection

    gc.set_threshold(20_000, 20)
    asked: Connection[Any, Any] = Connection(sys.stdin.fileno(), writable=False)
    answers: Connection[Any, Any] = Connection(sys.stdout.fileno(), readable=False)
    with suppress(OSError, EOFError):
        answers.send_bytes(b"ready")
        while True:
            sets, said = asked.recv()
            answers.send_bytes(bytes(_passes(sets[place], whole) for place, *whole in said))


def _passes(keys: KeySet, said: Sequence[Any]) -> bool:
    method, url, raw, body, http_version, authority, now = said
    request = HttpRequest(
        method=method, url=url, fields=Fields(raw), body=body, http_version=http_version, authority=authority
    )
    return verify_request(request, keys, now=now).passes


if __name__ == "__main__":
    _verify()
