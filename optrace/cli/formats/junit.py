"""JUnit XML, as Jenkins, GitLab and the others read it: a suite for each payment, a test case for each exchange.

A check that could not be made is a skipped test, never a passed one; a recording without traffic fails as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from optrace.cli.formats.words import lines_of, name_of, outcome_of, unchecked, whole
from optrace.cli.policy import Policy, Trouble
from optrace.core.text import safe

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(documents: Sequence[Mapping[str, Any]], policy: Policy) -> str:
    """The documents as one `testsuites` element."""
    root = ElementTree.Element("testsuites", name="optrace")
    total = {"tests": 0, "failures": 0, "errors": 0}  # the common schema has no `skipped` here
    for document in documents:
        for suite in _suites(document, policy):
            root.append(suite)
            for name in total:
                total[name] += int(suite.get(name, "0"))
    root.attrib.update({name: str(number) for name, number in total.items()})
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode")


def _suites(document: Mapping[str, Any], policy: Policy) -> Iterator[ElementTree.Element]:
    source = document["source"]
    problems = list(whole(document))
    if problems:
        cases = []
        for name, text in problems:
            case = _case(source, name)
            kind = "error" if name == "damage" else "failure"
            ElementTree.SubElement(case, kind, message=_xml(text), type=name).text = _xml(text)
            cases.append(case)
        yield _suite(f"{source}: recording", cases, None)
    titles = {payment["id"]: f"payment {payment['id']} {payment['title']}" for payment in document["payments"]}
    groups: dict[int | None, list[Mapping[str, Any]]] = {}
    for exchange in document["exchanges"]:
        groups.setdefault(exchange["payment"], []).append(exchange)
    for payment, exchanges in groups.items():
        title = titles.get(payment or 0, "outside of payments")
        cases = [_exchange(f"{source}: {title}", exchange, policy) for exchange in exchanges]
        yield _suite(f"{source}: {title}", cases, exchanges[0]["started"])


def _suite(name: str, cases: Sequence[ElementTree.Element], started: str | None) -> ElementTree.Element:
    suite = ElementTree.Element("testsuite", name=_xml(name), tests=str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in cases):.3f}")
    if started is not None:
        suite.set("timestamp", started[:19])
    suite.extend(cases)
    return suite


def _case(group: str, name: str, milliseconds: float | None = None) -> ElementTree.Element:
    seconds = f"{(milliseconds or 0) / 1000:.3f}"
    return ElementTree.Element("testcase", classname=_xml(group), name=_xml(name), time=seconds)


def _exchange(group: str, exchange: Mapping[str, Any], policy: Policy) -> ElementTree.Element:
    case = _case(group, name_of(exchange), exchange["milliseconds"])
    troubles = policy.troubles(exchange)
    failing = [trouble for trouble in troubles if trouble.fails]
    accepted = [trouble for trouble in troubles if trouble.accepted]
    missing = [f"{kind} not checked: {why}" for kind, why in unchecked(exchange, policy.profile)]
    if failing:
        message = f"{failing[0].rule} {failing[0].title} ({outcome_of(exchange)})"
        element = ElementTree.SubElement(case, "failure", message=_xml(message), type=failing[0].rule)
        element.text = _text(failing)
    elif accepted:
        message = "accepted: " + ", ".join(f"{trouble.rule} {trouble.title}" for trouble in accepted)
        ElementTree.SubElement(case, "skipped", message=_xml(message))
    elif missing:
        ElementTree.SubElement(case, "skipped", message=_xml("; ".join(missing)))
    others = [trouble for trouble in troubles if not trouble.fails]
    if others:
        ElementTree.SubElement(case, "system-out").text = _text(others)
    return case


def _text(troubles: Sequence[Trouble]) -> str:
    lines = []
    for trouble in troubles:
        lines += [f"{trouble.severity} {trouble.rule} {trouble.title}", *(f"  {line}" for line in lines_of(trouble))]
    return "\n".join(_xml(line) for line in lines)


def _xml(text: str) -> str:
    """Text without what XML 1.0 can't hold."""
    return _NOT_XML.sub("�", safe(text))
