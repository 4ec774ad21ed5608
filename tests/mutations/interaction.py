"""Interactions: the way of the browser, and faults of the hash."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.mutations.case import Case, case
from tests.mutations.signing import b64


def standard(lines: list[str]) -> str:
    return b64(hashlib.sha256("\n".join(lines).encode()).digest())


def consented(
    c: Case,
    body: dict[str, Any],
    pending: dict[str, Any],
    make: Callable[[list[str]], str] = standard,
    *,
    ase: Any = None,
    arrived: Callable[[str], str] = lambda url: url,
    reference: str | None = None,
    wait: float = 3,
    result: str | None = None,
    visit: bool = True,
) -> str:
    """The user says yes; the reference comes back. `make` turns the right lines into the hash."""
    ase = ase or c.alice
    redirect, nonce = pending["interact"]["redirect"], pending["interact"].get("finish", "")
    c.send(
        "GET",
        redirect,
        status=302,
        answer=b"Redirecting",
        wait=1,
        answered={"Location": f"https://idp-{c.id}.example/", "Set-Cookie": "sessionId=abc; path=/; httponly"},
    )
    reference = reference or c.uuid("reference")
    finish = body["interact"]["finish"]
    lines = [finish["nonce"], nonce, reference, ase.auth]
    query = f"hash={quote(make(lines), safe='')}&interact_ref={reference}" if result is None else f"result={result}"
    location = f"{finish['uri']}{'&' if '?' in finish['uri'] else '?'}{query}"
    start = redirect.partition("?")[0]
    c.send(
        "GET",
        f"{start}/finish",
        headers={"Cookie": "sessionId=abc"},
        status=302,
        answer=b"Redirecting",
        wait=wait,
        answered={"Location": location},
    )
    c.marked = None
    if visit:
        c.send("GET", arrived(location), answer=b"ok", wait=0.2)
    return reference


def asked(c: Case) -> tuple[dict[str, Any], dict[str, Any]]:
    if not c.sent:
        c.read(c.alice, c.bob)
        c.jwks()
    body = c.wish(c.pay_item(debitAmount=c.alice.amount("5000")), **c.interactive())
    return body, c.ask(body)


def hashed(
    make: Callable[[Case, dict[str, Any], dict[str, Any]], Callable[[list[str]], str]],
) -> Callable[[Case], None]:
    def build(c: Case) -> None:
        body, pending = asked(c)
        begun = len(c.sent)
        consented(c, body, pending, make(c, body, pending))
        c.marked = begun + 1  # the AS's own redirect

    return build


def uri(to: Callable[[Case, str, dict[str, Any]], str]) -> Callable[[Case], None]:
    return hashed(lambda c, body, pending: lambda lines: standard([*lines[:3], to(c, lines[3], pending)]))


case("", "right, as Rafiki writes it")(hashed(lambda c, b, p: standard))
for title, to in {
    "a slash added": lambda c, u, p: u + "/",
    "origin and slash": lambda c, u, p: c.alice.root + "/",
    "origin": lambda c, u, p: c.alice.root,
    "http": lambda c, u, p: u.replace("https", "http"),
    "another host": lambda c, u, p: u.replace(c.alice.root, "http://localhost:3006"),
    "the continue URI": lambda c, u, p: p["continue"]["uri"],
    "the interact URL": lambda c, u, p: p["interact"]["redirect"].partition("?")[0],
    "the default port": lambda c, u, p: u.replace(".example", ".example:443"),
    "the wallet address": lambda c, u, p: c.alice.wallet,
    "the resource server": lambda c, u, p: c.alice.rs,
    "the recipient's AS": lambda c, u, p: c.bob.auth,
    "nothing": lambda c, u, p: "",
}.items():
    case("INT-001 INT-005" if title == "nothing" else "INT-001", f"the hash is over {title}")(uri(to))

case("INT-001 INT-005", "no grant endpoint")(hashed(lambda c, b, p: lambda lines: standard(lines[:3])))
case("INT-004 INT-005", "nonces swapped")(hashed(lambda c, b, p: lambda x: standard([x[1], x[0], *x[2:]])))
case("INT-004", "client nonce twice")(hashed(lambda c, b, p: lambda x: standard([x[0], x[0], *x[2:]])))


@case("INT-004 INT-013", "client nonce of the other pending grant")
def _(c: Case) -> None:
    other, _ = asked(c)
    hashed(lambda c, b, p: lambda x: standard([other["interact"]["finish"]["nonce"], *x[1:]]))(c)


@case("INT-013 INT-004", "both nonces of the other pending grant")
def _(c: Case) -> None:
    other, pending = asked(c)
    hashed(
        lambda c, b, p: (
            lambda x: standard([other["interact"]["finish"]["nonce"], pending["interact"]["finish"], *x[2:]])
        )
    )(c)


for title, make in {
    "CRLF": lambda x: b64(hashlib.sha256("\r\n".join(x).encode()).digest()),
    "a newline at the end": lambda x: b64(hashlib.sha256(("\n".join(x) + "\n").encode()).digest()),
    "no separator": lambda x: b64(hashlib.sha256("".join(x).encode()).digest()),
    "blanks": lambda x: b64(hashlib.sha256(" ".join(x).encode()).digest()),
    "commas": lambda x: b64(hashlib.sha256(",".join(x).encode()).digest()),
    "sha-512": lambda x: b64(hashlib.sha512("\n".join(x).encode()).digest()),
    "sha3-512": lambda x: b64(hashlib.sha3_512("\n".join(x).encode()).digest()),
    "sha-384": lambda x: b64(hashlib.sha384("\n".join(x).encode()).digest()),
    "hex": lambda x: hashlib.sha256("\n".join(x).encode()).hexdigest(),
    "hex in capitals": lambda x: hashlib.sha256("\n".join(x).encode()).hexdigest().upper(),
    "a newline at the end and sha-512": lambda x: b64(hashlib.sha512(("\n".join(x) + "\n").encode()).digest()),
}.items():
    case("INT-005", f"the hash is built with {title}")(hashed(lambda c, b, p, make=make: make))

case("INT-002", "base64url without padding")(
    hashed(lambda c, b, p: lambda x: standard(x).replace("+", "-").replace("/", "_").rstrip("="))
)
case("INT-002", "base64 without padding")(hashed(lambda c, b, p: lambda x: standard(x).rstrip("=")))


@case("INT-003", "+ became a blank at the client")
def _(c: Case) -> None:
    body, pending = asked(c)
    nonce, finish = body["interact"]["finish"]["nonce"], pending["interact"]["finish"]
    refs = (f"{c.uuid('reference')[:-3]}{n:03}" for n in range(999))
    reference = next(r for r in refs if "+" in standard([nonce, finish, r, c.alice.auth]))
    consented(c, body, pending, reference=reference, arrived=lambda url: url.replace("%2B", "+"))


@case("INT-015", "the hash was altered in the browser")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending, arrived=lambda u: u.replace(u.partition("hash=")[2][:4], "AAAA"))


@case("INT-015", "the reference was exchanged in the browser")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending, arrived=lambda u: u.partition("interact_ref=")[0] + "interact_ref=" + c.uuid("other"))


@case("INT-006 FLO-003 INT-015", "gone on without a hash")
def _(c: Case) -> None:
    body, pending = asked(c)
    reference = consented(c, body, pending, arrived=lambda u: u.partition("hash=")[0] + u.partition("&")[2])
    then = pending["continue"]
    c.now += 6
    c.send(
        "POST",
        then["uri"],
        {"interact_ref": reference},
        token=then["access_token"]["value"],
        answer=c.given(c.alice, body["access_token"]["access"]),
    )


@case("INT-007", "a fixed word as nonce")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    body = c.wish(c.pay_item(), **c.interactive())
    body["interact"]["finish"]["nonce"] = "test"
    c.ask(body)


@case("INT-007", "the same nonce twice")
def _(c: Case) -> None:
    asked(c)
    nonce = "5b4ea1f0-7f25-4d0c-8c1c-3e2f8d9d2a77"
    for _ in range(2):
        body = c.wish(c.pay_item(), **c.interactive())
        body["interact"]["finish"]["nonce"] = nonce
        c.ask(body)


@case("INT-009", "finish.uri has a fragment")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    body = c.wish(c.pay_item(), **c.interactive())
    body["interact"]["finish"]["uri"] += "?order=1#done"
    c.ask(body)


@case("INT-009", "finish.uri has a hash of its own")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    body = c.wish(c.pay_item(), **c.interactive())
    body["interact"]["finish"]["uri"] += "?hash=1"
    c.ask(body)


def finish(c: Case, pending: dict[str, Any], wait: float = 3, **how: Any) -> None:
    start = pending["interact"]["redirect"].partition("?")[0]
    c.send("GET", f"{start}/finish", wait=wait, **how)


def opened(c: Case) -> dict[str, Any]:
    _, pending = asked(c)
    c.send(
        "GET",
        pending["interact"]["redirect"],
        status=302,
        answer=b"Redirecting",
        answered={"Location": f"https://idp-{c.id}.example/", "Set-Cookie": "sessionId=abc; path=/; httponly"},
    )
    return pending


@case("INT-010", "no cookie at the finish")
def _(c: Case) -> None:
    finish(c, opened(c), **c.as_says(401, "invalid_request", "invalid session"))


@case("INT-010", "another cookie at the finish")
def _(c: Case) -> None:
    finish(c, opened(c), headers={"Cookie": "theme=dark"}, **c.as_says(401, "invalid_request", "invalid session"))


@case("INT-011", "finished after eleven minutes")
def _(c: Case) -> None:
    finish(
        c,
        opened(c),
        660,
        headers={"Cookie": "sessionId=abc"},
        **c.as_says(401, "request_denied", "interaction expired"),
    )


@case("INT-011", "the callback says invalid_interaction after eleven minutes")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending, wait=700, result="invalid_interaction&message=interaction+expired")


@case("INT-012", "opened again after the finish")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending)
    c.send("GET", pending["interact"]["redirect"], **c.as_says(404, "unknown_interaction", "unknown interaction"))


@case("INT-012", "opened after the grant was cancelled")
def _(c: Case) -> None:
    _, pending = asked(c)
    then = pending["continue"]
    c.send("DELETE", then["uri"], token=then["access_token"]["value"], status=204, wait=6)
    c.send("GET", pending["interact"]["redirect"], **c.as_says(403, "invalid_interaction", "invalid interaction"))


@case("INT-014", "no finish: a bare page")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    pending = c.ask(c.wish(c.pay_item(), interact={"start": ["redirect"]}))
    c.send(
        "GET",
        pending["interact"]["redirect"],
        status=302,
        answer=b"Redirecting",
        answered={"Location": f"https://idp-{c.id}.example/", "Set-Cookie": "sessionId=abc; path=/; httponly"},
    )
    finish(c, pending, headers={"Cookie": "sessionId=abc"}, status=202)


@case("INT-016", "finished undecided")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending, result="grant_invalid")


@case("GNT-018", "the user said no")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending, result="grant_rejected")


@case("INT-008", "the callback is not found")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending, visit=False)
    location = c.sent[-1].answered["Location"]
    c.send("GET", location, status=404, answer=b"Cannot GET /cb")
