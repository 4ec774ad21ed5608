"""Faults of Content-Digest and of the body under it."""

from __future__ import annotations

import gzip
import hashlib
import json
from typing import Any

from tests.mutations.case import HEADERS, RS_INVALID, Case, case, compact
from tests.mutations.sig import SIGNED, create_fails, grant_fails
from tests.mutations.signing import ORDER, b64, digest


def body_of(c: Case, **metadata: Any) -> dict[str, Any]:
    body = {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000")}
    return body | {"metadata": metadata or {"description": "tea"}}


def wrong(c: Case, field: str | None, status: int = 401, body: bytes | None = None, **how: Any) -> None:
    """A creation with another Content-Digest than the body has; the signature is right over it."""
    c.scene() if not c.sent else None
    said = c.rs_says(401, RS_INVALID) if status == 401 else {"status": 201, "answer": c.payment(body_of(c))}
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        body or compact(body_of(c)),
        token=c.token(),
        headers={"Content-Digest": field},
        **said | how,
    )


@case("DIG-001", "a blank after each colon")
def _(c: Case) -> None:
    create_fails(c, body=json.dumps(body_of(c), separators=(",", ": ")).encode())


@case("DIG-001", "indented")
def _(c: Case) -> None:
    create_fails(c, body=json.dumps(body_of(c), indent=2).encode())


@case("DIG-001", "spaced grant request")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, body=json.dumps(c.wish()).encode())


@case("DIG-001", "tabs")
def _(c: Case) -> None:
    create_fails(c, body=json.dumps(body_of(c), indent="\t").encode())


@case("DIG-002", "accents escaped (PHP)")
def _(c: Case) -> None:
    create_fails(c, body=json.dumps(body_of(c, description="Käse à la carte"), separators=(",", ":")).encode())


@case("DIG-002", "an emoji escaped, GNAP")
def _(c: Case) -> None:
    body = c.wish() | {"client_note": "\U0001f600"}
    grant_fails(c, HEADERS, body=json.dumps(body, separators=(",", ":")).encode())


@case("DIG-003", "< and > escaped (Go)")
def _(c: Case) -> None:
    create_fails(
        c, body=compact(body_of(c, description="<b>tea</b>")).replace(b"<", b"\\u003c").replace(b">", b"\\u003e")
    )


@case("DIG-003", "& escaped, upper-case hex (.NET)")
def _(c: Case) -> None:
    create_fails(c, body=compact(body_of(c, description="a&b")).replace(b"&", b"\\u0026"))


@case("DIG-004", "slashes escaped in a grant request")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, body=compact(c.wish()).replace(b"/", b"\\/"))


for title, number in {
    "1.0": b"1.0",
    "1e2": b"1e2",
    "-0": b"-0",
    "beyond 2^53": b"12345678901234567890",
    "a long fraction": b"0.10000000000000000001",
}.items():

    @case("DIG-005", title)
    def _(c: Case, number: bytes = number) -> None:
        create_fails(c, body=compact(body_of(c, n="N")).replace(b'"N"', number))


@case("DIG-006", "a member twice")
def _(c: Case) -> None:
    create_fails(c, body=compact(body_of(c, a=1)).replace(b'{"a":1}', b'{"a":0,"a":1}'))


@case("DIG-006", "numeric names")
def _(c: Case) -> None:
    create_fails(c, body=compact(body_of(c, b=1, **{"10": 1, "2": 1})))


@case("DIG-007", "CRLF at the end")
def _(c: Case) -> None:
    create_fails(c, body=compact(body_of(c)) + b"\r\n")


@case("DIG-007", "byte order mark")
def _(c: Case) -> None:
    create_fails(c, body=b"\xef\xbb\xbf" + compact(body_of(c)))


@case("DIG-008", "digest of the spaced form")
def _(c: Case) -> None:
    wrong(c, digest(json.dumps(body_of(c)).encode()))


@case("DIG-008", "digest of sorted members")
def _(c: Case) -> None:
    wrong(c, digest(json.dumps(body_of(c), sort_keys=True, separators=(",", ":")).encode()))


@case("DIG-008", "digest of nothing")
def _(c: Case) -> None:
    wrong(c, digest(b""))


@case("DIG-008", "digest of the request before")
def _(c: Case) -> None:
    wrong(c, digest(compact(c.wish())))


@case("DIG-008", "digest of an unknown body")
def _(c: Case) -> None:
    wrong(c, digest(b"something else"))


@case("DIG-008", "compact digest over a spaced body: Rafiki takes it")
def _(c: Case) -> None:
    wrong(c, digest(compact(body_of(c))), 201, json.dumps(body_of(c)).encode())


@case("DIG-009", "there, and not covered")
def _(c: Case) -> None:
    c.scene()
    c.incoming(c.token(), covered=("@method", "@target-uri", "authorization", "content-type"))


@case("DIG-009", "no digest on a grant request")
def _(c: Case) -> None:
    c.scene()
    c.grant(content=None, covered=("@method", "@target-uri"))


for title, make in {
    "colon for equals": lambda b: "sha-512:" + b64(hashlib.sha512(b).digest()) + ":",
    "no colons": lambda b: "sha-512=" + b64(hashlib.sha512(b).digest()),
    "hex": lambda b: "sha-512=:" + hashlib.sha512(b).hexdigest() + ":",
    "hex without colons": lambda b: "sha-512=" + hashlib.sha512(b).hexdigest(),
    "upper case": lambda b: digest(b).replace("sha", "SHA"),
    "sha512": lambda b: digest(b).replace("sha-512", "sha512"),
    "= behind the colon": lambda b: digest(b) + "=",
    "no name": lambda b: b64(hashlib.sha512(b).digest()),
    "quoted": lambda b: f'sha-512="{b64(hashlib.sha512(b).digest())}"',
}.items():

    @case("DIG-010 DIG-015" if title == "sha512" else "DIG-010", title)
    def _(c: Case, make: Any = make) -> None:
        wrong(c, make(compact(body_of(c))))


@case("DIG-010 DIG-009", "legacy Digest field")
def _(c: Case) -> None:
    c.scene()
    body = compact(body_of(c))
    wrong(
        c,
        None,
        201,
        body,
        covered=[n for n in ORDER if n != "content-digest"],
        late={"Digest": "SHA-256=" + b64(hashlib.sha256(body).digest())},
    )


@case("DIG-011", "sha-512 value labelled sha-256")
def _(c: Case) -> None:
    wrong(c, digest(compact(body_of(c))).replace("sha-512", "sha-256"))


@case("DIG-011", "sha-256 value labelled sha-512, AS")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, headers={"Content-Digest": digest(compact(c.wish()), "sha-256").replace("256", "512")})


@case("DIG-012", "hashed, then compressed: Rafiki takes it")
def _(c: Case) -> None:
    body = compact(body_of(c))
    packed = gzip.compress(body, mtime=0)
    wrong(c, digest(body), 201, packed, late={"Content-Encoding": "gzip"})


@case("DIG-013 SIG-030", "length of the characters was signed")
def _(c: Case) -> None:
    body = compact(body_of(c, description="Käse"))
    create_fails(c, body=body, values={"content-length": str(len(body.decode()))})


@case("DIG-013", "chunked, not covered")
def _(c: Case) -> None:
    grant_fails(
        c,
        HEADERS,
        covered=[n for n in SIGNED if n != "content-length"],
        late={"Content-Length": None, "Transfer-Encoding": "chunked"},
    )


@case("DIG-013 SIG-030", "content-length signed as undefined")
def _(c: Case) -> None:
    create_fails(c, values={"content-length": "undefined"})


@case("DIG-015", "sha-512 wrong beside sha-256 right")
def _(c: Case) -> None:
    body = compact(body_of(c))
    wrong(c, f"{digest(body, 'sha-256')}, {digest(b'x')}")


@case("DIG-015 DIG-010", "an unknown algorithm beside")
def _(c: Case) -> None:
    body = compact(body_of(c))
    wrong(c, f"{digest(body)}, md5=:{b64(hashlib.md5(body, usedforsecurity=False).digest())}:")


@case("DIG-008", "the body was altered on the way")
def _(c: Case) -> None:
    wrong(c, digest(compact(body_of(c))), body=compact(body_of(c)).replace(b"1000", b"9000"))
