"""Faults that come with a language's libraries: how they encode, escape, join and load things."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from tests.mutations.case import HEADERS, PRICE, RS_INVALID, Case, case, compact
from tests.mutations.interaction import consented
from tests.mutations.sig import create_fails, grant_fails, listed, target
from tests.mutations.signing import b64
from tests.mutations.tok import INACTIVE, create

BAD_JSON = "invalid JSON, only supports object and array"  # koa's strict parser


def body_of(c: Case, **more: Any) -> dict[str, Any]:
    return {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000")} | more


# how the bytes of a signature are written


@case("SIG-008", "hexadecimal digits between the colons", rfc="fail", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, encode=bytes.hex)


@case("SIG-008", "hexadecimal digits in base64", rfc="fail", rafiki="fail")
def _(c: Case) -> None:
    create_fails(c, encode=lambda octets: b64(octets.hex().encode()))


@case("SIG-008", "base64 of base64", rfc="fail", rafiki="fail")
def _(c: Case) -> None:
    create_fails(c, encode=lambda octets: b64(b64(octets).encode()))


TAKEN: dict[str, dict[str, Any]] = {  # by Rafiki's base64, which skips what it doesn't know
    "in quotes": {"written": '{label}="{signature}"'},
    "broken into lines, as MIME has it": {"encode": lambda octets: f"{b64(octets)[:76]} {b64(octets)[76:]}"},
    "with one colon": {"written": "{label}=:{signature}"},
}
for title, how in TAKEN.items():

    @case("SIG-008", title, rfc="fail", rafiki="pass")
    def _(c: Case, how: dict[str, Any] = how) -> None:
        c.scene()
        c.token(**how)


# what stands on the lines of the base


@case("SIG-004", "the parameters of the query in another order")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.send(
        "GET",
        listed(c, "&first=10"),
        token=token,
        **c.rs_says(401, RS_INVALID),
        **target(c, listed(c).replace("?", "?first=10&")),
    )


@case("SIG-004", "a question mark at the end, and no query")
def _(c: Case) -> None:
    grant_fails(c, **target(c, f"{c.bob.auth}?"))


@case("SIG-005", "path and query alone")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    url = listed(c)
    c.send("GET", url, token=token, **c.rs_says(401, RS_INVALID), **target(c, "/" + url.split("/", 3)[3]))


@case("SIG-001", "no scheme")
def _(c: Case) -> None:
    grant_fails(c, **target(c, c.bob.auth.removeprefix("https://")))


@case("SIG-023", "CRLF after the last line")
def _(c: Case) -> None:
    grant_fails(c, tail="\r\n")


@case("SIG-003", "base and path joined with two slashes")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.send(
        "POST", f"{c.bob.rs}//incoming-payments", body_of(c), token=token, signed=True, status=404, answer=b"Not Found"
    )


# digests


@case("DIG-010", "the digest's hexadecimal digits in base64, sha-512")
def _(c: Case) -> None:
    digits = hashlib.sha512(compact(body_of(c))).hexdigest().encode()
    create_fails(c, body=body_of(c), headers={"Content-Digest": f"sha-512=:{b64(digits)}:"})


@case("DIG-010", "the digest's hexadecimal digits in base64, sha-256, AS")
def _(c: Case) -> None:
    digits = hashlib.sha256(compact(c.wish())).hexdigest().encode()
    grant_fails(c, HEADERS, headers={"Content-Digest": f"sha-256=:{b64(digits)}:"})


@case("DIG-002", "only the line separator is escaped")
def _(c: Case) -> None:
    sent = compact(body_of(c, metadata={"note": "a\u2028b"})).replace("\u2028".encode(), b"\\u2028")
    create_fails(c, body=sent)


# bodies

BODIES: dict[str, Callable[[bytes], bytes]] = {
    "dumped twice": lambda text: json.dumps(text.decode()).encode(),
    "base64 in a string": lambda text: json.dumps(base64.b64encode(text).decode()).encode(),
    "null": lambda text: b"null",
}
for title, make in BODIES.items():

    @case("RES-023", title)
    def _(c: Case, make: Callable[[bytes], bytes] = make) -> None:
        c.scene()
        token = c.token()
        body = make(compact(body_of(c)))
        c.send("POST", f"{c.bob.rs}/incoming-payments", body, token=token, status=400, answer=BAD_JSON.encode())


@case("RES-023", "Latin-1")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    body = compact(body_of(c, metadata={"note": "café"})).decode().encode("latin-1")
    c.send("POST", f"{c.bob.rs}/incoming-payments", body, token=token, status=400, answer=b"Unexpected token in JSON")


@case("FLO-004", "an empty array of PHP")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    body = c.wish(c.pay_item(), **c.interactive())
    pending = c.ask(body)
    consented(c, body, pending)
    then = pending["continue"]
    said = {"error": {"description": "Received error validating OpenAPI request: body must be object"}}
    c.send("POST", then["uri"], b"[]", token=then["access_token"]["value"], status=400, answer=said, wait=6)


@case("RES-001", "an empty amount breaks the server")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    body = body_of(c, incomingAmount=c.bob.amount(""))
    c.send("POST", f"{c.bob.rs}/incoming-payments", body, token=token, status=500, answer=b"Internal Server Error")


@case("RES-001", "more than 64 bits")
def _(c: Case) -> None:
    c.scene()
    said = 'Received error validating OpenAPI request: body.incomingAmount.value must match format "uint64"'
    create(c, said, 400, token=c.token(), body=body_of(c, incomingAmount=c.bob.amount("99999999999999999999")))


# URLs that weren't filled in, or were filled in twice


@case("FLO-008", "a template in the path")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.send("GET", f"{c.bob.rs}/incoming-payments/{{id}}", token=token, status=500, answer=b"Internal Server Error")


@case("WAL-007", "the wallet address breaks the server's route")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.send(
        "POST",
        f"{c.bob.wallet}/incoming-payments",
        body_of(c),
        token=token,
        status=500,
        answer=b"Internal Server Error",
    )


@case("WAL-005", "wallet-address escaped twice")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.send("GET", listed(c).replace("%", "%25"), token=token, **c.rs_says(400, "Could not get wallet address"))


@case("GNT-011", "limits.receiver is a wallet address, refused by the schema")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    body = c.wish(c.pay_item(receiver=c.bob.wallet), **c.interactive())
    text = "Received error validating OpenAPI request: body.access_token.access.0.type must be equal to one of the"
    said = {"error": {"description": f"{text} allowed values"}}
    c.send("POST", c.alice.auth, body, status=400, answer=said)


@case("GNT-014", "quote_id for quoteId")
def _(c: Case) -> None:
    made = c.quoted()
    token = c.paid_for()
    said = "Received error validating OpenAPI request: body must have required property 'quoteId'"
    body = {"walletAddress": c.alice.wallet, "quote_id": made["id"]}
    c.send("POST", f"{c.alice.rs}/outgoing-payments", body, token=token, **c.rs_says(400, said))


@case("RES-012", "quoteId is an incoming payment")
def _(c: Case) -> None:
    made = c.quoted()
    token = c.paid_for()
    body = {"walletAddress": c.alice.wallet, "quoteId": made["receiver"]}
    c.send("POST", f"{c.alice.rs}/outgoing-payments", body, token=token, **c.rs_says(404, "unknown quote"))


@case("TOK-005", "the continuation token pays before the consent")
def _(c: Case) -> None:
    made = c.quoted()
    pending = c.ask(c.wish(c.pay_item(debitAmount=c.alice.amount("5000")), **c.interactive()))
    body = {"walletAddress": c.alice.wallet, "quoteId": made["id"]}
    token = pending["continue"]["access_token"]["value"]
    c.send("POST", f"{c.alice.rs}/outgoing-payments", body, token=token, **c.rs_says(403, INACTIVE))


@case("TOK-011", "the continue URL glued to the grant endpoint, after it was continued")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    body = c.wish(c.pay_item(debitAmount=c.alice.amount("5000")), **c.interactive())
    pending = c.ask(body)
    reference = consented(c, body, pending)
    then, answer = pending["continue"], c.given(c.alice, body["access_token"]["access"])
    token = then["access_token"]["value"]
    c.send("POST", then["uri"], {"interact_ref": reference}, token=token, answer=answer, wait=6)
    glued = f"{c.alice.auth}/continue/{then['uri'].rpartition('/')[2]}"
    c.send("POST", glued, {"interact_ref": reference}, token=token, status=404, answer=b"Not Found")


@case("NET-009", "Ruby calls a poll a form")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    then = c.ask(c.wish(c.pay_item(), interact={"start": ["redirect"]}))["continue"]
    text = "Received error validating OpenAPI request: Unsupported Content-Type application/x-www-form-urlencoded"
    c.send(
        "POST",
        then["uri"],
        token=then["access_token"]["value"],
        covered=("@method", "@target-uri", "authorization"),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        status=415,
        answer={"error": {"description": text}},
        wait=6,
    )


# the recording begins in the middle


def without(c: Case, first: int) -> None:
    """The first exchanges didn't pass by."""
    del c.sent[:first]


@case("TOK-003", "revoked here, issued before the recording")
def _(c: Case) -> None:
    c.scene()
    token = c.grant()["access_token"]
    c.send("DELETE", token["manage"], token=token["value"], status=204)
    create(c, INACTIVE, token=token["value"])
    without(c, 3)


@case("TOK-003", "rotated here, issued before the recording")
def _(c: Case) -> None:
    c.scene()
    token = c.grant(PRICE)["access_token"]
    new = c.given(c.bob, token["access"])["access_token"]
    c.send("POST", token["manage"], token=token["value"], answer={"access_token": new})
    create(c, INACTIVE, token=token["value"])
    without(c, 3)


@case("TOK-015", "revoked twice, issued before the recording")
def _(c: Case) -> None:
    c.scene()
    token = c.grant()["access_token"]
    c.send("DELETE", token["manage"], token=token["value"], status=204)
    c.send("DELETE", token["manage"], token=token["value"], **c.as_says(401, "invalid_client", "invalid access token"))
    without(c, 3)


@case("TOK-015", "the same revocation byte for byte, but for a field that isn't covered")
def _(c: Case) -> None:
    c.scene()
    token = c.grant()["access_token"]
    c.send("DELETE", token["manage"], token=token["value"], status=204)
    c.send(
        "DELETE",
        token["manage"],
        token=token["value"],
        headers={"Content-Type": "application/json"},
        wait=0,
        covered=("@method", "@target-uri", "authorization"),
        **c.as_says(401, "invalid_client", "invalid access token"),
    )
    without(c, 3)


# hashes


def hashed(c: Case, to: Callable[[list[str], str], list[str]]) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    body = c.wish(c.pay_item(), **c.interactive())
    pending = c.ask(body)
    redirect = pending["interact"]["redirect"]
    consented(
        c,
        body,
        pending,
        lambda lines: b64(hashlib.sha256("\n".join(to(lines, redirect)).encode()).digest()),
        visit=False,
    )


@case("INT-004", "the interaction's id for the AS's nonce")
def _(c: Case) -> None:
    hashed(c, lambda lines, redirect: [lines[0], redirect.split("/")[4], *lines[2:]])


@case("INT-005", "the reference first")
def _(c: Case) -> None:
    hashed(c, lambda lines, redirect: [lines[2], lines[0], lines[1], lines[3]])
