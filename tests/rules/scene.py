"""Traffic to order: two ASEs, a client, a browser, and answers as Rafiki gives them. Same calls, same bytes."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.signatures.keys import SigningKey
from optrace.signatures.sign import sign_request

START = datetime(2026, 1, 5, 12, 0, 0, tzinfo=UTC)
SHOP = "https://shop.example/app"
FINISH = "https://shop.example/done"


def key_of(name: str) -> SigningKey:
    """A key that is the same on every run."""
    private = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
    return SigningKey(kid=f"key-{name}", algorithm="ed25519", private=private)


class Ase:
    """The URLs of one account servicing entity, and the wallet address that it serves here."""

    def __init__(self, name: str, owner: str, asset: str, scale: int) -> None:
        self.tenant = str(uuid(name))
        self.wallet = f"https://wallet.{name}.example/{owner}"
        self.auth = f"https://auth.{name}.example/{self.tenant}"
        self.root = f"https://auth.{name}.example"
        self.rs = f"https://rs.{name}.example/{self.tenant}"
        self.asset, self.scale, self.owner = asset, scale, owner.title()

    def document(self, **members: Any) -> dict[str, Any]:
        """The wallet address document."""
        return {
            "id": self.wallet,
            "publicName": self.owner,
            "assetCode": self.asset,
            "assetScale": self.scale,
            "authServer": self.auth,
            "resourceServer": self.rs,
        } | members

    def amount(self, value: object) -> dict[str, Any]:
        """An amount in its asset."""
        return {"value": value, "assetCode": self.asset, "assetScale": self.scale}


def uuid(name: str) -> str:
    """A UUID that is the same on every run."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


class Scene:
    """A recording in the making."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.now = START
        self.alice = Ase("sender", "alice", "USD", 2)
        self.bob = Ase("recipient", "bob", "EUR", 2)
        self.key = key_of("shop")
        self._count = 0

    # one exchange

    def send(
        self,
        method: str,
        url: str,
        body: object = None,
        *,
        status: int = 200,
        answer: object = None,
        token: str | None = None,
        authorization: str | None = None,
        fields: Mapping[str, str] | None = None,
        returned: Mapping[str, str] | None = None,
        key: SigningKey | None = None,
        sign: bool | None = None,
        signed_as: str | None = None,
        accept: str | None = "application/json",
        took: float = 0.05,
        wait: float = 0.4,
        error: str | None = None,
        repeat: int | None = None,
        mode: str = "regular",
    ) -> Any:
        """Add an exchange; the answer comes back. Bodies are JSON unless they are text; POSTs and tokens are signed."""
        self.now += timedelta(seconds=wait)
        raw = body.encode() if isinstance(body, str) else b"" if body is None else _compact(body)
        pairs = {"Accept": accept} if accept else {}
        pairs["Host"] = url.split("/")[2] if "://" in url else url
        if token is not None or authorization is not None:
            pairs["Authorization"] = authorization if authorization is not None else f"GNAP {token}"
        if raw:
            pairs["Content-Type"] = "application/json"
        pairs = {name: value for name, value in (pairs | dict(fields or {})).items() if value}
        request = HttpRequest(method=method, url=url, fields=Fields.of(*pairs.items()), body=raw)
        if repeat is not None:
            request = self.exchanges[repeat - 1].request
            request = HttpRequest(
                method=method, url=url, fields=request.fields, body=request.body if body is None else raw
            )
        elif sign if sign is not None else method != "GET" or "Authorization" in pairs:
            signed = HttpRequest(method=method, url=signed_as or url, fields=request.fields, body=raw)
            signed = sign_request(signed, key or self.key, created=int(self.now.timestamp()))
            request = HttpRequest(method=method, url=url, fields=signed.fields, body=raw)
        ended = self.now + timedelta(seconds=took)
        response = None if error and status == 0 else _response(status, answer, returned)
        self.exchanges.append(
            Exchange(
                n=len(self.exchanges) + 1,
                request=request,
                response=response,
                started=self.now,
                ended=ended,
                error=error,
                connection=Connection(client="127.0.0.1:40000", proxy_mode=mode),
            )
        )
        self.now = ended
        return answer

    def secret(self) -> str:
        """The next token value, as Rafiki writes them."""
        self._count += 1
        return hashlib.sha256(f"token {self._count}".encode()).hexdigest()[:20].upper()

    @property
    def n(self) -> int:
        """The number of the last exchange."""
        return len(self.exchanges)

    # refusals

    def rs_error(self, status: int, said: str, details: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """An error of Rafiki's resource server."""
        error: dict[str, Any] = {"code": str(status), "description": said}
        return {"error": error | ({"details": dict(details)} if details else {})}

    def refused(self, method: str, url: str, body: object = None, *, status: int, said: str, **more: Any) -> Any:
        """A refused call at a resource server; at the token stage with its challenge."""
        details = more.pop("details", None)
        stage = said in ("Inactive Token", "Insufficient Grant", "Invalid Token") or said.startswith("Missing or inv")
        issuer = next((ase.root for ase in (self.alice, self.bob) if url.startswith(ase.rs)), self.bob.root)
        returned = {"WWW-Authenticate": f"GNAP as_uri={issuer}"} if stage else {}
        answer = self.rs_error(status, said, details)
        return self.send(method, url, body, status=status, answer=answer, returned=returned, **more)

    def as_refused(
        self, method: str, url: str, body: object = None, *, status: int, code: str, said: str, **more: Any
    ) -> Any:
        """A refused call at an authorization server."""
        return self.send(
            method, url, body, status=status, answer={"error": {"code": code, "description": said}}, **more
        )

    # the ordinary calls

    def read(self, *ases: Ase) -> None:
        """The wallet addresses, and the client's keys."""
        for ase in ases or (self.bob, self.alice):
            self.send("GET", ase.wallet, answer=ase.document())
        self.jwks()

    def jwks(self, *keys: SigningKey) -> None:
        """The keys that the shop publishes."""
        self.send("GET", f"{SHOP}/jwks.json", answer={"keys": [key.public_jwk() for key in keys or (self.key,)]})

    def given(self, ase: Ase, access: list[dict[str, Any]], expires_in: int = 600) -> dict[str, Any]:
        """The answer that gives a token."""
        number = self.secret()
        return {
            "access_token": {
                "access": access,
                "value": number,
                "manage": f"{ase.root}/token/{uuid('manage ' + number)}",
                "expires_in": expires_in,
            },
            "continue": {
                "access_token": {"value": self.secret()},
                "uri": f"{ase.root}/continue/{uuid('continue ' + number)}",
            },
        }

    def grant(self, ase: Ase, kind: str, actions: list[str], *, expires_in: int = 600, **more: Any) -> dict[str, Any]:
        """A grant that needs no consent."""
        item: dict[str, Any] = {"type": kind, "actions": actions}
        if "identifier" in more:
            item["identifier"] = more.pop("identifier")
        url = more.pop("url", ase.auth)
        body = {"access_token": {"access": [item]}, "client": more.pop("client", SHOP)} | more.pop("extra", {})
        answer: dict[str, Any] = self.send("POST", url, body, answer=self.given(ase, [item], expires_in), **more)
        return answer

    def incoming(self, token: str, value: str | None = "1000", **more: Any) -> dict[str, Any]:
        """An incoming payment of bob's."""
        number = uuid(f"incoming {self.n}")
        body: dict[str, Any] = {"walletAddress": self.bob.wallet}
        if value is not None:
            body["incomingAmount"] = self.bob.amount(value)
        answer = {
            "id": f"{self.bob.rs}/incoming-payments/{number}",
            **body,
            "receivedAmount": self.bob.amount("0"),
            "completed": False,
            "createdAt": _stamp(self.now),
            "expiresAt": _stamp(self.now + timedelta(days=more.pop("days", 30))),
            "methods": [
                {"type": "ilp", "ilpAddress": more.pop("ilp", "test.recipient.bob"), "sharedSecret": "c2VjcmV0"}
            ],
        } | more.pop("members", {})
        self.send("POST", f"{self.bob.rs}/incoming-payments", body, token=token, status=201, answer=answer, **more)
        return answer

    def quoted(self, receiver: str, debit: str = "1100", receive: str = "1000", life: float = 300) -> dict[str, Any]:
        """The answer to a quote."""
        return {
            "id": f"{self.alice.rs}/quotes/{uuid(f'quote {self.n}')}",
            "walletAddress": self.alice.wallet,
            "receiveAmount": self.bob.amount(receive),
            "debitAmount": self.alice.amount(debit),
            "receiver": receiver,
            "expiresAt": _stamp(self.now + timedelta(seconds=life)),
            "createdAt": _stamp(self.now),
            "method": "ilp",
        }

    def quote(self, token: str, receiver: str, *, life: float = 300, **more: Any) -> dict[str, Any]:
        """A quote for alice."""
        body = {"walletAddress": self.alice.wallet, "receiver": receiver, "method": "ilp"}
        debit, receive = more.pop("debit", "1100"), more.pop("receive", "1000")
        answer = self.quoted(receiver, debit, receive, life)
        self.send("POST", f"{self.alice.rs}/quotes", body, token=token, status=201, answer=answer, **more)
        return answer

    def wish(self, *, finish: bool = True, limits: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """The body of the request for outgoing payments."""
        item: dict[str, Any] = {
            "type": "outgoing-payment",
            "actions": ["create", "read", "list"],
            "identifier": self.alice.wallet,
        }
        if limits is not None:
            item["limits"] = dict(limits)
        interact: dict[str, Any] = {"start": ["redirect"]}
        if finish:
            interact["finish"] = {"method": "redirect", "uri": f"{FINISH}?order={self.n}", "nonce": uuid(f"n{self.n}")}
        return {"access_token": {"access": [item]}, "client": SHOP, "interact": interact} | more

    def ask(self, *, finish: bool = True, limits: Mapping[str, Any] | None = None, wait: int = 5) -> Pending:
        """A grant that needs consent."""
        body = self.wish(finish=finish, limits=limits)
        number = self.secret()
        nonce = hashlib.sha256(number.encode()).hexdigest()[:16].upper()
        ident = uuid("interact " + number)
        answer = {
            "interact": {"redirect": f"{self.alice.root}/interact/{ident}/{nonce}?clientName=Shop", "finish": nonce},
            "continue": {
                "access_token": {"value": self.secret()},
                "uri": f"{self.alice.root}/continue/{uuid('continue ' + number)}",
                "wait": wait,
            },
        }
        self.send("POST", self.alice.auth, body, answer=answer)
        return Pending(self, body, answer, ident, nonce)

    def outgoing(self, token: str, quote: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """An outgoing payment of alice's."""
        body = {"walletAddress": self.alice.wallet, "quoteId": quote["id"]}
        answer = self.paid(quote) | more.pop("members", {})
        self.send("POST", f"{self.alice.rs}/outgoing-payments", body, token=token, status=201, answer=answer, **more)
        return answer

    def paid(self, quote: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to an outgoing payment."""
        return {
            "id": quote["id"].replace("/quotes/", "/outgoing-payments/"),
            "walletAddress": quote["walletAddress"],
            "quoteId": quote["id"],
            "failed": False,
            "receiver": quote["receiver"],
            "receiveAmount": quote["receiveAmount"],
            "debitAmount": quote["debitAmount"],
            "sentAmount": self.alice.amount("0"),
            "createdAt": _stamp(self.now),
        }

    def pay(self, token: str, quote: Mapping[str, Any], *, status: int, said: str, **more: Any) -> Any:
        """An outgoing payment that is refused."""
        body = {"walletAddress": self.alice.wallet, "quoteId": quote["id"]} | more.pop("members", {})
        return self.refused(
            "POST", f"{self.alice.rs}/outgoing-payments", body, token=token, status=status, said=said, **more
        )

    # up to the middle of a payment

    def receivable(self, value: str | None = "1000", **more: Any) -> dict[str, Any]:
        """Everything up to the incoming payment."""
        self.read()
        self.incoming_token = value_of(self.grant(self.bob, "incoming-payment", ["create", "read", "list", "complete"]))
        return self.incoming(self.incoming_token, value, **more)

    def priced(self, *, life: float = 300, **more: Any) -> dict[str, Any]:
        """Everything up to the quote."""
        incoming = self.receivable()
        self.quote_token = value_of(self.grant(self.alice, "quote", ["create", "read"]))
        return self.quote(self.quote_token, incoming["id"], life=life, **more)

    def allowed(self, limits: Mapping[str, Any] | None = None) -> str:
        """The consent of the user, up to the token for outgoing payments."""
        pending = self.ask(limits=limits)
        pending.consent()
        return pending.finish()

    def journey(self, limits: Mapping[str, Any] | None = None) -> None:
        """A whole payment, as it should be."""
        quote = self.priced()
        token = self.allowed({"debitAmount": quote["debitAmount"]} if limits is None else limits)
        payment = self.outgoing(token, quote)
        self.send("GET", payment["id"], token=token, answer=payment | {"sentAmount": quote["debitAmount"]})


class Pending:
    """A grant that waits for the user."""

    def __init__(self, scene: Scene, body: dict[str, Any], answer: dict[str, Any], ident: str, nonce: str) -> None:
        self.scene, self.body, self.answer, self.ident, self.nonce = scene, body, answer, ident, nonce
        self.uri: str = answer["continue"]["uri"]
        self.token: str = answer["continue"]["access_token"]["value"]
        self.reference = uuid("reference " + ident)
        self.issued: dict[str, Any] = {}

    def open(self) -> None:
        """The browser opens the interaction and lands at the identity provider."""
        idp = f"https://idp.sender.example/consent?interactId={self.ident}&nonce={self.nonce}"
        self.scene.send(
            "GET",
            self.answer["interact"]["redirect"],
            status=302,
            returned={"Location": idp, "Set-Cookie": "sessionId=1"},
            accept="text/html",
        )

    def consent(self, accept: bool = True) -> None:
        """The user decides, and the browser comes back to the client."""
        self.open()
        scene, place = self.scene, f"{self.ident}/{self.nonce}"
        word = "accept" if accept else "reject"
        secret = {"x-idp-secret": "s"}
        scene.send("POST", f"{scene.alice.root}/grant/{place}/{word}", "{}", status=202, fields=secret, sign=False)
        query = f"hash={self.hash()}&interact_ref={self.reference}" if accept else "result=grant_rejected"
        target = f"{self.body['interact']['finish']['uri']}&{query}" if "finish" in self.body["interact"] else None
        location = {"Location": target} if target else {}
        finish = f"{scene.alice.root}/interact/{place}/finish"
        scene.send("GET", finish, status=302 if target else 202, returned=location, accept="text/html",
                   fields={"Cookie": "sessionId=1"})  # fmt: skip
        if target:
            scene.send("GET", target, answer="you can close this window", accept="text/html")

    def hash(self) -> str:
        """The interaction hash, percent-encoded."""
        finish = self.body["interact"].get("finish", {})
        parts = (finish.get("nonce", ""), self.nonce, self.reference, self.scene.alice.auth)
        digest = base64.b64encode(hashlib.sha256("\n".join(parts).encode()).digest()).decode()
        return digest.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")

    def given(self) -> dict[str, Any]:
        """The answer with the token."""
        access = self.body["access_token"]["access"]
        answer = self.scene.given(self.scene.alice, access)
        answer["continue"] = {"access_token": {"value": self.token}, "uri": self.uri}
        return answer

    def finish(self, wait: float = 6, **more: Any) -> str:
        """The continuation that gives the token."""
        body = {"interact_ref": self.reference} if "finish" in self.body["interact"] else None
        self.issued = self.given()
        self.scene.send("POST", self.uri, body, token=self.token, answer=self.issued, wait=wait, **more)
        return value_of(self.issued)


def value_of(answer: Mapping[str, Any]) -> str:
    """The access token of an answer."""
    value: str = answer["access_token"]["value"]
    return value


def _response(status: int, answer: object, returned: Mapping[str, str] | None) -> HttpResponse:
    pairs = dict(returned or {})
    body = b""
    if isinstance(answer, str):
        body = answer.encode()
        kind = "text/html; charset=utf-8" if answer.startswith("<") else "text/plain; charset=utf-8"
        pairs = {"Content-Type": kind} | pairs
    elif answer is not None:
        body = _compact(answer)
        pairs = {"Content-Type": "application/json; charset=utf-8"} | pairs
    return HttpResponse(status=status, fields=Fields.of(*pairs.items()), body=body)


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
