"""Each rule of the protocol has a recording with its fault and one without, and tells them apart."""

from __future__ import annotations

import json

import pytest

from optrace.core.findings import Severity
from optrace.rules import PROTOCOL_RULES
from optrace.rules.rule import Rule, Weight
from tests.rules.kit import SAMPLES, codes, diagnosed, recording
from tests.rules.make_protocol_samples import written
from tests.rules.scenarios import SCENARIOS
from tests.rules.scene import Scene

BY_CODE = {rule.code: rule for rule in PROTOCOL_RULES}


def test_each_rule_has_a_scenario() -> None:
    assert SCENARIOS.keys() == BY_CODE.keys()


@pytest.mark.parametrize("code", BY_CODE)
def test_the_samples_are_as_the_scenarios_play_them(code: str) -> None:
    for name, bad in (("good", False), ("bad", True)):
        text = (SAMPLES / code / f"{name}.jsonl").read_text(encoding="ascii")
        assert text == written(SCENARIOS[code], bad), "run python -m tests.rules.make_protocol_samples"


@pytest.mark.parametrize("rule", PROTOCOL_RULES, ids=lambda rule: rule.code)
def test_a_rule_finds_its_fault(rule: Rule) -> None:
    trace = diagnosed(recording(SAMPLES / rule.code / "bad.jsonl"))
    found = codes(trace)
    hits = [n for n, rules in found.items() if rule.code in rules]
    assert hits, found
    assert not trace.notes
    if rule.weight < Weight.HYPOTHESIS:
        assert any(found[n][0] == rule.code for n in hits), found


@pytest.mark.parametrize("rule", PROTOCOL_RULES, ids=lambda rule: rule.code)
def test_a_rule_is_silent_without_its_fault(rule: Rule) -> None:
    trace = diagnosed(recording(SAMPLES / rule.code / "good.jsonl"))
    assert not [n for n, rules in codes(trace).items() if rule.code in rules]
    assert not trace.notes


@pytest.mark.parametrize("code", BY_CODE)
@pytest.mark.parametrize("name", ["good", "bad"])
def test_what_went_well_is_no_error(code: str, name: str) -> None:
    trace = diagnosed(recording(SAMPLES / code / f"{name}.jsonl"))
    for n in range(1, len(trace) + 1):
        row = trace.row(n)
        faults = {f.rule for f in row.findings if f.severity is Severity.ERROR}
        if row.status is not None and row.status < 300 and row.error is None:
            # what the wallet reports as failed, and what a browser will block, aren't refusals
            assert faults <= {"RES-014", "NET-006", "WAL-003"}, (n, row.operation, faults)


@pytest.mark.parametrize("code", BY_CODE)
def test_a_finding_proves_itself(code: str) -> None:
    exchanges = recording(SAMPLES / code / "bad.jsonl")
    trace = diagnosed(exchanges)
    tokens = set(trace.memory.tokens)
    for n in range(1, len(trace) + 1):
        for finding in trace.row(n).findings:
            assert finding.detail.endswith((".", '"')) or ": " in finding.detail
            assert finding.remedy
            assert "None" not in finding.detail
            assert all(trace.has(other) and other != n for other in finding.related)
            told = json.dumps([finding.detail, finding.remedy, finding.where])
            assert not [token for token in tokens if token in told]


def test_a_whole_payment_has_nothing_to_find() -> None:
    scene = Scene()
    scene.journey()
    assert {rule for rules in codes(diagnosed(scene.exchanges)).values() for rule in rules} <= {"FLO-015"}
