"""A recorded ASE answers again: the recording's accounts, prices and times, the sandbox's rules, and the misses."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest

from optrace.core.errors import Usage
from optrace.core.exchange_json import of_jsonl
from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.faults.order import read_orders
from optrace.sandbox.config import SandboxConfig, Side
from optrace.sandbox.mock import mock_config, mock_of
from optrace.sandbox.money import Fee
from optrace.sandbox.recalled import OnMiss, Recall
from optrace.sandbox.recollection import Recollection, recollect
from optrace.sandbox.remote import Answer
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from optrace.signatures.keys import generate_ed25519
from optrace.store.sources import open_source
from tests.sandbox.player import Player, access, ok, refused, usd, with_body
from tests.sandbox.running import Clock, Running, running_sandbox

ROOT = Path(__file__).parents[1]
BOTH = (Side.SENDER, Side.RECIPIENT)


@cache
def recalled(name: str) -> Recollection:
    source = open_source(ROOT / "recordings/files" / f"{name}.mitm")
    trace = Trace(source.exchange)
    while events := source.poll():
        trace.feed(events)
    return recollect(trace)


@dataclass
class Mocked:
    """A running mock, a client of it, and what it told."""

    player: Player
    told: list[str] = field(default_factory=list)


@contextmanager
def mocked(
    name: str, *, sides: Sequence[Side] = BOTH, on_miss: OnMiss = OnMiss.EXPLAIN, partner: Running | None = None
) -> Iterator[Mocked]:
    recollection, clock, told = recalled(name), Clock(), list[str]()
    config = mock_config(recollection, sides, SandboxConfig())
    with running_sandbox(
        build=lambda fetch: mock_of(recollection, config, fetch=fetch, on_miss=on_miss, tell=told.append, clock=clock)
    ) as running:
        yield Mocked(_player(running, clock, partner), told)


def _player(running: Running, clock: Clock, partner: Running | None) -> Player:
    ases = {**(partner.endpoints.ases if partner else {}), **running.endpoints.ases}
    own = next(iter(running.endpoints.ases.values()))  # a player wants both, and one may not be there
    running.endpoints = replace(running.endpoints, ases={side: ases.get(side, own) for side in Side})
    return Player(running, clock)


@pytest.fixture(scope="module")
def happy() -> Iterator[Mocked]:
    with mocked("01-happy-path") as mock:
        yield mock


def receivable(player: Player, value: int = 1000) -> dict:  # type: ignore[type-arg]
    return player.incoming(None, incomingAmount=usd(value))


# ---- what is taken from the recording


def test_what_a_recording_teaches() -> None:
    found = recalled("01-happy-path")
    sender, recipient = found.sides[Side.SENDER], found.sides[Side.RECIPIENT]
    assert [account.name for account in sender.accounts] == ["accounts/gfranklin"]
    assert sender.accounts[0].public_name == "Grace Franklin"
    assert sender.tenant == "438fa74a-fa7d-4317-9ced-dde32ece1787"
    assert sender.fee == Fee(fixed=132)
    assert recipient.slug == "happy-life-bank"
    assert found.timing.wait == timedelta(seconds=5)
    assert found.timing.token_life == timedelta(seconds=600)
    assert found.timing.quote_life == timedelta(minutes=5)
    assert found.client.public_name == "Philip Fry"
    assert list(found.documents) == ["happy-life-bank-backend/accounts/pfry/jwks.json"]


def test_an_account_whose_payments_all_failed_has_no_money() -> None:
    accounts = recalled("11-limits-exceeded").sides[Side.SENDER].accounts
    assert {account.name: account.balance > 0 for account in accounts} == {
        "accounts/gfranklin": True,
        "accounts/broke": False,
    }


def test_a_recording_without_a_payment_is_no_use() -> None:
    with pytest.raises(Usage, match="No payment is in this recording"):
        recollect(Trace())


def test_a_side_that_isnt_there_is_no_use() -> None:
    found = recalled("01-happy-path")
    only = replace(found, sides={Side.SENDER: found.sides[Side.SENDER]})
    with pytest.raises(Usage, match="no recipient's ASE"):
        mock_config(only, BOTH, SandboxConfig())


ODD = sorted((ROOT.parent / "samples/rules").glob("*/bad.jsonl"))


@pytest.mark.parametrize("path", ODD, ids=lambda path: path.parent.name)
def test_no_recording_is_too_odd(path: Path) -> None:
    exchanges = [of_jsonl(line) for line in path.read_text("utf-8").splitlines()]
    trace = Trace({exchange.n: exchange for exchange in exchanges}.__getitem__)
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
    try:
        found = recollect(trace)
    except Usage:
        return
    assert all(isinstance(rate, Fraction) and rate > 0 for rate in found.rates.values())
    assert all(config.fee.fixed >= 0 for config in found.sides.values())


# ---- what it answers


def test_a_client_pays_with_its_own_nonce_and_verifies_the_hash(happy: Mocked) -> None:
    player = happy.player
    incoming = receivable(player)
    quote = player.quote(incoming["id"])
    assert (quote["debitAmount"], quote["receiveAmount"]) == (usd(1132), usd(1000))
    pending = player.ask_outgoing(limits={"debitAmount": quote["debitAmount"]})
    assert pending["continue"]["wait"] == 5
    outcome = player.consent(pending["interact"]["redirect"])
    lines = ("client-nonce", pending["interact"]["finish"], outcome["interact_ref"], player.sender.grant_endpoint)
    assert base64.b64decode(outcome["hash"]) == hashlib.sha256("\n".join(lines).encode()).digest()
    player.clock.advance(5)
    token = ok(player.proceed(pending, outcome["interact_ref"]))["access_token"]["value"]
    paid = ok(player.pay(quote, token), 201)
    player.clock.advance(1)
    assert ok(player.call("GET", paid["id"], token=token))["sentAmount"] == usd(1000)


def test_it_refuses_what_the_recorded_one_would_refuse(happy: Mocked) -> None:
    player = happy.player
    incoming = receivable(player)
    url = f"{player.recipient.resource_server}/incoming-payments"
    body = {"walletAddress": player.bob, "incomingAmount": usd(1000)}
    token = player.incoming_token()
    forged = player.call("POST", url, body, token=token, key=generate_ed25519(player.key.kid))
    assert refused(forged)[2] == "Signature validation error: provided signature is invalid"
    altered = player.call("POST", url, body, token=token, tamper=with_body(b'{"walletAddress":"x"}'))
    assert refused(altered)[2].startswith("Received error validating OpenAPI request")
    assert refused(player.call("POST", url, body, token="0123456789"))[2] == "Inactive Token"
    assert refused(player.call("POST", url, body, token=player.incoming_token("read")))[2] == "Insufficient Grant"
    quote = player.quote(incoming["id"])
    assert refused(player.pay(quote, player.quote_token()))[2] == "Insufficient Grant"
    pending = player.ask_outgoing()
    outcome = player.consent(pending["interact"]["redirect"])
    assert refused(player.proceed(pending, outcome["interact_ref"]))[1] == "too_fast"
    narrow = player.outgoing_token({"debitAmount": usd(1000)})
    assert refused(player.pay(quote, narrow))[2] == "unauthorized"


def test_a_refusal_of_what_was_once_accepted_is_explained(happy: Mocked) -> None:
    player = happy.player
    quote = player.quote(receivable(player)["id"])
    happy.told.clear()
    player.pay(quote, player.quote_token())
    (told,) = happy.told
    assert told.startswith(f"POST {player.sender.resource_server}/outgoing-payments: refused with 403 (Insufficient")
    assert "Closest is exchange 17, " in told
    assert "Authorization was ••••" in told


def test_an_account_without_money_fails_as_recorded() -> None:
    with mocked("11-limits-exceeded") as mock:
        player = mock.player
        broke = f"{player.alice.rpartition('/')[0]}/broke"
        assert ok(player.call("GET", broke, sign=False))["publicName"] == "Broke Account"


# ---- what isn't in the recording


def test_a_miss_names_the_closest_step(happy: Mocked) -> None:
    player = happy.player
    quote = player.quote(receivable(player)["id"])
    happy.told.clear()
    missed = player.call("GET", quote["id"], token=player.quote_token())
    assert missed.status_code == 404
    error = missed.json()["error"]
    assert error["code"] == "not_recorded"
    assert error["description"].startswith("Not in the recording. Closest is exchange ")
    assert error["details"]["differences"]
    assert [line for line in happy.told if ": not in the recording. Closest is exchange " in line]


def test_a_grant_for_what_nobody_asked_for_is_a_miss() -> None:
    with mocked("01-happy-path", sides=(Side.RECIPIENT,)) as mock:
        player = mock.player
        missed = player.grant(player.recipient.grant_endpoint, access("quote", "create"))
        assert refused(missed)[1] == "not_recorded"


def test_a_miss_may_be_bare(happy: Mocked) -> None:
    with mocked("01-happy-path", on_miss=OnMiss.NOT_FOUND) as mock:
        player = mock.player
        missed = player.call("GET", f"{player.sender.resource_server}/quotes/1", token="T")
        assert (missed.status_code, missed.text) == (404, "Not Found")
        assert len(mock.told) == 1


def test_a_miss_may_be_asked_of_the_recorded_host() -> None:
    asked: list[str] = []

    async def there(method: str, url: str, headers: Sequence[tuple[str, str]], body: bytes, /) -> Answer:
        asked.append(f"{method} {url}")
        assert "host" not in {name.lower() for name, _ in headers}
        return 200, [("content-type", "text/plain"), ("content-length", "9")], b"from there"

    found = recalled("01-happy-path")
    homes = {"cloud-nine-wallet-backend": "http://127.0.0.1:4000"}
    recall = Recall(found.script.steps, (), homes, on_miss=OnMiss.FORWARD, tell=asked.append, forward=there)
    request = HttpRequest(method="GET", url="http://127.0.0.1:4000/x?y=1", fields=Fields.of(("Host", "127.0.0.1:4000")))
    answer = asyncio.run(recall.missed(request))
    assert (answer.status, answer.body) == (200, b"from there")
    assert asked[-1] == "GET http://cloud-nine-wallet-backend/x?y=1"
    elsewhere = asyncio.run(recall.missed(replace(request, url="http://other:1/x")))
    assert elsewhere.status == 502


# ---- one side only


def test_a_sender_pays_to_a_recipient_elsewhere_who_is_a_mock_too() -> None:
    with (
        mocked("01-happy-path", sides=(Side.RECIPIENT,)) as recipient,
        mocked("01-happy-path", sides=(Side.SENDER,), partner=recipient.player.sandbox) as sender,
    ):
        player = sender.player
        incoming = receivable(player)
        quote = player.quote(incoming["id"])
        token = player.outgoing_token({"debitAmount": quote["debitAmount"]})
        paid = ok(player.pay(quote, token), 201)
        player.clock.advance(1)
        assert ok(player.call("GET", paid["id"], token=token))["sentAmount"] == usd(1000)
        recipient.player.clock.advance(30)
        public = player.call("GET", incoming["id"], sign=False)
        assert ok(public)["receivedAmount"] == usd(1000)


def test_only_the_side_that_was_asked_for_is_there() -> None:
    with mocked("01-happy-path", sides=(Side.RECIPIENT,)) as mock:
        world = mock.player.sandbox.sandbox.world
        assert world is not None
        assert [ase.config.name for ase in world.ases] == ["happy-life-bank-backend"]


def test_faults_work_in_a_mock_too() -> None:
    recollection = recalled("01-happy-path")
    config = mock_config(recollection, BOTH, SandboxConfig(faults=read_orders(["http-500@quote_create"])))
    build = lambda fetch: mock_of(recollection, config, fetch=fetch, on_miss=OnMiss.EXPLAIN, tell=print)  # noqa: E731
    with running_sandbox(build=build) as running:
        player = Player(running, Clock())
        incoming = receivable(player)
        assert player.ask_quote(incoming["id"]).status_code == 500
        assert player.ask_quote(incoming["id"]).status_code == 201
