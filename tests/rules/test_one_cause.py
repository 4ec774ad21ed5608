"""Findings with one root are one: beside the cause stands nothing that only says it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from optrace.core.messages import Exchange
from tests.rules.forgery import HEADERS, INVALID, NO_CLIENT, RS_INVALID, add, digest_of, forge, request, with_fields
from tests.rules.kit import codes, diagnosed
from tests.rules.scene import SHOP, Scene, key_of, uuid, value_of
from tests.rules.signature_samples import create, grant

Play = Callable[[], list[Exchange]]
OTHER = "https://wallet.sender.example/alice"
NO_KEY = "Signature validation error: could not find key in list of client keys"
NO_JWKS = "Signature validation error: could not retrieve client keys"


def told(scene: Scene, said: str, **details: Any) -> dict[str, Any]:
    return scene.rs_error(401, said, details or None)


def key_of_another_wallet() -> list[Exchange]:
    scene = Scene()
    scene.read()
    scene.send("GET", f"{OTHER}/jwks.json", answer={"keys": [key_of("alice").public_jwk()]})
    token = value_of(scene.grant(scene.bob, "incoming-payment", ["create"]))
    body = {"walletAddress": scene.bob.wallet}
    answer = told(scene, NO_KEY, clientKeys=[scene.key.public_jwk()], keyIdInSignature="key-alice")
    url = f"{scene.bob.rs}/incoming-payments"
    scene.send("POST", url, body, token=token, key=key_of("alice"), status=401, answer=answer)
    return scene.exchanges


def key_taken_out() -> list[Exchange]:
    scene = Scene()
    incoming = scene.receivable()
    scene.jwks(key_of("new"))
    answer = told(scene, NO_KEY, clientKeys=[key_of("new").public_jwk()], keyIdInSignature="key-shop")
    scene.send("GET", incoming["id"], token=scene.incoming_token, status=401, answer=answer)
    return scene.exchanges


def keys_fail_later() -> list[Exchange]:
    scene = Scene()
    incoming = scene.receivable()
    scene.send("GET", f"{SHOP}/jwks.json", status=500, answer="Internal Server Error")
    scene.send("GET", incoming["id"], token=scene.incoming_token, status=401, answer=told(scene, NO_JWKS))
    return scene.exchanges


def keys_out_of_reach() -> list[Exchange]:
    scene = Scene()
    incoming = scene.receivable()
    scene.send("GET", incoming["id"], token=scene.incoming_token, status=401, answer=told(scene, NO_JWKS))
    return scene.exchanges


def keys_of_the_receivers_server() -> list[Exchange]:
    scene = Scene()
    incoming = scene.receivable()
    token = value_of(scene.grant(scene.alice, "quote", ["create"]))
    body = {"walletAddress": scene.alice.wallet, "receiver": incoming["id"], "method": "ilp"}
    said = "could not get receiver: could not retrieve client keys"
    scene.send("POST", f"{scene.alice.rs}/quotes", body, token=token, status=500, answer=scene.rs_error(500, said))
    return scene.exchanges


def published(**members: Any) -> Play:
    jwk = {name: value for name, value in (key_of("shop").public_jwk() | members).items() if value is not None}
    return lambda: grant(status=400, answer=NO_CLIENT, jwks={"keys": [jwk]})


def jwks_page() -> list[Exchange]:
    return grant(status=400, answer=NO_CLIENT, jwks="<html><title>Wallet</title></html>")


def client(value: str) -> Play:
    def play() -> list[Exchange]:
        scene = Scene()
        scene.read()
        body = {"access_token": {"access": [{"type": "quote", "actions": ["create"]}]}, "client": value}
        said = "could not determine client"
        scene.as_refused("POST", scene.alice.auth, body, status=400, code="invalid_client", said=said)
        return scene.exchanges

    return play


def field_dropped() -> list[Exchange]:
    return create(after=lambda sent: with_fields(sent, content_type=None))


def redirected() -> list[Exchange]:
    scene = Scene()
    scene.read()
    token = value_of(scene.grant(scene.bob, "incoming-payment", ["create"]))
    body, url = {"walletAddress": scene.bob.wallet}, f"{scene.bob.rs}/incoming-payments"
    inner = url.replace("https", "http")
    scene.send("POST", inner, body, token=token, status=307, returned={"Location": url})
    scene.send("POST", url, body, repeat=scene.n, status=401, answer=RS_INVALID)
    return scene.exchanges


def paying(limits: Callable[[Scene], dict[str, Any]]) -> Play:
    def play() -> list[Exchange]:
        scene = Scene()
        quote = scene.priced()
        scene.pay(scene.allowed(limits(scene)), quote, status=403, said="unauthorized")
        return scene.exchanges

    return play


def paid_twice() -> list[Exchange]:
    scene = Scene()
    quote = scene.priced()
    token = scene.allowed({"debitAmount": scene.alice.amount("9000")})
    scene.outgoing(token, quote)
    scene.pay(token, quote, status=400, said="invalid quote")
    return scene.exchanges


def tenant_lost() -> list[Exchange]:
    scene = Scene()
    incoming = scene.receivable()
    url = incoming["id"].replace(f"/{scene.bob.tenant}", "")
    scene.refused("GET", url, token=scene.incoming_token, status=404, said="Could not get wallet address")
    return scene.exchanges


def pointer_in_the_path() -> list[Exchange]:
    scene = Scene()
    scene.read()
    url = "https://wallet.recipient.example/%24recipient.example/bob"
    scene.send("GET", url, status=404, answer=scene.rs_error(404, "Could not get wallet address"))
    return scene.exchanges


def continuation_token_of_another_grant() -> list[Exchange]:
    scene = Scene()
    scene.read()
    other = scene.grant(scene.bob, "incoming-payment", ["create"])
    pending = scene.ask()
    pending.consent()
    token, body = other["continue"]["access_token"]["value"], {"interact_ref": pending.reference}
    code, said = "invalid_continuation", "invalid grant"
    scene.as_refused("POST", pending.uri, body, token=token, wait=6, status=401, code=code, said=said)
    return scene.exchanges


def too_many_requests() -> list[Exchange]:
    scene = Scene()
    scene.read()
    token = value_of(scene.grant(scene.bob, "incoming-payment", ["create"]))
    returned = {"Server": "cloudflare", "Retry-After": "30"}
    url, body = f"{scene.bob.rs}/incoming-payments", {"walletAddress": scene.bob.wallet}
    scene.send("POST", url, body, token=token, status=429, answer="Too Many Requests", returned=returned)
    return scene.exchanges


def label_in_capitals() -> list[Exchange]:
    return grant(label="SIG1", answer=HEADERS)


def keyid_in_single_quotes() -> list[Exchange]:
    return grant(params=";keyid='key-shop';created=1767614400", answer=INVALID)


def digest_without_padding() -> list[Exchange]:
    scene = Scene()
    scene.read()
    token = value_of(scene.grant(scene.bob, "incoming-payment", ["create"]))
    body = b'{"walletAddress":"https://wallet.recipient.example/bob"}'
    bare = digest_of(body).replace("==:", ":")
    sent = request("POST", f"{scene.bob.rs}/incoming-payments", body, token, content_digest=bare)
    add(scene, forge(sent, scene.key, int(scene.now.timestamp())), 401, RS_INVALID)
    return scene.exchanges


def path_in_letters() -> list[Exchange]:
    scene = Scene()
    incoming = scene.receivable()
    url = f"{incoming['id']}-caf%C3%A9"
    shown = url.replace("%C3%A9", "é")
    sent = forge(request("GET", url, token=scene.incoming_token), scene.key, 1767614401, signed={"@target-uri": shown})
    add(scene, sent, 401, RS_INVALID)
    return scene.exchanges


def local_proxy() -> list[Exchange]:
    scene = Scene()
    inner = f"http://auth:3006/{scene.bob.tenant}"
    return grant(url=inner, signed={"@target-uri": inner.replace("auth:3006", "127.0.0.1:8080")})


ALONE: dict[str, tuple[str, Play]] = {
    "a key of another wallet address": ("SIG-033", key_of_another_wallet),
    "a key that was taken out of the JWKS": ("SIG-011", key_taken_out),
    "a JWKS that answers 500 now": ("SIG-013", keys_fail_later),
    "a JWKS that the server doesn't reach": ("SIG-013", keys_out_of_reach),
    "keys that the servers want of each other": ("NET-012", keys_of_the_receivers_server),
    "a JWK without alg": ("SIG-014", published(alg=None)),
    "a JWK with padding": ("SIG-015", published(x=key_of("shop").public_jwk()["x"] + "=")),
    "a JWKS that is a page": ("SIG-013", jwks_page),
    "a client that is a payment pointer": ("WAL-001", client("$wallet.example/shop")),
    "a client with a slash": ("GNT-004", client(f"{SHOP}/")),
    "a client that is http": ("GNT-004", client(SHOP.replace("https", "http"))),
    "a covered field that was dropped": ("SIG-036", field_dropped),
    "a redirect that was followed": ("NET-002", redirected),
    "limits in another asset": ("GNT-010", paying(lambda s: {"debitAmount": s.bob.amount("9000")})),
    "limits for another payment": ("GNT-011", paying(lambda s: {"receiver": f"{s.bob.rs}/incoming-payments/x"})),
    "a quote that was used": ("RES-011", paid_twice),
    "a tenant that was dropped": ("GNT-007", tenant_lost),
    "a payment pointer in the path": ("WAL-001", pointer_in_the_path),
    "a continuation token of another grant": ("TOK-007", continuation_token_of_another_grant),
    "a gateway's limit of requests": ("NET-004", too_many_requests),
    "a label in capitals": ("SIG-006", label_in_capitals),
    "a keyid in single quotes": ("SIG-010", keyid_in_single_quotes),
    "a digest without padding": ("DIG-010", digest_without_padding),
    "a path signed in letters": ("SIG-004", path_in_letters),
    "a proxy on this machine": ("SIG-005", local_proxy),
}


@pytest.mark.parametrize(("code", "play"), ALONE.values(), ids=ALONE)
def test_the_cause_stands_alone(code: str, play: Play) -> None:
    exchanges = play()
    trace = diagnosed(exchanges)
    assert not trace.notes
    assert codes(trace).get(len(exchanges)) == [code]


def test_what_only_repeats_the_server_stays_where_nothing_else_explains_it() -> None:
    scene = Scene()
    quote = scene.priced()
    scene.pay(scene.allowed({"debitAmount": scene.alice.amount("9000")}), quote, status=403, said="unauthorized")
    assert codes(diagnosed(scene.exchanges))[scene.n] == ["RES-013"]


def test_two_faults_stay_two() -> None:
    exchanges = paying(lambda s: {"receiver": uuid("x"), "debitAmount": s.alice.amount("10")})()
    found = codes(diagnosed(exchanges))[len(exchanges)]
    assert set(found) == {"GNT-011", "RES-013"}


def test_headers_of_a_redirect_are_told_apart_from_a_second_attempt() -> None:
    exchanges = redirected()
    last = exchanges[-1]
    answer = exchanges[-2].response
    assert answer is not None
    calm = replace(exchanges[-2], response=replace(answer, status=401))
    found = codes(diagnosed([*exchanges[:-2], calm, last]))
    assert "NET-002" not in found[len(exchanges)]


def test_a_reference_that_is_somebody_s_nonce_came_from_no_finish() -> None:
    scene = Scene()
    scene.read()
    pending = scene.ask()
    body = {"interact_ref": pending.body["interact"]["finish"]["nonce"]}
    code, said = "invalid_continuation", "grant not found"
    scene.as_refused("POST", pending.uri, body, token=pending.token, wait=6, status=404, code=code, said=said)
    trace = diagnosed(scene.exchanges)
    assert codes(trace)[scene.n] == ["FLO-001"]
    assert "in no finish" in trace.row(scene.n).findings[0].detail


def crowd(scene: Scene, count: int) -> None:
    """Reads of other clients, as they lie between the requests of one under load."""
    for number in range(count):
        scene.send("GET", f"https://other.example/{number}", answer={"fine": True})


def test_headers_of_another_request_are_found_in_a_crowd() -> None:
    scene = Scene()
    incoming = scene.receivable()
    scene.send("GET", incoming["id"], token=scene.incoming_token, answer=incoming)
    first = scene.n
    crowd(scene, 20)
    other = f"{scene.bob.rs}/incoming-payments/{uuid('other')}"
    scene.send("GET", other, repeat=first, status=401, answer=RS_INVALID)
    assert codes(diagnosed(scene.exchanges))[scene.n][0] == "SIG-025"


def test_a_cookie_that_was_lost_is_found_however_much_lies_between() -> None:
    scene = Scene()
    scene.read()
    pending = scene.ask()
    pending.open()
    opened = scene.n
    crowd(scene, 600)
    url = f"{scene.alice.root}/interact/{pending.ident}/{pending.nonce}/finish"
    scene.send("GET", url, status=401, answer={"error": {"code": "invalid_request", "description": "invalid session"}})
    finding = diagnosed(scene.exchanges).row(scene.n).findings[0]
    assert finding.rule == "INT-010"
    assert finding.related == (opened,)
