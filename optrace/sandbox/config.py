"""What a sandbox is made of: its two ASEs, its client, its rates and its clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

from optrace.faults.order import Order
from optrace.sandbox.money import Asset, Fee, Rates
from optrace.signatures.keys import SigningKey

LOOPBACK = "127.0.0.1"


class Side(StrEnum):
    """Whose account an ASE keeps."""

    SENDER = "sender"
    RECIPIENT = "recipient"


class Role(StrEnum):
    """What a port of an ASE is for. Each has a port of its own, so that lanes can be told apart."""

    RESOURCE = "resource"  # wallet addresses, keys and the resource server
    AUTH = "auth"
    INTROSPECTION = "introspection"  # for the ASE's own resource server only
    INTERACTION = "interaction"  # the API for the identity provider
    IDP = "idp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with a wallet address: `alice` is served as `{resource server}/alice`."""

    name: str
    public_name: str
    balance: int = 1_000_000  # smallest units of the ASE's asset


@dataclass(frozen=True, slots=True, kw_only=True)
class AseConfig:
    """One account servicing entity. Port 0 means any free one; a host name must resolve to the bound address."""

    name: str
    slug: str  # its part of ILP addresses
    tenant: str  # a UUID, the last segment of authServer and resourceServer
    asset: Asset
    accounts: tuple[Account, ...]
    fee: Fee = field(default_factory=Fee)
    ports: Mapping[Role, int] = field(default_factory=dict)
    hostnames: Mapping[Role, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientConfig:
    """The client's wallet address and key. A key is made if none is given."""

    name: str = "client"
    public_name: str = "Demo Shop"
    kid: str = "demo-client-key"
    key: SigningKey | None = None
    port: int = 0
    hostname: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long things last. The defaults are Rafiki's, but for the settlement."""

    wait: timedelta = timedelta(seconds=5)  # before a grant may be continued; whole seconds
    token_life: timedelta = timedelta(seconds=600)  # whole seconds
    interaction_life: timedelta = timedelta(seconds=600)
    quote_life: timedelta = timedelta(minutes=5)
    incoming_payment_life: timedelta = timedelta(days=30)
    settlement: timedelta = timedelta(milliseconds=500)  # from an outgoing payment's creation to the money's arrival
    arrival: timedelta = timedelta(seconds=2)  # from an incoming payment's creation to a stranger's money in it


CLOUD_NINE = AseConfig(
    name="Cloud Nine",
    slug="cloud-nine",
    tenant="438fa74a-fa7d-4317-9ced-dde32ece1787",
    asset=Asset("USD", 2),
    accounts=(Account(name="alice", public_name="Alice Smith"),),
    fee=Fee(fixed=100, basis_points=200),
)
HAPPY_LIFE = AseConfig(
    name="Happy Life",
    slug="happy-life",
    tenant="cf5fd7d3-1eb1-4041-8e43-ba45747e9e5d",
    asset=Asset("EUR", 2),
    accounts=(Account(name="bob", public_name="Bob Jones"),),
    fee=Fee(fixed=100, basis_points=200),
)
RATES: Rates = {("USD", "EUR"): Fraction(23, 25), ("EUR", "USD"): Fraction(27, 25)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """The whole sandbox. With `certificate` and `private_key` (PEM files) every port speaks TLS.

    With one side only, the other is somebody else's: what is sent there arrives, what is asked for comes.
    """

    sender: AseConfig = CLOUD_NINE
    recipient: AseConfig = HAPPY_LIFE
    sides: tuple[Side, ...] = (Side.SENDER, Side.RECIPIENT)
    client: ClientConfig = ClientConfig()
    rates: Rates = field(default_factory=lambda: RATES)
    timing: Timing = Timing()
    bind: str = LOOPBACK
    certificate: Path | None = None
    private_key: Path | None = None
    auto_consent: timedelta | None = None  # the IdP accepts by itself after so long; None: a person decides
    faults: tuple[Order, ...] = ()
    key_dir: Path | None = None  # where the client's private key is written for programs that want a file

    def ase(self, side: Side) -> AseConfig:
        """The ASE of a side."""
        return self.sender if side is Side.SENDER else self.recipient

    @property
    def scheme(self) -> str:
        """`https` if there is a certificate."""
        return "https" if self.certificate else "http"
