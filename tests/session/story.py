"""Stories to tell a trace: complete payments, really signed, and exchanges as a recorder hands them on.

Every payment has the same wallets, amounts and finish URI. What differs is what servers draw at random: ids and tokens.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.gnap.interaction import compute, hash_base, to_base64
from optrace.session.events import ExchangeSeen, KeyLearned
from optrace.session.steps import PROFILES, Step
from optrace.session.trace import Trace
from optrace.signatures.sign import sign_request
from tests import corpus

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FINISH = "https://shop.example/finish?order=7"
CLIENT = corpus.CLIENT
LENGTH = 16  # exchanges of `payment`


@dataclass(frozen=True)
class Ase:
    """Where the servers of an ASE stand."""

    rs: str
    auth: str  # the grant endpoint
    wallet: str
    idp: str = "https://idp.example/consent"

    @property
    def origin(self) -> str:
        return self.auth.rpartition("/")[0]


SENDER = Ase(corpus.SENDER_RS, corpus.SENDER_AS, corpus.ALICE)
RECIPIENT = Ase(corpus.RECIPIENT_RS, corpus.RECIPIENT_AS, corpus.BOB)
USD = {"assetCode": "USD", "assetScale": 2}


@dataclass(frozen=True)
class Call:
    """A request and its answer, before they have a place in a session."""

    request: HttpRequest
    response: HttpResponse | None
    client_id: str = "client"


def call(
    method: str,
    url: str,
    *,
    sent: Any = None,
    status: int = 200,
    got: Any = None,
    token: str | None = None,
    location: str | None = None,
    signed: bool | None = None,
    kid: str = "shop-1",
    client_id: str = "client",
) -> Call:
    """Signed if it carries a token or is told to be."""
    fields = [("Host", url.split("/")[2])]
    if token:
        fields.append(("Authorization", f"GNAP {token}"))
    body = b"" if sent is None else sent if isinstance(sent, bytes) else _json(sent)
    if body:
        fields.append(("Content-Type", "application/json"))
    request = HttpRequest(method=method, url=url, fields=Fields.of(*fields), body=body)
    if signed if signed is not None else token is not None:
        request = sign_request(request, replace(corpus.key(), kid=kid), created=int(START.timestamp()))
    answer = [("Content-Type", "application/json")] if got is not None else []
    if location:
        answer.append(("Location", location))
    content = b"" if got is None else got if isinstance(got, bytes) else _json(got)
    return Call(request, HttpResponse(status=status, fields=Fields.of(*answer), body=content), client_id)


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()  # as JSON.stringify writes it


def wallet_address(ase: Ase) -> Call:
    document = {"id": ase.wallet, **USD, "authServer": ase.auth, "resourceServer": ase.rs}
    return call("GET", ase.wallet, got=document)


def jwks(document: Any = None, *, status: int = 200) -> Call:
    found = json.loads(corpus.jwks()) if document is None and status == 200 else document
    return call("GET", f"{CLIENT}/jwks.json", status=status, got=found)


def granted(value: str, ase: Ase, item: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "access_token": {"value": value, "manage": f"{ase.origin}/token/{value}", "access": [item or {}]},
        "continue": {"access_token": {"value": f"C{value}"}, "uri": f"{ase.origin}/continue/{value}"},
    }


def grant_body(item: dict[str, Any], *, client: Any = CLIENT, finish: dict[str, Any] | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"access_token": {"access": [item]}, "client": client}
    return body | ({"interact": {"start": ["redirect"], "finish": finish}} if finish else {})


RECEIVE = {"type": "incoming-payment", "actions": ["create", "read"]}
PRICE = {"type": "quote", "actions": ["create"]}


def wish(ase: Ase) -> dict[str, Any]:
    limits = {"debitAmount": {"value": "1200", **USD}}
    return {"type": "outgoing-payment", "actions": ["create", "read"], "identifier": ase.wallet, "limits": limits}


def payment(
    name: str, *, sender: Ase = SENDER, recipient: Ase = RECIPIENT, finish: str = FINISH, altered: bool = False
) -> list[Call]:
    """One payment with consent, `LENGTH` exchanges; `name` makes its random parts its own."""

    def draw(what: str) -> str:
        return hashlib.sha256(f"{name} {what}".encode()).hexdigest()[:20].upper()

    amount = {"value": "1000", **USD}
    incoming, quote = f"{recipient.rs}/incoming-payments/{draw('i')}", f"{sender.rs}/quotes/{draw('q')}"
    outgoing = f"{sender.rs}/outgoing-payments/{draw('q')}"
    nonce, as_nonce, reference, interact = draw("n"), draw("f"), draw("r"), draw("id")
    created = {"id": incoming, "walletAddress": recipient.wallet, "incomingAmount": amount, "completed": False}
    ask = {"walletAddress": sender.wallet, "receiver": incoming, "method": "ilp"}
    quoted = {**ask, "id": quote, "debitAmount": {"value": "1200", **USD}, "receiveAmount": amount}
    paid = {**quoted, "id": outgoing, "quoteId": quote, "failed": False, "sentAmount": amount}
    at_as = f"{sender.origin}/interact/{interact}/{as_nonce}"
    digest = to_base64(compute(hash_base(nonce, as_nonce, reference, sender.auth)) or b"")
    back = f"{finish}&hash={digest.replace('+', '%2B').replace('=', '%3D')}&interact_ref={reference}"
    arrives = back.replace(reference, "ALTERED") if altered else back
    item = wish(sender)
    pending = {
        "interact": {"redirect": at_as, "finish": as_nonce},
        "continue": {
            "access_token": {"value": draw("c")},
            "uri": f"{sender.origin}/continue/{draw('c')}",
            "wait": 5,
        },
    }
    return [
        call(
            "POST", recipient.auth, sent=grant_body(RECEIVE), got=granted(draw("ti"), recipient, RECEIVE), signed=True
        ),
        call(
            "POST",
            f"{recipient.rs}/incoming-payments",
            sent={"walletAddress": recipient.wallet, "incomingAmount": amount},
            status=201,
            got=created,
            token=draw("ti"),
        ),
        call("POST", sender.auth, sent=grant_body(PRICE), got=granted(draw("tq"), sender, PRICE), signed=True),
        call("POST", f"{sender.rs}/quotes", sent=ask, status=201, got=quoted, token=draw("tq")),
        call(
            "POST",
            sender.auth,
            sent=grant_body(item, finish={"method": "redirect", "uri": finish, "nonce": nonce}),
            got=pending,
            signed=True,
        ),
        call("GET", at_as, status=302, location=f"{sender.idp}?interactId={interact}&nonce={as_nonce}"),
        call("GET", f"{sender.idp}?interactId={interact}&nonce={as_nonce}", got=b"<html>"),
        call("GET", f"{sender.origin}/grant/{interact}/{as_nonce}", got={"grantId": draw("g"), "state": "PENDING"}),
        call("POST", f"{sender.origin}/grant/{interact}/{as_nonce}/accept", status=202),
        call("GET", f"{at_as}/finish", status=302, location=back),
        call("GET", arrives, got=b"thank you"),
        call(
            "POST",
            pending["continue"]["uri"],
            sent={"interact_ref": reference},
            got=granted(draw("to"), sender, item),
            token=draw("c"),
        ),
        call(
            "POST",
            f"{sender.rs}/outgoing-payments",
            sent={"walletAddress": sender.wallet, "quoteId": quote},
            status=201,
            got=paid,
            token=draw("to"),
        ),
        call("GET", outgoing, got=paid, token=draw("to")),
        call("GET", incoming, got={**created, "completed": True}, token=draw("ti")),
        call("DELETE", f"{sender.origin}/token/{draw('to')}", status=204, token=draw("to")),
    ]


# telling it


def tell(stories: Sequence[Sequence[Call]], turns: Iterable[int]) -> tuple[list[Exchange], list[Exchange]]:
    """Each turn lets one story go on by half an exchange: it sends a request, or has it answered.

    Returns the exchanges in the order of their requests, and what a recorder hands on at each turn.
    """
    done: list[Exchange] = []
    events: list[Exchange] = []
    at = [0] * len(stories)  # calls that were answered
    open_: dict[int, Exchange] = {}
    for clock, turn in enumerate(turns):
        now = START + timedelta(milliseconds=clock)
        if turn in open_:
            exchange = open_.pop(turn)
            whole = replace(exchange, response=stories[turn][at[turn]].response, response_started=now, ended=now)
            done[exchange.n - 1] = whole
            events.append(whole)
            at[turn] += 1
        elif at[turn] < len(stories[turn]):
            told = stories[turn][at[turn]]
            connection = Connection(client_id=told.client_id)
            exchange = Exchange(n=len(done) + 1, request=told.request, started=now, connection=connection)
            open_[turn] = exchange
            done.append(exchange)
            events.append(exchange)
    assert not open_
    assert all(count == len(story) for count, story in zip(at, stories, strict=True))
    return done, events


def one_by_one(*stories: Sequence[Call]) -> list[Exchange]:
    """One story after the other, each exchange answered before the next begins."""
    turns = [index for index, story in enumerate(stories) for _ in range(2 * len(story))]
    return tell(stories, turns)[0]


def seen(exchanges: Iterable[Exchange]) -> list[ExchangeSeen]:
    return [ExchangeSeen(exchange=exchange) for exchange in exchanges]


def keys(document: bytes | None = None, owner: str = CLIENT) -> KeyLearned:
    found = corpus.jwks() if document is None else document
    return KeyLearned(wallet_address=owner, document=found, seen=START, how="given")


def understood(exchanges: Iterable[Exchange], *, with_keys: bool = True) -> Trace:
    trace = Trace()
    trace.feed([keys()] if with_keys else [])
    trace.feed(seen(exchanges))
    return trace


def steps(trace: Trace) -> list[Step]:
    return [trace.step(n) for n in range(1, len(trace) + 1)]


def verdict(step: Step, kind: str = "signature") -> str:
    """The verdict of all profiles if they agree, else the three of them."""
    found = [getattr(step.verdicts, kind)[profile].value for profile in PROFILES]
    return found[0] if len(set(found)) == 1 else " ".join(found)
