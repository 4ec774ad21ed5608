"""How far a payment has come."""

from __future__ import annotations

from pathlib import Path

from optrace.session.progress import STAGES, Reach, progress
from optrace.session.steps import Step
from optrace.session.trace import Trace
from optrace.store.sources import open_source
from tests.diagram.journey import START, journey

FILES = Path(__file__).parents[1] / "recordings" / "files"
LETTERS = {Reach.DONE: "d", Reach.FAILED: "f", Reach.UNSEEN: "u", Reach.AHEAD: "."}


def bar(steps: list[Step]) -> str:
    return "".join(LETTERS[one] for one in progress(steps))


def step(operation: str, status: int | None = 200, variant: str | None = None) -> Step:
    return Step(
        n=1, operation=operation, variant=variant, method="POST", url="", status=status, started=START, label="",
        ended=START if status else None,
    )  # fmt: skip


def test_stage_after_stage() -> None:
    assert len(STAGES) == 8
    assert bar([]) == "........"
    assert bar([step("grant_request", variant="incoming-payment")]) == "d......."
    assert bar([step("grant_request", variant="incoming-payment"), step("incoming_payment_create", 201)]) == "dd......"


def test_what_was_passed_over_wasn_t_seen() -> None:
    assert bar([step("quote_create", 201), step("grant_continue")]) == "uuuduud."


def test_what_failed_may_succeed_later() -> None:
    refused = step("outgoing_payment_create", 401)
    assert bar([refused]) == ".......f"
    assert bar([refused, step("outgoing_payment_create", 201), refused]) == "uuuuuuud"
    assert bar([step("outgoing_payment_create", None)]) == "........"


def test_a_rejection_is_no_consent_though_the_browser_is_sent_back() -> None:
    hops = [step("consent_reject", 202), step("interact_finish_request", 302), step("finish_redirect", 200)]
    assert bar(hops) == ".....f.."
    assert bar(hops[1:]) == "uuuuud.."


def test_the_journey() -> None:
    assert bar(journey()) == "udududdd"


def test_real_payments() -> None:
    source = open_source(FILES / "15-concurrent-10.mitm")
    trace = Trace(source.exchange)
    while events := source.poll():
        trace.feed(events)
    bars = {payment.state: bar([trace.step(n) for n in payment.exchanges]) for payment in trace.payments}
    assert bars == {"paid": "dddddddd", "granted": "dddddd..", "rejected": "dddddf.."}
