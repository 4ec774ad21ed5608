"""What goes wrong on the way."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

from tests.rules.scenarios.table import sample
from tests.rules.scene import SHOP, Scene, uuid, value_of


@sample("NET-001")
def proxy_address(s: Scene, bad: bool) -> None:
    s.read()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": SHOP}
    mode = f"reverse:{s.bob.root}@127.0.0.1:9080"
    if bad:
        signed = f"http://127.0.0.1:9080/{s.bob.tenant}"
        s.as_refused(
            "POST",
            s.bob.auth,
            body,
            signed_as=signed,
            mode=mode,
            status=401,
            code="invalid_client",
            said="invalid signature",
        )
    else:
        s.send("POST", s.bob.auth, body, mode=mode, answer=s.given(s.bob, [item]))


@sample("NET-002")
def redirected(s: Scene, bad: bool) -> None:
    s.read()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": SHOP}
    if bad:
        s.send(
            "POST", f"{s.bob.auth}/", body, status=308, returned={"Location": s.bob.auth}, answer="Permanent Redirect"
        )
        s.as_refused("POST", s.bob.auth, repeat=s.n, status=401, code="invalid_client", said="invalid signature")
    else:
        s.send("POST", s.bob.auth, body, answer=s.given(s.bob, [item]))


@sample("NET-003")
def plain_http(s: Scene, bad: bool) -> None:
    if bad:
        s.send("GET", s.bob.wallet.replace("https", "http"), status=301, returned={"Location": s.bob.wallet})
    s.read()


@sample("NET-004")
def gateway(s: Scene, bad: bool) -> None:
    s.read()
    if bad:
        page = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head></html>"
        item = {"type": "incoming-payment", "actions": ["create"]}
        body = {"access_token": {"access": [item]}, "client": SHOP}
        s.send("POST", s.bob.auth, body, status=502, answer=page, returned={"Server": "cloudflare", "CF-Ray": "8f1"})
    else:
        s.grant(s.bob, "incoming-payment", ["create"])


@sample("NET-005")
def certificate(s: Scene, bad: bool) -> None:
    s.read(s.bob)
    if bad:
        item = {"type": "incoming-payment", "actions": ["create"]}
        body = {"access_token": {"access": [item]}, "client": SHOP}
        s.send("POST", s.bob.auth, body, status=0, error="Certificate verify failed: self-signed certificate")
    else:
        s.grant(s.bob, "incoming-payment", ["create"])


@sample("NET-006")
def cors(s: Scene, bad: bool) -> None:
    s.read()
    wanted = "authorization,content-digest,content-type,signature,signature-input"
    asked = {
        "Origin": "https://page.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": wanted,
    }
    allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET,HEAD,PUT,POST,DELETE,PATCH"}
    allowed["Access-Control-Allow-Headers"] = "content-type" if bad else wanted
    s.send("OPTIONS", f"{s.bob.rs}/incoming-payments", fields=asked, sign=False, status=204, returned=allowed)


@sample("NET-007")
def hidden_challenge(s: Scene, bad: bool) -> None:
    s.read()
    said = s.rs_error(403, "Inactive Token")
    returned = {"WWW-Authenticate": f"GNAP as_uri={s.bob.root}", "Access-Control-Allow-Origin": "*"}
    if not bad:
        returned["Access-Control-Expose-Headers"] = "WWW-Authenticate"
    s.send("GET", f"{s.bob.rs}/incoming-payments/{uuid('one')}", token="C0FFEE00C0FFEE00C0FF", status=403, answer=said,
           fields={"Origin": "chrome-extension://abc"}, returned=returned)  # fmt: skip


@sample("NET-008")
def page_key(s: Scene, bad: bool) -> None:
    s.read()
    s.grant(
        s.bob,
        "incoming-payment",
        ["create"],
        fields={"Origin": "https://page.example" if bad else "chrome-extension://abc"},
    )


@sample("NET-009")
def media_type(s: Scene, bad: bool) -> None:
    s.read()
    token = value_of(s.grant(s.bob, "incoming-payment", ["create"]))
    if bad:
        body = {"walletAddress": s.bob.wallet}
        said = "Received error validating OpenAPI request: body must have required property 'walletAddress'"
        s.refused(
            "POST",
            f"{s.bob.rs}/incoming-payments",
            body,
            token=token,
            fields={"Content-Type": "text/plain"},
            status=400,
            said=said,
        )
    else:
        s.incoming(token)


@sample("NET-010")
def gave_up(s: Scene, bad: bool) -> None:
    quote = s.priced()
    token = s.allowed()
    if bad:
        body = {"walletAddress": s.alice.wallet, "quoteId": quote["id"]}
        s.send(
            "POST", f"{s.alice.rs}/outgoing-payments", body, token=token, status=0, error="Client disconnected.", took=5
        )
        s.pay(token, quote, status=400, said="invalid quote", wait=2)
    else:
        s.outgoing(token, quote)


@sample("NET-011")
def unseen(s: Scene, bad: bool) -> None:
    if bad:
        s.read()
        token = value_of(s.grant(s.alice, "quote", ["create"]))
        s.quote(token, f"{s.bob.rs}/incoming-payments/{uuid('elsewhere')}")
    else:
        s.priced()


@sample("NET-012")
def between_servers(s: Scene, bad: bool) -> None:
    incoming = s.receivable()
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    s.quote(token, incoming["id"], took=4.5 if bad else 0.3)


@sample("NET-013")
def plain_text(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    if bad:
        s.send("GET", payment["id"], token=s.incoming_token, status=500, answer="Internal Server Error")
    else:
        s.send("GET", payment["id"], token=s.incoming_token, answer=payment)


@sample("NET-014")
def silence(s: Scene, bad: bool) -> None:
    payment = s.receivable()
    if bad:
        s.send("GET", payment["id"], token=s.incoming_token, status=0, error="connection refused", took=1)
    else:
        s.send("GET", payment["id"], token=s.incoming_token, answer=payment)


@sample("NET-015")
def wrong_clock(s: Scene, bad: bool) -> None:
    s.read()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": SHOP}
    date = format_datetime(s.now + timedelta(hours=1 if bad else 0), usegmt=True)
    s.send("POST", s.bob.auth, body, answer=s.given(s.bob, [item]), returned={"Date": date})
