"""NET-005: TLS failed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.rule import Found, Outcome, Weight, rule

_TLS = re.compile(r"certificate|\btls\b|\bssl\b|handshake|self.signed|unknown ca|hostname mismatch", re.I)


@rule(
    code="NET-005",
    title="TLS failed",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    remedy="If the client refuses optrace: give its runtime optrace's CA (optrace ca says how). If optrace refuses the"
    " server: its certificate isn't trusted here.",
    outcomes=(Outcome.BROKEN,),
    absorbs=("NET-014",),
)
def tls(case: Case) -> Iterator[Found]:
    """You see a certificate error in the client and nothing at the server.

    Cause: the client doesn't know optrace's CA, or the wallet has a self-signed certificate. Each runtime has its own
    place for CAs: NODE_EXTRA_CA_CERTS, SSL_CERT_FILE, a trust store.

    Detected: the exchange broke with a TLS error. A client that refuses optrace before it sends a request leaves no
    exchange: the recorder notes that beside the session.

    Source: optrace ca.
    """
    error = case.exchange.error or ""
    if _TLS.search(error) and (case.row.operation != "unknown" or _ours(case)):
        yield Found(detail=f"{case.view.parts.authority}: {error}")


def _ours(case: Case) -> bool:
    return case.memory.places.host(case.view.url).role != "unknown"
