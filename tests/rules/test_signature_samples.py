"""Each rule about signatures, digests and hashes fires on its bad sample, as the cause, and not on its good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from optrace.core.exchange_json import of_jsonl, to_jsonl
from optrace.core.findings import Severity
from optrace.diagnosis.case import Case
from optrace.rules.rule import Rule, run
from optrace.rules.signature_rules import NOT_FROM_THE_WIRE, SIGNATURE_RULES
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests import long
from tests.rules.signature_samples import SAMPLES

FOLDER = Path(__file__).parents[2] / "samples" / "rules"
CODES = [rule.code for rule in SIGNATURE_RULES]
SMELLS = {"SIG-009": "SIG-008"}  # code -> what goes before it in its sample


def findings(code: str, name: str) -> list[tuple[str, ...]]:
    """The codes found in each exchange of a sample, the cause first."""
    lines = (FOLDER / code / f"{name}.jsonl").read_text().splitlines()
    exchanges = [of_jsonl(line) for line in lines]
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
    found = []
    for exchange in exchanges:
        result = run(SIGNATURE_RULES, Case(trace, exchange, ended=True))
        trace.found(exchange.n, result)
        found.append(tuple(finding.rule for finding in result))
    return found


@pytest.mark.parametrize("code", long.parted(CODES, long.RULES))
def test_it_fires_on_its_bad_sample(code: str) -> None:
    assert any(code in found for found in findings(code, "bad"))


@pytest.mark.parametrize("code", long.parted(CODES, long.RULES))
def test_it_is_the_cause_there(code: str) -> None:
    assert any(found and found[0] == SMELLS.get(code, code) for found in findings(code, "bad"))


@pytest.mark.parametrize("code", CODES)
def test_it_keeps_quiet_on_its_good_sample(code: str) -> None:
    assert all(code not in found for found in findings(code, "good"))


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_wrong_with_its_good_sample(code: str) -> None:
    exchanges = [of_jsonl(line) for line in (FOLDER / code / "good.jsonl").read_text().splitlines()]
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in exchanges)
    for exchange in exchanges:
        for finding in run(SIGNATURE_RULES, Case(trace, exchange, ended=True)):
            assert finding.severity is not Severity.ERROR, finding


@pytest.mark.parametrize("code", SAMPLES)
def test_the_samples_are_those_of_the_script(code: str) -> None:
    sample = SAMPLES[code]()
    for name, recording in sample._asdict().items():
        assert (FOLDER / code / f"{name}.jsonl").read_text() == "".join(f"{to_jsonl(one)}\n" for one in recording)


def test_the_rules_are_in_order_and_complete() -> None:
    wanted = [f"SIG-{n:03}" for n in range(1, 38)] + [f"DIG-{n:03}" for n in range(1, 16)]
    wanted += [f"INT-{n:03}" for n in range(1, 18)]
    assert [code for code in wanted if code not in NOT_FROM_THE_WIRE] == CODES
    assert list(SAMPLES) == CODES


@pytest.mark.parametrize("rule", SIGNATURE_RULES, ids=CODES)
def test_its_page_says_what_is_seen_and_how_it_is_detected(rule: Rule) -> None:
    assert rule.page.startswith("You see ")
    assert "\nDetected: " in rule.page
    assert rule.title
    assert rule.remedy
    assert rule.spec is not None
