"""Faults of grant requests."""

from __future__ import annotations

from typing import Any

from tests.mutations.case import PRICE, RECEIVE, Case, case
from tests.mutations.interaction import asked, consented
from tests.mutations.sig import UNKNOWN, grant_fails
from tests.mutations.tok import INACTIVE, INSUFFICIENT, create


def refused(c: Case, body: dict[str, Any], status: int, code: str, said: str, **how: Any) -> None:
    if not c.sent:
        c.read(c.alice)
        c.jwks()
    c.send("POST", how.pop("url", c.alice.auth), body, **c.as_says(status, code, said), **how)


def schema(c: Case, body: dict[str, Any], said: str, **how: Any) -> None:
    if not c.sent:
        c.read(c.alice)
        c.jwks()
    text = f"Received error validating OpenAPI request: {said}"
    c.send("POST", how.pop("url", c.alice.auth), body, status=400, answer={"error": {"description": text}}, **how)


@case("GNT-001", "outgoing payment without interact")
def _(c: Case) -> None:
    refused(c, c.wish(c.pay_item()), 400, "invalid_request", "missing required request field 'interact'")


@case("GNT-001", "list-all of quotes without interact")
def _(c: Case) -> None:
    item = PRICE | {"actions": ["create", "list-all"], "identifier": c.alice.wallet}
    refused(c, c.wish(item), 400, "invalid_request", "missing required request field 'interact'")


@case("GNT-002", "no identifier")
def _(c: Case) -> None:
    item = c.pay_item()
    del item["identifier"]
    refused(c, c.wish(item, **c.interactive()), 400, "invalid_request", "access identifier required")


@case("GNT-003", "no public name")
def _(c: Case) -> None:
    c.read(c.alice)
    c.send("GET", c.client, answer=c.bob.document(id=c.client, publicName=""))
    c.jwks()
    body = c.wish(c.pay_item(), **c.interactive())
    refused(c, body, 400, "invalid_client", "missing required request field 'client'")


@case("GNT-003", "the document was never read")
def _(c: Case) -> None:
    body = c.wish(c.pay_item(), **c.interactive())
    refused(c, body, 400, "invalid_client", "missing required request field 'client'")


for title, client in {
    "a payment pointer": lambda c: "$" + c.client.removeprefix("https://"),
    "a final slash": lambda c: c.client + "/",
    "http": lambda c: c.client.replace("https", "http"),
    "no scheme": lambda c: c.client.removeprefix("https://"),
    "the payee": lambda c: c.bob.wallet,
}.items():

    @case("GNT-004 SIG-013 WAL-001 SIG-033", f"client is {title}")
    def _(c: Case, client: Any = client) -> None:
        grant_fails(c, body=c.wish() | {"client": client(c)}, **UNKNOWN)


@case("GNT-004", "an old display and key object")
def _(c: Case) -> None:
    c.scene()
    body = c.wish() | {"client": {"display": {"name": "Shop"}, "key": {"proof": "httpsig", "jwk": c.key.jwk()}}}
    refused(c, body, 400, "invalid_request", "Invalid client field", url=c.bob.auth)


@case("GNT-004", "the object form at a server of strings")
def _(c: Case) -> None:
    c.scene()
    body = c.wish() | {"client": {"walletAddress": c.client}}
    schema(c, body, "body.client must be string", url=c.bob.auth)


@case("GNT-005", "a jwk client that wants the user")
def _(c: Case) -> None:
    body = c.wish(c.pay_item(), **c.interactive()) | {"client": {"jwk": c.key.jwk()}}
    refused(c, body, 400, "invalid_client", "JWK client identifier cannot be used for interactive grants")


@case("GNT-006 TOK-006", "grant from the sender's server for the recipient")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    create(c, INACTIVE, token=c.token(RECEIVE | {"identifier": c.bob.wallet}, ase=c.alice))


@case("GNT-007", "tenant dropped at the AS")
def _(c: Case) -> None:
    c.scene()
    c.send("POST", c.bob.root + "/", c.wish(), status=404, answer=b"Not Found")


@case("GNT-007", "tenant dropped at the RS")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.send(
        "POST",
        f"{c.bob.rs_root}/incoming-payments",
        {"walletAddress": c.bob.wallet},
        token=token,
        **c.rs_says(404, "unknown wallet address"),
    )


@case("GNT-007", "an unknown tenant")
def _(c: Case) -> None:
    c.scene()
    url = f"{c.bob.root}/{c.uuid('nobody')}"
    c.send("POST", url, c.wish(), **c.as_says(404, "invalid_request", "Not Found"))


@case("GNT-008", "both amounts in limits")
def _(c: Case) -> None:
    item = c.pay_item(debitAmount=c.alice.amount("10"), receiveAmount=c.bob.amount("9"))
    refused(c, c.wish(item, **c.interactive()), 400, "invalid_request", "only one access amount allowed")


@case("GNT-008", "both amounts, schema")
def _(c: Case) -> None:
    item = c.pay_item(debitAmount=c.alice.amount("10"), receiveAmount=c.bob.amount("9"))
    schema(c, c.wish(item, **c.interactive()), "body.access_token.access.0 must match exactly one schema in oneOf")


for interval in (
    "2026-11-22T00:00:00Z/P1M",
    "R12/2026-1-5T00:00:00Z/P1M",
    "R12/2026-01-05/P1M",
    "R/22.11.2026/P1M",
    "R12/2026-11-22T00:00:00Z",
    "R12/2026-11-22T00:00:00Z/1M",
    "monthly",
    "R12/2026-11-22 00:00:00Z/P1M",
):

    @case("GNT-009 GNT-014", interval)
    def _(c: Case, interval: str = interval) -> None:
        item = c.pay_item(debitAmount=c.alice.amount("10"), interval=interval)
        refused(c, c.wish(item, **c.interactive()), 500, "request_denied", "internal server error")


@case("GNT-010 RES-013", "limits in the recipient's asset")
def _(c: Case) -> None:
    quote = c.quoted()
    token = c.paid_for(debitAmount=c.bob.amount("5000"))
    c.send(
        "POST",
        f"{c.alice.rs}/outgoing-payments",
        {"walletAddress": c.alice.wallet, "quoteId": quote["id"]},
        token=token,
        **c.rs_says(403, "unauthorized"),
    )


@case("GNT-010 RES-013", "limits with another scale")
def _(c: Case) -> None:
    quote = c.quoted()
    token = c.paid_for(debitAmount=c.alice.amount("5000") | {"assetScale": 4})
    c.send(
        "POST",
        f"{c.alice.rs}/outgoing-payments",
        {"walletAddress": c.alice.wallet, "quoteId": quote["id"]},
        token=token,
        **c.rs_says(403, "unauthorized"),
    )


@case("GNT-011 RES-013", "limits.receiver is the wallet address")
def _(c: Case) -> None:
    quote = c.quoted()
    token = c.paid_for(debitAmount=c.alice.amount("5000"), receiver=c.bob.wallet)
    c.send(
        "POST",
        f"{c.alice.rs}/outgoing-payments",
        {"walletAddress": c.alice.wallet, "quoteId": quote["id"]},
        token=token,
        **c.rs_says(403, "unauthorized"),
    )


@case("GNT-011 RES-013", "limits.receiver is another payment")
def _(c: Case) -> None:
    quote = c.quoted()
    token = c.paid_for(debitAmount=c.alice.amount("5000"), receiver=f"{c.bob.rs}/incoming-payments/{c.uuid('other')}")
    c.send(
        "POST",
        f"{c.alice.rs}/outgoing-payments",
        {"walletAddress": c.alice.wallet, "quoteId": quote["id"]},
        token=token,
        **c.rs_says(403, "unauthorized"),
    )


@case("GNT-012 TOK-007", "read not asked for")
def _(c: Case) -> None:
    c.scene()
    token = c.token({"type": "incoming-payment", "actions": ["create"]})
    made = c.incoming(token)
    c.send("GET", made["id"], token=token, **c.rs_says(403, INSUFFICIENT))


@case("GNT-012 TOK-007", "quote read not asked for")
def _(c: Case) -> None:
    receiver = c.receivable()
    token = c.token({"type": "quote", "actions": ["create"]}, ase=c.alice)
    made = c.quote(token, {"walletAddress": c.alice.wallet, "receiver": receiver["id"], "method": "ilp"})
    c.send("GET", made["id"], token=token, **c.rs_says(403, INSUFFICIENT))


@case("GNT-013", "empty access")
def _(c: Case) -> None:
    body = c.wish() | {"access_token": {"access": []}}
    refused(c, body, 400, "invalid_request", "subject or access_token required")


@case("GNT-013", "neither")
def _(c: Case) -> None:
    refused(c, {"client": c.client}, 400, "invalid_request", "subject or access_token required")


@case("GNT-014", "an unknown type")
def _(c: Case) -> None:
    body = c.wish({"type": "incoming_payment", "actions": ["create"]})
    schema(c, body, "body.access_token.access.0.type must be equal to constant")


@case("GNT-014", "an unknown action")
def _(c: Case) -> None:
    body = c.wish({"type": "incoming-payment", "actions": ["write"]})
    schema(c, body, "body.access_token.access.0.actions.0 must be equal to one of the allowed values")


@case("GNT-014", "access as an object")
def _(c: Case) -> None:
    schema(c, c.wish() | {"access_token": {"access": RECEIVE}}, "body.access_token.access must be array")


@case("GNT-015", "an opaque 500")
def _(c: Case) -> None:
    body = c.wish(c.pay_item(debitAmount=c.alice.amount("500")), **c.interactive())
    refused(c, body, 500, "request_denied", "internal server error")


@case("GNT-016", "interact on a quote grant")
def _(c: Case) -> None:
    c.read(c.alice)
    c.jwks()
    c.send("POST", c.alice.auth, c.wish(PRICE, **c.interactive()), answer=c.given(c.alice, [PRICE]))


@case("GNT-017 TOK-007", "granted for another wallet address")
def _(c: Case) -> None:
    quote = c.quoted()
    body = c.wish(c.pay_item() | {"identifier": c.alice.wallet + "2"}, **c.interactive())
    pending = c.ask(body)
    reference = consented(c, body, pending)
    then, answer = pending["continue"], c.given(c.alice, body["access_token"]["access"])
    c.send("POST", then["uri"], {"interact_ref": reference}, token=then["access_token"]["value"], answer=answer, wait=6)
    c.send(
        "POST",
        f"{c.alice.rs}/outgoing-payments",
        {"walletAddress": c.alice.wallet, "quoteId": quote["id"]},
        token=answer["access_token"]["value"],
        **c.rs_says(403, INSUFFICIENT),
    )


@case("GNT-018", "said no, at the continuation")
def _(c: Case) -> None:
    body, pending = asked(c)
    consented(c, body, pending, result="grant_rejected")
    then = pending["continue"]
    c.send(
        "POST",
        then["uri"],
        {"interact_ref": c.uuid("ref")},
        token=then["access_token"]["value"],
        wait=6,
        **c.as_says(401, "user_denied", "user denied the request"),
    )
