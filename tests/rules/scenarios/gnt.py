"""What goes wrong with grant requests."""

from __future__ import annotations

from tests.rules.scenarios.table import sample
from tests.rules.scene import FINISH, SHOP, Scene, uuid, value_of


@sample("GNT-001")
def interact(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        body = s.wish()
        del body["interact"]
        s.as_refused(
            "POST",
            s.alice.auth,
            body,
            status=400,
            code="invalid_request",
            said="missing required request field 'interact'",
        )
    else:
        s.ask()


@sample("GNT-002")
def identifier(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        body = s.wish()
        del body["access_token"]["access"][0]["identifier"]
        s.as_refused("POST", s.alice.auth, body, status=400, code="invalid_request", said="access identifier required")
    else:
        s.ask()


@sample("GNT-003")
def public_name(s: Scene, bad: bool) -> None:
    s.send("GET", SHOP, answer=s.bob.document(id=SHOP, publicName="" if bad else "Shop"))
    s.jwks()
    if bad:
        said = "missing required request field 'client'"
        s.as_refused("POST", s.alice.auth, s.wish(), status=400, code="invalid_client", said=said)
    else:
        s.ask()


@sample("GNT-004")
def client(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        item = {"type": "incoming-payment", "actions": ["create"]}
        old = {"display": {"name": "Shop"}, "key": {"proof": "httpsig", "jwk": s.key.public_jwk()}}
        body = {"access_token": {"access": [item]}, "client": old}
        s.as_refused("POST", s.bob.auth, body, status=400, code="invalid_request", said="Invalid client field")
    else:
        s.grant(s.bob, "incoming-payment", ["create"])


@sample("GNT-005")
def jwk_client(s: Scene, bad: bool) -> None:
    s.read()
    directed = {"client": {"jwk": s.key.public_jwk()}}
    if bad:
        said = "JWK client identifier cannot be used for interactive grants"
        s.as_refused("POST", s.alice.auth, s.wish(**directed), status=400, code="invalid_client", said=said)
    else:
        s.grant(s.bob, "incoming-payment", ["create"], client=directed["client"])


@sample("GNT-006")
def authorization_server(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.alice if bad else s.bob, "incoming-payment", ["create"]))
    if bad:
        s.refused(
            "POST",
            f"{s.bob.rs}/incoming-payments",
            {"walletAddress": s.bob.wallet},
            token=token,
            status=403,
            said="Inactive Token",
        )
    else:
        s.incoming(token)


@sample("GNT-007")
def tenant(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        item = {"type": "incoming-payment", "actions": ["create"]}
        body = {"access_token": {"access": [item]}, "client": SHOP}
        s.send("POST", f"{s.bob.root}/", body, status=404, answer="Not Found")
    else:
        s.grant(s.bob, "incoming-payment", ["create"])


@sample("GNT-008")
def both_limits(s: Scene, bad: bool) -> None:
    s.read()
    limits = {"debitAmount": s.alice.amount("500")}
    if bad:
        body = s.wish(limits=limits | {"receiveAmount": s.bob.amount("400")})
        s.as_refused(
            "POST", s.alice.auth, body, status=400, code="invalid_request", said="only one access amount allowed"
        )
    else:
        s.ask(limits=limits)


@sample("GNT-009")
def interval(s: Scene, bad: bool) -> None:
    s.read()
    limits = {
        "debitAmount": s.alice.amount("500"),
        "interval": "R12/2026-1-5T00:00:00Z/P1M" if bad else "R12/2026-01-05T00:00:00Z/P1M",
    }
    if bad:
        s.as_refused(
            "POST", s.alice.auth, s.wish(limits=limits), status=500, code="request_denied", said="internal server error"
        )
    else:
        s.ask(limits=limits)


@sample("GNT-010")
def limits_asset(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed({"debitAmount": s.bob.amount("5000") if bad else s.alice.amount("5000")})
    if bad:
        s.pay(token, quote, status=403, said="unauthorized")
    else:
        s.outgoing(token, quote)


@sample("GNT-011")
def limits_receiver(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed({"receiver": s.bob.wallet if bad else quote["receiver"], "debitAmount": s.alice.amount("5000")})
    if bad:
        s.pay(token, quote, status=403, said="unauthorized")
    else:
        s.outgoing(token, quote)


@sample("GNT-012")
def actions(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"] if bad else ["create", "read"]))
    payment = s.incoming(token)
    if bad:
        s.refused("GET", payment["id"], token=token, status=403, said="Insufficient Grant")
    else:
        s.send("GET", payment["id"], token=token, answer=payment)


@sample("GNT-013")
def nothing(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        body = {"access_token": {"access": []}, "client": SHOP}
        s.as_refused(
            "POST", s.bob.auth, body, status=400, code="invalid_request", said="subject or access_token required"
        )
    else:
        s.grant(s.bob, "incoming-payment", ["create"])


@sample("GNT-014")
def schema(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        body = {"walletAddress": s.bob.wallet, "incomingAmount": s.bob.amount("1000"), "metadata": None}
        said = "Received error validating OpenAPI request: body.metadata must be object"
        s.refused("POST", f"{s.bob.rs}/incoming-payments", body, token=token, status=400, said=said)
    else:
        s.incoming(token)


@sample("GNT-015")
def opaque(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        s.as_refused("POST", s.alice.auth, s.wish(), status=500, code="request_denied", said="internal server error")
    else:
        s.ask()


@sample("GNT-016")
def unneeded(s: Scene, bad: bool) -> None:
    s.read()
    finish = {"method": "redirect", "uri": FINISH, "nonce": uuid("nonce")}
    extra = {"interact": {"start": ["redirect"], "finish": finish}} if bad else {}
    s.incoming(value_of(s.grant(s.bob, "incoming-payment", ["create"], extra=extra)))


@sample("GNT-017")
def other_wallet(s: Scene, bad: bool) -> None:
    s.read()
    identifier = f"{s.bob.wallet}/" if bad else s.bob.wallet
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"], identifier=identifier))
    if bad:
        s.refused(
            "POST",
            f"{s.bob.rs}/incoming-payments",
            {"walletAddress": s.bob.wallet},
            token=token,
            status=403,
            said="Insufficient Grant",
        )
    else:
        s.incoming(token)


@sample("GNT-018")
def said_no(s: Scene, bad: bool) -> None:
    s.priced()
    pending = s.ask()
    pending.consent(accept=not bad)
    if bad:
        body = {"interact_ref": uuid("made up")}
        s.as_refused(
            "POST",
            pending.uri,
            body,
            token=pending.token,
            wait=6,
            status=404,
            code="invalid_continuation",
            said="grant not found",
        )
    else:
        pending.finish()
