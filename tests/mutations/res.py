"""Faults of resources, amounts and limits."""

from __future__ import annotations

from typing import Any

from tests.mutations.case import PRICE, Case, case, stamp
from tests.mutations.sig import listed

SCHEMA = "Received error validating OpenAPI request: "


def create(c: Case, body: dict[str, Any], said: str, status: int = 400, **details: Any) -> None:
    if not c.sent:
        c.scene()
    c.send("POST", f"{c.bob.rs}/incoming-payments", body, token=c.token(), **c.rs_says(status, said, **details))


def quote(c: Case, more: dict[str, Any], said: str, status: int = 400, receiver: Any = None, **details: Any) -> None:
    if not c.sent:
        receiver = receiver or c.receivable()["id"]
    token = c.token(PRICE, ase=c.alice)
    body = {"walletAddress": c.alice.wallet, "receiver": receiver, "method": "ilp"} | more
    c.send("POST", f"{c.alice.rs}/quotes", body, token=token, **c.rs_says(status, said, **details))


def pay(
    c: Case, token: str, made: dict[str, Any], said: str, status: int = 403, wait: float = 0.5, **more: Any
) -> None:
    body = {"walletAddress": c.alice.wallet, "quoteId": made["id"]} | more
    c.send("POST", f"{c.alice.rs}/outgoing-payments", body, token=token, wait=wait, **c.rs_says(status, said))


for value in (1000, "10.00", "-5", "1,000", "", "1e3", "10 USD", None):

    @case("RES-001 GNT-014", f"value {value!r}")
    def _(c: Case, value: object = value) -> None:
        body = {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount(value)}
        create(c, body, f"{SCHEMA}body.incomingAmount.value must be string")


@case("RES-001", "a number in a quote")
def _(c: Case) -> None:
    quote(c, {"debitAmount": c.alice.amount(500)}, f"{SCHEMA}body.debitAmount.value must be string")


@case("RES-002 RES-003", "scale 4 for 2")
def _(c: Case) -> None:
    body = {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000") | {"assetScale": 4}}
    create(c, body, "invalid amount")


@case("RES-003", "another asset")
def _(c: Case) -> None:
    body = {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000") | {"assetCode": "JPY"}}
    create(c, body, "invalid amount")


@case("RES-003", "the quote's debit amount in the recipient's asset")
def _(c: Case) -> None:
    receiver = c.receivable(None)
    quote(c, {"debitAmount": c.bob.amount("500")}, "invalid amount", receiver=receiver["id"])


@case("RES-004", "no amount at all")
def _(c: Case) -> None:
    receiver = c.receivable(None)
    quote(c, {}, "invalid amount", receiver=receiver["id"])


@case("RES-004", "both amounts")
def _(c: Case) -> None:
    receiver = c.receivable(None)
    both = {"debitAmount": c.alice.amount("5"), "receiveAmount": c.bob.amount("4")}
    quote(c, both, f"{SCHEMA}body must match exactly one schema in oneOf", receiver=receiver["id"])


@case("RES-005", "more than it takes")
def _(c: Case) -> None:
    receiver = c.receivable("1000")
    quote(c, {"receiveAmount": c.bob.amount("2000")}, "invalid amount", receiver=receiver["id"])


@case("RES-006", "one minor unit")
def _(c: Case) -> None:
    receiver = c.receivable(None)
    quote(c, {"debitAmount": c.alice.amount("1")}, "non-positive receive amount", receiver=receiver["id"])


@case("RES-006", "with details")
def _(c: Case) -> None:
    receiver = c.receivable(None)
    quote(
        c,
        {"debitAmount": c.alice.amount("1")},
        "non-positive receive amount",
        receiver=receiver["id"],
        minSendAmount=c.alice.amount("3"),
    )


@case("RES-007", "no rate")
def _(c: Case) -> None:
    quote(c, {}, "could not convert between assets", 500)


for title, receiver in {
    "a wallet address": lambda c: c.bob.wallet,
    "never seen": lambda c: f"https://rs-{c.id}.example/x/incoming-payments/9",
    "private": lambda c: "http://localhost:4000/incoming-payments/9",
    "a quote": lambda c: f"{c.alice.rs}/quotes/1",
}.items():

    @case("RES-008 WAL-010", f"receiver is {title}")
    def _(c: Case, receiver: Any = receiver) -> None:
        c.receivable()
        quote(c, {}, "invalid receiver", receiver=receiver(c))


@case("RES-008", "the payment is complete")
def _(c: Case) -> None:
    made = c.receivable()
    c.send(
        "GET", made["id"], token=c.token(), answer=made | {"completed": True, "receivedAmount": c.bob.amount("1000")}
    )
    quote(c, {}, "invalid receiver", receiver=made["id"])


@case("RES-008", "the payment expired")
def _(c: Case) -> None:
    c.read(c.alice, c.bob)
    c.jwks()
    body = {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000"), "expiresAt": stamp(c.now + 60)}
    made = c.payment(body)
    c.send("POST", f"{c.bob.rs}/incoming-payments", body, token=c.token(), status=201, answer=made)
    c.now += 90
    quote(c, {}, "invalid receiver", receiver=made["id"])


@case("RES-010", "expired while the user thought")
def _(c: Case) -> None:
    made = c.quoted(expires=60)
    token = c.paid_for()
    pay(c, token, made, "invalid quote", 400, wait=70)


@case("RES-011", "used twice")
def _(c: Case) -> None:
    made = c.quoted()
    token = c.paid_for()
    c.outgoing(token, made)
    pay(c, token, made, "invalid quote", 400)


@case("RES-012", "of another wallet address")
def _(c: Case) -> None:
    made = c.quoted()
    other = c.alice.wallet + "2"
    body = c.wish(c.pay_item(debitAmount=c.alice.amount("5000")))
    assert body
    token = c.paid_for()
    pay(c, token, made, "invalid quote", 400, walletAddress=other)


@case("RES-013", "more than the limit")
def _(c: Case) -> None:
    made = c.quoted()
    pay(c, c.paid_for(debitAmount=c.alice.amount("1000")), made, "unauthorized")


@case("RES-013", "more than is left")
def _(c: Case) -> None:
    one = c.quoted()
    token = c.paid_for(debitAmount=c.alice.amount("2000"))
    c.outgoing(token, one)
    receiver = c.incoming(c.token())
    again = c.quote(
        c.token(PRICE, ase=c.alice), {"walletAddress": c.alice.wallet, "receiver": receiver["id"], "method": "ilp"}
    )
    pay(c, token, again, "unauthorized")


@case("RES-013", "the interval hasn't begun")
def _(c: Case) -> None:
    made = c.quoted()
    limits = {"debitAmount": c.alice.amount("5000"), "interval": "R/2030-01-01T00:00:00Z/P1M"}
    pay(c, c.paid_for(**limits), made, "unauthorized")


@case("RES-013", "received too much")
def _(c: Case) -> None:
    made = c.quoted()
    pay(c, c.paid_for(receiveAmount=c.bob.amount("900")), made, "unauthorized")


@case("RES-014", "never funded")
def _(c: Case) -> None:
    made = c.quoted()
    token = c.paid_for()
    paid = c.outgoing(token, made)
    c.send(
        "GET",
        paid["id"],
        token=token,
        wait=3,
        answer=paid | {"failed": True, "metadata": {"cancellationReason": "Insufficient funds"}},
    )


@case("RES-016", "401 for an unknown id")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    url = f"{c.bob.rs}/incoming-payments/{c.uuid('nothing')}"
    said = c.rs_says(401, "Unauthorized", description="Failed to get wallet address from incoming payment")
    c.send("GET", url, token=token, **said)


@case("RES-017 RES-016", "404 without read-all")
def _(c: Case) -> None:
    c.scene()
    url = f"{c.bob.rs}/incoming-payments/{c.uuid('nothing')}"
    c.send("GET", url, token=c.token(), **c.rs_says(404, "incoming payment not found"))


for title, expires in {"past": -60, "a year ahead": 31_536_000}.items():

    @case("RES-018", f"expiresAt {title}")
    def _(c: Case, expires: float = expires) -> None:
        create(c, {"walletAddress": c.bob.wallet, "expiresAt": stamp(c.now + expires)}, "invalid expiresAt")


@case("RES-018", "expiresAt without zone")
def _(c: Case) -> None:
    said = f"{SCHEMA}body.expiresAt must match format date-time"
    create(c, {"walletAddress": c.bob.wallet, "expiresAt": "2026-11-23T10:00:00"}, said)


@case("RES-019", "completed twice")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    made = c.incoming(token)
    done = {name: value for name, value in made.items() if name != "methods"} | {"completed": True}
    c.send("POST", made["id"] + "/complete", token=token, answer=done)
    c.send("POST", made["id"] + "/complete", token=token, **c.rs_says(409, "wrong state"))


for more, said in {
    "&first=5&last=5": "first and last are mutually exclusive",
    "&last=5": "last requires cursor",
}.items():

    @case("RES-020", more)
    def _(c: Case, more: str = more, said: str = said) -> None:
        c.scene()
        c.send("GET", listed(c, more), token=c.token(), **c.rs_says(400, said))


@case("RES-020", "no wallet-address")
def _(c: Case) -> None:
    c.scene()
    said = f"{SCHEMA}must have required property 'wallet-address'"
    c.send("GET", f"{c.bob.rs}/incoming-payments?first=5", token=c.token(), **c.rs_says(400, said))


@case("RES-021", "inactive")
def _(c: Case) -> None:
    create(c, {"walletAddress": c.bob.wallet}, "inactive wallet address")


@case("RES-022", "an answer that clients don't take")
def _(c: Case) -> None:
    c.scene()
    body = {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000")}
    made = c.payment(body, receivedAmount={"value": 0, "assetCode": "USD", "assetScale": 2})
    c.send("POST", f"{c.bob.rs}/incoming-payments", body, token=c.token(), status=201, answer=made)


@case("RES-023", "not JSON")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        b'{"walletAddress": "x",}',
        token=c.token(),
        status=400,
        answer=b"Unexpected token } in JSON at position 22",
    )


@case("RES-023 GNT-014", "not JSON, AS")
def _(c: Case) -> None:
    c.scene()
    c.send("POST", c.bob.auth, b"{'client': 'x'}", status=400, answer=b"Unexpected token ' in JSON at position 1")
