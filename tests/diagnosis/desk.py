"""A small session round one forged request, ready to be searched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from optrace.core.findings import Finding
from optrace.core.messages import Exchange, HttpRequest
from optrace.diagnosis.case import Case
from optrace.diagnosis.search import Budget, SearchResult, search
from optrace.diagnosis.subject import Subject, subject_of
from optrace.rules.rule import run
from optrace.rules.signature_rules import SIGNATURE_RULES
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from optrace.signatures.keys import SigningKey
from tests.rules.forgery import INVALID, RS_INVALID, add, forge, request
from tests.rules.scene import SHOP, Scene, key_of, value_of

KEY = key_of("shop")
SECOND = key_of("second")
STRANGER = key_of("stranger")


def session(
    sent: HttpRequest | None = None,
    *,
    body: bytes | None = None,
    url: str | None = None,
    method: str = "POST",
    key: SigningKey = KEY,
    published: tuple[SigningKey, ...] = (KEY,),
    token: bool = False,
    status: int = 401,
    sent_fields: Mapping[str, str | None] | None = None,
    **fault: Any,
) -> tuple[Trace, Exchange]:
    """A session that ends in a request with this fault, and its last exchange."""
    scene = Scene()
    scene.read(scene.bob)
    scene.exchanges.pop()
    scene.jwks(*published)
    value = None
    if token:
        value = value_of(scene.grant(scene.bob, "incoming-payment", ["create", "read", "list"]))
    if sent is None:
        target = url or (f"{scene.bob.rs}/incoming-payments" if token else scene.bob.auth)
        raw_body = (b"" if method == "GET" else payment(scene) if token else wish()) if body is None else body
        raw = request(method, target, raw_body, value, **dict(sent_fields or {}))
        after = fault.pop("after", lambda signed: signed)
        sent = after(forge(raw, key, int(scene.now.timestamp()), **fault))
    add(scene, sent, status, RS_INVALID if token else INVALID)
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in scene.exchanges)
    return trace, scene.exchanges[-1]


def wish() -> bytes:
    """The body of a grant request."""
    access = [{"type": "incoming-payment", "actions": ["create", "read"]}]
    return json.dumps({"access_token": {"access": access}, "client": SHOP}, separators=(",", ":")).encode()


def payment(scene: Scene) -> bytes:
    """The body of an incoming payment."""
    value = {"walletAddress": scene.bob.wallet, "incomingAmount": scene.bob.amount("1000")}
    return json.dumps(value, separators=(",", ":")).encode()


def case_of(**fault: Any) -> Case:
    """The case of a request with this fault."""
    trace, exchange = session(**fault)
    return Case(trace, exchange)


def subject(**fault: Any) -> Subject:
    """The signature under search of a request with this fault."""
    found = subject_of(case_of(**fault))
    assert found is not None, "it verifies"
    return found


def found(*, budget: Budget = Budget(), **fault: Any) -> SearchResult:  # noqa: B008 - it is frozen
    """What the search makes of a request with this fault."""
    return search(subject(**fault), budget=budget, clock=lambda: 0.0)


def codes(**fault: Any) -> set[str]:
    """The rules whose changes verify together."""
    return {change.code for change in found(**fault).changes}


def findings(trace: Trace, exchange: Exchange) -> tuple[Finding, ...]:
    """What the rules about signatures say of an exchange."""
    return run(SIGNATURE_RULES, Case(trace, exchange, ended=True))


def rules(**fault: Any) -> list[str]:
    """The codes that the rules find, the cause first."""
    return [finding.rule for finding in findings(*session(**fault))]
