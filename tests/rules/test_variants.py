"""Other forms of the same faults: what a rule's sample shows once, shown in the other ways in which it happens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.rules.kit import codes, diagnosed
from tests.rules.scene import SHOP, Scene, uuid, value_of

Play = Callable[[Scene], Any]
VARIANTS: list[tuple[str, str, Play]] = []


def variant(code: str, name: str) -> Callable[[Play], Play]:
    """Enter a variant; its last exchange must have the code first."""

    def enter(play: Play) -> Play:
        VARIANTS.append((code, name, play))
        return play

    return enter


SHAPE = "Missing or invalid authorization header value"


def create(s: Scene, *, said: str, status: int = 403, **more: Any) -> None:
    """A refused creation of an incoming payment."""
    body = more.pop("body", {"walletAddress": s.bob.wallet})
    s.refused("POST", more.pop("url", f"{s.bob.rs}/incoming-payments"), body, status=status, said=said, **more)


def with_token(s: Scene, actions: list[str] | None = None, **more: Any) -> str:
    """A token for bob's incoming payments."""
    s.read()
    return value_of(s.grant(s.bob, "incoming-payment", actions or ["create", "read"], **more))


for wrong in ("gnap {}", "{}", "GNAP  {}", "Bearer {}", "GNAP: {}", "GNAP\t{}"):

    @variant("TOK-001", wrong)
    def _(s: Scene, wrong: str = wrong) -> None:
        create(s, authorization=wrong.format(with_token(s)), status=401, said=SHAPE)


@variant("TOK-001", "bearer on a rotation of another server")
def _(s: Scene) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    access = grant["access_token"]
    url, token = access["manage"], f"Bearer {access['value']}"
    said = "missing continuation information"
    s.as_refused("POST", url, authorization=token, status=401, code="invalid_continuation", said=said)


@variant("TOK-002", "other words at another wallet")
def _(s: Scene) -> None:
    token = with_token(s, expires_in=30)
    create(s, token=token, wait=31, status=401, said="Invalid Token")


@variant("TOK-003", "the grant was cancelled")
def _(s: Scene) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    s.send("DELETE", grant["continue"]["uri"], token=grant["continue"]["access_token"]["value"], status=204)
    create(s, token=value_of(grant), said="Inactive Token")


@variant("TOK-003", "expired long after it was revoked")
def _(s: Scene) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    s.send("DELETE", grant["access_token"]["manage"], token=value_of(grant), status=204)
    create(s, token=value_of(grant), wait=2000, said="Inactive Token")


@variant("TOK-004", "404 of another server, after a revocation")
def _(s: Scene) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    url = grant["access_token"]["manage"]
    s.send("DELETE", url, token=value_of(grant), status=204)
    s.as_refused("POST", url, token=value_of(grant), status=404, code="invalid_rotation", said="token not found")


@variant("TOK-005", "access token at the continue URL")
def _(s: Scene) -> None:
    s.read()
    grant = s.grant(s.bob, "incoming-payment", ["create"])
    url = grant["continue"]["uri"]
    s.as_refused("DELETE", url, token=value_of(grant), status=401, code="invalid_continuation", said="invalid grant")


@variant("TOK-007", "another live token fits")
def _(s: Scene) -> None:
    s.read()
    s.grant(s.bob, "incoming-payment", ["create"])
    reader = value_of(s.grant(s.bob, "incoming-payment", ["read"]))
    create(s, token=reader, said="Insufficient Grant")


@variant("TOK-011", "continue URL under the tenant")
def _(s: Scene) -> None:
    s.priced()
    pending = s.ask()
    url = pending.uri.replace(s.alice.root, s.alice.auth)
    s.send("POST", url, {"interact_ref": uuid("x")}, token=pending.token, wait=6, status=404, answer="Not Found")


@variant("TOK-013", "continuation")
def _(s: Scene) -> None:
    s.priced()
    pending = s.ask()
    pending.consent()
    body = {"interact_ref": pending.reference}
    s.as_refused("POST", pending.uri, body, wait=6, status=401, code="invalid_client", said="invalid signature headers")


@variant("TOK-014", "cut off")
def _(s: Scene) -> None:
    create(s, token=with_token(s)[:12], said="Inactive Token")


@variant("TOK-014", "in quotation marks")
def _(s: Scene) -> None:
    create(s, token=f'"{with_token(s)}"', said="Inactive Token")


@variant("TOK-014", "an unknown continuation")
def _(s: Scene) -> None:
    s.priced()
    url = s.ask().uri
    s.as_refused("DELETE", url, token="C0FFEE", status=401, code="invalid_continuation", said="invalid grant")


@variant("GNT-001", "list-all")
def _(s: Scene) -> None:
    s.read()
    item = {"type": "incoming-payment", "actions": ["create", "list-all"], "identifier": s.bob.wallet}
    body = {"access_token": {"access": [item]}, "client": SHOP}
    said = "missing required request field 'interact'"
    s.as_refused("POST", s.bob.auth, body, status=400, code="invalid_request", said=said)


@variant("GNT-002", "the schema blames another member")
def _(s: Scene) -> None:
    s.read()
    body = s.wish()
    del body["access_token"]["access"][0]["identifier"]
    said = "Received error validating OpenAPI request: body.access_token.access.0.type must be equal to constant"
    s.send("POST", s.alice.auth, body, status=400, answer={"error": {"description": said}})


@variant("GNT-003", "the document was never read")
def _(s: Scene) -> None:
    s.read()
    said = "missing required request field 'client'"
    s.as_refused("POST", s.alice.auth, s.wish(), status=400, code="invalid_client", said=said)


for client in (f"{SHOP}/", "shop.example/app", "http://shop.example/app", f"{SHOP}?x=1"):

    @variant("GNT-004", client)
    def _(s: Scene, client: str = client) -> None:
        s.read()
        item = {"type": "incoming-payment", "actions": ["create"]}
        body = {"access_token": {"access": [item]}, "client": client}
        s.as_refused("POST", s.bob.auth, body, status=400, code="invalid_client", said="could not determine client")


@variant("GNT-007", "resource server")
def _(s: Scene) -> None:
    token = with_token(s)
    create(s, url=f"{s.bob.rs.removesuffix('/' + s.bob.tenant)}/incoming-payments", token=token, status=404,
           said="unknown wallet address")  # fmt: skip


@variant("GNT-007", "another tenant")
def _(s: Scene) -> None:
    s.read()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": SHOP}
    url = f"{s.bob.root}/{uuid('nobody')}"
    s.as_refused("POST", url, body, status=404, code="invalid_request", said="Not Found")


@variant("GNT-009", "the grant passed, the payment didn't")
def _(s: Scene) -> None:
    quote = s.priced()
    token = s.allowed({"debitAmount": s.alice.amount("5000"), "interval": "2026-01-05/P1M"})
    s.pay(token, quote, status=500, said="invalid interval")


@variant("GNT-009", "no time zone")
def _(s: Scene) -> None:
    s.read()
    limits = {"debitAmount": s.alice.amount("500"), "interval": "R12/2026-01-05T00:00:00/P1M"}
    body = s.wish(limits=limits)
    s.as_refused("POST", s.alice.auth, body, status=500, code="request_denied", said="internal server error")


@variant("GNT-013", "no access at all")
def _(s: Scene) -> None:
    s.read()
    body = {"access_token": {}, "client": SHOP}
    s.as_refused("POST", s.bob.auth, body, status=400, code="invalid_request", said="subject or access_token required")


@variant("GNT-018", "at the finish URI")
def _(s: Scene) -> None:
    s.priced()
    s.ask().consent(accept=False)


for value in (1250, "12.50", "-5", "1,250", ""):

    @variant("RES-001", repr(value))
    def _(s: Scene, value: object = value) -> None:
        token = with_token(s)
        body = {"walletAddress": s.bob.wallet, "incomingAmount": s.bob.amount(value)}
        said = "Received error validating OpenAPI request: body.incomingAmount.value must match format uint64"
        create(s, body=body, token=token, status=400, said=said)


@variant("RES-003", "a quote in the sender's asset")
def _(s: Scene) -> None:
    incoming = s.receivable(None)
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
    body["receiveAmount"] = s.alice.amount("100")
    s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said="invalid amount")


@variant("RES-004", "both")
def _(s: Scene) -> None:
    incoming = s.receivable(None)
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    body = {"walletAddress": s.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
    body |= {"receiveAmount": s.bob.amount("100"), "debitAmount": s.alice.amount("110")}
    said = "Received error validating OpenAPI request: body must NOT have additional properties: debitAmount"
    s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said=said)


for receiver in ("https://wallet.recipient.example/bob", None, "https://rs.recipient.example/incoming-payments/1"):

    @variant("RES-008", str(receiver))
    def _(s: Scene, receiver: object = receiver) -> None:
        s.receivable()
        token = value_of(s.grant(s.alice, "quote", ["create"]))
        body = {"walletAddress": s.alice.wallet, "receiver": receiver, "method": "ilp"}
        said = (
            "invalid receiver"
            if receiver
            else "Received error validating OpenAPI request: body.receiver must be string"
        )
        s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said=said)


@variant("RES-010", "created, and failed later")
def _(s: Scene) -> None:
    quote = s.priced()
    token = s.allowed()
    payment = s.outgoing(token, quote, wait=400)
    s.send("GET", payment["id"], token=token, wait=2, answer=payment | {"failed": True})


@variant("RES-011", "the first answer was lost")
def _(s: Scene) -> None:
    quote = s.priced()
    token = s.allowed()
    body = {"walletAddress": s.alice.wallet, "quoteId": quote["id"]}
    url = f"{s.alice.rs}/outgoing-payments"
    s.send("POST", url, body, token=token, status=0, error="Client disconnected.", took=5)
    s.pay(token, quote, status=400, said="invalid quote", wait=2)


@variant("RES-013", "one payment is too much")
def _(s: Scene) -> None:
    quote = s.priced()
    s.pay(s.allowed({"receiveAmount": s.bob.amount("900")}), quote, status=403, said="unauthorized")


@variant("RES-013", "the interval is over")
def _(s: Scene) -> None:
    quote = s.priced()
    limits = {"debitAmount": s.alice.amount("5000"), "interval": "R0/2025-01-01T00:00:00Z/P1M"}
    s.pay(s.allowed(limits), quote, status=403, said="unauthorized")


@variant("RES-018", "null")
def _(s: Scene) -> None:
    token = with_token(s)
    said = "Received error validating OpenAPI request: body.expiresAt must be string"
    create(s, body={"walletAddress": s.bob.wallet, "expiresAt": None}, token=token, status=400, said=said)


@variant("RES-018", "a year ahead")
def _(s: Scene) -> None:
    token = with_token(s)
    body = {"walletAddress": s.bob.wallet, "expiresAt": "2027-01-05T00:00:00Z"}
    create(s, body=body, token=token, status=400, said="invalid expiresAt")


for query in ("walletAddress=x", "wallet-address=x&last=5", "wallet-address=x&first=500", ""):

    @variant("RES-020", query)
    def _(s: Scene, query: str = query) -> None:
        token = with_token(s, ["list"])
        said = "Received error validating OpenAPI request: must have required property 'wallet-address'"
        s.refused("GET", f"{s.bob.rs}/incoming-payments?{query}", token=token, status=400, said=said)


@variant("WAL-001", "as a URL")
def _(s: Scene) -> None:
    s.read()
    s.send("GET", "https://$wallet.recipient.example/bob", status=0, error="[Errno -2] Name or service not known")


@variant("WAL-001", "as a receiver")
def _(s: Scene) -> None:
    s.receivable()
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    body = {"walletAddress": s.alice.wallet, "receiver": "$wallet.recipient.example/bob", "method": "ilp"}
    said = "Received error validating OpenAPI request: body.receiver must match pattern"
    s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said=said)


@variant("WAL-003", "sent to the login")
def _(s: Scene) -> None:
    s.read()
    s.send("GET", "https://pages.recipient.example/bob", status=302, returned={"Location": "/auth/login"})


@variant("WAL-004", "406")
def _(s: Scene) -> None:
    s.read()
    s.send("GET", s.bob.wallet, status=406, answer="Not Acceptable", accept="text/plain")


@variant("WAL-005", "a slash")
def _(s: Scene) -> None:
    token = with_token(s)
    body = {"walletAddress": f"{s.bob.wallet}/"}
    create(s, body=body, token=token, status=400, said="Could not get wallet address")


@variant("WAL-011", "its keys")
def _(s: Scene) -> None:
    s.read()
    s.refused("GET", "https://shop.example/nobody/jwks.json", status=404, said="Could not get wallet address")


@variant("NET-002", "the follower becomes a GET")
def _(s: Scene) -> None:
    s.read()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": SHOP}
    s.send("POST", f"{s.bob.auth}/", body, status=302, returned={"Location": s.bob.auth})
    s.send("GET", s.bob.auth, "", repeat=s.n, status=404, answer="Not Found")


@variant("NET-009", "a form")
def _(s: Scene) -> None:
    token = with_token(s)
    said = "Received error validating OpenAPI request: unsupported media type application/x-www-form-urlencoded"
    url, kind = f"{s.bob.rs}/incoming-payments", {"Content-Type": "application/x-www-form-urlencoded"}
    s.refused("POST", url, "walletAddress=x", token=token, fields=kind, status=415, said=said)


@variant("NET-010", "a breakpoint held the request")
def _(s: Scene) -> None:
    payment = s.receivable()
    s.send("GET", payment["id"], token=s.incoming_token, status=0, error="the client hung up", took=30)
    held = "The request waited 30.0 s at a breakpoint; its client hung up."
    s.exchanges[-1] = replace(s.exchanges[-1], notes=(held,))


@variant("NET-014", "torn")
def _(s: Scene) -> None:
    payment = s.receivable()
    s.send("GET", payment["id"], token=s.incoming_token, status=200, answer=payment, error="connection reset")


@variant("FLO-001", "the user is still at the consent page")
def _(s: Scene) -> None:
    s.priced()
    pending = s.ask(finish=False)
    pending.open()
    said = "grant interaction not approved"
    s.as_refused("POST", pending.uri, token=pending.token, wait=6, status=401, code="request_denied", said=said)


for body in ({"interact_ref": None}, {"interactRef": "x"}):

    @variant("FLO-004", str(body))
    def _(s: Scene, body: dict[str, Any] = body) -> None:
        s.priced()
        pending = s.ask()
        pending.consent()
        said = "missing interaction reference"
        s.as_refused(
            "POST", pending.uri, body, token=pending.token, wait=6, status=401, code="invalid_request", said=said
        )


@variant("FLO-007", "nothing after the scheme")
def _(s: Scene) -> None:
    quote = s.priced()
    pending = s.ask(finish=False)
    s.send("POST", pending.uri, token=pending.token, wait=6, answer={"continue": pending.answer["continue"]})
    body = {"walletAddress": s.alice.wallet, "quoteId": quote["id"]}
    s.refused("POST", f"{s.alice.rs}/outgoing-payments", body, authorization="GNAP null", status=401, said=SHAPE)


@variant("FLO-008", "in Authorization")
def _(s: Scene) -> None:
    with_token(s)
    create(s, token="[object Object]", status=401, said=SHAPE)


@variant("FLO-009", "a payment without a quote")
def _(s: Scene) -> None:
    s.priced()
    said = "Received error validating OpenAPI request: body must have required property 'quoteId'"
    body = {"walletAddress": s.alice.wallet}
    s.refused("POST", f"{s.alice.rs}/outgoing-payments", body, token=s.allowed(), status=400, said=said)


@variant("FLO-012", "the quote is for the recipient")
def _(s: Scene) -> None:
    incoming = s.receivable()
    token = value_of(s.grant(s.alice, "quote", ["create"]))
    body = {"walletAddress": s.bob.wallet, "receiver": incoming["id"], "method": "ilp"}
    s.refused("POST", f"{s.alice.rs}/quotes", body, token=token, status=400, said="Could not get wallet address")


@pytest.mark.parametrize(("code", "play"), [(c, p) for c, _, p in VARIANTS], ids=[f"{c} {n}" for c, n, _ in VARIANTS])
def test_the_last_exchange_is_explained(code: str, play: Play) -> None:
    scene = Scene()
    play(scene)
    trace = diagnosed(scene.exchanges)
    assert not trace.notes
    found = codes(trace)
    assert found.get(scene.n, ["nothing"])[0] == code, found


def test_a_token_stage_refusal_is_a_token_problem_even_if_the_signature_is_bad() -> None:
    scene = Scene()
    token = with_token(scene)
    url = f"{scene.bob.rs}/incoming-payments"
    create(scene, token=token, wait=900, signed_as=url.replace("https", "http"), said="Inactive Token")
    assert codes(diagnosed(scene.exchanges))[scene.n][0] == "TOK-002"


def test_a_signature_stage_refusal_is_no_token_problem() -> None:
    scene = Scene()
    token = with_token(scene)
    url = f"{scene.bob.rs}/incoming-payments"
    said = "Signature validation error: provided signature is invalid"
    create(scene, token=token, wait=900, signed_as=url.replace("https", "http"), status=401, said=said)
    found = codes(diagnosed(scene.exchanges))[scene.n]
    assert found[0] == "SIG-001"
    assert not [code for code in found if code.startswith("TOK")]
