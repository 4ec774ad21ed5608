"""A case: a few exchanges on hosts of its own, the last of which has the planted fault unless another is marked."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.mutations.signing import Key, Message, Signing, digest

BEGIN = 1_795_363_200.0  # 22 November 2026
JSON = {"content-type": "application/json; charset=utf-8"}
RECEIVE = {"type": "incoming-payment", "actions": ["create", "read", "list", "complete"]}
PRICE = {"type": "quote", "actions": ["create", "read"]}
HEADERS = "invalid signature headers"
INVALID = "invalid signature"
RS_INVALID = "Signature validation error: provided signature is invalid"


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass
class Sent:
    """One exchange as it was on the wire."""

    message: Message
    started: float
    took: float = 0.04
    status: int | None = 200
    answer: bytes = b""
    answered: dict[str, str] = field(default_factory=dict)
    error: str | None = None
    kid: str | None = None  # of the signature that the verifiers are asked about
    port: int | None = None  # of the connection, if the URL has another


class Ase:
    """One account servicing entity."""

    def __init__(self, case: Case, side: str, owner: str, asset: str = "USD", scale: int = 2) -> None:
        mark = case.id if side == "" else f"{side}-{case.id}"
        self.tenant = case.uuid(f"tenant {side}")
        self.root, self.rs_root = f"https://auth-{mark}.example", f"https://rs-{mark}.example"
        self.auth, self.rs = f"{self.root}/{self.tenant}", f"{self.rs_root}/{self.tenant}"
        self.wallet = f"https://rs-{mark}.example/{owner}"
        self.asset, self.scale, self.owner = asset, scale, owner.title()

    def amount(self, value: object) -> dict[str, Any]:
        return {"value": value, "assetCode": self.asset, "assetScale": self.scale}

    def document(self, **members: Any) -> dict[str, Any]:
        return {
            "id": self.wallet,
            "publicName": self.owner,
            "assetCode": self.asset,
            "assetScale": self.scale,
            "authServer": self.auth,
            "resourceServer": self.rs,
        } | members


class Case:
    """The exchanges of one case, and the rules of which the first finding of its marked exchange must be one."""

    def __init__(self, name: str, number: int) -> None:
        self.id = name
        self.now = BEGIN + 60 * number
        self.sent: list[Sent] = []
        self.marked: int | None = None  # index of the exchange with the fault; None: the last
        self.key = Key(name)
        self.other = Key(f"{name}-2")
        self.client = f"https://wallet-{name}.example/shop"
        self.bob = Ase(self, "", "bob")
        self.alice = Ase(self, "s", "alice", "EUR")

    def uuid(self, what: str) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.id} {what} {len(self.sent)}"))

    def value(self, what: str) -> str:
        return uuid.uuid5(uuid.NAMESPACE_URL, f"{self.id} {what} {len(self.sent)}").hex[:20].upper()

    # one exchange

    def send(
        self,
        method: str,
        url: str,
        body: object = None,
        *,
        token: str | None = None,
        signed: bool | None = None,
        headers: dict[str, str | None] | None = None,
        late: dict[str, str | None] | None = None,
        made: Callable[[Message], None] | None = None,
        status: int | None = 200,
        answer: object = None,
        answered: dict[str, str] | None = None,
        error: str | None = None,
        wait: float = 0.5,
        took: float = 0.04,
        content: str | None = "sha-512",
        port: int | None = None,
        as_sent: Callable[[Message], None] | None = None,
        **how: Any,
    ) -> Any:
        """Add an exchange. `headers` are set before signing, `late` after; None takes one away. The answer comes back.

        `made` changes the message before it is signed, `as_sent` after; the rest goes to `Signing`.
        """
        self.now += wait
        raw = body if isinstance(body, bytes) else b"" if body is None else compact(body)
        fields = {"Host": url.split("/")[2], "Accept": "application/json"}
        if token is not None:
            fields["Authorization"] = f"GNAP {token}"
        if raw:
            if content:
                fields["Content-Digest"] = digest(raw, content)
            fields |= {"Content-Length": str(len(raw)), "Content-Type": "application/json"}
        message = Message(method, url, _with(fields, headers), raw)
        if made:
            made(message)
        kid = None
        if signed if signed is not None else token is not None or method == "POST":
            signing = Signing(**{"key": self.key, "created": int(self.now)} | how)
            message.headers |= signing.sign(message)
            kid = signing.key.kid
        message.headers = _with(message.headers, late)
        if as_sent:
            as_sent(message)
        got = answer if isinstance(answer, bytes) else b"" if answer is None else compact(answer)
        back = (JSON if not isinstance(answer, bytes) else {"content-type": "text/plain; charset=utf-8"}) | (
            answered or {}
        )
        self.sent.append(Sent(message, self.now, took, status, got, back, error, kid, port))
        return answer

    def as_says(self, status: int, code: str, text: str) -> dict[str, Any]:
        """How an authorization server refuses, as arguments of `send`."""
        return {"status": status, "answer": {"error": {"code": code, "description": text}}}

    def rs_says(self, status: int, text: str, **details: Any) -> dict[str, Any]:
        """How a resource server refuses."""
        error = {"code": str(status), "description": text} | ({"details": details} if details else {})
        more: dict[str, Any] = {"status": status, "answer": {"error": error}}
        if text in ("Inactive Token", "Insufficient Grant", "Invalid Token") or "authorization header" in text:
            more["answered"] = {"WWW-Authenticate": f"GNAP as_uri={self.bob.root}"}
        return more

    # what goes before

    def read(self, *ases: Ase, **members: Any) -> None:
        for ase in ases or (self.bob,):
            self.send("GET", ase.wallet, answer=ase.document(**members))

    def jwks(self, *keys: dict[str, Any] | Key, **how: Any) -> None:
        found = [key.jwk() if isinstance(key, Key) else key for key in keys or (self.key,)]
        self.send("GET", f"{self.client}/jwks.json", **({"answer": {"keys": found}} | how))

    def scene(self) -> Case:
        self.read()
        self.jwks()
        return self

    def wish(self, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
        return {"access_token": {"access": list(items or (RECEIVE,))}, "client": self.client} | more

    def given(self, ase: Ase, items: Sequence[dict[str, Any]], expires_in: int | None = 600) -> dict[str, Any]:
        token = {
            "access": list(items),
            "value": self.value("token"),
            "manage": f"{ase.root}/token/{self.uuid('manage')}",
        }
        if expires_in is not None:
            token["expires_in"] = expires_in
        then = {"access_token": {"value": self.value("go on")}, "uri": f"{ase.root}/continue/{self.uuid('grant')}"}
        return {"access_token": token, "continue": then}

    def grant(self, *items: dict[str, Any], ase: Ase | None = None, **how: Any) -> dict[str, Any]:
        """A grant request that is answered with a token."""
        ase, items = ase or self.bob, items or (RECEIVE,)
        expires_in = how.pop("expires_in", 600)
        body = how.pop("body", None) or self.wish(*items)
        return self.send("POST", how.pop("url", ase.auth), body, answer=self.given(ase, items, expires_in), **how)

    def token(self, *items: dict[str, Any], **how: Any) -> str:
        value: str = self.grant(*items, **how)["access_token"]["value"]
        return value

    def incoming(self, token: str, value: str | None = "1000", **how: Any) -> dict[str, Any]:
        """An incoming payment that is created at the recipient's."""
        body: dict[str, Any] = {"walletAddress": self.bob.wallet}
        if value is not None:
            body["incomingAmount"] = self.bob.amount(value)
        made = self.payment(body)
        return self.send("POST", f"{self.bob.rs}/incoming-payments", body, token=token, status=201, answer=made, **how)

    def payment(self, body: dict[str, Any], **members: Any) -> dict[str, Any]:
        return (
            body
            | {
                "id": f"{self.bob.rs}/incoming-payments/{self.uuid('incoming')}",
                "receivedAmount": self.bob.amount("0"),
                "completed": False,
                "createdAt": "2026-11-22T12:00:00.000Z",
                "methods": [{"type": "ilp", "ilpAddress": "test.bob.1", "sharedSecret": "c2hhcmVk"}],
            }
            | members
        )

    def receivable(self, value: str | None = "1000", **members: Any) -> dict[str, Any]:
        """All up to an incoming payment; both wallet addresses are read."""
        self.read(self.alice, self.bob)
        self.jwks()
        made = self.incoming(self.token(), value)
        made |= members
        return made

    def quoted(self, value: str | None = "1000", expires: float = 300, **members: Any) -> dict[str, Any]:
        """All up to a quote."""
        receiver = self.receivable(value)
        token = self.token(PRICE, ase=self.alice)
        body = {"walletAddress": self.alice.wallet, "receiver": receiver["id"], "method": "ilp"}
        if value is None:
            body |= {"receiveAmount": self.bob.amount("1000")}
        return self.quote(token, body, expires, **members)

    def quote(self, token: str, body: dict[str, Any], expires: float = 300, **members: Any) -> dict[str, Any]:
        made = (
            body
            | {
                "id": f"{self.alice.rs}/quotes/{self.uuid('quote')}",
                "createdAt": stamp(self.now),
                "expiresAt": stamp(self.now + expires),
                "debitAmount": self.alice.amount("1100"),
                "receiveAmount": self.bob.amount("1000"),
            }
            | members
        )
        return self.send("POST", f"{self.alice.rs}/quotes", body, token=token, status=201, answer=made)

    def pay_item(self, **limits: Any) -> dict[str, Any]:
        item = {"type": "outgoing-payment", "actions": ["create", "read"], "identifier": self.alice.wallet}
        return item | ({"limits": limits} if limits else {})

    def interactive(self, **more: Any) -> dict[str, Any]:
        uri = f"https://shop-{self.id}.example/cb"
        return {
            "interact": {
                "start": ["redirect"],
                "finish": {"method": "redirect", "uri": uri, "nonce": self.uuid("nonce")},
            }
        } | more

    def ask(self, body: dict[str, Any], ase: Ase | None = None, wait: int = 5) -> dict[str, Any]:
        """A grant request that wants the user; what comes back is the answer."""
        ase = ase or self.alice
        nonce = self.value("nonce")[:16]
        finish = {"finish": nonce} if "finish" in body["interact"] else {}
        redirect = f"{ase.root}/interact/{self.uuid('interact')}/{nonce}?clientName=Shop"
        then = {"access_token": {"value": self.value("go on")}, "uri": f"{ase.root}/continue/{self.uuid('grant')}"}
        answer = {"interact": {"redirect": redirect} | finish, "continue": then | {"wait": wait}}
        return self.send("POST", ase.auth, body, answer=answer)

    def paid_for(self, **limits: Any) -> str:
        """A token for outgoing payments, with the user's consent."""
        from tests.mutations.interaction import consented

        body = self.wish(self.pay_item(**(limits or {"debitAmount": self.alice.amount("5000")})), **self.interactive())
        pending = self.ask(body)
        reference = consented(self, body, pending)
        self.now += 5
        then = pending["continue"]
        answer = self.given(self.alice, body["access_token"]["access"])
        self.send("POST", then["uri"], {"interact_ref": reference}, token=then["access_token"]["value"], answer=answer)
        value: str = answer["access_token"]["value"]
        return value

    def outgoing(self, token: str, quote: dict[str, Any], wait: float = 0.5) -> dict[str, Any]:
        body = {"walletAddress": self.alice.wallet, "quoteId": quote["id"]}
        made = body | {
            "id": quote["id"].replace("/quotes/", "/outgoing-payments/"),
            "receiver": quote["receiver"],
            "debitAmount": quote["debitAmount"],
            "receiveAmount": quote["receiveAmount"],
            "sentAmount": self.alice.amount("0"),
            "failed": False,
            "createdAt": stamp(self.now),
        }
        url = f"{self.alice.rs}/outgoing-payments"
        return self.send("POST", url, body, token=token, status=201, answer=made, wait=wait)


def stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _with(fields: dict[str, str], more: dict[str, str | None] | None) -> dict[str, str]:
    fields = dict(fields)
    for name, value in (more or {}).items():
        kept = next((other for other in fields if other.lower() == name.lower()), name)
        if value is None:
            fields.pop(kept, None)
        else:
            fields[kept] = value
    return fields


Build = Callable[[Case], Any]


@dataclass(frozen=True)
class Entry:
    """One case of the table."""

    id: str
    planted: tuple[str, ...]  # empty: a healthy one
    title: str
    build: Build
    rfc: str | None = None  # the signature's verdicts of the marked exchange, where the verifiers are asked
    rafiki: str | None = None
    both: tuple[str, ...] = ()  # of a pair: what must be among the findings


TABLE: list[Entry] = []


def case(
    planted: str,
    title: str,
    *,
    rfc: str | None = None,
    rafiki: str | None = None,
    stem: str | None = None,
    both: tuple[str, ...] = (),
) -> Callable[[Build], Build]:
    """Enter a case; `planted` has the codes that may come first, or nothing."""

    def enter(build: Build) -> Build:
        codes = tuple(planted.split())
        name = stem or (codes[0].lower() if codes else "healthy")
        count = sum(1 for entry in TABLE if entry.id.startswith(f"{name}-"))
        TABLE.append(Entry(f"{name}-{count + 1}", codes, title, build, rfc, rafiki, both))
        return build

    return enter
