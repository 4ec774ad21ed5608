"""An exchange as understood (`Step`), the payment it belongs to (`Payment`), and all that is known of it (`Detail`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from optrace.core.findings import PROFILES, Finding, Judgements, Verdict
from optrace.core.quick import quick

if TYPE_CHECKING:
    from optrace.core.messages import Exchange
    from optrace.signatures.verify import Verification

# Lanes are roles, never sockets (Open Payments, concepts/op-flow), from the sender's side to the recipient's. `s.wa` is
# drawn beside s.rs; `c.wa` is where the client publishes its keys. A lane without a side isn't placed yet.
LANES = ("s.idp", "s.rs", "s.wa", "s.as", "client", "c.wa", "r.wa", "r.as", "r.rs", "idp", "rs", "as", "wa", "unknown")

DEFAULT_PROFILE = "open-payments"


@dataclass(frozen=True, slots=True)
class ByProfile:
    """One verdict for each profile."""

    rfc: Verdict = Verdict.NONE
    open_payments: Verdict = Verdict.NONE
    rafiki: Verdict = Verdict.NONE

    def __getitem__(self, profile: str) -> Verdict:
        verdict: Verdict = getattr(self, profile.replace("-", "_"))
        return verdict

    @classmethod
    def of(cls, judgements: Judgements) -> ByProfile:
        """The bare verdicts of full judgements."""
        rfc, open_payments, rafiki = (judgements[profile].verdict for profile in PROFILES)
        if rfc is open_payments is rafiki:  # nearly always, and one of these
            return _SAME.get(rfc.value) or cls(rfc, rfc, rfc)
        return cls(rfc, open_payments, rafiki)

    @property
    def fine(self) -> bool:
        """Whether it passes by all profiles, or there is nothing to judge."""
        return self is ALL_PASS or self is NOTHING or self in (ALL_PASS, NOTHING)


ALL_PASS = ByProfile(Verdict.PASS, Verdict.PASS, Verdict.PASS)
NOTHING = ByProfile()
_SAME = {Verdict.PASS.value: ALL_PASS, Verdict.NONE.value: NOTHING}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What was checked of an exchange: the request's signature, its Content-Digest, an interaction hash."""

    signature: ByProfile = NOTHING
    digest: ByProfile = NOTHING
    hash: ByProfile = NOTHING

    def items(self) -> tuple[tuple[str, ByProfile], ...]:
        """(kind, verdicts) of the three kinds."""
        return (("signature", self.signature), ("digest", self.digest), ("hash", self.hash))


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An exchange as understood: what it means, between which lanes, in which payment, with which verdicts."""

    n: int
    operation: str  # an id of optrace.exchanges.KINDS
    variant: str | None = None
    source: str = "unknown"  # a lane
    target: str = "unknown"  # a lane
    payment: int | None = None
    scene: int | None = None  # it belongs to no payment, and leads up to this one
    method: str
    url: str
    status: int | None = None
    started: datetime  # UTC
    ended: datetime | None = None
    error: str | None = None  # no answer: refused, reset, timed out
    label: str  # a few words for the ladder, such as "grant incoming-payment"
    verdicts: Verdicts = Verdicts()
    reasons: Mapping[str, str] = field(default_factory=dict)  # "signature.rafiki" -> why it is no pass
    findings: tuple[Finding, ...] = ()  # the first is the cause
    problems: tuple[str, ...] = ()  # what could not be read, and why
    retry_of: int | None = None  # the same call was tried before
    grant: int | None = None  # the grant request whose grant this exchange belongs to
    key_owner: str | None = None  # the wallet address (or client.jwk) whose keys verify it
    same_ase: bool = False  # one ASE plays the sender's and the recipient's part

    @property
    def in_flight(self) -> bool:
        """Whether an answer may still come."""
        return self.ended is None and self.error is None and self.status is None

    @property
    def duration(self) -> timedelta | None:
        """From the request's first byte to the response's last."""
        return None if self.ended is None else self.ended - self.started

    @property
    def proven(self) -> str:
        """What there was to prove, as letters: S signature, D digest, H hash. Empty: nothing to prove."""
        kinds = zip("SDH", (self.verdicts.signature, self.verdicts.digest, self.verdicts.hash), strict=True)
        return "".join(letter for letter, by in kinds if any(by[p] is not Verdict.NONE for p in PROFILES))

    def mark(self, profile: str = DEFAULT_PROFILE) -> str:
        """One character for the gutter: ✓ ✗ ≠ ! ? or · (nothing to prove and nothing wrong).

        ✗ a check fails, or the exchange broke; ≠ this profile accepts what another refuses, or the reverse;
        ! it verifies and was refused all the same; ? there is something to check that could not be.
        """
        verdicts = [by[profile] for _, by in self.verdicts.items()]
        if Verdict.FAIL in verdicts or self.error:
            return "✗"
        others = [one for _, by in self.verdicts.items() for one in (by.rfc, by.open_payments, by.rafiki)]
        if Verdict.FAIL in others or Verdict.DIFFERS in others:
            return "≠"
        if Verdict.UNCHECKED in verdicts:
            return "?"
        if (self.status or 0) >= 400:
            return "!"
        if Verdict.PASS in verdicts:
            return "✓"
        return "·"


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The exchanges that belong to one payment journey. RFC 9635's grants are its parts."""

    id: int  # from 1, in the order of the first exchanges that are theirs alone
    title: str  # "alice → bob", as far as known
    state: str  # asked, quoted, consenting, granted, paying, paid, completed, failed, rejected, cancelled, open
    exchanges: tuple[int, ...]
    context: tuple[int, ...] = ()  # what leads up to it: wallet addresses, keys, refused grant requests
    amount: str | None = None  # "25.00 USD"
    sender: str | None = None  # wallet addresses
    recipient: str | None = None
    started: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of what a message says: a name on the wire, its value in words, and where the value was born."""

    name: str
    value: str
    born_in: int | None = None  # the exchange that brought it into the trace
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """All that is known of one exchange, worked out when somebody looks."""

    step: Step
    exchange: Exchange
    sentence: str  # what the message means
    facts: tuple[Fact, ...] = ()  # the grant, access, amounts and limits in words
    signature: Verification | None = None
    digest: Judgements | None = None
    hash: Judgements | None = None
    request_json: Any = None
    response_json: Any = None
    unknown_members: Mapping[str, tuple[str, ...]] | None = None  # "request"/"response" -> paths that no model knows
    misfits: Mapping[str, tuple[str, ...]] | None = None  # "request"/"response" -> what doesn't fit the specification
    stages: tuple[tuple[str, str], ...] = ()  # check of the server -> passed, failed, not reached, unknown (diagnosis)
    left: tuple[Fact, ...] = ()  # of the grant's limits and the token's life, when the message was sent (rules)
    signer: str | None = None  # which software signed it, most likely (diagnosis)
