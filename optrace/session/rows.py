"""What the fold keeps of each exchange: small, mutable, and enough to make its `Step` whenever somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from optrace.core.findings import Finding
from optrace.session.grants import Grant
from optrace.session.places import NOBODY, Party
from optrace.session.steps import Verdicts

NO_VERDICTS = Verdicts()
NO_REASONS: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True, eq=False)
class Row:
    """One exchange in the fold. Lanes, payment and step are looked up from here, never stored as text."""

    n: int
    operation: str
    method: str
    url: str
    started: datetime
    label: str
    variant: str | None = None
    status: int | None = None
    ended: datetime | None = None
    error: str | None = None
    source: Party = NOBODY
    target: Party = NOBODY
    side: str | None = None  # what the operation itself says of the side
    grant: Grant | None = None
    flow: int | None = None
    token: str | None = None
    verdicts: Verdicts = NO_VERDICTS
    reasons: Mapping[str, str] = NO_REASONS  # "signature.rafiki" -> why it isn't a pass
    findings: tuple[Finding, ...] = ()
    problems: tuple[str, ...] = ()
    retry_of: int | None = None
    key_owner: str | None = None
    kid: str | None = None
    partner: int | None = None  # the call that this one was made for (introspection, jwks); the 302 that a hop repeats
    client_id: str | None = None
    repeats: int | None = None  # an earlier exchange that carried the very same signature
