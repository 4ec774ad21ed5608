"""The list of rules: complete, without repetitions, each with a page that a reader can use."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import optrace.rules
from optrace.rules import NOT_FROM_THE_WIRE, PROTOCOL_RULES, RULES
from optrace.rules.rule import Rule

FOLDER = Path(optrace.rules.__file__).parent
FILE = re.compile(r"([a-z]{3})_(\d{3})_\w+\.py")
HOW_MANY = {"FLO": 18, "GNT": 18, "TOK": 16, "RES": 23, "NET": 14, "WAL": 11}


def test_each_file_is_registered() -> None:
    files = {f"{match[1].upper()}-{match[2]}" for path in FOLDER.glob("*.py") if (match := FILE.fullmatch(path.name))}
    assert files == set(RULES.names())


def test_each_code_has_one_file() -> None:
    names = [path.name for path in FOLDER.glob("*.py") if FILE.fullmatch(path.name)]
    assert len({name[:7] for name in names}) == len(names)


def test_each_code_of_the_catalogue_is_a_rule_or_says_why_not() -> None:
    for group, count in HOW_MANY.items():
        wanted = {f"{group}-{number:03}" for number in range(1, count + 1)}
        assert wanted <= {*RULES.names(), *NOT_FROM_THE_WIRE}
    assert not NOT_FROM_THE_WIRE.keys() & set(RULES.names())


@pytest.mark.parametrize("rule", PROTOCOL_RULES, ids=lambda rule: rule.code)
def test_a_rule_is_a_manual_page(rule: Rule) -> None:
    for part in ("You see", "Cause:", "Detected:", "Source:"):
        assert part in rule.page, part
    assert not rule.title.endswith(".")
    assert rule.remedy.endswith((".", ")"))
    assert all(code in RULES for code in rule.absorbs)
