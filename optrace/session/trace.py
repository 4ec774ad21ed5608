"""The fold: events in, steps out. Same events, same steps, wherever it runs.

A `Trace` keeps little of each exchange (a `Row`); what changes later, such as lanes, payments and verdicts that wait
for a key, is looked up when a step is asked for. What takes longer, such as the signature base line by line, is worked
out in `detail`, from the exchange itself.
"""

from __future__ import annotations

import re
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from optrace.core.amends import changes_in
from optrace.core.bodies import ABSENT
from optrace.core.findings import Finding
from optrace.core.messages import Exchange
from optrace.core.urls import canonical
from optrace.exchanges import KINDS
from optrace.exchanges.kind import Kind
from optrace.exchanges.recognise import recognise
from optrace.exchanges.view import View
from optrace.session.archive import ASIDE, Archive
from optrace.session.events import Event, ExchangeSeen, KeyLearned, Noted
from optrace.session.facts import describe
from optrace.session.judge import Judge, Passes
from optrace.session.lessons import learn
from optrace.session.memory import Memory
from optrace.session.payments import Payments
from optrace.session.places import plays_both
from optrace.session.rows import Row
from optrace.session.shelves import Rows
from optrace.session.steps import Detail, Payment, Step
from optrace.signatures.keys import KeySet
from optrace.signatures.verify import Verification

_KEYID = re.compile(r';\s*keyid\s*=\s*"([^"]*)"')
_REMEMBERED = 4096  # signature values that a repetition is recognised by
_RECENT = 256  # exchanges kept whole, for keys that arrive after what they verify
_ROOM = 16_000_000  # bytes of bodies; where more are asked to be kept whole, not beyond this


class Trace:
    """All that is understood of one session, growing with each event.

    Args:
        lookup: gives an exchange again by its number, for what can only be settled later. Without it, only the most
            recent exchanges can be looked at again.
        at_hand: how many of the most recent exchanges are kept as they were read and verified, if they aren't too big.
        aside: so many exchanges back, payments are put aside, in a file.
        passes: whether it is known already that a request `passes` with these keys at this time (`Verification`).
    """

    def __init__(
        self,
        lookup: Callable[[int], Exchange] | None = None,
        *,
        at_hand: int = _RECENT,
        aside: int = ASIDE,
        passes: Passes | None = None,
    ) -> None:
        self.version = 0
        self.notes: list[Noted] = []
        self.notebook: dict[object, Any] = {}  # what diagnosis remembers from one look at an exchange to the next
        self._lookup = lookup
        self._rows = Rows()
        self.memory = Memory(self._rows)
        self._verdicts = Judge(self.memory, self._rows, passes)
        self._at_hand = max(at_hand, _RECENT)
        self._recent: OrderedDict[int, View] = OrderedDict()
        self._held = 0  # bytes of their bodies
        self._changed: set[int] | None = None  # None: nobody asks for it
        self._signatures: dict[str, int] = {}  # the last ones, and who sent them first
        self._gets: dict[str, list[int]] = defaultdict(list)  # canonical URL -> reads that could be wallet addresses
        self._hosts: set[str] = set()
        self._payments = Payments(self.memory.flows, self._rows)
        self._archive = Archive(self.memory, self._payments, at_hand=aside)

    def __len__(self) -> int:
        """How many exchanges there are; they are numbered from 1 to this."""
        return len(self._rows) - 1

    # events in

    def feed(self, events: Iterable[Event]) -> None:
        """Take in events, in their order. Raises nothing, whatever the traffic was."""
        for event in _without_halves(events):
            match event:
                case ExchangeSeen(exchange=exchange):
                    self._see(exchange)
                case KeyLearned(wallet_address=owner, document=None, error=error):
                    if self.memory.keyring.unreached(owner, error):
                        self.memory.new_owners.add(canonical(owner))
                case KeyLearned(wallet_address=owner, document=document):
                    if self.memory.keyring.learn(owner, document):
                        self.memory.new_owners.add(canonical(owner))
                case Noted():
                    self.notes.append(event)
            self.version += 1
            if self.memory.new_owners:
                for n in self._verdicts.settling():
                    self._judge_again(n)

    def _see(self, exchange: Exchange) -> None:
        self._hold(exchange)
        self._archive.changes()
        self._take(exchange)
        self._archive.look()

    def _hold(self, exchange: Exchange) -> None:
        if (before := self._recent.get(exchange.n)) is not None:
            self._held -= _weight(before.exchange)
        self._recent[exchange.n] = View(exchange)
        self._held += _weight(exchange)
        while len(self._recent) > (self._at_hand if self._held <= _ROOM else _RECENT):
            n, gone = self._recent.popitem(last=False)
            self._held -= _weight(gone.exchange)
            self._verdicts.forget(n)

    def _take(self, exchange: Exchange) -> None:
        view = self.view(exchange)
        kind = recognise(view, self.memory)
        row = self._rows[exchange.n] if self._rows.has(exchange.n) else None
        if row is None:
            share = self.memory.text
            row = self._rows[exchange.n] = Row(
                exchange.n, kind.id, share(view.method), share(view.url), exchange.started, ""
            )
            self._hosts.add(view.parts.host)
            if client_id := exchange.connection.client_id:
                row.client_id = share(client_id)
            field = exchange.request.fields.get("signature-input")
            if field and (match := _KEYID.search(field)):
                row.kid = share(match[1])
            if field and (signature := exchange.request.fields.get("signature")):
                row.repeats = self._signatures.setdefault(signature, exchange.n)
                if row.repeats == exchange.n:
                    row.repeats = None
                    while len(self._signatures) > _REMEMBERED:
                        del self._signatures[next(iter(self._signatures))]
        row.operation, row.label = kind.id, self.memory.text(_label(kind, view))
        row.status, row.error, row.ended = view.status, exchange.error, exchange.ended
        if kind.source == "client":
            self.memory.speakers.sent(row)
        learn(self.memory, row, view)
        self._payments.update(row)
        if exchange.in_flight:
            return
        row.problems = view.request_body.problems + view.response_body.problems
        self._judge(row, view)
        if kind.id in ("unknown", "wallet_address_get") and view.method == "GET":
            self._maybe_wallet(row, view)

    def _maybe_wallet(self, row: Row, view: View) -> None:
        """A read that nothing explained turns out to be of a wallet address once somebody names the URL as one."""
        if row.operation == "unknown" and view.authorization is None and view.parts.query is None:
            self._gets[view.key].append(row.n)

    def _named_as_wallet(self, row: Row) -> None:
        owner = row.key_owner
        for url in (owner, *(w for w in self._wallets_of(row))):
            for n in self._gets.pop(canonical(url), ()) if url else ():
                self.memory.remember(url, "wallet_address", row.n)
                self._take(self.exchange(n))

    def _wallets_of(self, row: Row) -> Iterable[str]:
        if row.grant is None:
            return ()
        return (str(item["identifier"]) for item in row.grant.access if isinstance(item.get("identifier"), str))

    # verdicts

    def _judge(self, row: Row, view: View) -> None:
        self._verdicts.judge(row, view, remember=row.n in self._recent)
        if self._changed is not None:
            self._changed.add(row.n)
        if self._gets:
            self._named_as_wallet(row)

    def _judge_again(self, n: int) -> None:
        self._archive.changes()
        row = self._rows[n]
        if row is None or (row.ended is None and row.error is None):
            return
        try:
            exchange = self.exchange(n)
        except LookupError:
            return
        self._judge(row, self.view(exchange))

    def keys_of(self, row: Row) -> KeySet:
        """The keys that should verify an exchange."""
        return self._verdicts.keys_of(row)

    def verification(self, row: Row, view: View) -> Verification | None:
        """A request's signature and digest with their working; None if it carries neither."""
        return self._verdicts.verification(row, view)

    def missing_keys(self) -> tuple[str, ...]:
        """The wallet addresses whose keys would settle a signature and were never seen."""
        return self._verdicts.missing_keys()

    def exchange(self, n: int) -> Exchange:
        """The exchange again. Raises LookupError if nobody has it any more."""
        if n in self._recent:
            return self._recent[n].exchange
        if self._lookup is None:
            raise LookupError(n)
        return self._lookup(n)

    def view(self, exchange: Exchange) -> View:
        """A look at an exchange; the one that was already taken, with its bodies read, if it is still at hand."""
        found = self._recent.get(exchange.n)
        return found if found is not None and found.exchange is exchange else View(exchange)

    def take_changed(self) -> set[int]:
        """The exchanges that ended or were judged anew since the last call; all that have ended, at the first one."""
        changed, self._changed = self._changed, set()
        if changed is not None:
            return changed
        rows = self._rows.at(range(1, len(self._rows)))
        return {row.n for row in rows if row.status is not None or row.error is not None}

    def forget_changed(self) -> None:
        """All is looked at anyway: `take_changed` gives what changes from now on."""
        self._changed = set()

    # steps out

    def step(self, n: int) -> Step:
        """Exchange n as it is understood now. Raises IndexError if there is none."""
        self.tidy()
        row, places = self.row(n), self.memory.places
        return Step(
            n=row.n,
            operation=row.operation,
            variant=row.variant,
            source=places.lane(row.source),
            target=self._target(row),
            payment=self._payments.number_of(row),
            scene=self._payments.scene_of(row),
            method=row.method,
            url=row.url,
            status=row.status,
            started=row.started,
            ended=row.ended,
            error=row.error,
            label=row.label,
            verdicts=row.verdicts,
            reasons=row.reasons,
            findings=row.findings,
            problems=row.problems,
            retry_of=row.retry_of,
            grant=row.grant.n if row.grant else None,
            key_owner=row.key_owner,
            same_ase=plays_both(row.target.ase),
        )

    def _target(self, row: Row) -> str:
        places = self.memory.places
        if row.operation == "wallet_address_get":
            return places.lane(places.wallet_party(row.url))
        if row.operation == "jwks_get":
            owner = row.url.partition("?")[0].removesuffix("/jwks.json")
            if owner.endswith("/.well-known/pay"):
                party = places.wallet_party(owner)
                return "s.wa" if party.role == "c.wa" else places.lane(party)
            return "c.wa"
        return places.lane(row.target)

    def row(self, n: int) -> Row:
        """The fold's own record of exchange n. Raises IndexError if there is none."""
        row = self._rows[n] if n > 0 else None
        if row is None:
            raise IndexError(n)
        return row

    def tidy(self) -> None:
        """Put aside again what was looked into before; for who looks at very many rows."""
        self._archive.tidy()

    def rows_before(self, n: int, wanted: Callable[[Row], bool], limit: int = 2000) -> Iterator[Row]:
        """Earlier records that fit, newest first; at most `limit` are looked at."""
        return filter(wanted, self._rows.at(range(min(n, len(self._rows)) - 1, max(0, n - 1 - limit), -1)))

    def rows_after(self, n: int, limit: int) -> Iterator[Row]:
        """Later records, oldest first; at most `limit` are looked at."""
        return self._rows.at(range(n + 1, min(n + 1 + limit, len(self._rows))))

    def concluding(self) -> Iterator[bool]:
        """Nothing more comes: what is to be said then, exchange after exchange; nothing, without rules."""
        return iter(())

    def silence(self, now: datetime) -> Iterator[bool]:
        """More may come: what is to be said of the payments that nothing has come of for a while."""
        return iter(())

    def found(self, n: int, findings: tuple[Finding, ...]) -> None:
        """The rules' findings of exchange n, the cause first."""
        with self._archive.lock:  # who looks meanwhile must not put the row aside as it was
            row = self.row(n)
            if row.findings != findings:
                self._archive.changes()
                row.findings = findings
                self.version += 1

    def has(self, n: int) -> bool:
        """Whether exchange n was seen."""
        return self._rows.has(n)

    @property
    def payments(self) -> Sequence[Payment]:
        """The payments as they are understood now, in the order of their first exchanges."""
        return self._payments.all()

    @property
    def lane_hosts(self) -> Mapping[str, tuple[str, ...]]:
        """Lane -> the hosts that were placed on it."""
        found: dict[str, list[str]] = defaultdict(list)
        for authority, party in self.memory.places.known_hosts():
            found[self.memory.places.lane(party)].append(authority)
        return {lane: tuple(hosts) for lane, hosts in found.items()}

    def detail(self, n: int, exchange: Exchange) -> Detail:
        """All that is known of one exchange: the checks with their working, and its content in words."""
        from optrace.exchanges.models import problems_of, read_request, read_response  # models are slow to import

        row = self.row(n)
        view = View(exchange)
        kind = KINDS[row.operation]
        verification = self.verification(row, view)
        readings = {"request": read_request(view, kind.id), "response": read_response(view, kind.id)}
        return Detail(
            step=self.step(n),
            exchange=exchange,
            sentence=kind.sentence(view),
            facts=describe(view, lambda value: self._born_before(n, value)),
            signature=verification,
            digest=verification.digest if verification else None,
            hash=self._verdicts.hash(row, view),
            unknown_members={part: reading.unknown for part, reading in readings.items() if reading},
            misfits={part: problems for part, reading in readings.items() if (problems := problems_of(reading))},
            request_json=None if view.request_body.json is ABSENT else view.request_body.json,
            response_json=None if view.response_body.json is ABSENT else view.response_body.json,
        )

    def _born_before(self, n: int, value: str) -> int | None:
        """The exchange that brought a value into the trace, unless that came later."""
        born = self.memory.birth(value)
        return born if born is not None and born <= n else None

    def hosts(self) -> frozenset[str]:
        """The host names that the traffic went to."""
        return frozenset(self._hosts)


def _label(kind: Kind, view: View) -> str:
    """The words for the ladder; what was changed on purpose goes before all else."""
    label = kind.label(view)
    names = dict(changes_in(view.exchange.notes))
    return f"[{' '.join(names)}] {label}" if names else label


def _weight(exchange: Exchange) -> int:
    response = exchange.response
    return len(exchange.request.body or b"") + (len(response.body or b"") if response else 0)


def _without_halves(events: Iterable[Event]) -> Iterator[Event]:
    """The events, without the requests whose whole exchange comes right behind: it says the same and more."""
    before: Event | None = None
    for event in events:
        if before is not None and not _continues(before, event):
            yield before
        before = event
    if before is not None:
        yield before


def _continues(one: Event, other: Event) -> bool:
    if not isinstance(one, ExchangeSeen) or not isinstance(other, ExchangeSeen):
        return False
    return one.exchange.n == other.exchange.n and not other.exchange.in_flight
