"""Who speaks on a connection, and for which call a server reads a client's keys.

One process opens a connection, so what is certain of one request on it holds for all. A read of keys lies inside the
signed call that it verifies, but so it does inside every other call that is open then. What the reads on one connection
have in common, and that each call's keys are read once, mostly leaves one server; until then the call that has waited
longest is taken. A proxy in between shares its connections out to everybody: as soon as two speak on one, it says
nothing any more.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from optrace.core.urls import place
from optrace.session.places import CLIENT, Party
from optrace.session.rows import Row
from optrace.session.shelves import Rows

_KEPT = 256  # reads that may still be understood otherwise
_DEFAULTED = 8  # requests of a connection that wait for its speaker to become known
_INSTANCE = "/.well-known/pay/jwks.json"  # the keys with which an ASE's own servers sign


@dataclass(frozen=True, slots=True)
class _Speaker:
    party: Party
    server: str  # canonical authority that it answers at itself; empty if that isn't known

    def is_one_with(self, other: _Speaker) -> bool:
        """Two names of one process: the same server, or the same role of the same ASE."""
        if self.party.role != other.party.role:
            return False
        if self.server and self.server == other.server:
            return True
        one, two = self.party.ase, other.party.ase
        return one is two or (one is not None and two is not None and one.root() is two.root())


@dataclass(slots=True, eq=False)
class _Reading:
    """A read of a client's keys or wallet address, and the calls that it may have been made for, readiest first."""

    row: Row
    calls: Sequence[Row]
    call: Row | None = None


class Speakers:
    """The speakers of all connections of a session."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._known: dict[str, _Speaker] = {}
        self._possible: dict[str, list[_Speaker]] = {}  # connection -> what the reads on it have in common
        self._shared: set[str] = set()
        self._readings: OrderedDict[int, _Reading] = OrderedDict()  # exchange -> its reading
        self._on: defaultdict[str, list[_Reading]] = defaultdict(list)  # connection -> readings on it
        self._takers: dict[tuple[str, int], _Reading] = {}  # (operation, call) -> who reads for it
        self._defaulted: defaultdict[str, list[int]] = defaultdict(list)  # connection -> taken for the client's

    def of(self, connection: str | None) -> Party | None:
        """Who opened a connection; None if that isn't known or it is shared."""
        found = self._candidates(connection or "")
        return found[0].party if len(found) == 1 else None

    def sent(self, row: Row) -> None:
        """A request of a kind that clients send: its source is whoever speaks on its connection, else a client."""
        row.source = speaker = self.of(row.client_id) or CLIENT
        known = row.client_id in self._known
        if row.client_id and row.client_id not in self._shared and not (known and speaker is CLIENT):
            waiting = self._defaulted[row.client_id]
            if row.n not in waiting[-2:]:
                waiting.append(row.n)
                del waiting[:-_DEFAULTED]

    def speaks(self, row: Row, party: Party, server: str = "") -> None:
        """It is certain who sent a request."""
        row.source = party
        connection = row.client_id
        known = self._known.get(connection or "")
        if known is not None and known.party is party:
            return
        if not connection or connection in self._shared or party.role not in ("client", "as", "rs"):
            return
        speaker = _Speaker(party, server)
        before = self._known.setdefault(connection, speaker)
        if not before.is_one_with(speaker):
            self._share(connection)
        elif before is speaker:
            self._now_known(connection, party)

    def _now_known(self, connection: str, party: Party) -> None:
        for row in self._rows.at(self._defaulted.get(connection, ())):
            if row.source is CLIENT and row.operation == "incoming_payment_get_public":
                row.source = party
        self._settle(self._on.get(connection, ()))

    def _share(self, connection: str) -> None:
        """Two speak on a connection: forget what was concluded from it alone."""
        self._known.pop(connection, None)
        self._possible.pop(connection, None)
        self._shared.add(connection)
        for row in self._rows.at(self._defaulted.pop(connection, ())):
            if row.n not in self._readings and row.key_owner is None:
                row.source = CLIENT
        self._settle(self._on.get(connection, ()))

    # reads for calls

    def reads(self, row: Row, calls: Sequence[Row]) -> None:
        """A server may have read keys for one of these open calls, readiest first."""
        reading = self._readings.get(row.n)
        if reading is None:
            reading = self._readings[row.n] = _Reading(row, calls)
            connection = _connection(reading)
            self._on[connection].append(reading)
            while len(self._readings) > _KEPT:
                self._forget(self._readings.popitem(last=False)[1])
            if row.url.partition("?")[0].endswith(_INSTANCE) and self.of(connection) is CLIENT:
                self._share(connection)  # no client reads those keys: a server does, for one of the calls
            narrowed = self._narrow(connection, [_at(call) for call in calls])
            self._settle(self._on[connection] if narrowed else [reading])
        self._show(reading)

    def _forget(self, reading: _Reading) -> None:
        connection = _connection(reading)
        self._on[connection].remove(reading)
        if not self._on[connection]:
            del self._on[connection]
        if reading.call is not None and self._takers.get((reading.row.operation, reading.call.n)) is reading:
            del self._takers[reading.row.operation, reading.call.n]

    def _narrow(self, connection: str, possible: Sequence[_Speaker]) -> bool:
        """One more read: its connection's speaker is one of these. True if that says more than was known before."""
        if connection in self._known or connection in self._shared:
            return False
        before = self._possible.get(connection)
        now: list[_Speaker] = []
        for one in possible if before is None else before:
            if any(one.is_one_with(other) for other in possible) and not any(one.is_one_with(other) for other in now):
                now.append(one)
        self._possible[connection] = now
        return before is not None and len(now) != len(before)

    def _settle(self, readings: Iterable[_Reading]) -> None:
        """Give each read its call. Who is less certain of a call gives way, and looks for another."""
        todo, rounds = deque(readings), 0
        while todo and rounds < _KEPT:
            loser = self._choose(todo.popleft())
            rounds += 1
            if loser is not None:
                todo.append(loser)

    def _choose(self, reading: _Reading) -> _Reading | None:
        """Returns the reading that loses its call by it."""
        speakers = self._candidates(_connection(reading))
        certain = len(speakers) == 1
        fitting = [
            call
            for call in reading.calls
            if not speakers or any(_at(call).is_one_with(speaker) for speaker in speakers)
        ]
        free = [call for call in fitting if self._is_free(reading, call, certain=certain)]
        call = reading.call if reading.call in free else next(iter(free or fitting), None)
        key = reading.row.operation
        if reading.call is not None and self._takers.get((key, reading.call.n)) is reading:
            del self._takers[key, reading.call.n]
        reading.call = call
        loser = self._takers.get((key, call.n)) if call else None
        if call and (loser is None or call in free):
            self._takers[key, call.n] = reading
        self._show(reading)
        return loser if call in free else None

    def _is_free(self, reading: _Reading, call: Row, *, certain: bool) -> bool:
        taker = self._takers.get((reading.row.operation, call.n))
        if taker is None or taker is reading:
            return True
        return certain and len(self._candidates(_connection(taker))) != 1

    def _candidates(self, connection: str) -> Sequence[_Speaker]:
        """Who may speak on a connection; nobody if it is shared, or nothing fits all that was read on it."""
        known = self._known.get(connection)
        return (known,) if known else self._possible.get(connection, ())

    def _show(self, reading: _Reading) -> None:
        row, call = reading.row, reading.call
        row.partner = call.n if call else None
        row.source = call.target if call else self.of(row.client_id) or CLIENT


def _connection(reading: _Reading) -> str:
    return reading.row.client_id or f"#{reading.row.n}"  # not known: one of its own


def _at(call: Row) -> _Speaker:
    """The server that a call was sent to, as the speaker that it may become."""
    return _Speaker(call.target, place(call.url))
