"""What makes `check` fail, and the file of accepted findings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.cli.exit_codes import ExitCode
from optrace.cli.expected import read_expected, write_expected
from optrace.cli.policy import Accepted, Policy, general, worst
from optrace.core.errors import Usage
from optrace.exchanges import KINDS
from optrace.rules import RULES
from tests.examples import examples

NOTHING = dict.fromkeys(("rfc", "open-payments", "rafiki"), "none")


def exchange(*findings: tuple[str, str], signature: str = "none", operation: str = "grant_request") -> dict[str, Any]:
    return {
        "n": 1,
        "operation": operation,
        "url": "https://auth.example/continue/5a39c5be-ecf3-4c3c-b305-4b3cc35a6372",
        "verdicts": {
            "signature": {**NOTHING, "open-payments": signature},
            "digest": NOTHING,
            "hash": NOTHING,
        },
        "reasons": {"signature.open-payments": "it is another key's"},
        "findings": [{"rule": rule, "severity": severity, "title": rule} for rule, severity in findings],
    }


def document(*exchanges: dict[str, Any], damage: str | None = None) -> dict[str, Any]:
    return {"damage": damage, "exchanges": list(exchanges)}


@pytest.mark.parametrize(
    ("fail_on", "severity", "fails"),
    [
        ("error", "error", True),
        ("error", "risk", False),
        ("risk", "risk", True),
        ("risk", "error", True),
        ("info", "info", True),
        ("warn", "info", False),
        ("never", "error", False),
    ],
)
def test_the_least_severity_that_fails(fail_on: str, severity: str, fails: bool) -> None:
    policy = Policy(fail_on=fail_on)
    assert [trouble.fails for trouble in policy.troubles(exchange(("SIG-003", severity)))] == [fails]


def test_a_failed_check_without_a_finding_is_a_trouble_of_its_own() -> None:
    (trouble,) = Policy().troubles(exchange(signature="fail"))
    assert (trouble.rule, trouble.fails, trouble.detail) == ("signature", True, "it is another key's")


def test_a_failed_check_that_a_finding_explains_is_told_once() -> None:
    assert [t.rule for t in Policy().troubles(exchange(("SIG-003", "error"), signature="fail"))] == ["SIG-003"]


def test_a_smell_doesnt_explain_a_failed_check() -> None:
    troubles = Policy().troubles(exchange(("SIG-031", "info"), signature="fail"))
    assert [(t.rule, t.fails) for t in troubles] == [("SIG-031", False), ("signature", True)]


def test_nothing_is_only_clean_if_there_was_something_to_check() -> None:
    assert Policy().status(document(exchange())) is ExitCode.CLEAN
    assert Policy().status(document()) is ExitCode.NO_TRAFFIC
    assert Policy().status(document(exchange(operation="cors_preflight"))) is ExitCode.NO_TRAFFIC
    assert Policy(fail_on="never").status(document()) is ExitCode.NO_TRAFFIC


def test_damage_outweighs_all() -> None:
    assert Policy().status(document(exchange(), damage="cut short")) is ExitCode.DAMAGED
    assert worst([ExitCode.CLEAN, ExitCode.NO_TRAFFIC]) is ExitCode.NO_TRAFFIC
    assert worst([ExitCode.FINDINGS, ExitCode.NO_TRAFFIC]) is ExitCode.FINDINGS
    assert worst([ExitCode.DAMAGED, ExitCode.FINDINGS]) is ExitCode.DAMAGED


def test_what_is_accepted_doesnt_count_and_nothing_else_is() -> None:
    policy = Policy(accepted=(Accepted(rule="SIG-003", operation="grant_request"),))
    known, new = policy.troubles(exchange(("SIG-003", "error"), ("SIG-004", "error")))
    assert (known.fails, known.accepted) == (False, True)
    assert (new.fails, new.accepted) == (True, False)
    elsewhere = exchange(("SIG-003", "error"), operation="grant_continue")
    assert policy.status(document(elsewhere)) is ExitCode.FINDINGS


def test_an_accepted_finding_explains_the_failed_check() -> None:
    policy = Policy(accepted=(Accepted(rule="SIG-003", operation="grant_request"),))
    assert policy.status(document(exchange(("SIG-003", "error"), signature="fail"))) is ExitCode.CLEAN


@pytest.mark.parametrize(
    ("pattern", "covers"),
    [
        ("https://auth.example/*", True),
        ("*", True),
        ("https://auth.example/continue", False),
        ("https://auth[.]example/*", False),
        ("http://*", False),
    ],
)
def test_an_accepted_url_knows_no_sign_but_the_star(pattern: str, covers: bool) -> None:
    entry = Accepted(rule="SIG-003", operation="grant_request", url=pattern)
    assert entry.covers("SIG-003", exchange()) is covers


def test_all_that_fails_can_be_accepted() -> None:
    judged = document(exchange(("SIG-003", "error"), ("SIG-031", "info")), exchange(signature="fail"))
    accepted = Policy().acceptable([judged])
    assert {entry.rule for entry in accepted} == {"SIG-003", "signature"}
    assert Policy(accepted=accepted).status(judged) is ExitCode.CLEAN
    assert Policy(accepted=accepted).unused([judged]) == ()
    assert Policy(accepted=accepted).unused([document(exchange())]) == accepted


@pytest.mark.parametrize(
    ("url", "pattern"),
    [
        ("https://auth.example/", "https://auth.example/"),
        ("https://auth.example/continue/5a39c5be-ecf3-4c3c-b305-4b3cc35a6372", "https://auth.example/continue/*"),
        ("http://localhost:4000/quotes", "http://localhost:4000/quotes"),
        ("http://127.0.0.1:49152/quotes", "http://127.0.0.1:*/quotes"),
        ("https://rs.example/incoming-payments?first=2", "https://rs.example/incoming-payments?*"),
        ("https://auth.example/interact/77/••••9f2c/finish", "https://auth.example/interact/77/*/finish"),
    ],
)
def test_what_changes_from_run_to_run_is_left_open(url: str, pattern: str) -> None:
    assert general(url) == pattern


# the file

ENTRIES = st.builds(
    Accepted,
    rule=st.sampled_from([*RULES.names(), "signature", "digest", "hash"]),
    operation=st.sampled_from(KINDS.names()),
    url=st.none() | st.text(st.characters(exclude_categories=["Cs"])),
)


@examples(40)
@given(entries=st.sets(ENTRIES), suffix=st.sampled_from([".toml", ".jsonl"]))
def test_what_is_written_is_read(entries: set[Accepted], suffix: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("expected") / f"accepted{suffix}"
    write_expected(path, entries)
    assert set(read_expected(path)) == entries


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("accepted = [", "no TOML"),
        ("other = 1", "[[accepted]]"),
        ("accepted = 1", "[[accepted]]"),
        ("accepted = [1]", "no table"),
        ('[[accepted]]\noperation = "grant_request"', "has no rule"),
        ('[[accepted]]\nrule = "SIG-003"', "has no operation"),
        ('[[accepted]]\nrule = 3\noperation = "grant_request"', "must be text"),
        ('[[accepted]]\nrule = "SIG-999"\noperation = "grant_request"', "no rule called SIG-999"),
        ('[[accepted]]\nrule = "SIG-003"\noperation = "grant_reqest"', "no operation called grant_reqest"),
        ('[[accepted]]\nrule = "SIG-003"\noperation = "grant_request"\nuri = "x"', "called uri"),
        ('{"rule": "SIG-003", "operation": "grant_request"}\n{', "line 2"),
        ('{"a": ' + "[" * 100_000, "line 1"),
    ],
)
def test_a_wrong_file_is_named_with_its_place(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "accepted.toml"
    path.write_text(text)
    with pytest.raises(Usage) as error:
        read_expected(path)
    assert says in error.value.title
    assert error.value.remedy


def test_a_file_that_isnt_there_is_the_users_mistake(tmp_path: Path) -> None:
    with pytest.raises(Usage):
        read_expected(tmp_path / "none.toml")
    with pytest.raises(Usage):
        write_expected(tmp_path / "no" / "folder.toml", ())


def test_json_lines_may_say_why(tmp_path: Path) -> None:
    path = tmp_path / "accepted.jsonl"
    path.write_text(json.dumps({"rule": "SIG-003", "operation": "grant_request", "why": "in May"}) + "\n\n")
    assert read_expected(path) == (Accepted(rule="SIG-003", operation="grant_request"),)
