"""What goes wrong with tokens."""

from __future__ import annotations

from tests.rules.scenarios.table import sample
from tests.rules.scene import Scene, value_of


@sample("TOK-001")
def scheme(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        body = {"walletAddress": s.bob.wallet}
        said = "Missing or invalid authorization header value"
        s.refused("POST", f"{s.bob.rs}/incoming-payments", body, authorization=f"Bearer {token}", status=401, said=said)
    else:
        s.incoming(token)


@sample("TOK-002")
def expired(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    if bad:
        s.refused("GET", payment["id"], token=s.incoming_token, wait=900, status=403, said="Inactive Token")
    else:
        s.send("GET", payment["id"], token=s.incoming_token, wait=500, answer=payment)


@sample("TOK-003")
def rotated(s: Scene, bad: bool) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create", "read"])
    old = value_of(grant)
    payment = s.incoming(old)
    access = grant["access_token"]["access"]
    fresh = {"access_token": s.given(s.bob, access)["access_token"]}
    s.send("POST", grant["access_token"]["manage"], token=old, answer=fresh)
    if bad:
        s.refused("GET", payment["id"], token=old, status=403, said="Inactive Token")
    else:
        s.send("GET", payment["id"], token=value_of(fresh), answer=payment)


@sample("TOK-004")
def rotation(s: Scene, bad: bool) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    access = grant["access_token"]["access"]
    first, second = ({"access_token": s.given(s.bob, access)["access_token"]} for _ in range(2))
    s.send("POST", grant["access_token"]["manage"], token=value_of(grant), answer=first)
    if bad:
        s.as_refused(
            "POST",
            grant["access_token"]["manage"],
            token=value_of(grant),
            wait=2,
            status=401,
            code="invalid_client",
            said="invalid access token",
        )
    else:
        s.send("POST", first["access_token"]["manage"], token=value_of(first), answer=second)


@sample("TOK-005")
def kinds(s: Scene, bad: bool) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    if bad:
        token = grant["continue"]["access_token"]["value"]
        s.refused(
            "POST",
            f"{s.bob.rs}/incoming-payments",
            {"walletAddress": s.bob.wallet},
            token=token,
            status=403,
            said="Inactive Token",
        )
    else:
        s.incoming(value_of(grant))


@sample("TOK-006")
def issuer(s: Scene, bad: bool) -> None:
    s.read()
    right = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    wrong = value_of(s.grant(s.alice, "quote", ["create"]))
    if bad:
        s.refused(
            "POST",
            f"{s.bob.rs}/incoming-payments",
            {"walletAddress": s.bob.wallet},
            token=wrong,
            status=403,
            said="Inactive Token",
        )
    else:
        s.incoming(right)


@sample("TOK-007")
def other_grant(s: Scene, bad: bool) -> None:
    incoming = s.receivable()
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    wrong = value_of(s.grant(s.alice, "outgoing-payment-reader", ["read"]))
    if bad:
        body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
        s.refused("POST", f"{s.alice.rs}/quotes", body, token=wrong, status=403, said="Insufficient Grant")
    else:
        s.quote(token, incoming["id"])


@sample("TOK-008")
def inactive(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
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


@sample("TOK-009")
def introspection(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    if bad:
        s.refused("GET", payment["id"], token=s.incoming_token, status=401, said="Invalid Token")
    s.send("GET", payment["id"], token=s.incoming_token, wait=3, answer=payment)


@sample("TOK-010")
def needless(s: Scene, bad: bool) -> None:
    s.receivable()
    s.grant(s.alice, "quote", ["create"], token=s.incoming_token if bad else None)


@sample("TOK-011")
def rebuilt(s: Scene, bad: bool) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    manage = grant["access_token"]["manage"]
    if bad:
        s.send("DELETE", manage.replace(s.bob.root, s.bob.auth), token=value_of(grant), status=404, answer="Not Found")
    else:
        s.send("DELETE", manage, token=value_of(grant), status=204)


@sample("TOK-012")
def leaked(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["list"]))
    url = f"{s.bob.rs}/incoming-payments?wallet-address={s.bob.wallet}"
    answer = {"pagination": {"hasNextPage": False, "hasPreviousPage": False}, "result": []}
    s.send("GET", f"{url}&access_token={token}" if bad else url, token=token, answer=answer)


@sample("TOK-013")
def no_authorization(s: Scene, bad: bool) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    if bad:
        said = "Missing or invalid authorization header value"
        s.refused("POST", f"{s.bob.rs}/incoming-payments", {"walletAddress": s.bob.wallet}, status=401, said=said)
    else:
        s.incoming(value_of(grant))


@sample("TOK-014")
def never_issued(s: Scene, bad: bool) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    if bad:
        s.refused(
            "POST",
            f"{s.bob.rs}/incoming-payments",
            {"walletAddress": s.bob.wallet},
            token="C0FFEE00C0FFEE00C0FF",
            status=403,
            said="Inactive Token",
        )
    else:
        s.incoming(value_of(grant))


@sample("TOK-015")
def revoked_twice(s: Scene, bad: bool) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    s.send("DELETE", grant["access_token"]["manage"], token=value_of(grant), status=204)
    if bad:
        s.as_refused(
            "DELETE",
            grant["access_token"]["manage"],
            token=value_of(grant),
            wait=2,
            status=401,
            code="invalid_client",
            said="invalid access token",
        )


@sample("TOK-016")
def old_value(s: Scene, bad: bool) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    access = grant["access_token"]["access"]
    first, second = ({"access_token": s.given(s.bob, access)["access_token"]} for _ in range(2))
    s.send("POST", grant["access_token"]["manage"], token=value_of(grant), answer=first)
    s.send("POST", first["access_token"]["manage"], token=value_of(grant if bad else first), answer=second)
