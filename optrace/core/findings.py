"""What a check says and what a rule finds. A verdict always shows its working."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from optrace.core.quick import quick
from optrace.core.specs import SpecRef


class Verdict(StrEnum):
    """What a check came to. Not seen is never a pass."""

    PASS = "pass"
    FAIL = "fail"
    DIFFERS = "differs"  # right in substance, in a form that this profile would not accept or send
    UNCHECKED = "unchecked"  # something to check, and not checkable here; the reason says why
    NONE = "none"  # nothing to check


class Severity(StrEnum):
    """How much a finding matters: the request fails by it, will fail elsewhere, smells, or only explains."""

    ERROR = "error"
    RISK = "risk"
    WARN = "warn"
    INFO = "info"


PROFILES = ("rfc", "open-payments", "rafiki")  # whose eyes; the user's default is open-payments


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One step of a verification: what was expected, what came."""

    name: str
    verdict: Verdict
    expected: str | None = None
    got: str | None = None
    detail: str | None = None
    spec: SpecRef | None = None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one profile says of one thing, with each check in the order in which it was made."""

    verdict: Verdict
    reason: str | None = None  # always there for UNCHECKED and FAIL
    checks: tuple[Check, ...] = ()


Judgements = Mapping[str, Judgement]  # profile name -> judgement

NOTHING_TO_CHECK: Judgements = {profile: Judgement(verdict=Verdict.NONE) for profile in PROFILES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A counterfactual that verified: what was changed, and what the search cost."""

    change: str
    tried: int
    base: str | None = None  # the signature base that the signer really signed
    evidence: Mapping[str, str] = field(default_factory=dict)


PROVED = " With that, "  # how a detail goes on from what was changed to what that proves


def told_once(detail: str, change: str) -> tuple[str, str]:
    """(what was found, what proves it) of a finding with a proof: its detail often says the proof's change already."""
    said, mark, proved = detail.partition(PROVED)
    if mark:
        return said, f"{mark.strip()} {proved}"
    return detail, "" if change.rstrip(".") in detail else change


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A named problem: what is wrong (`title`, `detail`), what proves it, what to do."""

    rule: str
    severity: Severity
    title: str
    detail: str = ""
    remedy: str = ""
    spec: SpecRef | None = None
    proof: Proof | None = None
    where: str | None = None  # the field, body member or parameter that it points at
    related: tuple[int, ...] = ()  # numbers of the exchanges that prove it

    @property
    def proof_in_words(self) -> str:
        """What was changed for the proof; empty if there is none, or the detail says it already."""
        return self.proof.change if self.proof and self.proof.change.rstrip(".") not in self.detail else ""
