"""Recordings of made-up worlds: two ASEs of Rafiki's kind, clients, browsers, and every hop between the servers.

What happens is written down together with what is true of it: operation, variant, lanes, payment, verdicts. Stories have
clocks of their own; told from overlapping instants they interleave as concurrent payments do. Connections are given out
afterwards as keep-alive pools do: each process takes the first idle one to an origin.
"""

from __future__ import annotations

import base64
import json
import random
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote as percent

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.core.urls import parse
from optrace.gnap.interaction import compute, hash_base, to_base64
from optrace.signatures.keys import SigningKey, load_private_key
from optrace.signatures.sign import sign_request

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
USD = {"assetCode": "USD", "assetScale": 2}
JSON = {"error"}
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
Signer = Callable[[HttpRequest, SigningKey, int], HttpRequest]


def usd(value: int) -> dict[str, Any]:
    return {"value": str(value), **USD}


def make_key(seed: int, kid: str) -> SigningKey:
    pem = base64.b64encode(_PKCS8 + bytes([seed % 256]) * 32).decode()
    return load_private_key(f"-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n".encode(), kid)


def node(request: HttpRequest, key: SigningKey, created: int) -> HttpRequest:
    """As the npm client signs."""
    return sign_request(request, key, created=created)


@dataclass
class Ase:
    """Where the servers of an ASE stand. `scheme` is what its ids say; `wire` what is really spoken."""

    name: str
    wallets: str  # origin
    rs: str  # with the tenant
    auth: str  # the grant endpoint, with the tenant
    idp: str
    introspection: str
    idp_api: str
    instance: SigningKey
    known: set[str] = field(default_factory=set)  # other ASEs that it has a token of

    @property
    def auth_origin(self) -> str:
        return parse(self.auth).origin

    def wallet(self, name: str) -> str:
        return f"{self.wallets}/accounts/{name}"

    @property
    def pay(self) -> str:
        return f"{self.wallets}/.well-known/pay"


def cloud_nine(host: str = "http://cloud-nine-wallet-backend", auth: str = "http://cloud-nine-wallet-auth") -> Ase:
    tenant = "438fa74a-fa7d-4317-9ced-dde32ece1787"
    return Ase(
        "s", host, f"{host}/{tenant}", f"{auth}:3006/{tenant}", "http://cloud-nine-wallet/mock-idp/",
        f"{auth}:3007/", f"{auth}:3009", make_key(101, "53f2d913-e98a-40b9-b270-372d0547f23d"),
    )  # fmt: skip


def happy_life(host: str = "http://happy-life-bank-backend", auth: str = "http://happy-life-bank-auth") -> Ase:
    tenant = "cf5fd7d3-1eb1-4041-8e43-ba45747e9e5d"
    return Ase(
        "r", host, f"{host}/{tenant}", f"{auth}:3006/{tenant}", "http://happy-life-bank/mock-idp/",
        f"{auth}:3007/", f"{auth}:3009", make_key(102, "53f2d913-e98a-40b9-b270-372d0547f23e"),
    )  # fmt: skip


@dataclass
class Client:
    """Who asks for money to be moved."""

    address: str
    key: SigningKey
    origin: str = "http://op-client:3344"
    sign: Signer = node
    as_object: bool = False  # `client` as an object
    jwk: bool = False  # directed identity
    slash: str = ""  # appended to grant and continue URLs
    agent: str | None = "node"
    keys: dict[str, Any] | None = None  # the JWKS that is published; by default the one of `key`

    def published(self) -> dict[str, Any]:
        return self.keys or {"keys": [self.key.public_jwk()]}

    def named(self) -> Any:
        if self.jwk:
            return {"jwk": self.key.public_jwk()}
        return {"walletAddress": self.address} if self.as_object else self.address


@dataclass
class Seen:
    """One exchange with what is true of it."""

    start: float
    end: float
    request: HttpRequest
    response: HttpResponse | None
    truth: dict[str, Any]
    process: str
    agent: str = "node"
    error: str | None = None
    group: str | None = None
    conn: str | None = None


@dataclass
class Grant:
    """What an AS handed out, as the client knows it."""

    ase: Ase
    item: dict[str, Any]
    client: Client
    token: str = ""
    manage: str = ""
    continue_token: str = ""
    continue_uri: str = ""
    interact: str = ""
    nonce: str = ""
    as_nonce: str = ""
    reference: str = ""
    finish: str = ""
    grant_id: str = ""
    life: int = 600


class World:
    """Everything that happens, in no particular order; `exchanges` sorts it."""

    def __init__(
        self, *, seed: int = 1, hops: bool = False, sender: Ase | None = None, recipient: Ase | None = None,
        wire: Callable[[str], str] = lambda url: url, version: str = "HTTP/1.1",
    ) -> None:  # fmt: skip
        self.random = random.Random(seed)
        self.hops = hops
        self.s, self.r = sender or cloud_nine(), recipient or happy_life()
        self.wire = wire
        self.version = version
        self.seen: list[Seen] = []
        self.now = 0.0

    # small things

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def token(self, size: int = 20) -> str:
        return "".join(self.random.choice("0123456789ABCDEF") for _ in range(size))

    def pause(self, least: float = 0.001, most: float = 0.02) -> None:
        self.now += self.random.uniform(least, most)

    # one exchange

    def exchange(
        self, operation: str | None, frm: str | None, to: str | None, method: str, url: str, *, sent: Any = None,
        status: int = 200, got: Any = None, token: str | None = None, key: SigningKey | None = None,
        signer: Signer = node, process: str = "client", agent: str | None = "node", location: str | None = None,
        group: str | None = None, variant: str | None = None, inside: Callable[[], None] | None = None,
        fields: Iterable[tuple[str, str]] = (), answer: Iterable[tuple[str, str]] = (), hash_: str = "none",
        error: str | None = None, also: dict[str, list[Any]] | None = None, healthy: bool = True,
        first: Iterable[str] = (), verdicts: dict[str, dict[str, str]] | None = None, conn: str | None = None,
        created: int | None = None,
    ) -> Seen:  # fmt: skip
        """Let a request be sent now, what it causes happen, and its answer come."""
        self.pause()
        start = self.now
        url = self.wire(url)
        body = b"" if sent is None else sent if isinstance(sent, bytes) else _json(sent)
        head = [] if self.version == "HTTP/2.0" else [("host", parse(url).authority)]
        head += [("accept", "application/json")] if not any(n.lower() == "accept" for n, _ in fields) else []
        head += [("user-agent", agent)] if agent else []
        head += list(fields)
        if body and not any(n.lower() == "content-type" for n, _ in fields):
            head.append(("content-type", "application/json"))
        if body:
            head.append(("content-length", str(len(body))))
        if token:
            head.append(("authorization", f"GNAP {token}"))
        request = HttpRequest(method=method, url=url, fields=Fields.of(*head), body=body, http_version=self.version)
        if key is not None:
            request = signer(request, key, created or int((START + timedelta(seconds=start)).timestamp()))
        if self.version == "HTTP/2.0":
            request = replace(request, fields=Fields((n.lower(), v) for n, v in request.fields.raw))
        if inside:
            inside()
        self.pause()
        back = [("vary", "Origin"), *answer]
        if got is not None and not any(n.lower() == "content-type" for n, _ in answer):
            back.append(("content-type", "application/json; charset=utf-8"))
        if location is not None:
            back.append(("location", location))
        content = b"" if got is None else got if isinstance(got, bytes) else _json(got)
        response = None if error else HttpResponse(status=status, fields=Fields.of(*back), body=content)
        signed = {"rfc": "pass", "rafiki": "pass"} if key is not None else {"rfc": "none", "rafiki": "none"}
        digest = "content-digest" in request.fields
        given = {
            "signature": signed,
            "digest": dict.fromkeys(("rfc", "rafiki"), "pass" if digest else "none"),
            "hash": dict.fromkeys(("rfc", "rafiki"), hash_),
        }
        truth: dict[str, Any] = {
            "method": method, "url": url, "status": None if error else status, "operation": operation,
            "variant": variant, "from": frm, "to": to, "verdicts": given | (verdicts or {}),
            "findings_any_of": list(first), "findings_never": ["error"] if healthy and not first else [],
            "also_accept": also or {},
        }  # fmt: skip
        seen = Seen(start, self.now, request, response, truth, process, agent or "", error, group, conn)
        self.seen.append(seen)
        return seen

    # what servers do of themselves

    def keys_read(self, by: str, owner: str, document: Any, process: str, side: str = "c") -> None:
        if self.hops:
            self.exchange(
                "jwks_get", by, f"{side}.wa", "GET", f"{owner}/jwks.json", got=document, process=process,
                also={"to": ["c.wa", "s.wa", "r.wa", "s.rs", "r.rs", "client"]},
            )  # fmt: skip

    def _as_checks(self, ase: Ase, client: Client, *, interactive: bool = False) -> Callable[[], None]:
        def inside() -> None:
            if client.jwk:
                return
            self.keys_read(f"{ase.name}.as", client.address, client.published(), f"{ase.auth_origin}")
            if interactive and self.hops:
                self.exchange(
                    "wallet_address_get", f"{ase.name}.as", "c.wa", "GET", client.address,
                    got=self.document(client.address), process=f"{ase.auth_origin}",
                    also={"to": ["r.wa", "s.wa", "wa", "rs", "s.rs", "r.rs"]},
                )  # fmt: skip

        return inside

    def _rs_checks(
        self, ase: Ase, grant: Grant, what: dict[str, Any], group: str | None, more: Callable[[], None] | None = None,
        *, owner: str | None = None, document: Any = None, active: bool = True,
    ) -> Callable[[], None]:  # fmt: skip
        def inside() -> None:
            if self.hops:
                got: dict[str, Any] = {"active": active}
                if active:
                    named = {"jwk": grant.client.key.public_jwk()} if grant.client.jwk else None
                    got |= {"grant": grant.grant_id, "access": [grant.item],
                            "client": named or {"walletAddress": owner or grant.client.address}}  # fmt: skip
                self.exchange(
                    "token_introspect", f"{ase.name}.rs", f"{ase.name}.as", "POST", ase.introspection,
                    sent={"access_token": grant.token, "access": [what]}, got=got,
                    process=ase.wallets + ase.rs, agent="axios/1.16.0", group=group,
                )  # fmt: skip
                if active and not grant.client.jwk:
                    self.keys_read(
                        f"{ase.name}.rs", owner or grant.client.address, document or grant.client.published(),
                        ase.wallets + ase.rs, "s" if owner else "c",
                    )  # fmt: skip
            if more:
                more()

        return inside

    def _acts_at(self, payer: Ase, other: Ase, incoming: dict[str, Any], group: str | None) -> None:
        """The sender's RS reads the incoming payment at the recipient's."""
        if not self.hops or payer is other:
            return
        me = {"keys": [payer.instance.public_jwk()]}
        process = payer.wallets + payer.rs
        rs_lane, other_lane = "s.rs", "r.rs"
        self.exchange(
            "incoming_payment_get_public", rs_lane, other_lane, "GET", incoming["id"],
            got={"receivedAmount": usd(0), "authServer": other.auth}, process=process, group=group,
        )  # fmt: skip
        item = {"type": "incoming-payment", "actions": ["read-all"]}
        if other.name not in payer.known:
            grant = Grant(other, item, Client(payer.pay, payer.instance), grant_id=self.uuid())
            self._issue(grant)
            payer.known.add(other.name)
            setattr(payer, f"_{other.name}", grant)
            body = {"access_token": {"access": [item]}, "client": payer.pay, "interact": {"start": ["redirect"]}}
            self.exchange(
                "grant_request", rs_lane, "r.as", "POST", other.auth, sent=body, got=self._issued(grant),
                key=payer.instance, process=process, group=None, variant="incoming-payment",
                inside=lambda: self.keys_read("r.as", payer.pay, me, other.auth_origin, "s"),
            )  # fmt: skip
        grant = getattr(payer, f"_{other.name}")
        what = {"type": "incoming-payment", "actions": ["read-all"], "identifier": incoming["walletAddress"]}
        self.exchange(
            "incoming_payment_get", rs_lane, other_lane, "GET", incoming["id"], got=incoming, token=grant.token,
            key=payer.instance, process=process, group=group,
            inside=self._rs_checks(other, grant, what, group, owner=payer.pay, document=me),
        )  # fmt: skip

    def webhook(self, ase: Ase, kind: str) -> None:
        if self.hops:
            host = parse(ase.idp).origin
            self.exchange(
                "infra_admin", f"{ase.name}.rs", None, "POST", f"{host}/webhooks", sent={"id": self.uuid(), "type": kind},
                fields=(("rafiki-signature", "t=1, v1=ab"),), process=ase.wallets + ase.rs, agent="axios/1.16.0",
                also={"operation": ["unknown"]},
            )  # fmt: skip

    # what clients do

    def document(self, address: str) -> dict[str, Any]:
        ase = self.s if address.startswith(self.s.wallets + "/") else self.r
        if self.s.wallets == self.r.wallets and self.s is not self.r:
            ase = self.s if "/s-" in address else self.r
        return {"id": address, "publicName": "Somebody", **USD, "authServer": ase.auth, "resourceServer": ase.rs}

    def read_wallet(self, address: str, side: str) -> None:
        self.exchange(
            "wallet_address_get", "client", f"{side}.wa", "GET", address, got=self.document(address),
            also={"to": [f"{side}.rs", "wa", "rs", f"{side}.wa"]},
        )  # fmt: skip

    def _issue(self, grant: Grant) -> None:
        grant.token, grant.continue_token = self.token(), self.token()
        grant.manage = f"{grant.ase.auth_origin}/token/{self.uuid()}"
        grant.continue_uri = grant.continue_uri or f"{grant.ase.auth_origin}/continue/{self.uuid()}"

    def _issued(self, grant: Grant) -> dict[str, Any]:
        return {
            "access_token": {
                "access": [grant.item], "value": grant.token, "manage": grant.manage, "expires_in": grant.life
            },
            "continue": {"access_token": {"value": grant.continue_token}, "uri": grant.continue_uri},
        }  # fmt: skip

    def grant(self, client: Client, ase: Ase, item: dict[str, Any], side: str, group: str | None, **more: Any) -> Grant:
        """A grant that needs no interaction."""
        grant = Grant(ase, item, client, grant_id=self.uuid())
        self._issue(grant)
        self.exchange(
            "grant_request", "client", f"{side}.as", "POST", ase.auth + client.slash,
            sent={"access_token": {"access": [item]}, "client": client.named()}, got=self._issued(grant),
            key=client.key, signer=client.sign, agent=client.agent, group=group, variant=item["type"],
            inside=self._as_checks(replace(ase, name=side), client), **more,
        )  # fmt: skip
        return grant

    def ask(
        self, client: Client, ase: Ase, item: dict[str, Any] | None, group: str | None, *, finish: str | None = "",
        subject: str | None = None, variant: str | None = None, side: str = "s",
    ) -> Grant:  # fmt: skip
        """A grant that waits for consent. `finish`: None to poll, empty for a URI of its own."""
        grant = Grant(ase, item or {}, client, grant_id=self.uuid())
        grant.nonce, grant.as_nonce, grant.interact = self.uuid(), self.token(16), self.uuid()
        grant.continue_token = self.token()
        grant.continue_uri = f"{ase.auth_origin}/continue/{self.uuid()}"
        body: dict[str, Any] = {"client": client.named(), "interact": {"start": ["redirect"]}}
        if item:
            body["access_token"] = {"access": [item]}
        if subject:
            body["subject"] = {"sub_ids": [{"id": subject, "format": "uri"}]}
        if finish is not None:
            grant.finish = finish or f"{client.origin}/finish/{self.token(6).lower()}"
            body["interact"]["finish"] = {"method": "redirect", "uri": grant.finish, "nonce": grant.nonce}
        redirect = f"{ase.auth_origin}/interact/{grant.interact}/{grant.as_nonce}?clientName=Some&clientUri={percent(client.address, safe='')}"
        got = {
            "interact": {"redirect": redirect, "finish": grant.as_nonce},
            "continue": {"access_token": {"value": grant.continue_token}, "uri": grant.continue_uri, "wait": 5},
        }
        self.exchange(
            "grant_request", "client", f"{side}.as", "POST", ase.auth + client.slash, sent=body, got=got,
            key=client.key, signer=client.sign, agent=client.agent, group=group,
            variant=variant or (item["type"] if item else "subject"),
            inside=self._as_checks(replace(ase, name=side), client, interactive=True),
        )  # fmt: skip
        return grant

    def open(self, grant: Grant, group: str | None, *, pages: bool = True) -> None:
        """The browser goes to the AS and on to the IdP."""
        ase, page = grant.ase, {"accept": "text/html"}
        names = f"interactId={grant.interact}&nonce={grant.as_nonce}&clientName=Some&clientUri=x"
        browser = {"process": "browser", "agent": "Mozilla/5.0", "group": group, "fields": page.items()}
        at = f"{ase.auth_origin}/interact/{grant.interact}/{grant.as_nonce}"
        self.exchange(
            "interact_start", "client", "s.as", "GET", f"{at}?clientName=Some", status=302,
            location=f"{ase.idp}?{names}", **browser,
        )  # fmt: skip
        if pages:
            html = (("content-type", "text/html"),)
            self.exchange("idp_redirect", "client", "s.idp", "GET", f"{ase.idp}?{names}", got=b"<html>", answer=html, **browser)
            looked = {"grantId": grant.grant_id, "access": [grant.item], "state": "PENDING"}
            api = f"{ase.idp_api}/grant/{grant.interact}/{grant.as_nonce}"
            self.exchange("consent_get", "s.idp", "s.as", "GET", api, got=looked, **browser)
            self.exchange(
                "idp_redirect", "client", "s.idp", "GET", f"{ase.idp}consent?{names}&grantId={grant.grant_id}",
                got=b"<html>", answer=html, also={"operation": ["unknown"]}, **browser,
            )  # fmt: skip

    def decide(self, grant: Grant, group: str | None, word: str = "accept", *, arrive: bool = True) -> None:
        """The user says yes or no, and is sent back."""
        ase = grant.ase
        browser = {"process": "browser", "agent": "Mozilla/5.0", "group": group}
        api = f"{ase.idp_api}/grant/{grant.interact}/{grant.as_nonce}/{word}"
        self.exchange(f"consent_{word}", "s.idp", "s.as", "POST", api, sent={}, status=202, **browser)
        at = f"{ase.auth_origin}/interact/{grant.interact}/{grant.as_nonce}/finish"
        refused = ["GNT-018"] if word != "accept" else []
        if not grant.finish:
            self.exchange("interact_finish_request", "s.idp", "s.as", "GET", at, status=202, **browser)
            return
        if word == "accept":
            grant.reference = self.uuid()
            digest = to_base64(compute(hash_base(grant.nonce, grant.as_nonce, grant.reference, ase.auth)) or b"")
            query = f"hash={percent(digest, safe='')}&interact_ref={grant.reference}"
        else:
            query = "result=grant_rejected"
        location = f"{grant.finish}{'&' if '?' in grant.finish else '?'}{query}"
        self.exchange(
            "interact_finish_request", "s.idp", "s.as", "GET", at, status=302, location=location,
            hash_="pass" if word == "accept" else "none", first=refused, **browser,
        )  # fmt: skip
        if arrive:
            self.exchange(
                "finish_redirect", "s.idp", "client", "GET", location, got=b"thanks", first=refused,
                also={"hash.rfc": ["pass"], "hash.rafiki": ["pass"]}, answer=(("content-type", "text/html"),), **browser,
            )  # fmt: skip

    def proceed(self, grant: Grant, group: str | None, *, wait: float = 5.0, side: str = "s", **more: Any) -> Seen:
        """Continue with the reference, or poll if there is no finish."""
        self.now += wait
        client, ase = grant.client, grant.ase
        polls = not grant.finish
        if "got" not in more and more.get("status", 200) == 200:
            if grant.item:
                self._issue(grant)
                more["got"] = self._issued(grant)
            else:
                more["got"] = {"continue": {"access_token": {"value": grant.continue_token}, "uri": grant.continue_uri}}
        return self.exchange(
            "grant_poll" if polls else "grant_continue", "client", f"{side}.as", "POST",
            grant.continue_uri + client.slash, sent=None if polls else {"interact_ref": grant.reference},
            token=grant.continue_token, key=client.key, signer=client.sign, agent=client.agent, group=group,
            inside=self._as_checks(replace(ase, name=side), client), **more,
        )  # fmt: skip

    def at_rs(
        self, operation: str, grant: Grant, ase: Ase, side: str, method: str, url: str, group: str | None, *,
        what: str, inner: Callable[[], None] | None = None, active: bool = True, **more: Any,
    ) -> Seen:  # fmt: skip
        client = grant.client
        asked = {"type": what, "actions": [operation.rpartition("_")[2]], "identifier": None}
        return self.exchange(
            operation, "client", f"{side}.rs", method, url, token=grant.token, key=client.key, signer=client.sign,
            agent=client.agent, group=group,
            inside=self._rs_checks(replace(ase, name=side), grant, asked, group, inner, active=active), **more,
        )  # fmt: skip

    def incoming(self, grant: Grant, wallet: str, group: str | None, value: int | None = 1000, **more: Any) -> dict[str, Any]:
        ase = grant.ase
        sent = {"walletAddress": wallet, **({"incomingAmount": usd(value)} if value else {}), "metadata": {"d": "x"}}
        got = {"id": f"{ase.rs}/incoming-payments/{self.uuid()}", **sent, "receivedAmount": usd(0),
               "completed": False, "createdAt": "2026-11-22T12:00:00.000Z", "expiresAt": "2026-12-22T12:00:00.000Z",
               "methods": [{"type": "ilp", "ilpAddress": "test.r.1", "sharedSecret": self.token()}]}  # fmt: skip
        self.at_rs(
            "incoming_payment_create", grant, ase, "r", "POST", f"{ase.rs}/incoming-payments", group,
            what="incoming-payment", sent=sent, status=201, got=got, **more,
        )  # fmt: skip
        self.webhook(ase, "incoming_payment.created")
        return got

    def quote(self, grant: Grant, wallet: str, incoming: dict[str, Any], group: str | None, value: int = 1000) -> dict[str, Any]:
        ase = grant.ase
        sent = {"walletAddress": wallet, "receiver": incoming["id"], "method": "ilp"}
        if not incoming.get("incomingAmount"):
            sent["debitAmount"] = usd(value)
        got = {"id": f"{ase.rs}/quotes/{self.uuid()}", **sent, "debitAmount": usd(value), "receiveAmount": usd(value),
               "createdAt": "2026-11-22T12:00:00.000Z", "expiresAt": "2026-11-22T12:30:00.000Z"}  # fmt: skip
        self.at_rs(
            "quote_create", grant, ase, "s", "POST", f"{ase.rs}/quotes", group, what="quote", sent=sent, status=201,
            got=got, inner=lambda: self._acts_at(ase, self.r, incoming, group),
        )  # fmt: skip
        return got

    def pay(
        self, grant: Grant, wallet: str, incoming: dict[str, Any], group: str | None, *,
        quote: dict[str, Any] | None = None, value: int = 1000, **more: Any,
    ) -> dict[str, Any]:  # fmt: skip
        ase = grant.ase
        if quote:
            sent = {"walletAddress": wallet, "quoteId": quote["id"], "metadata": {"d": "x"}}
        else:
            sent = {"walletAddress": wallet, "incomingPayment": incoming["id"], "debitAmount": usd(value)}
        ident = quote["id"].rpartition("/")[2] if quote else self.uuid()
        got = {"id": f"{ase.rs}/outgoing-payments/{ident}", "walletAddress": wallet, "quoteId": f"{ase.rs}/quotes/{ident}",
               "receiver": incoming["id"], "debitAmount": usd(value), "receiveAmount": usd(value), "sentAmount": usd(0),
               "failed": False, "grantSpentDebitAmount": usd(0), "grantSpentReceiveAmount": usd(0),
               "createdAt": "2026-11-22T12:00:00.000Z"}  # fmt: skip
        self.at_rs(
            "outgoing_payment_create", grant, ase, "s", "POST", f"{ase.rs}/outgoing-payments", group,
            what="outgoing-payment", sent=sent, inner=lambda: self._acts_at(ase, self.r, incoming, group),
            **({"status": 201, "got": got} | more),
        )  # fmt: skip
        self.webhook(ase, "outgoing_payment.created")
        if "status" not in more:
            self._acts_at(ase, self.r, incoming, group)
        return got

    def get(self, operation: str, grant: Grant, resource: dict[str, Any], side: str, group: str | None, **more: Any) -> None:
        self.at_rs(
            operation, grant, grant.ase, side, "GET", resource["id"], group, what=operation.rpartition("_")[0],
            **({"got": resource} | more),
        )  # fmt: skip

    def rotate(self, grant: Grant, side: str, group: str | None) -> None:
        client, old, manage = grant.client, grant.token, grant.manage
        keep = grant.continue_token
        self._issue(grant)
        grant.continue_token = keep
        got = {"access_token": self._issued(grant)["access_token"]}
        self.exchange(
            "token_rotate", "client", f"{side}.as", "POST", manage, token=old, got=got, key=client.key,
            signer=client.sign, agent=client.agent, group=group,
            inside=self._as_checks(replace(grant.ase, name=side), client),
        )  # fmt: skip

    def give_back(self, operation: str, grant: Grant, side: str, group: str | None) -> None:
        client = grant.client
        url, token = (grant.manage, grant.token) if operation == "token_revoke" else (grant.continue_uri, grant.continue_token)
        self.exchange(
            operation, "client", f"{side}.as", "DELETE", url, token=token, status=204, key=client.key,
            signer=client.sign, agent=client.agent, group=group,
            inside=self._as_checks(replace(grant.ase, name=side), client),
        )  # fmt: skip

    # a whole payment

    def payment(
        self, client: Client, payer: str, payee: str, group: str, *, word: str = "accept", value: int = 1000,
        limits: bool = True, end: str = "paid", after: bool = True, quote: bool = True,
    ) -> None:  # fmt: skip
        """All of one payment. `end`: paid, abandoned (after consent), or asked (before consent)."""
        receive = {"type": "incoming-payment", "actions": ["create", "read", "list", "complete"]}
        price = {"type": "quote", "actions": ["create", "read"]}
        rg = self.grant(client, self.r, receive, "r", group)
        incoming = self.incoming(rg, payee, group, value)
        quoted = None
        if quote:
            qg = self.grant(client, self.s, price, "s", group)
            quoted = self.quote(qg, payer, incoming, group, value)
        wish = {"type": "outgoing-payment", "actions": ["create", "read", "list"], "identifier": payer}
        if limits:
            wish["limits"] = {"debitAmount": usd(value)}
        unpaid = end != "paid" or word != "accept"
        part = f"{group}?" if unpaid else group  # whether a consent without payment is of this quote is open
        pg = self.ask(client, self.s, wish, part)
        if end == "asked":
            return
        self.open(pg, part)
        self.now += self.random.uniform(0.1, 2)
        self.decide(pg, part, word)
        if unpaid:
            return
        self.proceed(pg, group)
        out = self.pay(pg, payer, incoming, group, quote=quoted, value=value)
        if after:
            self.get("outgoing_payment_get", pg, out, "s", group)
            self.get("incoming_payment_get", rg, {**incoming, "completed": True, "receivedAmount": usd(value)}, "r", group)
            self.give_back("token_revoke", pg, "s", group)
            self.give_back("grant_cancel", pg, "s", group)

    # telling it

    def told(self) -> list[Seen]:
        """In the order of their requests, on connections as pools give them out."""
        found = sorted(self.seen, key=lambda seen: seen.start)
        pools: dict[tuple[str, ...], list[float]] = {}
        for seen in found:
            axios = seen.agent.startswith("axios")
            key = (seen.process, "axios" if axios else parse(seen.request.url).origin)
            idle = pools.setdefault(key, [])
            at = next((i for i, busy in enumerate(idle) if busy <= seen.start), len(idle))
            if at == len(idle):
                idle.append(0.0)
            idle[at] = seen.end
            seen.conn = seen.conn or f"{'|'.join(key)}#{at}"
        return found

    def exchanges(self) -> list[Exchange]:
        found = []
        for n, seen in enumerate(self.told(), 1):
            started, ended = START + timedelta(seconds=seen.start), START + timedelta(seconds=seen.end)
            connection = Connection(client="127.0.0.1:1", client_id=seen.conn)
            found.append(
                Exchange(
                    n=n, request=seen.request, response=seen.response, started=started, request_ended=started,
                    response_started=None if seen.error else ended, ended=ended, error=seen.error, connection=connection,
                )  # fmt: skip
            )
        return found

    def truth(self) -> dict[str, Any]:
        told = self.told()
        groups: dict[str, list[int]] = {}
        for n, seen in enumerate(told, 1):
            seen.truth["n"] = n
            if seen.group:
                groups.setdefault(seen.group, []).append(n)
        names = list(groups)
        open_ = [i for i, name in enumerate(names) if name.endswith("?")]
        free = [[i, j] for i in range(len(names)) for j in open_ if i < j] + [
            [j, i] for i in range(len(names)) for j in open_ if j < i
        ]
        return {"source": "made up", "exchanges": [seen.truth for seen in told], "payments": list(groups.values()) or None,
                "may_merge": free, "names": names}  # fmt: skip


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
