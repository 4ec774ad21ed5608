"""What goes wrong with wallet addresses."""

from __future__ import annotations

from tests.rules.scenarios.table import sample
from tests.rules.scene import SHOP, Scene, uuid, value_of


@sample("WAL-001")
def pointer(s: Scene, bad: bool) -> None:
    s.read()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": "$shop.example/app" if bad else SHOP}
    if bad:
        s.as_refused("POST", s.bob.auth, body, status=400, code="invalid_client", said="could not determine client")
    else:
        s.send("POST", s.bob.auth, body, answer=s.given(s.bob, [item]))


@sample("WAL-002")
def well_known(s: Scene, bad: bool) -> None:
    s.read(s.bob)
    if bad:
        s.refused(
            "GET",
            "https://wallet.sender.example/.well-known/pay/alice",
            status=404,
            said="Could not get wallet address",
        )
    else:
        s.read(s.alice)


@sample("WAL-003")
def web_page(s: Scene, bad: bool) -> None:
    wallet = "https://pages.shop.example/app" if bad else SHOP
    page = "<!DOCTYPE html><html><head><title>Your wallet</title></head></html>"
    s.send("GET", wallet, answer=page if bad else s.bob.document(id=SHOP))
    s.jwks()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": wallet}
    if bad:
        s.as_refused("POST", s.bob.auth, body, status=400, code="invalid_client", said="could not determine client")
    else:
        s.send("POST", s.bob.auth, body, answer=s.given(s.bob, [item]))


@sample("WAL-004")
def accept(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        s.send(
            "GET",
            s.bob.wallet,
            status=302,
            returned={"Location": "https://pages.recipient.example/bob"},
            accept="text/html,*/*",
        )
    else:
        s.send("GET", s.bob.wallet, answer=s.bob.document())


@sample("WAL-005")
def spelling(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        s.refused(
            "GET",
            f"{s.bob.wallet.upper().replace('HTTPS://WALLET.RECIPIENT.EXAMPLE', 'https://wallet.recipient.example')}",
            status=404,
            said="Could not get wallet address",
        )
    else:
        s.send("GET", s.bob.wallet, answer=s.bob.document())


@sample("WAL-006")
def vanity(s: Scene, bad: bool) -> None:
    s.send("GET", "https://bob.example/pay" if bad else s.bob.wallet, answer=s.bob.document())


@sample("WAL-007")
def built(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        s.send(
            "POST",
            f"{s.bob.wallet}/incoming-payments",
            {"walletAddress": s.bob.wallet},
            token=token,
            status=404,
            answer="Not Found",
        )
    else:
        s.incoming(token)


@sample("WAL-008")
def stale(s: Scene, bad: bool) -> None:
    old = {"authServer": f"{s.bob.root}/", "resourceServer": "https://rs.recipient.example"}
    s.send("GET", s.bob.wallet, answer=s.bob.document(**old))
    s.read()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": SHOP}
    if bad:
        s.send("POST", f"{s.bob.root}/", body, status=404, answer="Not Found")
    else:
        s.send("POST", s.bob.auth, body, answer=s.given(s.bob, [item]))


@sample("WAL-009")
def keyless(s: Scene, bad: bool) -> None:
    s.send("GET", s.bob.wallet, answer=s.bob.document())
    s.send("GET", f"{SHOP}/jwks.json", answer={"keys": [] if bad else [s.key.public_jwk()]})
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": SHOP}
    if bad:
        s.as_refused("POST", s.bob.auth, body, status=400, code="invalid_client", said="could not determine client")
    else:
        s.send("POST", s.bob.auth, body, answer=s.given(s.bob, [item]))


@sample("WAL-010")
def local_host(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    if bad:
        body = {
            "walletAddress": s.alice.wallet,
            "receiver": f"http://localhost:4000/incoming-payments/{uuid('x')}",
            "method": "ilp",
        }
        s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said="invalid receiver")
    else:
        s.quote(token, f"{s.bob.rs}/incoming-payments/{uuid('x')}")


@sample("WAL-011")
def mistyped(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        s.refused("GET", "https://wallet.recipient.example/bobb", status=404, said="Could not get wallet address")
    else:
        s.send("GET", s.bob.wallet, answer=s.bob.document())
