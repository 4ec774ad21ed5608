"""Tamper tests: who noticed what was spoiled on purpose."""

from __future__ import annotations

from dataclasses import replace

from optrace.core.amends import fault_note
from optrace.core.findings import Finding, Severity
from optrace.core.messages import Exchange
from tests.rules.kit import diagnosed
from tests.rules.scene import Scene
from tests.rules.signature_samples import interaction


def told(exchanges: list[Exchange], n: int) -> Finding:
    """What is said of the exchange that was changed."""
    trace = diagnosed([replace(e, notes=(fault_note("test", "it was spoiled"),)) if e.n == n else e for e in exchanges])
    return next(finding for finding in trace.row(n).findings if finding.rule == "FLT-001")


def finish(*, goes_on: bool) -> tuple[list[Exchange], int]:
    exchanges = list(interaction(digest=lambda base: bytes(32), goes_on=goes_on))
    return exchanges, next(e.n for e in exchanges if e.request.url.endswith("/finish"))


def test_a_client_that_stops_noticed() -> None:
    finding = told(*finish(goes_on=False))
    assert finding.severity is Severity.INFO
    assert finding.detail == "test: it was spoiled. The client noticed: it did not continue."


def test_a_client_that_goes_on_did_not() -> None:
    finding = told(*finish(goes_on=True))
    assert finding.severity is Severity.RISK
    assert "The client did not notice: it continued in exchange" in finding.detail


def spoiled(status: int) -> tuple[list[Exchange], int]:
    scene = Scene()
    scene.read()
    item = {"type": "incoming-payment", "actions": ["create"]}
    body = {"access_token": {"access": [item]}, "client": "https://shop.example/app"}
    scene.send("POST", scene.bob.auth, body, status=status, answer=scene.given(scene.bob, [item]))
    last = scene.exchanges[-1]
    scene.exchanges[-1] = replace(last, request=replace(last.request, body=(last.request.body or b"") + b" "))
    return scene.exchanges, scene.n


def test_a_server_that_refuses_noticed() -> None:
    finding = told(*spoiled(401))
    assert finding.severity is Severity.INFO
    assert finding.detail.endswith("The server noticed: it answers 401.")


def test_a_server_that_accepts_did_not() -> None:
    finding = told(*spoiled(200))
    assert finding.severity is Severity.RISK
    assert finding.detail.endswith("The server did not notice: it answers 200.")
