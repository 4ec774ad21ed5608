"""`optrace rules`: the list and the manual pages."""

from __future__ import annotations

import json

import pytest

from optrace.rules import RULES
from optrace.rules.rule import Rule
from tests.cli_diagnosis.conftest import Run


def test_the_list_has_each_rule_once_in_order(optrace: Run) -> None:
    codes = [line.split()[0] for line in optrace("rules", "ls").out.splitlines()]
    assert codes == sorted(RULES.names())


def test_the_list_of_a_family(optrace: Run) -> None:
    codes = [line.split()[0] for line in optrace("rules", "ls", "dig").out.splitlines()]
    assert codes
    assert all(code.startswith("DIG-") for code in codes)


def test_a_family_that_isnt_there(optrace: Run) -> None:
    done = optrace("rules", "ls", "XYZ")
    assert done.status == 2
    assert "SIG" in done.err


@pytest.mark.parametrize("rule", list(RULES), ids=lambda rule: rule.code)
def test_each_rule_has_a_page(optrace: Run, rule: Rule) -> None:
    done = optrace("rules", "show", rule.code)
    assert done.status == 0
    assert done.out.startswith(f"{rule.code}  {rule.title}")
    assert f"Fix: {rule.remedy}" in done.out
    assert len(rule.page) > 80


def test_several_pages_and_small_letters(optrace: Run) -> None:
    out = optrace("rules", "show", "sig-001", "DIG-001").out
    assert out.index("SIG-001") < out.index("DIG-001")


def test_a_wrong_code_gets_the_right_one(optrace: Run) -> None:
    done = optrace("rules", "show", "SIG-0003")
    assert (done.status, "Did you mean SIG-003?" in done.err) == (2, True)


def test_no_code_at_all(optrace: Run) -> None:
    assert optrace("rules", "show").status == 2


def test_json(optrace: Run) -> None:
    listed = json.loads(optrace("rules", "ls", "--json").out)
    assert {rule["code"] for rule in listed} == set(RULES.names())
    one = json.loads(optrace("rules", "show", "SIG-003", "--json").out)
    assert one == next(rule for rule in listed if rule["code"] == "SIG-003")
    assert one["spec"]["link"].startswith("https://")
