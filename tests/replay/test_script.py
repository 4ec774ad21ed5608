"""Values are found by their meaning, and each use leads to its birth."""

from __future__ import annotations

import pytest

from optrace.exchanges import KINDS
from optrace.replay import kinds
from optrace.replay.kinds import ValueKind
from optrace.replay.script import Hole, ScriptStep
from tests.replay.recordings import EACH, script, trace


def hole(step: ScriptStep, *place: str | int, of_response: bool = False) -> Hole:
    template = step.response if of_response else step.request
    assert template is not None
    return next(each for each in template.holes if each.place == place)


def test_a_payment_is_linked_from_end_to_end() -> None:
    payment = script("01-happy-path")
    steps = {step.operation: step for step in reversed(payment.steps)}
    quote, paying = steps["quote_create"], steps["outgoing_payment_create"]
    assert hole(quote, "body", "receiver").slot == hole(payment.step(5), "body", "id", of_response=True).slot
    assert hole(paying, "body", "quoteId").slot.n == quote.n
    assert hole(paying, "authorization").slot.n == steps["grant_continue"].n
    asked = payment.step(8)
    limit = hole(asked, "body", "access_token", "access", 0, "limits", "debitAmount").slot
    assert (limit.kind, limit.n) == (ValueKind.DEBIT_AMOUNT, quote.n)
    assert hole(asked, "body", "interact", "finish", "nonce").slot.outside
    assert hole(asked, "body", "client").slot.kind is ValueKind.CLIENT


def test_a_rotated_token_is_another_slot() -> None:
    payment = script("01-happy-path")
    before, after = (hole(payment.step(n), "authorization").slot for n in (18, 28))
    assert before.name != after.name
    assert after.n == 27


def test_a_url_goes_on_after_its_slot() -> None:
    created = script("01-happy-path").step(5).request.holes[0]
    assert created.slot.kind is ValueKind.RESOURCE_SERVER
    assert created.alike  # the wire is http, the published URL https
    assert created.write("https://rs.example/base/") == "https://rs.example/base/incoming-payments"
    assert created.write(created.slot.recorded) == created.recorded


def test_a_part_of_a_script_has_what_it_needs() -> None:
    whole = script("15-concurrent-10")
    second = trace("15-concurrent-10").payments[1]
    part = whole.only(second.exchanges)
    numbers = {step.n for step in part.steps}
    assert set(second.exchanges) <= numbers
    assert numbers - set(second.exchanges) == {1, 2}  # the wallet addresses were read before the first payment
    calls = [step for step in part.steps if step.operation not in kinds.INTERACTION]
    assert all(slot.n in numbers for step in calls for slot in step.request.uses if not slot.outside)


def test_what_a_client_chose_comes_from_outside() -> None:
    outside = {slot.kind for slot in script("01-happy-path").slots.values() if slot.outside}
    assert {ValueKind.CLIENT, ValueKind.CLIENT_NONCE, ValueKind.FINISH_URI, ValueKind.WALLET_ADDRESS} <= outside
    assert not outside & {ValueKind.TOKEN, ValueKind.QUOTE, ValueKind.MANAGE, ValueKind.INTERACT_REF}


def test_a_refuted_signature_is_said() -> None:
    steps = script("sig-faults").steps
    assert any(step.refuted for step in steps)
    assert not any(step.refuted for step in script("01-happy-path").steps)


@pytest.mark.parametrize("name", EACH)
def test_each_slot_is_born_once_and_used_later(name: str) -> None:
    found = script(name)
    born: dict[str, int] = {}
    for step in found.steps:
        for template in (step.request, step.response):
            for each in template.holes if template else ():
                if each.brings:
                    born.setdefault(each.slot.name, step.n)
                assert each.slot.name in born, f"{step.n} {each.place}: {each.slot.name} was never brought"
    assert set(born) == set(found.slots)
    assert all(found.slots[slot].n == n for slot, n in born.items())


def test_the_tables_name_operations_that_there_are() -> None:
    tables = (kinds.SENT, kinds.GOT, kinds.TARGETS, kinds.QUERIES, kinds.LOCATIONS, kinds.LOCATION_QUERIES)
    assert {operation for table in tables for operation in table} <= {kind.id for kind in KINDS}
