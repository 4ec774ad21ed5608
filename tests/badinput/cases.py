"""Hostile traffic, a case each: what the client sends, what the server answers, and what optrace must say of it."""

from __future__ import annotations

import base64
import gzip
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.capture.kit import StopServing

LARGE = 100 * 1024 * 1024
DEEP = b"[" * 10_000 + b"]" * 10_000
MARKUP = '[bold red]x[/] [@click=app.quit]y[/] <script>alert(1)</script> `a` |b| \\"'
CONTROLS = "\\u001b[2J\\u001b]0;owned\\u0007\\r\\n\\u009b31m\\u202e\\u0000\\ud800"
EVIL = CONTROLS + MARKUP


@dataclass(frozen=True)
class Case:
    """One exchange. `sent` and `answer` are what is on the wire after the request line and for the response."""

    method: str = "GET"
    path: str = "/quotes/{name}"
    fields: tuple[bytes, ...] = ()
    body: bytes = b""
    answer: bytes | Iterable[bytes] = b""  # parts are sent one by one
    says: str = ""  # in a problem, a note, a finding, a reason or the error of the step
    operation: str | None = None
    answered: bool = True  # the client gets the server's answer
    kept: bool = True  # the body is in the session


def ok(body: bytes = b"{}", *fields: bytes, status: bytes = b"200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = [b"HTTP/1.1 " + status, b"Content-Type: application/json", b"Content-Length: %d" % size, *fields]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _large() -> Iterator[bytes]:
    yield ok(b"", length=LARGE)
    for _ in range(LARGE // (1 << 20)):
        yield b" " * (1 << 20)


def _slow() -> Iterator[bytes]:
    whole = ok(b'{"keys": []}')
    for start in range(0, len(whole), 30):
        yield whole[start : start + 30]
        time.sleep(0.05)


def _hangs_up() -> Iterator[bytes]:
    yield ok(b'{"id": "http', length=4000)
    raise StopServing


def _says_nothing() -> Iterator[bytes]:
    raise StopServing
    yield b""


def _not_http() -> Iterator[bytes]:
    yield b"220 mail.example ESMTP ready\r\n"
    raise StopServing


GRANT = json.dumps(
    {
        "client": ["https://w.example", 7],
        "access_token": {"access": [{"type": 7, "actions": "create", "limits": [], "identifier": {}}, None, "x"]},
        "interact": {"start": 5, "finish": {"uri": 7, "nonce": [], "method": None}},
        "subject": 1,
    }
).encode()
ANSWER = json.dumps(
    {
        "access_token": {"value": 7, "manage": [], "expires_in": "soon", "access": {"a": 1}},
        "continue": {"uri": {}, "wait": 10**400, "access_token": "x"},
        "interact": {"redirect": 5, "finish": [None]},
    }
).encode()
AMOUNT = json.dumps({"walletAddress": 5, "debitAmount": {"value": -1.5, "assetScale": "2"}, "quoteId": []}).encode()
KEY = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": base64.urlsafe_b64encode(bytes(32)).decode()}
JSON = b"Content-Type: application/json"


def posted(body: bytes, path: str = "/{name}/", *fields: bytes, answer: bytes | None = None, **more: object) -> Case:
    length = b"Content-Length: %d" % len(body)
    given = {"method": "POST", "path": path, "fields": (JSON, length, *fields), "body": body}
    return Case(**given, answer=ok() if answer is None else answer, **more)  # type: ignore[arg-type]


def signed(*fields: bytes, says: str) -> Case:
    return posted(b"{}", "/{name}/quotes", b"Authorization: GNAP T", *fields, says=says, operation="quote_create")


CASES: dict[str, Case] = {
    # bodies that can't be read
    "malformed": Case(answer=ok(b'{"id": "x",, }'), says="not JSON"),
    "cut-short": Case(answer=ok(b'{"id": "http'), says="not JSON"),
    "not-utf-8": Case(answer=ok(b'{"id": "\xff\xfe"}'), says="isn't UTF-8"),
    "not-json": Case(answer=ok(b"<html>oops"), says="not JSON"),
    "a-number": Case(answer=ok(b"7")),
    "nan": Case(answer=ok(b'{"wait": NaN}'), says="no number"),
    "long-number": Case(answer=ok(b'{"wait": ' + b"9" * 10_000 + b"}"), says="10000 digits"),
    "twice": Case(answer=ok(b'{"id": 1, "id": 2}'), says="more than once"),
    "deep-answer": Case(answer=ok(DEEP), says="nested 10000 levels deep"),
    "deep-request": posted(DEEP, says="nested 10000 levels deep"),
    "broken-gzip": Case(answer=ok(b"not gzip", b"Content-Encoding: gzip"), says="gzip stream is broken"),
    "half-gzip": Case(answer=ok(gzip.compress(b"{}" * 99)[:-9], b"Content-Encoding: gzip"), says="it ends too early"),
    "broken-br": Case(answer=ok(b"not brotli at all", b"Content-Encoding: br"), says="br stream is broken"),
    "unknown-coding": Case(answer=ok(b"??", b"Content-Encoding: rot13"), says="'rot13' is unknown"),
    "bomb": Case(answer=ok(gzip.compress(b" " * 1_000_000, 1) * 60, b"Content-Encoding: gzip"), says="larger than"),
    # documents of the wrong shape
    "wrong-types": posted(GRANT, answer=ok(ANSWER), says="signature", operation="grant_request"),
    "wrong-types-refused": posted(
        GRANT,
        answer=ok(
            b'{"error": {"description": "Received error validating OpenAPI request: body.client must be string"}}',
            status=b"400 Bad Request",
        ),
        says="GNT-014",
        operation="grant_request",
    ),
    "wrong-amount": posted(AMOUNT, "/{name}/outgoing-payments", b"Authorization: GNAP T", says="RES"),
    # fields
    "repeated": posted(
        b"{}", "/{name}/quotes", b"Authorization: GNAP A", b"Authorization: GNAP B", b"X-A: 1", b"x-a: 2"
    ),
    "folded": posted(b"{}", "/{name}/quotes", b"X-Folded: one\r\n  two\r\n\tthree"),
    "bad-input": signed(b'Signature-Input: sig1=((((;"', b"Signature: sig1=:AA==:", says="signature"),
    "bad-component": signed(
        b'Signature-Input: sig1=("@nope";x=?2 "@method" "@method");keyid=1;created=99999999999999999999',
        b"Signature: sig1=:%%%:",
        says="signature",
    ),
    "bad-digest": signed(b"Content-Digest: sha-512=AAA, md5=:AAA:, \xff", says="digest"),
    "many-signatures": signed(
        b"Signature-Input: " + b", ".join(b's%d=("@method")' % n for n in range(500)),
        b"Signature: " + b", ".join(b"s%d=:AA==:" % n for n in range(500)),
        says="signature",
    ),
    "control-fields": Case(
        fields=(b"X-Evil: \x1b[2J\x07\x9b31m [bold]", b"X-Latin: \xe4\xff"),
        answer=ok(b"{}", b"X-Evil: \x1b]0;owned\x07", status=b"200 \x1b[1m[red]"),
    ),
    # what is shown
    "evil-wallet": Case(
        path="/{name}",
        answer=ok(
            json.dumps({"id": "ID", "assetCode": "CODE", "assetScale": 2, "authServer": "AS", "publicName": "NAME"})
            .replace("ID", EVIL)
            .replace("CODE", EVIL)
            .replace("AS", f"https://{EVIL}/")
            .replace("NAME", EVIL)
            .encode()
        ),
    ),
    "evil-error": posted(
        b'{"client": "%s", "access_token": {"access": [{"type": "%s"}]}}' % (EVIL.encode(), EVIL.encode()),
        answer=ok(
            b'{"error": {"code": "%s", "description": "%s"}}' % (EVIL.encode(), EVIL.encode()), status=b"400 Bad"
        ),
        operation="grant_request",
    ),
    "evil-path": Case(path="/{name}/%1b%5B2J/[bold]x[/]?result=grant_rejected&x=[red]%0d%0a", answer=ok()),
    "evil-result": Case(path="/{name}?hash=%1b[2J&interact_ref=[bold]", answer=ok(), operation="finish_redirect"),
    # keys
    "many-keys": Case(
        path="/{name}/jwks.json",
        answer=ok(json.dumps({"keys": [{**KEY, "kid": f"k{n}"} for n in range(10_000)]}).encode()),
        operation="jwks_get",
    ),
    "slow-keys": Case(path="/{name}/jwks.json", answer=_slow(), operation="jwks_get"),
    "moved-keys": Case(
        path="/{name}/jwks.json",
        answer=ok(b"", b"Location: http://169.254.169.254/latest", status=b"302 Found"),
        operation="jwks_get",
    ),
    "no-keys": Case(path="/{name}/jwks.json", answer=ok(b"<html>"), operation="jwks_get", says="not JSON"),
    "strange-keys": Case(
        path="/{name}/jwks.json",
        answer=ok(b'{"keys": [7, null, {"kid": [], "x": {}}, {"kty": "OKP", "crv": "Ed25519", "x": "!"}]}'),
        operation="jwks_get",
    ),
    # clocks
    "date-1999": Case(answer=ok(b"{}", b"Date: Fri, 31 Dec 1999 23:59:59 GMT")),
    "date-broken": Case(answer=ok(b"{}", b"Date: tomorrow \xff")),
    **{
        f"created-{name}": signed(
            b'Signature-Input: sig1=("@method");keyid="k";created=' + created,
            b"Signature: sig1=:AA==:",
            says="signature",
        )
        for name, created in (("1970", b"0"), ("9999", b"253402300799"), ("minus", b"-62135596801"), ("text", b'"now"'))
    },
    # connections
    "large": Case(answer=_large(), says="not kept", kept=False),
    "hangs-up": Case(answer=_hangs_up(), says="hung up within its message", answered=False),
    "says-nothing": Case(answer=_says_nothing(), says="hung up", answered=False),
    "not-http": Case(answer=_not_http(), says="unexpected server response", answered=False),
}
