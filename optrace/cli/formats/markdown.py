"""Markdown for a pull request's comment or a job's summary (GitHub's flavour).

What comes from the wire can be no markup: it stands in code spans, or with everything escaped that means something,
and it can't link anywhere, mention anybody or point at an issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optrace.cli.exit_codes import ExitCode
from optrace.cli.formats.words import count, name_of, outcome_of, summary, unchecked, whole
from optrace.cli.policy import Policy, Trouble
from optrace.core.findings import told_once
from optrace.core.text import safe

_MARKUP = re.compile(r"[\\`*_\[\]<>&|~$!#@]|:(?=\S)|(?<=www)\.|^[-+=]", re.I)
_NUMBERED = re.compile(r"^(\d+)([.)])")
_ICONS = {"error": "❌", "risk": "⚠️", "warn": "⚠️", "info": "ℹ️"}
_GRAVEST = tuple(_ICONS)  # the gravest first
_OUTCOMES = {
    ExitCode.CLEAN: "✅ nothing is wrong",
    ExitCode.FINDINGS: "❌ something is wrong",
    ExitCode.NO_TRAFFIC: "❌ nothing was checked",
    ExitCode.DAMAGED: "❌ the recording is damaged",
}


def markdown(documents: Sequence[Mapping[str, Any]], policy: Policy) -> str:
    """The documents, one section each."""
    return "\n".join(line for document in documents for line in _lines(document, policy)).rstrip("\n")


def _lines(document: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    yield f"## {_OUTCOMES[policy.status(document)]}: {code(document['source'])}"
    yield ""
    yield f"{plain(summary(document, policy))} (profile `{policy.profile}`)"
    yield ""
    for _, text in whole(document):
        yield f"- ❌ {plain(text)}"
    if document["payments"]:
        yield from ("| payment | | amount | state |", "| --- | --- | --- | --- |")
        for payment in document["payments"]:
            cells = (str(payment["id"]), plain(payment["title"]), plain(payment["amount"] or ""), payment["state"])
            yield f"| {' | '.join(cells)} |"
        yield ""
    troubles = [(exchange, each) for exchange in document["exchanges"] for each in policy.troubles(exchange)]
    for exchange, trouble in sorted(troubles, key=lambda pair: (pair[1].accepted, _GRAVEST.index(pair[1].severity))):
        yield from _trouble(exchange, trouble)
    missing = [
        (exchange["n"], kind) for exchange in document["exchanges"] for kind, _ in unchecked(exchange, policy.profile)
    ]
    if missing:
        named = ", ".join(f"{kind} of {n}" for n, kind in missing[:20]) + (", …" if len(missing) > 20 else "")
        yield f"ℹ️ {count(len(missing), 'check')} could not be made: {named}"
        yield ""


def _trouble(exchange: Mapping[str, Any], trouble: Trouble) -> Iterator[str]:
    icon = "☑️ accepted:" if trouble.accepted else _ICONS[trouble.severity]
    yield f"### {icon} {trouble.rule} {plain(trouble.title)}"
    yield ""
    yield f"{code(name_of(exchange))} → {plain(outcome_of(exchange))}"
    yield ""
    said, proved = told_once(trouble.detail, trouble.proof)
    named = (("", said), ("Proof: ", proved), ("Fix: ", trouble.remedy), ("See: ", trouble.spec))
    for name, text in named:
        if text:
            yield f"- {name}{plain(text)}"
    yield ""


def code(text: str) -> str:
    """A code span, whatever the text: the fence is longer than any run of backticks in it."""
    text = safe(text) or " "
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    pad = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def plain(text: str) -> str:
    """A line of prose in which nothing is markup, a link, a mention or a reference. Not for use in a code span."""
    escaped = _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\g<0>", safe(text)))
    return escaped.replace("\\@", "\\@<!-- -->").replace("\\#", "\\#<!-- -->")
