"""Faults of wallet addresses, of the transport, and of the order of things."""

from __future__ import annotations

from typing import Any

from tests.mutations.case import PRICE, Case, case
from tests.mutations.interaction import asked, consented
from tests.mutations.sig import UNKNOWN, grant_fails
from tests.mutations.tok import INACTIVE, SHAPE, create


@case("WAL-001", "$ in walletAddress")
def _(c: Case) -> None:
    c.scene()
    pointer = "$" + c.bob.wallet.removeprefix("https://")
    said = "Received error validating OpenAPI request: body.walletAddress must match format uri"
    create(c, said, 400, token=c.token(), body={"walletAddress": pointer})


@case("WAL-001", "https://$")
def _(c: Case) -> None:
    c.send("GET", f"https://${c.bob.wallet.removeprefix('https://')}", status=None, error="Name or service not known")


@case("WAL-001 GNT-004", "$ as identifier")
def _(c: Case) -> None:
    c.read(c.alice)
    c.jwks()
    item = c.pay_item() | {"identifier": "$" + c.alice.wallet.removeprefix("https://")}
    said = "Received error validating OpenAPI request: body.access_token.access.0.identifier must match format uri"
    body = c.wish(item, **c.interactive())
    c.send("POST", c.alice.auth, body, status=400, answer={"error": {"description": said}})


@case("WAL-002", ".well-known/pay before a path")
def _(c: Case) -> None:
    c.send("GET", f"{c.bob.rs_root}/.well-known/pay/bob", status=404, answer=b"Not Found")


@case("WAL-003", "a web page")
def _(c: Case) -> None:
    c.send(
        "GET",
        f"https://app-{c.id}.example/bob",
        answer=b"<!doctype html><title>My wallet</title>",
        answered={"content-type": "text/html; charset=utf-8"},
    )


@case("WAL-003", "sent to a login")
def _(c: Case) -> None:
    c.send("GET", f"https://app-{c.id}.example/bob", status=302, answered={"Location": "/login?next=/bob"})


@case("WAL-004", "text/html asked for")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "GET",
        c.bob.wallet,
        headers={"Accept": "text/html,*/*"},
        status=302,
        answer=b"Found",
        answered={"Location": f"https://app-{c.id}.example/bob"},
    )


@case("WAL-004", "406")
def _(c: Case) -> None:
    c.scene()
    made = c.incoming(c.token())
    c.send("GET", made["id"], token=c.token(), headers={"Accept": "text/html"}, status=406, answer=b"Not Acceptable")


@case("WAL-005", "a slash at walletAddress")
def _(c: Case) -> None:
    c.scene()
    create(c, "Could not get wallet address", 400, token=c.token(), body={"walletAddress": c.bob.wallet + "/"})


@case("WAL-005 WAL-011", "another case")
def _(c: Case) -> None:
    c.scene()
    c.send("GET", c.bob.wallet.replace("/bob", "/Bob"), status=404, answer=b"Not Found")


@case("WAL-006", "the id is another")
def _(c: Case) -> None:
    c.send("GET", f"https://pay-{c.id}.example/", answer=c.bob.document())


@case("WAL-007", "built from the wallet address")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "POST",
        f"{c.bob.wallet}/incoming-payments",
        {"walletAddress": c.bob.wallet},
        token=c.token(),
        status=404,
        answer=b"Not Found",
    )


@case("WAL-009 SIG-011", "no keys")
def _(c: Case) -> None:
    c.read()
    c.send("GET", f"{c.client}/jwks.json", answer={"keys": []})
    grant_fails(c, **UNKNOWN)


@case("WAL-010 SIG-013 GNT-004", "client on localhost")
def _(c: Case) -> None:
    c.scene()
    c.client = "http://localhost:3000/shop"
    c.jwks()
    grant_fails(c, **UNKNOWN)


@case("WAL-011", "no such wallet address")
def _(c: Case) -> None:
    c.send("GET", c.bob.wallet, **c.rs_says(404, "Could not get wallet address"))


@case("WAL-011 SIG-013 GNT-004", "the client's wallet address doesn't exist")
def _(c: Case) -> None:
    c.read()
    c.send("GET", f"{c.client}/jwks.json", **c.rs_says(404, "Could not get wallet address"))
    grant_fails(c, **UNKNOWN)


# NET


@case("NET-002", "a POST redirected to a GET")
def _(c: Case) -> None:
    c.scene()
    url = c.bob.auth + "/"
    c.send("POST", url, c.wish(), status=301, answered={"Location": c.bob.auth})
    c.send(
        "GET",
        c.bob.auth,
        late={n: c.sent[-1].message.headers[n] for n in ("Signature", "Signature-Input")},
        status=404,
        answer=b"Not Found",
        wait=0.05,
    )


@case("NET-003", "http first")
def _(c: Case) -> None:
    c.send("GET", c.bob.wallet.replace("https", "http"), status=301, answered={"Location": c.bob.wallet})


@case("NET-004", "a gateway's page")
def _(c: Case) -> None:
    c.scene()
    page = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        {"walletAddress": c.bob.wallet},
        token=c.token(),
        status=502,
        answer=page,
        answered={"content-type": "text/html", "server": "nginx"},
    )


@case("NET-004", "a firewall's page")
def _(c: Case) -> None:
    c.scene()
    page = b"<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"
    c.send(
        "POST",
        c.bob.auth,
        c.wish(),
        status=403,
        answer=page,
        answered={"content-type": "text/html", "server": "cloudflare", "cf-ray": "8"},
    )


@case("NET-006", "a preflight that isn't allowed")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "OPTIONS",
        f"{c.bob.rs}/incoming-payments",
        status=204,
        headers={
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-digest,signature,signature-input",
        },
        answered={"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "content-type"},
    )


@case("NET-008", "signed in a web page")
def _(c: Case) -> None:
    c.scene()
    c.grant(headers={"Origin": "https://page.example", "Sec-Fetch-Mode": "cors", "User-Agent": "Mozilla/5.0"})


for kind in ("text/plain;charset=UTF-8", "application/x-www-form-urlencoded"):

    @case("NET-009", kind)
    def _(c: Case, kind: str = kind) -> None:
        c.scene()
        said = f"Received error validating OpenAPI request: unsupported media type {kind}"
        create(c, said, 415, token=c.token(), headers={"Content-Type": kind})


@case("NET-010 NET-014", "the client gave up")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        {"walletAddress": c.bob.wallet},
        token=c.token(),
        status=None,
        error="Client disconnected.",
        took=5,
    )


@case("NET-013 NET-004", "a plain 500")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        {"walletAddress": c.bob.wallet},
        token=c.token(),
        status=500,
        answer=b"Internal Server Error",
    )


for error in ("Connection refused", "[Errno -3] Temporary failure in name resolution", "server closed connection"):

    @case("NET-014", error)
    def _(c: Case, error: str = error) -> None:
        c.scene()
        c.send("POST", c.bob.auth, c.wish(), status=None, error=error)


# FLO


def go_on(c: Case, pending: dict[str, Any], body: object, status: int, code: str, said: str, wait: float = 6) -> None:
    then = pending["continue"]
    c.send("POST", then["uri"], body, token=then["access_token"]["value"], wait=wait, **c.as_says(status, code, said))


@case("FLO-001", "continued before consent, a made-up reference")
def _(c: Case) -> None:
    _, pending = asked(c)
    go_on(c, pending, {"interact_ref": c.uuid("ref")}, 404, "invalid_continuation", "grant not found")


@case("FLO-001", "continued before consent, opened")
def _(c: Case) -> None:
    _, pending = asked(c)
    c.send("GET", pending["interact"]["redirect"], status=302, answered={"Location": "https://idp.example/"})
    go_on(c, pending, {"interact_ref": c.uuid("ref")}, 401, "request_denied", "grant interaction not approved")


@case("FLO-002", "polled though finish was asked for")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending)
    go_on(c, pending, None, 401, "request_denied", "grant cannot be polled")


@case("FLO-002", "polled with an empty object")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending)
    go_on(c, pending, {}, 401, "request_denied", "grant cannot be polled")


@case("FLO-003", "too fast")
def _(c: Case) -> None:
    body, pending = asked(c)
    reference = consented(c, body, pending, wait=0.4)
    go_on(c, pending, {"interact_ref": reference}, 400, "too_fast", "continued grant faster than wait period", wait=1)


@case("FLO-003", "polled too fast")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    pending = c.ask(c.wish(c.pay_item(), interact={"start": ["redirect"]}))
    go_on(c, pending, None, 400, "too_fast", "polled grant faster than wait period", wait=2)


for body in ({"interact_ref": None}, {"interactRef": "x"}, {"client": "https://shop.example"}):

    @case("FLO-004", str(body))
    def _(c: Case, body: dict[str, Any] = body) -> None:
        wish, pending = asked(c)
        consented(c, wish, pending)
        go_on(c, pending, body, 401, "invalid_request", "missing interaction reference")


@case("FLO-005", "continued twice")
def _(c: Case) -> None:
    body, pending = asked(c)
    reference = consented(c, body, pending)
    then = pending["continue"]
    c.send(
        "POST",
        then["uri"],
        {"interact_ref": reference},
        token=then["access_token"]["value"],
        wait=6,
        answer=c.given(c.alice, body["access_token"]["access"]),
    )
    go_on(c, pending, {"interact_ref": reference}, 401, "request_denied", "grant interaction not approved")


@case("FLO-006 INT-013", "reference of the other grant")
def _(c: Case) -> None:
    body, pending = asked(c)
    other, second = asked(c)
    reference = consented(c, other, second)
    assert body
    go_on(c, pending, {"interact_ref": reference}, 404, "invalid_continuation", "grant not found")


@case("FLO-007 FLO-008", "GNAP undefined after a pending answer")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    pending = c.ask(c.wish(c.pay_item(), interact={"start": ["redirect"]}))
    then = pending["continue"]
    c.send("POST", then["uri"], token=then["access_token"]["value"], wait=6, answer={"continue": then})
    body = {"walletAddress": c.alice.wallet, "quoteId": f"{c.alice.rs}/quotes/1"}
    c.send("POST", f"{c.alice.rs}/outgoing-payments", body, token="undefined", **c.rs_says(403, INACTIVE))


@case("FLO-008", "null for a token")
def _(c: Case) -> None:
    c.scene()
    create(c, INACTIVE, token="null")


@case("FLO-008", "undefined in a URL")
def _(c: Case) -> None:
    c.scene()
    c.send("GET", f"{c.bob.rs}/incoming-payments/undefined", token=c.token(), **c.rs_says(401, "Unauthorized"))


@case("FLO-008", "[object Object]")
def _(c: Case) -> None:
    c.scene()
    create(c, SHAPE, 401, token="[object Object]")


@case("FLO-009 FLO-001 TOK-013", "payment before consent")
def _(c: Case) -> None:
    made = c.quoted()
    body = c.wish(c.pay_item(debitAmount=c.alice.amount("5000")), **c.interactive())
    c.ask(body)
    c.send(
        "POST",
        f"{c.alice.rs}/outgoing-payments",
        {"walletAddress": c.alice.wallet, "quoteId": made["id"]},
        signed=True,
        **c.rs_says(401, SHAPE),
    )


@case("FLO-011", "quote at the recipient's server")
def _(c: Case) -> None:
    made = c.receivable()
    token = c.token(PRICE)
    body = {"walletAddress": c.alice.wallet, "receiver": made["id"], "method": "ilp"}
    c.send("POST", f"{c.bob.rs}/quotes", body, token=token, **c.rs_says(403, "Insufficient Grant"))


@case("FLO-012", "the payer's wallet address in an incoming payment")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    token = c.token()
    body = {"walletAddress": c.alice.wallet, "incomingAmount": c.bob.amount("1000")}
    create(c, "Could not get wallet address", 400, token=token, body=body)


@case("FLO-012", "the payee's wallet address in a quote")
def _(c: Case) -> None:
    made = c.receivable()
    body = {"walletAddress": c.bob.wallet, "receiver": made["id"], "method": "ilp"}
    c.send(
        "POST",
        f"{c.alice.rs}/quotes",
        body,
        token=c.token(PRICE, ase=c.alice),
        **c.rs_says(400, "Could not get wallet address"),
    )


@case("FLO-016", "cancelled twice")
def _(c: Case) -> None:
    c.scene()
    then = c.grant()["continue"]
    for how in ({"status": 204}, c.as_says(404, "invalid_continuation", "grant not found")):
        c.send("DELETE", then["uri"], token=then["access_token"]["value"], **how)


@case("FLO-017", "an incoming payment twice")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.incoming(token)
    c.incoming(token)


@case("FLO-018", "the same bytes again")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    body = {"walletAddress": c.bob.wallet}
    url = f"{c.bob.rs}/incoming-payments"
    c.send("POST", url, body, token=token, status=503, answer={"error": {"code": "503", "description": "busy"}})
    c.send("POST", url, body, token=token, status=201, answer=c.payment(body), created=int(c.now))
