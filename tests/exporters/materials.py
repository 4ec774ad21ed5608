"""Material for exporters: recordings of real software, made-up sessions, and a session made to hurt."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import quote

from optrace.core.fields import Fields
from optrace.core.findings import Finding, Proof, Severity
from optrace.core.masking import Secrets
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.specs import RFC9421
from optrace.exporters import EXPORTERS, Material, export
from optrace.session.events import ExchangeSeen, KeyLearned
from optrace.session.trace import Trace
from tests.corpus import CLIENT, exchanges, jwks
from tests.recordings import truth
from tests.recordings.truth import understood

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VERSIONS = {"optrace": "1.2.3", "python": "3.14.0"}


def of(found: Iterable[Exchange], *, reveal: bool = False, **more: Any) -> Material:
    """Material of exchanges, without rules."""
    by_number = {exchange.n: exchange for exchange in found}
    trace = Trace(by_number.__getitem__)
    trace.feed([KeyLearned(wallet_address=CLIENT, document=jwks(), seen=START, how="given")])
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in by_number.values())
    return _made(trace, by_number, reveal, **more)


@cache
def recording(name: str) -> dict[int, Exchange]:
    """The exchanges of a recording."""
    return {exchange.n: exchange for exchange in truth.exchanges(name)}


def recorded(name: str, *, reveal: bool = False, **more: Any) -> Material:
    """Material of a recording, with the findings of all rules."""
    return _made(understood(name), recording(name), reveal, source=f"{name}.mitm", **more)


def _made(trace: Trace, found: dict[int, Exchange], reveal: bool, **more: Any) -> Material:
    secrets = None if reveal else Secrets()
    if secrets is not None:
        for exchange in found.values():
            secrets.learn(exchange)
    chosen = {"numbers": sorted(found), "source": "made-up.optrace", "versions": VERSIONS} | more
    return Material(trace=trace, lookup=found.__getitem__, secrets=secrets, **chosen)


def text(name: str, material: Material) -> str:
    """An export as one text."""
    return "".join(export(EXPORTERS[name], material))


def broken_payment() -> Material:
    """A payment of eight exchanges with one whose body was altered, and what a rule would say of it."""
    found = list(exchanges(12))
    bad = found[4]
    found[4] = replace(
        bad,
        request=replace(bad.request, body=(bad.request.body or b"").replace(b'"1000"', b'"9000"')),
        response=HttpResponse(
            status=401,
            reason="Unauthorized",
            fields=Fields.of(("Content-Type", "application/json")),
            body=b'{"error":{"code":"401","description":"Signature validation error"}}',
        ),
    )
    material = of(found)
    material.trace.found(
        5,
        (
            Finding(
                rule="DIG-008",
                severity=Severity.ERROR,
                title="The digest is of another text than was sent",
                detail="The digest (sha-512) is that of the body with `value` 1000.",
                remedy="Dump the JSON once, hash those bytes, and send those bytes.",
                spec=RFC9421("7.2.8"),
                proof=Proof(change="The body had `value` 1000 when it was hashed.", tried=21),
            ),
        ),
    )
    return material


TOKEN = "OS9M2PMHKUR64TB8N6BW7OZB8CDFONP219RP1LT0"
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b[0m\x00\x07",
    "\u202egnp.exe\u202c \u2066a\u2069 \ufeff",
    "`code` **bold** [a](javascript:alert(1)) @everyone #1 | cell",
    "end\nNote over client: forged\n@enduml\n!include /etc/passwd %getenv(HOME)",
    "%%{init: {'theme':'dark'}}%% ; wrap: #quot; __b__ ~~s~~",
    "'; rm -rf / #  $(id) `id` \\ \" ${HOME}",
    '""" + __import__("os").system("id") + """',
    "line\u2028separator\u0085and \ud800 half",
)


@cache
def hostile() -> Material:
    """Exchanges whose every text tries to be more than text, with a header of a megabyte."""
    found = []
    for n, nasty in enumerate(HOSTILE, 1):
        raw = nasty.encode("utf-8", "surrogatepass")
        field = raw.replace(b"\n", b" ").replace(b"\0", b"")
        body = json.dumps({"error": {"code": nasty, "description": nasty}, nasty: nasty, "items": [nasty]})
        request = HttpRequest(
            method="POST",
            url=f"https://evil.example/{nasty}?q={nasty}",
            fields=Fields(
                [(b"Host", b"evil.example"), (b"X-Evil", field), (field, b"name"), (b"X-Mask", "••••abcd".encode())]
            ),
            body=body.encode("utf-8", "surrogatepass"),
        )
        response = HttpResponse(
            status=400,
            reason=nasty,
            fields=Fields([(b"Content-Type", b"text/html"), (b"X-Long", b"A" * (1 << 20 if n == 1 else 10))]),
            body=f"<h1>{nasty}</h1>".encode("utf-8", "surrogatepass"),
        )
        error = nasty if n % 3 == 0 else None
        at = START + timedelta(seconds=n)
        found.append(
            Exchange(
                n=n,
                request=request,
                response=None if error else response,
                started=at,
                ended=at + timedelta(milliseconds=9),
                error=error,
                notes=(nasty,),
            )
        )
    material = of(found, source=f"{HOSTILE[0]}.har")
    for n, nasty in enumerate(HOSTILE, 1):
        proof = Proof(change=nasty, tried=3, base=f'"@method": {nasty}', evidence={nasty: nasty})
        finding = Finding(
            rule="SIG-003",
            severity=Severity.ERROR,
            title="A title",
            detail=nasty,
            remedy=nasty,
            proof=proof,
            where=nasty,
        )
        material.trace.found(n, (finding,))
    return material


def planted() -> tuple[Material, list[str]]:
    """A session whose secrets stand where nobody expects them, and the secrets."""
    secrets = [
        TOKEN,
        "4edb2194-dbdf-46bb-9397-d5fd57b7c8a7",
        "s%3AsOme.Cookie+Value/0123456789",
        "p4ss/w0rd+with=signs&more",
    ]
    token, reference, cookie, idp = secrets
    url = f"https://as.example/{token}/x?redirect={quote(f'https://a.example/cb?interact_ref={reference}', safe='')}"
    told = base64.b64encode(f'{{"debug":"{token}"}}'.encode()).decode()
    said = {
        "error": {"code": "invalid", "description": f"token {token} is not one of ours, nor is x{token}x"},
        "metadata": {
            "note": f"kept {idp}",
            "encoded": told,
            "hex": token.encode().hex(),
            token: 1,
            "again": quote(token),
        },
        "list": [token, {"deep": [reference, f"{reference}"]}],
    }
    early = Exchange(  # says the secrets before any message makes them secrets
        n=1,
        request=HttpRequest(method="POST", url=url, fields=Fields.of(("X-Debug", f"t={token}"), ("X-Trace", told))),
        response=HttpResponse(
            status=400,
            reason=f"No {token}",
            fields=Fields.of(("Content-Type", "application/json"), ("X-Ref", reference)),
            body=json.dumps(said).encode(),
        ),
        started=START,
        ended=START,
        notes=(f"the client sent {token}",),
    )
    packed = gzip.compress(json.dumps({"access_token": {"value": token, "note": idp}}, indent=2).encode(), mtime=0)
    late = Exchange(
        n=2,
        request=HttpRequest(
            method="GET",
            url=f"https://as.example/continue/1?interact_ref={reference}",
            fields=Fields.of(
                ("Authorization", f"GNAP {token}"), ("Cookie", f"a=b; sid={cookie}"), ("X-Idp-Secret", idp)
            ),
            body=b'{"broken": "' + token.encode() + b'", "nonce": "',
        ),
        response=HttpResponse(
            status=200,
            fields=Fields.of(
                ("Content-Type", "application/json"),
                ("Content-Encoding", "gzip"),
                ("Set-Cookie", f"sid={cookie}; Path=/"),
            ),
            body=packed,
        ),
        started=START + timedelta(seconds=1),
        ended=START + timedelta(seconds=1),
        error=None,
    )
    broken = json.dumps({"error": f"no {token}, nor {reference}"}).encode()
    half = broken.index(token.encode()) + 20
    chunks = b"".join(
        b"%x;t=%s\r\n%s\r\n" % (len(part), token.encode(), part) for part in (broken[:half], broken[half:])
    )
    split = Exchange(
        n=3,
        request=HttpRequest(method="GET", url="https://as.example/"),
        response=HttpResponse(
            status=400,
            fields=Fields.of(("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")),
            body=chunks + b"0\r\nX-Debug: " + token.encode() + b"\r\n\r\n",
        ),
        started=START + timedelta(seconds=2),
        ended=START + timedelta(seconds=2),
    )
    material = of([early, late, split])
    finding = Finding(
        rule="TOK-012",
        severity=Severity.ERROR,
        title="A title",
        detail=f"{token} was seen",
        proof=Proof(
            change=f"{token} was signed", tried=1, base=f'"authorization": GNAP {token}', evidence={"is": token}
        ),
    )
    material.trace.found(2, (finding,))
    return material, secrets
