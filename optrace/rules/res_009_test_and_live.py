"""RES-009: The two wallets are on different networks."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Severity
from optrace.core.urls import parse, place
from optrace.diagnosis.case import Case
from optrace.exchanges.view import dig, text
from optrace.rules.evidence.answers import words
from optrace.rules.evidence.money import resource
from optrace.rules.evidence.wallets import is_private, resource_base
from optrace.rules.rule import Found, Weight, rule

_TEST_HOSTS = ("interledger-test.dev", "rafiki.money", "testnet.interledger.org")


@rule(
    code="RES-009",
    title="The two wallets are on different networks",
    severity=Severity.ERROR,
    weight=Weight.EXPLAINS,
    remedy="Pay between two test wallets or between two live ones; the wallets must be peered too.",
    operations=("quote_create", "outgoing_payment_create", "outgoing_payment_get"),
    accepted=("outgoing_payment_get",),
)
def test_and_live(case: Case) -> Iterator[Found]:
    """You see 500, or 400 "invalid receiver", or a payment that fails later.

    Cause: a test wallet can't pay a live one, and wallets that aren't peered can't pay each other.

    Detected: the ILP addresses of the two sides (`test.` against `g.`), or a host of a known test network on one side
    only.

    Source: rafiki 3093; publisher-tools 498.
    """
    failed = case.view.got.get("failed") is True
    if not (failed or (case.refused and (case.status == 500 or "receiver" in words(case)))):
        return
    receiver = text(case.view.sent.get("receiver")) or text(case.view.sent.get("incomingPayment"))
    receiver = receiver or text(case.view.got.get("receiver"))
    if receiver is None:
        return
    theirs, ours = _network(case, receiver), _network_of_server(case)
    if ours is None and _is_test(receiver) and not is_private(case.view.url):
        ours = "live", f"{case.view.parts.host} is none of the known test wallets"
    if theirs is None or ours is None or theirs[0] == ours[0]:
        return
    detail = f"The receiver is on the {theirs[0]} network ({theirs[1]}), the sender on the {ours[0]} one ({ours[1]})."
    proven = bool(theirs[2]) and "ILP" in ours[1]
    yield Found(detail=detail, where="receiver", related=theirs[2], weight=Weight.PROOF if proven else None)


def _network(case: Case, receiver: str) -> tuple[str, str, tuple[int, ...]] | None:
    seen = resource(case, receiver)
    methods = seen.members.get("methods") if seen else None
    for method in methods if isinstance(methods, list) else ():
        address = text(dig(method, "ilpAddress"))
        if address and seen:
            name = address.partition(".")[0]
            return {"test": "test", "g": "live"}.get(name, name), f"ILP address {name}.…", (seen.n,)
    return ("test", parse(receiver).host, ()) if _is_test(receiver) else None


def _network_of_server(case: Case) -> tuple[str, str] | None:
    if _is_test(case.view.url):
        return "test", case.view.parts.host
    base = resource_base(case.view.url)
    for row in case.earlier(lambda row: row.operation.startswith("incoming_payment_"), limit=500):
        if base is None or place(row.url) != place(case.view.url) or (view := case.other(row.n)) is None:
            continue
        methods = view.got.get("methods")
        for method in methods if isinstance(methods, list) else ():
            if address := text(dig(method, "ilpAddress")):
                name = address.partition(".")[0]
                return {"test": "test", "g": "live"}.get(name, name), f"ILP address {name}.… in exchange {row.n}"
    return None


def _is_test(url: str) -> bool:
    return parse(url).host.endswith(_TEST_HOSTS)
