"""NET-001: Signed for the proxy's own address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from optrace.core.findings import Proof, Severity, Verdict
from optrace.core.specs import RFC9421
from optrace.diagnosis.case import Case
from optrace.rules.evidence.answers import API_CALLS
from optrace.rules.rule import Found, Outcome, Weight, rule
from optrace.signatures.verify import verify_request

_LISTENS = re.compile(r"@(?:(\[[0-9a-fA-F:]+\]|[^@:/]*):)?(\d+)$")


@rule(
    code="NET-001",
    title="Signed for the proxy's own address",
    severity=Severity.ERROR,
    weight=Weight.PROOF,
    spec=RFC9421("2.2.2"),
    remedy="Use optrace as a forward proxy (optrace run, or HTTPS_PROXY with its CA): then the client signs the"
    " server's own URL. Behind a reverse proxy signatures survive only if the server sees the Host that was signed.",
    operations=API_CALLS,
    outcomes=(Outcome.REFUSED,),
    absorbs=("SIG-001", "SIG-005", "SIG-034"),
)
def signed_for_the_proxy(case: Case) -> Iterator[Found]:
    """You see 401 "invalid signature" as soon as a reverse proxy is used, optrace included.

    Cause: the client was pointed at `http://localhost:PORT` and signed that URL; the server sees its own.

    Detected: the signature verifies with the address that the proxy listens on in `@target-uri`, and only so.

    Source: mitmproxy 2039, and its documentation on Host in reverse mode.
    """
    mode = case.exchange.connection.proxy_mode
    if not mode.startswith("reverse:") or case.row.verdicts.signature.rfc is Verdict.PASS or not case.keys.keys:
        return
    parts = case.view.parts
    rest = case.view.url[len(parts.origin) :]
    tried = 0
    for authority in _addresses(mode):
        for scheme in ("http", "https"):
            tried += 1
            request = replace(case.exchange.request, url=f"{scheme}://{authority}{rest}")
            if verify_request(request, case.keys, now=case.started).judgements["rfc"].verdict is Verdict.PASS:
                signed = f"{scheme}://{authority}{rest}"
                detail = (
                    f"The client signed {signed}, where the proxy listens; the server was asked for {case.view.url}."
                )
                proof = Proof(change=f"@target-uri is {signed}", tried=tried)
                yield Found(detail=detail, where="@target-uri", proof=proof)
                return


def _addresses(mode: str) -> tuple[str, ...]:
    """The authorities under which a proxy that listens there can be called."""
    match = _LISTENS.search(mode)
    if match is None:
        return ("localhost:8080", "127.0.0.1:8080")
    host, port = match[1] or "", match[2]
    names = dict.fromkeys((host, "localhost", "127.0.0.1", "[::1]", "host.docker.internal"))
    return tuple(f"{name}:{port}" for name in names if name and name != "0.0.0.0")
