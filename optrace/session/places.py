"""Where each server stands: ASEs and their two sides.

A lane is a role of an ASE, not a host: one host may be a wallet address server and a resource server, one ASE may play
the sender's and the recipient's part, and an auth server has several ports. So hosts and URLs lead to an `Ase`, ASEs
that prove to be one are merged, and the side is looked up when somebody asks; what was drawn before then moves along.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from optrace.core.urls import canonical, place


@dataclass(slots=True, eq=False)
class Ase:
    """One account servicing entity, as far as it is known. `into` leads to the one that it was merged into."""

    id: int
    into: Ase | None = None
    sends: bool = False  # certain: quotes or outgoing payments
    receives: bool = False  # certain: incoming payments
    grant_endpoints: set[str] = field(default_factory=set)  # canonical
    resource_bases: set[str] = field(default_factory=set)

    def root(self) -> Ase:
        """The ASE that this one is part of."""
        ase = self
        while ase.into is not None:
            ase = ase.into
        return ase


@dataclass(frozen=True, slots=True)
class Party:
    """One end of an exchange: a role, and the ASE that plays it where that is known. `side` overrules the ASE's;
    `leaning` is what the call itself suggests, as long as the ASE has no side of its own: a quote may be asked for at
    the wrong bank.
    """

    role: str  # client, as, rs, wa, c.wa, idp, unknown
    ase: Ase | None = None
    side: str | None = None  # s or r
    leaning: str | None = None


CLIENT = Party("client")
NOBODY = Party("unknown")


@dataclass(slots=True, eq=False)
class Wallet:
    """A wallet address, what its document said, and the parts it plays."""

    id: str
    ase: Ase | None = None
    asset_code: str | None = None
    asset_scale: int | None = None
    name: str | None = None
    read_in: int | None = None  # the exchange that read its document
    asked: str | None = None  # the URL that was read
    auth_server: str | None = None  # as the document has it
    resource_server: str | None = None
    moved: list[tuple[int, str, str]] = field(default_factory=list)  # earlier documents: exchange, the two servers
    sends: bool = False
    receives: bool = False
    is_client: bool = False


class Places:
    """All ASEs and wallet addresses of a session."""

    def __init__(self) -> None:
        self._ases: list[Ase] = []
        self._parties: dict[tuple[str, int, str | None, str | None], Party] = {}
        self._by_endpoint: dict[str, Ase] = {}
        self._by_base: dict[str, Ase] = {}
        self._hosts: dict[str, Party] = {}  # canonical authority -> what stands there
        self.wallets: dict[str, Wallet] = {}
        self.wallet_hosts: set[str] = set()
        self._served: dict[str, dict[str, Wallet]] = {}  # canonical authority -> wallets whose document names it
        self.moved = False  # whether any wallet address changed its servers
        self.version = 0

    # ASEs

    def by_grant_endpoint(self, url: str) -> Ase:
        """The ASE whose auth server takes grant requests at this URL; a new one if the URL is new."""
        known = canonical(url) in self._by_endpoint
        ase = self._find(self._by_endpoint, canonical(url), "grant_endpoints")
        there = self.host(url).ase
        if (
            not known and there is not None and not there.root().grant_endpoints
        ):  # known only by other URLs of it so far
            self.merge(there, ase)
        return ase.root()

    def by_resource_base(self, url: str) -> Ase:
        """The ASE whose resource server has its collections under this URL; a new one if the URL is new."""
        return self._find(self._by_base, canonical(url), "resource_bases")

    def known_base(self, url: str) -> Ase | None:
        """The ASE of a resource base, or None if the URL isn't one."""
        ase = self._by_base.get(canonical(url))
        return ase.root() if ase else None

    def _find(self, index: dict[str, Ase], key: str, member: str) -> Ase:
        ase = index.get(key)
        if ase is None:
            ase = Ase(len(self._ases))
            self._ases.append(ase)
            index[key] = ase
            getattr(ase, member).add(key)
            self.version += 1
        return ase.root()

    def merge(self, one: Ase | None, other: Ase | None) -> None:
        """Two ASEs proved to be one."""
        if one is None or other is None:
            return
        one, other = one.root(), other.root()
        if one is other:
            return
        keep, gone = (one, other) if one.id < other.id else (other, one)
        gone.into = keep
        keep.sends |= gone.sends
        keep.receives |= gone.receives
        keep.grant_endpoints |= gone.grant_endpoints
        keep.resource_bases |= gone.resource_bases
        self.version += 1

    def mark(self, ase: Ase, side: str | None) -> None:
        """Certain evidence of a side."""
        ase = ase.root()
        if side == "s" and not ase.sends:
            ase.sends, self.version = True, self.version + 1
        elif side == "r" and not ase.receives:
            ase.receives, self.version = True, self.version + 1

    def roots(self) -> Iterator[Ase]:
        """The ASEs that are not part of another."""
        return (ase for ase in self._ases if ase.into is None)

    # wallet addresses

    def wallet(self, url: str) -> Wallet:
        """The wallet address at a URL, known or new."""
        key = canonical(url)
        found = self.wallets.get(key)
        if found is None:
            found = self.wallets[key] = Wallet(id=url)
        return found

    def published(self, wallet: Wallet) -> None:
        """A document was read: its wallet address is to be found by the hosts of its servers, too."""
        for url in (wallet.auth_server, wallet.resource_server):
            if url and (authority := place(url)):
                self._served.setdefault(authority, {})[wallet.id] = wallet

    def served_at(self, url: str) -> Iterator[Wallet]:
        """The wallet addresses that have a server at the host of a URL, those that were read last first."""
        return reversed(self._served.get(place(url), {}).values())

    def plays(self, url: str, *, part: str) -> Wallet:
        """A wallet address was named as the sender's, the recipient's or the client's."""
        wallet = self.wallet(url)
        attribute = {"s": "sends", "r": "receives", "c": "is_client"}[part]
        if not getattr(wallet, attribute):
            setattr(wallet, attribute, True)
            self.version += 1
        return wallet

    # hosts

    def party(self, role: str, ase: Ase | None, side: str | None = None, *, leaning: str | None = None) -> Party:
        """A party, as the one copy of it that a session keeps."""
        key = (role, ase.id if ase else -1, side, leaning)
        found = self._parties.get(key)
        if found is None:
            found = self._parties[key] = Party(role, ase, side, leaning)
        return found

    def auth_server(self, url: str) -> Ase:
        """The ASE of an auth server that is known only by a URL of it."""
        ase = self.host(url).ase
        if ase is None:
            ase = self.unplaced()
            self.settle(url, self.party("as", ase))
        return ase.root()

    def unplaced(self) -> Ase:
        """An ASE of which nothing is known yet."""
        ase = Ase(len(self._ases))
        self._ases.append(ase)
        return ase

    def settle(self, url: str, party: Party) -> None:
        """A host was seen in a role; the first role stays, since one host may play several."""
        if authority := place(url):
            self._hosts.setdefault(authority, party)

    def host(self, url: str) -> Party:
        """What stands at the host of a URL, as far as known."""
        return self._hosts.get(place(url), NOBODY)

    def known_hosts(self) -> Iterator[tuple[str, Party]]:
        """(canonical authority, what stands there) of each host that was placed."""
        return iter(self._hosts.items())

    # lanes

    def lane(self, party: Party) -> str:
        """The lane on which a party is drawn now."""
        if party.role in ("client", "c.wa", "unknown"):
            return party.role
        side = party.side or self._side(party.ase, party.leaning, party.role)
        return f"{side}.{party.role}" if side else party.role

    def _side(self, ase: Ase | None, leaning: str | None, role: str) -> str | None:
        if ase is None:
            return leaning
        ase = ase.root()
        if ase.sends != ase.receives:
            return "s" if ase.sends else "r"
        if leaning or ase.sends:
            return leaning  # none or both: the exchange itself must say
        placed = [other for other in self.roots() if other is not ase and other.sends != other.receives]
        if len(placed) == 1:  # the only other ASE has the other part
            return "r" if placed[0].sends else "s"
        return self._without_auth_server(placed) if role == "as" else None

    def _without_auth_server(self, placed: Iterable[Ase]) -> str | None:
        """The one side of which no auth server is known: a new one must be that side's."""
        owners = {party.ase.root() for party in self._hosts.values() if party.role == "as" and party.ase is not None}
        served = {"s" if ase.sends else "r" for ase in placed if ase in owners or ase.grant_endpoints}
        lacking = {"s" if ase.sends else "r" for ase in placed} - served
        return lacking.pop() if len(lacking) == 1 else None

    def wallet_party(self, url: str) -> Party:
        """A wallet address as a target: the sender's, the recipient's, or the one where the client keeps its keys."""
        wallet = self.wallets.get(canonical(url))
        if wallet is None:
            return Party("wa", self.host(url).ase)
        if wallet.sends != wallet.receives:
            return Party("wa", wallet.ase, "s" if wallet.sends else "r")
        if wallet.is_client and not wallet.receives:
            return Party("c.wa", wallet.ase)
        return Party("wa", wallet.ase or self.host(url).ase)


def plays_both(ase: Ase | None) -> bool:
    """Whether one ASE plays both parts."""
    return ase is not None and ase.root().sends and ase.root().receives
