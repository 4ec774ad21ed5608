"""What may come in a recording: each scenario makes a world in which it happened. `SCENARIOS` has them all by name."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.signatures.keys import SigningKey
from optrace.signatures.sign import default_components, sign_request
from tests.redteam.cast import Ase, Client, Grant, cloud_nine, happy_life, make_key, usd
from tests.redteam.world import World

SCENARIOS: dict[str, Callable[[], World]] = {}
RECEIVE = {"type": "incoming-payment", "actions": ["create", "read", "list", "complete"]}
PRICE = {"type": "quote", "actions": ["create", "read"]}
AT_RECIPIENT = "http://happy-life-bank-backend/accounts/pfry"
AT_SENDER = "http://cloud-nine-wallet-backend/accounts/shop"
ELSEWHERE = "https://shop.example/pay"


def scenario(make: Callable[[], World]) -> Callable[[], World]:
    SCENARIOS[make.__name__] = make
    return make


def wish(payer: str, **limits: Any) -> dict[str, Any]:
    item = {"type": "outgoing-payment", "actions": ["create", "read", "list"], "identifier": payer}
    return {**item, "limits": limits} if limits else item


def shop(address: str = AT_RECIPIENT, **more: Any) -> Client:
    return Client(address, make_key(7, "keyid-97a3a431"), **more)


def scene(world: World, client: Client) -> tuple[str, str]:
    """The wallet addresses of both are read, and the client's keys by somebody."""
    payer, payee = world.s.wallet("gfranklin"), world.r.wallet("planex")
    world.read_wallet(payer, "s")
    world.read_wallet(payee, "r")
    if not world.hops:
        url = f"{client.address}/jwks.json"
        also = {"to": ["c.wa", "r.wa", "r.rs", "s.wa", "client"]}
        world.exchange("jwks_get", "client", "c.wa", "GET", url, got=client.published(), also=also)
    return payer, payee


def paid(world: World, client: Client, count: int = 1, gap: float = 0.05, **each: Callable[[int], Any]) -> World:
    """Payments that begin `gap` seconds after each other."""
    payer, payee = scene(world, client)
    begin = world.now
    for i in range(count):
        world.now = begin + gap * i
        world.payment(client, payer, payee, f"P{i}", **{name: of(i) for name, of in each.items()})
    return world


def quoted(world: World, client: Client, group: str = "P") -> tuple[str, dict[str, Any], dict[str, Any], Grant]:
    """All that goes before the user is asked: (payer, incoming payment, quote, grant of the incoming payment)."""
    payer, payee = scene(world, client)
    receive = world.grant(client, world.r, RECEIVE, "r", group)
    incoming = world.incoming(receive, payee, group)
    price = world.grant(client, world.s, PRICE, "s", group)
    return payer, incoming, world.quote(price, payer, incoming, group), receive


def consented(world: World, client: Client, payer: str, group: str | None, **limits: Any) -> Grant:
    grant = world.ask(client, world.s, wish(payer, **(limits or {"debitAmount": usd(1000)})), group)
    world.open(grant, group)
    world.decide(grant, group)
    world.proceed(grant, group)
    return grant


# ---- where clients keep their keys, with and without the hops between servers


def _at(address: str, hops: bool) -> World:
    return paid(World(hops=hops), shop(address))


for _name, _address in {
    "recipient": AT_RECIPIENT,
    "sender": AT_SENDER,
    "elsewhere": ELSEWHERE,
    "payer": "http://cloud-nine-wallet-backend/accounts/gfranklin",
    "payee": "http://happy-life-bank-backend/accounts/planex",
}.items():
    for _hops in (False, True):
        SCENARIOS[f"client_at_{_name}{'_all_hops' if _hops else ''}"] = partial(_at, _address, _hops)


# ---- many at once


@scenario
def concurrent() -> World:
    ends = {5: "abandoned", 6: "asked"}
    return paid(
        World(seed=3),
        shop(),
        10,
        word=lambda i: "reject" if i in (3, 7) else "accept",
        end=lambda i: ends.get(i, "paid"),
    )


@scenario
def concurrent_all_hops() -> World:
    return paid(World(seed=4, hops=True), shop(), 10, word=lambda i: "reject" if i in (3, 7) else "accept")


@scenario
def concurrent_all_hops_keys_elsewhere() -> World:
    return paid(World(seed=5, hops=True), shop(ELSEWHERE), 10)


@scenario
def concurrent_without_quotes() -> World:
    return paid(World(seed=5, hops=True), shop(ELSEWHERE), 4, 2.0, quote=lambda _: False)


@scenario
def concurrent_without_introspections() -> World:
    world = paid(World(seed=4, hops=True), shop(), 6)
    world.seen = [seen for seen in world.seen if seen.truth["operation"] != "token_introspect"]
    return world


@scenario
def concurrent_of_two_clients() -> World:
    world = World(hops=True, seed=6)
    clients = shop(), Client(AT_SENDER, make_key(33, "other"), origin="http://other-client:1")
    payer, payee = scene(world, clients[0])
    begin = world.now
    for i in range(4):
        world.now = begin + 0.03 * i
        world.payment(clients[i % 2], payer, payee, f"P{i}")
    return world


@scenario
def concurrent_with_one_finish_uri() -> World:
    world = World(seed=2)
    ask = world.ask
    world.ask = lambda *a, **k: ask(*a, **{**k, "finish": "http://op-client:3344/finish?id=7"})  # type: ignore[method-assign]
    return paid(world, shop(), 6, 0.1, word=lambda i: "reject" if i in (2, 4) else "accept")


# ---- where servers stand


def _one_host(**more: Any) -> World:
    """Two tenants of one server."""
    sender = cloud_nine("http://rafiki", "http://rafiki-auth")
    recipient = replace(happy_life("http://rafiki", "http://rafiki-auth"), idp=sender.idp)
    sender.wallet = lambda name: f"http://rafiki/accounts/s-{name}"  # type: ignore[method-assign]
    recipient.wallet = lambda name: f"http://rafiki/accounts/r-{name}"  # type: ignore[method-assign]
    return World(sender=sender, recipient=recipient, **more)


@scenario
def two_tenants_of_one_host() -> World:
    return paid(_one_host(hops=True), shop("http://rafiki/accounts/r-pfry"))


@scenario
def two_tenants_of_one_host_concurrent() -> World:
    return paid(_one_host(seed=9), shop("http://rafiki/accounts/s-pfry"), 6)


@scenario
def one_ase_on_both_sides() -> World:
    ase = cloud_nine()
    return paid(World(sender=ase, recipient=ase), shop(AT_SENDER))


@scenario
def both_ways() -> World:
    world = paid(World(hops=True, seed=6), shop(ELSEWHERE))
    world.s, world.r = replace(world.r, name="s"), replace(world.s, name="r")
    payer, payee = world.s.wallet("planex"), world.r.wallet("gfranklin")
    world.read_wallet(payer, "s")
    world.payment(shop(ELSEWHERE), payer, payee, "Q")
    return world


@scenario
def a_third_ase() -> World:
    world = paid(World(hops=True, seed=6), shop(ELSEWHERE))
    world.s = third = Ase(
        "s",
        "http://third",
        "http://third/t",
        "http://third-auth:3006/t",
        "http://third-idp/",
        "http://third-auth:3007/",
        "http://third-auth:3009",
        make_key(120, "third"),
    )
    world.read_wallet(third.wallet("x"), "s")
    world.payment(shop(ELSEWHERE), third.wallet("x"), world.r.wallet("planex"), "Q")
    return world


@scenario
def https_ids_on_an_http_wire() -> World:
    sender = cloud_nine("https://cloud-nine-wallet-backend")
    recipient = happy_life("https://happy-life-bank-backend")
    world = World(sender=sender, recipient=recipient, hops=True, wire=lambda url: url.replace("https://", "http://"))
    return paid(world, shop("https://happy-life-bank-backend/accounts/pfry"), 3)


@scenario
def http2() -> World:
    return paid(World(version="HTTP/2.0", hops=True), shop(ELSEWHERE))


@scenario
def one_connection_for_all() -> World:
    """A proxy in between. What a server reads unasked and unsigned looks like the client's then."""
    world = paid(World(hops=True), shop())
    unsigned = [seen for seen in world.seen if seen.truth["operation"] == "incoming_payment_get_public"]
    unsigned[-1].truth["from"] = None
    for seen in world.seen:
        seen.conn = "x"
    return world


@scenario
def connections_unknown() -> World:
    world = paid(World(hops=True), shop())
    unsigned = [seen for seen in world.seen if seen.truth["operation"] == "incoming_payment_get_public"]
    unsigned[-1].truth["from"] = None
    for number, seen in enumerate(world.seen):
        seen.conn = f"c{number}"
    return world


# ---- one grant, many payments


def _web_monetization(world: World, client: Client, *, one_receiver: bool) -> World:
    payer, payee = scene(world, client)
    grant = consented(world, client, payer, None, debitAmount=usd(5000), interval="R/2026-11-22T12:00:00Z/P1M")
    receive = world.grant(client, world.r, RECEIVE, "r", None)
    incoming: dict[str, Any] = {}
    for i in range(5):
        group = "P" if one_receiver else f"P{i}"
        if not incoming or not one_receiver:
            incoming = world.incoming(receive, payee, group, None)
        out = world.pay(grant, payer, incoming, group, value=10 + i)
        world.get("outgoing_payment_get", grant, out, "s", group)
        world.now += 2
    world.get("incoming_payment_get", receive, incoming, "r", "P" if one_receiver else "P4")
    world.give_back("grant_cancel", grant, "s", None)
    return world


@scenario
def web_monetization() -> World:
    return _web_monetization(World(hops=True), shop(ELSEWHERE), one_receiver=False)


@scenario
def many_payments_to_one_receiver() -> World:
    return _web_monetization(World(), shop(), one_receiver=True)


@scenario
def recurring() -> World:
    world, client = World(), shop()
    payer, payee = scene(world, client)
    grant = consented(world, client, payer, None, debitAmount=usd(5000), interval="R12/2026-11-22T12:00:00Z/P1M")
    for i in range(3):
        group = f"P{i}"
        incoming = world.incoming(world.grant(client, world.r, RECEIVE, "r", group), payee, group)
        quote = world.quote(world.grant(client, world.s, PRICE, "s", group), payer, incoming, group)
        if i:
            world.now += 3600
            world.rotate(grant, "s", None)
        world.pay(grant, payer, incoming, group, quote=quote)
    return world


# ---- grants of other kinds


@scenario
def polling() -> World:
    world, client = World(), shop()
    payer, incoming, quote, _ = quoted(world, client)
    grant = world.ask(client, world.s, wish(payer, debitAmount=usd(1000)), "P", finish=None)
    too_fast = {"error": {"code": "too_fast", "description": 'polled grant faster than "wait" period'}}
    world.proceed(grant, "P", wait=1, status=400, got=too_fast, first=["FLO-003"])
    pending = {"access_token": {"value": grant.continue_token}, "uri": grant.continue_uri, "wait": 5}
    world.proceed(grant, "P", got={"continue": pending})
    world.open(grant, "P")
    world.decide(grant, "P")
    world.proceed(grant, "P")
    world.pay(grant, payer, incoming, "P", quote=quote)
    return world


@scenario
def continued_too_fast_and_twice() -> World:
    world, client = World(), shop()
    payer, incoming, quote, _ = quoted(world, client)
    grant = world.ask(client, world.s, wish(payer, debitAmount=usd(1000)), "P")
    world.open(grant, "P")
    world.decide(grant, "P")
    too_fast = {"error": {"code": "too_fast", "description": 'continued grant faster than "wait" period'}}
    world.proceed(grant, "P", wait=0, status=400, got=too_fast, first=["FLO-003"])
    world.proceed(grant, "P")
    again = {"error": {"code": "request_denied", "description": "grant interaction not approved"}}
    world.proceed(grant, "P", wait=1, status=401, got=again, first=["FLO-005"])
    world.pay(grant, payer, incoming, "P", quote=quote)
    return world


@scenario
def ownership() -> World:
    world, client = World(hops=True), shop()
    payer = world.s.wallet("gfranklin")
    world.read_wallet(payer, "s")
    grant = world.ask(client, world.s, None, "P", subject=payer)
    world.open(grant, "P")
    world.decide(grant, "P")
    go_on = {"access_token": {"value": grant.continue_token}, "uri": grant.continue_uri}
    world.proceed(grant, "P", got={"subject": {"sub_ids": [{"id": payer, "format": "uri"}]}, "continue": go_on})
    return world


@scenario
def directed_identity() -> World:
    world, client = World(hops=True), shop(jwk=True)
    payer, payee = world.s.wallet("gfranklin"), world.r.wallet("planex")
    world.read_wallet(payee, "r")
    world.read_wallet(payer, "s")
    receive = world.grant(client, world.r, RECEIVE, "r", "P")
    incoming = world.incoming(receive, payee, "P")
    price = world.grant(client, world.s, PRICE, "s", "P")
    quote = world.quote(price, payer, incoming, "P")
    world.rotate(price, "s", "P")
    world.get("quote_get", price, quote, "s", "P")
    world.give_back("grant_cancel", receive, "r", "P")
    return world


# ---- the browser


@scenario
def two_tabs() -> World:
    world, client = World(), shop()
    payer, _ = scene(world, client)
    one = world.ask(client, world.s, wish(payer, debitAmount=usd(1000)), "A")
    two = world.ask(client, world.s, wish(payer, debitAmount=usd(2000)), "B")
    world.open(one, "A")
    world.open(two, "B")
    api = f"{world.s.idp_api}/grant/{one.interact}/{one.as_nonce}/accept"
    at = f"{world.s.auth_origin}/interact/{one.interact}/{one.as_nonce}/finish"
    lost = {"error": {"code": "invalid_request", "description": "invalid session"}}
    world.exchange("consent_accept", "s.idp", "s.as", "POST", api, sent={}, status=202, process="browser", group="A")
    world.exchange(
        "interact_finish_request",
        "s.idp",
        "s.as",
        "GET",
        at,
        status=401,
        got=lost,
        process="browser",
        group="A",
        first=["INT-010"],
    )
    world.decide(two, "B")
    world.proceed(two, "B")
    return world


@scenario
def browser_back() -> World:
    world, client = World(), shop()
    payer, incoming, quote, _ = quoted(world, client)
    grant = consented(world, client, payer, "P")
    world.pay(grant, payer, incoming, "P", quote=quote)
    api = f"{world.s.idp_api}/grant/{grant.interact}/{grant.as_nonce}/accept"
    done = {"error": {"code": "invalid_interaction", "description": "invalid interaction"}}
    world.exchange(
        "consent_accept",
        "s.idp",
        "s.as",
        "POST",
        api,
        sent={},
        status=400,
        got=done,
        process="browser",
        group="P",
        first=["INT-012"],
    )
    return world


def _ends_with(result: str, rule: str, after: float) -> World:
    world, client = World(), shop()
    payer, _ = scene(world, client)
    grant = world.ask(client, world.s, wish(payer, debitAmount=usd(1000)), "P")
    world.open(grant, "P")
    world.now += after
    at = f"{world.s.auth_origin}/interact/{grant.interact}/{grant.as_nonce}/finish"
    back = f"{grant.finish}?result={result}"
    browser: Mapping[str, Any] = {"process": "browser", "group": "P", "first": [rule]}
    world.exchange("interact_finish_request", "s.idp", "s.as", "GET", at, status=302, location=back, **browser)
    world.exchange("finish_redirect", "s.idp", "client", "GET", back, got=b"x", **browser)
    return world


@scenario
def undecided() -> World:
    return _ends_with("grant_invalid", "INT-016", 1)


@scenario
def interaction_expired() -> World:
    return _ends_with("invalid_interaction&message=interaction+expired", "INT-011", 700)


# ---- time, keys, the network


@scenario
def token_expired_and_rotated() -> World:
    world, client = World(), shop()
    _, payee = scene(world, client)
    receive = world.grant(client, world.r, RECEIVE, "r", None)
    incoming = world.incoming(receive, payee, "P")
    world.now += 700
    dead = {"error": {"code": "403", "description": "Inactive Token"}}
    challenge = (("www-authenticate", "GNAP as_uri=http://happy-life-bank-auth:3006"),)
    world.get(
        "incoming_payment_get", receive, incoming, "r", "P", first=["TOK-002"], status=403, got=dead, answer=challenge
    )
    world.rotate(receive, "r", None)
    world.get("incoming_payment_get", receive, incoming, "r", "P")
    return world


@scenario
def quote_expired() -> World:
    world, client = World(), shop()
    payer, incoming, quote, _ = quoted(world, client)
    grant = world.ask(client, world.s, wish(payer, debitAmount=usd(1000)), "P")
    world.open(grant, "P")
    world.decide(grant, "P")
    world.now += 3000
    world.proceed(grant, "P")
    gone = {"error": {"code": "400", "description": "invalid quote"}}
    world.pay(grant, payer, incoming, "P", quote=quote, status=400, got=gone, first=["RES-010"])
    return world


@scenario
def keys_made_anew_under_the_same_kid() -> World:
    client = shop()
    world = paid(World(hops=True), client)
    world.s.instance = make_key(103, world.s.instance.kid)
    world.s.known.clear()
    anew = replace(client, key=make_key(8, client.key.kid))
    world.payment(anew, world.s.wallet("gfranklin"), world.r.wallet("planex"), "Q")
    return world


@scenario
def two_clients_with_the_same_kid() -> World:
    client = shop()
    world = paid(World(hops=True), client)
    other = Client(AT_SENDER, make_key(33, client.key.kid), origin="http://other-client:1")
    world.payment(other, world.s.wallet("gfranklin"), world.r.wallet("planex"), "Q")
    return world


@scenario
def answers_lost_and_calls_repeated() -> World:
    world, client = World(), shop()
    payer, incoming, quote, receive = quoted(world, client)
    world.get(
        "incoming_payment_get", receive, incoming, "r", "P", error="connection reset", first=["NET-014", "NET-010"]
    )
    world.get("incoming_payment_get", receive, incoming, "r", "P")
    body = {"access_token": {"access": [wish(payer)]}, "client": client.address, "interact": {"start": ["redirect"]}}
    world.exchange(
        "grant_request",
        "client",
        "s.as",
        "POST",
        world.s.auth,
        sent=body,
        key=client.key,
        error="client disconnected",
        healthy=False,
        variant="outgoing-payment",
    )
    grant = consented(world, client, payer, "P")
    world.pay(grant, payer, incoming, "P", quote=quote)
    return world


# ---- other signers


def _verdicts(world: World, **signature: str) -> World:
    """What is true of each signed request; what a profile refuses may be found."""
    for seen in world.seen:
        if "signature" in seen.request.fields:
            seen.truth["verdicts"]["signature"] = signature
            seen.truth["findings_never"] = []
    return world


def _other_grant_url(world: World) -> World:
    """The AS hashes its URL without the slash that the client posted to."""
    for seen in world.seen:
        if seen.truth["operation"] == "interact_finish_request":
            seen.truth["verdicts"]["hash"] = {"rfc": "fail", "rafiki": "pass"}
            seen.truth |= {"findings_any_of": ["INT-001"], "findings_never": []}
    return world


def _php(request: HttpRequest, key: SigningKey, created: int) -> HttpRequest:
    signed = sign_request(request, key, created=created)
    bare = [(n, v.replace("sig1=:", "sig1=").rstrip(":") if n.lower() == "signature" else v) for n, v in signed.fields]
    return replace(signed, fields=Fields.of(*bare))


def _python(request: HttpRequest, key: SigningKey, created: int) -> HttpRequest:
    request = sign_request(request, key, created=created)
    order = ("content-type", "content-digest", "content-length", "authorization", "@method", "@target-uri")
    covered = [name for name in order if name in default_components(request)]
    params = {"created": created, "keyid": key.kid, "alg": "ed25519"}
    return sign_request(request, key, created=created, components=covered, params=params)


def _go(request: HttpRequest, key: SigningKey, created: int) -> HttpRequest:
    return sign_request(request, key, created=created, params={"created": created, "keyid": key.kid, "alg": "ed25519"})


def _sigkit(request: HttpRequest, key: SigningKey, created: int) -> HttpRequest:
    return sign_request(request, key, created=created, label="sig", digest="sha-256")


def _kiota(request: HttpRequest, key: SigningKey, created: int) -> HttpRequest:
    return sign_request(request, key, created=created, params={"created": created, "keyid": key.kid, "tag": "gnap"})


@scenario
def php() -> World:
    world = paid(World(), shop(sign=_php, agent="OP-PHP-SDK-Client", slash="/"))
    return _other_grant_url(_verdicts(world, rfc="fail", rafiki="pass"))


@scenario
def slashes_appended() -> World:
    return _other_grant_url(paid(World(), shop(slash="/")))


@scenario
def go() -> World:
    return paid(World(hops=True), shop(sign=_go, agent="Go-http-client/2.0", as_object=True))


@scenario
def python() -> World:
    return paid(World(), shop(sign=_python, agent=None))


@scenario
def sigkit() -> World:
    return _verdicts(paid(World(), shop(sign=_sigkit)), rfc="pass", rafiki="fail")


@scenario
def kiota() -> World:
    return paid(World(), shop(sign=_kiota))


@scenario
def stale_authorization_on_a_grant_request() -> World:
    world, client = World(), shop()
    _, payee = scene(world, client)
    receive = world.grant(client, world.r, RECEIVE, "r", "P")
    world.incoming(receive, payee, "P")
    world.grant(client, world.s, PRICE, "s", None, token=receive.token)
    return world


@scenario
def digest_of_no_body() -> World:
    world, client = World(), shop()
    _, payee = scene(world, client)
    receive = world.grant(client, world.r, RECEIVE, "r", "P")
    incoming = world.incoming(receive, payee, "P")
    digest = base64.b64encode(hashlib.sha512(b"").digest()).decode()
    fields = (("content-digest", f"sha-512=:{digest}:"), ("content-length", "0"))
    world.get("incoming_payment_get", receive, incoming, "r", "P", fields=fields)
    return world


# ---- less than everything is seen


def _without(world: World, *operations: str) -> World:
    world.seen = [seen for seen in world.seen if seen.truth["operation"] not in operations]
    return world


@scenario
def browser_unseen() -> World:
    hops = ("interact_start", "idp_redirect", "consent_get", "consent_accept", "interact_finish_request")
    return _without(paid(World(), shop(), 3, 0.1), *hops, "finish_redirect")


@scenario
def only_the_finish_seen() -> World:
    hops = ("interact_start", "idp_redirect", "consent_get", "consent_accept", "interact_finish_request")
    world = _without(paid(World(), shop(), 3, 0.1), *hops)
    for seen in world.seen:
        if seen.truth["operation"] == "finish_redirect":
            seen.truth["verdicts"]["hash"] = dict.fromkeys(("rfc", "rafiki"), "pass")
    return world


@scenario
def wallet_addresses_unseen() -> World:
    return _without(paid(World(), shop()), "wallet_address_get")


def starting_at(first: int, *, hops: bool) -> World:
    """The recording begins in the middle; the keys of all are read at the end."""
    client = shop(ELSEWHERE)
    world = paid(World(hops=hops), client)
    world.seen = world.told()[first:]
    also = {"from": ["client"], "to": ["c.wa", "s.wa"]}
    world.now = world.seen[-1].end + 1
    world.exchange(
        "jwks_get", "client", "c.wa", "GET", f"{client.address}/jwks.json", got=client.published(), also=also
    )
    instance = {"keys": [world.s.instance.public_jwk()]}
    world.exchange("jwks_get", None, "s.wa", "GET", f"{world.s.pay}/jwks.json", got=instance, also=also)
    return world
