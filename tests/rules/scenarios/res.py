"""What goes wrong with resources, amounts and limits."""

from __future__ import annotations

from tests.rules.scenarios.table import sample
from tests.rules.scene import Scene, key_of, uuid, value_of


@sample("RES-001")
def digits(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        body = {"walletAddress": s.bob.wallet, "incomingAmount": s.bob.amount(12.5)}
        said = "Received error validating OpenAPI request: body.incomingAmount.value must be string"
        s.refused("POST", f"{s.bob.rs}/incoming-payments", body, token=token, status=400, said=said)
    else:
        s.incoming(token, "1250")


@sample("RES-002")
def scale(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        body = {"walletAddress": s.bob.wallet, "incomingAmount": s.bob.amount("1000") | {"assetScale": 6}}
        s.refused("POST", f"{s.bob.rs}/incoming-payments", body, token=token, status=400, said="invalid amount")
    else:
        s.incoming(token)


@sample("RES-003")
def asset(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        body = {"walletAddress": s.bob.wallet, "incomingAmount": s.alice.amount("1000")}
        s.refused("POST", f"{s.bob.rs}/incoming-payments", body, token=token, status=400, said="invalid amount")
    else:
        s.incoming(token)


@sample("RES-004")
def no_amount(s: Scene, bad: bool) -> None:
    incoming = s.receivable(None if bad else "1000")
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    if bad:
        body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
        s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said="invalid amount")
    else:
        s.quote(token, incoming["id"])


@sample("RES-005")
def too_much(s: Scene, bad: bool) -> None:
    incoming = s.receivable()
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    if bad:
        body = {
            "walletAddress": s.alice.wallet,
            "receiver": incoming["id"],
            "method": "ilp",
            "receiveAmount": s.bob.amount("1500"),
        }
        s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said="invalid amount")
    else:
        s.quote(token, incoming["id"])


@sample("RES-006")
def too_small(s: Scene, bad: bool) -> None:
    incoming = s.receivable(None)
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
    if bad:
        details = {"minSendAmount": s.alice.amount("105")}
        body["debitAmount"] = s.alice.amount("1")
        s.refused(
            "POST",
            f"{s.alice.rs}/quotes",
            body,
            token=token,
            status=400,
            said="non-positive receive amount",
            details=details,
        )
    else:
        body["debitAmount"] = s.alice.amount("1100")
        s.send("POST", f"{s.alice.rs}/quotes", body, token=token, status=201, answer=s.quoted(incoming["id"]))


@sample("RES-007")
def no_rate(s: Scene, bad: bool) -> None:
    incoming = s.receivable()
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    if bad:
        body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
        s.refused(
            "POST", f"{s.alice.rs}/quotes", body, token=token, status=500, said="could not convert between assets"
        )
    else:
        s.quote(token, incoming["id"])


@sample("RES-008")
def receiver(s: Scene, bad: bool) -> None:
    incoming = s.receivable(days=30)
    s.send(
        "GET",
        incoming["id"],
        token=s.incoming_token,
        answer=incoming | ({"completed": True, "methods": []} if bad else {}),
    )
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    if bad:
        body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
        s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said="invalid receiver")
    else:
        s.quote(token, incoming["id"])


@sample("RES-009")
def networks(s: Scene, bad: bool) -> None:
    incoming = s.receivable(ilp="test.recipient.bob" if bad else "g.recipient.bob")
    own = incoming | {"id": f"{s.alice.rs}/incoming-payments/{uuid('own')}", "walletAddress": s.alice.wallet}
    own["methods"] = [{"type": "ilp", "ilpAddress": "g.sender.alice", "sharedSecret": "c2VjcmV0"}]
    reader = value_of(s.grant(s.alice, "incoming-payment", ["read"]))
    s.send("GET", own["id"], token=reader, answer=own)
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    if bad:
        body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
        s.send("POST", f"{s.alice.rs}/quotes", body, token=token, status=500, answer="Internal Server Error")
    else:
        s.quote(token, incoming["id"])


@sample("RES-010")
def quote_expired(s: Scene, bad: bool) -> None:
    quote = s.priced()
    pending = s.ask()
    pending.consent()
    token = pending.finish(wait=400 if bad else 20)
    if bad:
        s.pay(token, quote, status=400, said="invalid quote")
    else:
        s.outgoing(token, quote)


@sample("RES-011")
def quote_twice(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed()
    s.outgoing(token, quote)
    if bad:
        s.pay(token, quote, status=400, said="invalid quote", wait=3)
    else:
        s.outgoing(token, s.quote(s.quote_token, quote["receiver"]))


@sample("RES-012")
def quote_owner(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed()
    if bad:
        s.pay(token, quote, status=400, said="invalid quote", members={"walletAddress": f"{s.alice.wallet}-savings"})
    else:
        s.outgoing(token, quote)


@sample("RES-013")
def limit(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed(
        {"debitAmount": s.alice.amount("1500" if bad else "5000"), "interval": "R/2026-01-01T00:00:00Z/P1M"}
    )
    s.outgoing(token, quote)
    second = s.quote(s.quote_token, quote["receiver"])
    if bad:
        s.pay(token, second, status=403, said="unauthorized")
    else:
        s.outgoing(token, second)


@sample("RES-014")
def not_funded(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed()
    payment = s.outgoing(token, quote)
    failed = {"failed": True, "metadata": {"cancellationReason": "Account does not have enough balance."}}
    sent = {"sentAmount": quote["debitAmount"]}
    s.send("GET", payment["id"], token=token, wait=3, answer=payment | (failed if bad else sent))


@sample("RES-015")
def not_read(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed()
    payment = s.outgoing(token, quote)
    if not bad:
        s.send("GET", payment["id"], token=token, wait=3, answer=payment | {"sentAmount": quote["debitAmount"]})


@sample("RES-016")
def unknown_id(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    if bad:
        number = uuid("mistyped")
        details = {"description": "Failed to get wallet address from incoming payment", "id": number}
        s.refused(
            "GET",
            f"{s.bob.rs}/incoming-payments/{number}",
            token=s.incoming_token,
            status=401,
            said="Unauthorized",
            details=details,
        )
    else:
        s.send("GET", payment["id"], token=s.incoming_token, answer=payment)


@sample("RES-017")
def other_client(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    other = key_of("till")
    address = "https://till.example/app"
    s.send("GET", f"{address}/jwks.json", answer={"keys": [other.public_jwk()]})
    actions = ["read"] if bad else ["read-all"]
    token = value_of(s.grant(s.bob, "incoming-payment", actions, client=address, key=other))
    if bad:
        s.refused("GET", payment["id"], token=token, key=other, status=404, said="Incoming payment does not exist")
    else:
        s.send("GET", payment["id"], token=token, key=other, answer=payment)


@sample("RES-018")
def expires_at(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        body = {"walletAddress": s.bob.wallet, "expiresAt": "2025-12-31T23:59:59Z"}
        s.refused("POST", f"{s.bob.rs}/incoming-payments", body, token=token, status=400, said="invalid expiresAt")
    else:
        s.incoming(token)


@sample("RES-019")
def completed(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    url = f"{payment['id']}/complete"
    done = {name: value for name, value in payment.items() if name != "methods"} | {"completed": True}
    s.send("POST", url, token=s.incoming_token, answer=done)
    if bad:
        s.refused("POST", url, token=s.incoming_token, status=409, said="wrong state", wait=2)


@sample("RES-020")
def pages(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["list"]))
    url = f"{s.bob.rs}/incoming-payments?wallet-address={s.bob.wallet}"
    if bad:
        s.refused(
            "GET", f"{url}&first=10&last=10", token=token, status=400, said="first and last are mutually exclusive"
        )
    else:
        answer = {"pagination": {"hasNextPage": False, "hasPreviousPage": False}, "result": []}
        s.send("GET", f"{url}&first=10", token=token, answer=answer)


@sample("RES-021")
def deactivated(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        s.refused(
            "POST",
            f"{s.bob.rs}/incoming-payments",
            {"walletAddress": s.bob.wallet},
            token=token,
            status=400,
            said="inactive wallet address",
        )
    else:
        s.incoming(token)


@sample("RES-022")
def odd_answer(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    s.incoming(token, members={"expiresAt": None, "state": "PENDING"} if bad else {})


@sample("RES-023")
def not_json(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        body = '{"walletAddress": "' + s.bob.wallet + '",}'
        s.send("POST", f"{s.bob.rs}/incoming-payments", body, token=token, status=400, answer="Bad Request")
    else:
        s.incoming(token)
