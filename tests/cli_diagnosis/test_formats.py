"""The forms for CI systems: their shape, that they tell what the policy says, and that nothing hostile gets through."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from optrace.cli.exit_codes import ExitCode
from optrace.cli.formats import FORMATS
from optrace.cli.formats.github import github
from optrace.cli.formats.junit import junit
from optrace.cli.formats.markdown import code, markdown, plain
from optrace.cli.formats.sarif import sarif
from optrace.cli.policy import Accepted, Policy
from optrace.rules import RULES
from tests.examples import examples

VECTORS = Path(__file__).parents[1] / "vectors"
NONE = dict.fromkeys(("rfc", "open-payments", "rafiki"), "none")
HOSTILE = (
    "::error::owned\r\n::set-output name=x::y%0A\x1b[31m]]><script>alert(1)</script> | `` ` [a](http://evil.example) "
    "![b](https://evil.example/i.png) @maintainer #12 www.evil.example <!-- --> \ufffe\x00‮ *b* _i_ $x$ &lt;\n# head"
)


@cache
def jenkins() -> xmlschema.XMLSchema:
    """What jenkinsci/xunit-plugin reads."""
    return xmlschema.XMLSchema(VECTORS / "junit-10.xsd")


def _exchange(n: int, text: str, **members: Any) -> dict[str, Any]:
    return {
        "n": n,
        "operation": "grant_request",
        "variant": text,
        "from": "client",
        "to": "s.as",
        "method": text,
        "url": f"https://auth.example/{text}",
        "status": 401,
        "error": None,
        "started": "2026-11-22T12:00:00.123456+00:00",
        "milliseconds": 12.5,
        "payment": 1,
        "label": text,
        "verdicts": {"signature": NONE, "digest": NONE, "hash": NONE},
        "reasons": {},
        "problems": [],
        "retry_of": None,
        "findings": [],
        **members,
    }


def _finding(rule: str, severity: str, text: str) -> dict[str, Any]:
    return {
        "rule": rule,
        "severity": severity,
        "title": RULES[rule].title,
        "detail": text,
        "proof": {"change": text, "tried": 3, "@target-uri": text},
        "remedy": text,
        "spec": "RFC 9421 2.2.2",
    }


def _document(text: str = "plain") -> dict[str, Any]:
    unchecked = {"signature": {**NONE, "open-payments": "unchecked"}, "digest": NONE, "hash": NONE}
    return {
        "optrace": "0.1.0",
        "schema": 1,
        "source": f"{text}.optrace",
        "damage": None,
        "payments": [{"id": 1, "title": text, "state": "asked", "amount": text, "exchanges": [1, 2, 3]}],
        "exchanges": [
            _exchange(1, text, findings=[_finding("SIG-003", "error", text), _finding("SIG-031", "info", text)]),
            _exchange(2, text, verdicts=unchecked, reasons={"signature.open-payments": text}, payment=None),
            _exchange(3, text, findings=[_finding("SIG-026", "risk", text)], error=text, status=None),
            _exchange(4, text, milliseconds=None, status=200),
        ],
        "findings": {"error": 1, "risk": 1, "warn": 0, "info": 1},
    }


EMPTY = {**_document(), "exchanges": [], "payments": []}
DAMAGED = {**_document(), "damage": HOSTILE}
ACCEPTING = Policy(accepted=(Accepted(rule="SIG-003", operation="grant_request"),))


@pytest.mark.parametrize("name", FORMATS.names())
@pytest.mark.parametrize("text", ["plain", HOSTILE])
def test_no_control_character_gets_through(name: str, text: str) -> None:
    rendered = FORMATS[name].render([_document(text), DAMAGED], Policy())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", rendered)


@pytest.mark.parametrize("name", FORMATS.names())
def test_what_is_empty_is_no_pass(name: str) -> None:
    rendered = FORMATS[name].render([EMPTY], Policy())
    assert "There is no Open Payments traffic" in rendered


# JUnit


@pytest.mark.parametrize("text", ["plain", HOSTILE])
@pytest.mark.parametrize("policy", [Policy(), ACCEPTING, Policy(fail_on="never"), Policy(fail_on="info")])
def test_junit_is_valid_by_the_schema_of_jenkins_and_its_sums_are_right(text: str, policy: Policy) -> None:
    written = junit([_document(text), EMPTY, DAMAGED], policy)
    jenkins().validate(written)
    root = ElementTree.fromstring(written)
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.attrib[attribute]) == sum(case.find(tag) is not None for case in cases)
    for attribute in ("tests", "failures", "errors"):
        assert int(root.attrib[attribute]) == sum(int(suite.attrib[attribute]) for suite in root)


def _cases(document: dict[str, Any], policy: Policy) -> dict[str, ElementTree.Element]:
    root = ElementTree.fromstring(junit([document], policy))
    return {case.attrib["name"].partition(" ")[0]: case for case in root.iter("testcase")}


def _kinds(case: ElementTree.Element) -> list[str]:
    return [child.tag for child in case]


def test_junit_tells_failed_skipped_and_passed_apart() -> None:
    cases = _cases(_document(), Policy())
    assert _kinds(cases["1"]) == ["failure", "system-out"]
    assert _kinds(cases["2"]) == ["skipped"], "not checked is not passed"
    assert _kinds(cases["3"]) == ["system-out"]
    assert _kinds(cases["4"]) == []
    failure = cases["1"].find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "SIG-003"
    assert "fix: plain" in (failure.text or "")


def test_junit_skips_what_was_accepted() -> None:
    assert _kinds(_cases(_document(), ACCEPTING)["1"]) == ["skipped", "system-out"]


def test_junit_fails_as_a_whole_without_traffic() -> None:
    assert _kinds(_cases(EMPTY, Policy())["traffic"]) == ["failure"]
    assert _kinds(_cases(DAMAGED, Policy())["damage"]) == ["error"]


# SARIF


def test_sarif_names_each_rule_once_and_points_at_it() -> None:
    log = json.loads(sarif([_document(HOSTILE), _document()], Policy()))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["SIG-003", "SIG-031", "SIG-026"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")
        assert result["message"]["text"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] == 1
        assert re.fullmatch(r"[!-~]+", location["physicalLocation"]["artifactLocation"]["uri"])
    assert [result["level"] for result in run["results"][:3]] == ["error", "note", "warning"]
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


@pytest.mark.parametrize(
    ("documents", "policy"),
    [([_document(HOSTILE), _document()], Policy()), ([_document(), EMPTY], ACCEPTING), ([DAMAGED], Policy())],
)
def test_sarif_is_valid_by_the_schema_of_oasis(documents: list[dict[str, Any]], policy: Policy) -> None:
    schema = json.loads(VECTORS.joinpath("sarif-schema-2.1.0.json").read_text())  # errata 01, oasis-tcs/sarif-spec
    jsonschema.Draft7Validator(schema).validate(json.loads(sarif(documents, policy)))


def test_a_result_keeps_its_fingerprint_from_run_to_run() -> None:
    one, other = _document(), _document()
    for document, uuid in (
        (one, "5a39c5be-ecf3-4c3c-b305-4b3cc35a6372"),
        (other, "00000000-0000-4000-8000-000000000000"),
    ):
        document["exchanges"][0] |= {"n": len(uuid), "url": f"https://auth.example/continue/{uuid}"}
    prints = [
        json.loads(sarif([each], Policy()))["runs"][0]["results"][0]["partialFingerprints"] for each in (one, other)
    ]
    assert prints[0] == prints[1]


def test_sarif_suppresses_what_was_accepted_and_reports_what_could_not_be_checked() -> None:
    run = json.loads(sarif([_document(), EMPTY], ACCEPTING))["runs"][0]
    assert [bool(result.get("suppressions")) for result in run["results"]] == [True, False, False]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["descriptor"] == {"id": "traffic"}


# GitHub


def _commands(rendered: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """What GitHub's runner makes of the lines: the rest is log."""
    for line in rendered.split("\n"):
        match = re.match(r"::([a-z-]+)(?: (.*?))?::(.*)$", line.lstrip())
        if match:
            properties = dict(pair.split("=", 1) for pair in (match[2] or "").split(",") if "=" in pair)
            yield match[1], properties, match[3]


@pytest.mark.parametrize("text", ["plain", HOSTILE])
def test_github_reads_one_command_for_each_trouble_and_none_from_the_wire(text: str) -> None:
    found = list(_commands(github([_document(text)], Policy())))
    assert [name for name, _, _ in found] == ["error", "notice", "warning"]
    for _, properties, message in found:
        assert set(properties) == {"file", "title"}
        assert not re.search("%(?!25|0A)", message)


def test_github_unescapes_to_what_was_meant() -> None:
    _, properties, message = next(_commands(github([_document("50% a:b,c")], Policy())))
    back = {"%25": "%", "%0A": "\n", "%3A": ":", "%2C": ","}
    plain_text = re.sub("%(25|0A|3A|2C)", lambda match: back[match[0]], message)
    assert "fix: 50% a:b,c" in plain_text.split("\n")
    assert re.sub("%(25|0A|3A|2C)", lambda match: back[match[0]], properties["file"]) == "50% a:b,c.optrace"


def test_github_sums_up_in_a_line_that_is_no_command() -> None:
    assert github([_document(HOSTILE)], Policy()).split("\n")[-1].startswith("optrace: ")
    assert next(_commands(github([EMPTY], Policy())))[0] == "error"


# Markdown, as another reader sees it

READER = MarkdownIt("gfm-like")
_OUR_OWN = "<!-- -->"


def _tokens(text: str) -> Iterator[Any]:
    for token in READER.parse(text):
        yield token
        yield from token.children or ()


def _assert_only_ours(text: str) -> None:
    for token in _tokens(text):
        assert token.type not in (
            "link_open",
            "image",
            "fence",
            "code_block",
            "html_block",
            "em_open",
            "strong_open",
        ), text
        if token.type == "html_inline":
            assert token.content == _OUR_OWN
        if token.type == "text":  # a mention or a reference to an issue, as GitHub finds them in what was rendered
            assert not re.search(r"@\w|#\d", token.content), text


@pytest.mark.parametrize("policy", [Policy(), ACCEPTING])
def test_markdown_has_no_markup_from_the_wire(policy: Policy) -> None:
    rendered = markdown([_document(HOSTILE), DAMAGED, EMPTY], policy)
    _assert_only_ours(rendered)
    headings = [line for line in rendered.split("\n") if line.startswith("#")]
    assert len([token for token in _tokens(rendered) if token.type == "heading_open"]) == len(headings)


TRICKY = st.text(st.sampled_from("`*_[]()<>!|#@:/.-+=~$&\\ \n1aw\u202e\x1b") | st.characters(), max_size=40)


@examples(150)
@given(text=TRICKY)
def test_prose_is_prose_whatever_it_says(text: str) -> None:
    _assert_only_ours(f"- {plain(text)}")
    rows = [token for token in _tokens(f"| a |\n| --- |\n| {plain(text)} |") if token.type == "td_open"]
    assert len(rows) == 1


@examples(150)
@given(text=TRICKY)
def test_a_code_span_holds_any_text(text: str) -> None:
    (paragraph,) = [token for token in READER.parse(code(text)) if token.type == "inline"]
    assert [token.type for token in paragraph.children or ()] == ["code_inline"]


def test_markdown_says_how_it_went() -> None:
    assert "❌ something is wrong" in markdown([_document()], Policy())
    assert "✅ nothing is wrong" in markdown([_document()], ACCEPTING)
    assert "❌ nothing was checked" in markdown([EMPTY], Policy())
    assert "1 check could not be made: signature of 2" in markdown([_document()], Policy())


@pytest.mark.parametrize("name", FORMATS.names())
def test_a_document_isnt_changed(name: str) -> None:
    document = _document(HOSTILE)
    before = copy.deepcopy(document)
    FORMATS[name].render([document], ACCEPTING)
    assert document == before


def test_the_exit_status_and_the_forms_agree() -> None:
    for policy in (Policy(), ACCEPTING, Policy(fail_on="never"), Policy(fail_on="risk")):
        failing = policy.status(_document()) is ExitCode.FINDINGS
        assert failing is ("<failure" in junit([_document()], policy))
        assert failing is ("::error" in github([_document()], policy))
        assert failing is ("something is wrong" in markdown([_document()], policy))
