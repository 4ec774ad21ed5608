"""A report to paste into an issue: what was seen, the first cause with its proof, the ladder, and the versions.

GitHub's Markdown: nothing from the wire stands outside of code, or has a meaning there; nobody is mentioned.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from optrace.core.findings import Finding, Severity, Verdict
from optrace.core.text import safe
from optrace.diagram.paint import ladder_text
from optrace.exporters.http import messages
from optrace.exporters.material import Exporter, Material
from optrace.session.steps import Step

_WIDTH = 100
_MOST = 200  # rows of the ladder, and of the list: an issue takes 65,536 characters
_MEANT = re.compile(r"([\\`*_{}\[\]#!|~<>$&^]|^[-+=])")
_LINKED = re.compile(r"@|://|www\.|(?<=\w)#(?=\d)|#(?=\d)")
_ORDER = [severity.value for severity in Severity]


def write(material: Material) -> Iterator[str]:
    """The report, section by section."""
    steps = [material.step(n) for n in material.each()]
    yield "\n".join(_summary(material, steps)) + "\n"
    cause = _cause(steps, material.profile)
    if cause is not None:
        yield "\n".join(["", "## First cause", "", *_why(material, cause)]) + "\n"
    yield "\n## Ladder\n\n" + "\n".join(_ladder(material, steps)) + "\n"
    others = [step for step in steps if step.findings and step is not cause]
    if others:
        yield "\n".join(["", "## What else was found", "", *_others(others)]) + "\n"
    versions = ", ".join(f"{name} {version}" for name, version in material.versions.items())
    yield f"\n<sub>{said(versions)}; profile {material.profile}" + (
        "; secrets are masked, equal ones alike</sub>\n" if material.secrets is not None else "</sub>\n"
    )


def _summary(material: Material, steps: list[Step]) -> Iterator[str]:
    yield f"# {_said_or(material.source, 'recording')}"
    yield ""
    marks = Counter(step.mark(material.profile) for step in steps)
    counted = ", ".join(f"{marks[mark]} {mark}" for mark in "✓✗≠!?" if marks[mark])
    yield f"{len(steps)} exchanges" + (
        f": {counted} (✓ verified, ✗ fails, ≠ profiles differ, ! refused, ? can't be checked)" if counted else ""
    )
    for kind in ("signature", "digest", "hash"):
        verdicts = Counter(getattr(step.verdicts, kind)[material.profile] for step in steps)
        words = [
            f"{verdicts[verdict]} {verdict.value}"
            for verdict in Verdict
            if verdict is not Verdict.NONE and verdicts[verdict]
        ]
        if words:
            yield f"- {kind}: {', '.join(words)}"
    if material.damage:
        yield f"- the recording is damaged: {said(material.damage)}"
    payments = material.payments
    if payments:
        yield ""
        yield "| payment | amount | state | exchanges |"
        yield "| --- | --- | --- | --- |"
        for payment in payments:
            cells = (f"{payment.id} {said(payment.title)}", said(payment.amount or ""), payment.state)
            yield f"| {' | '.join(cells)} | {len(payment.exchanges)} |"


def _cause(steps: list[Step], profile: str) -> Step | None:
    """The first exchange with the gravest finding, or the first that fails."""
    found = [step for step in steps if step.findings and step.findings[0].severity is not Severity.INFO]
    if found:
        return min(found, key=lambda step: _ORDER.index(step.findings[0].severity.value))
    return next((step for step in steps if step.mark(profile) in "✗!"), None)


def _why(material: Material, step: Step) -> Iterator[str]:
    came = f"{step.status}" if step.status is not None else (step.error or "no answer")
    sent = code(f"{step.method} {step.url}")
    yield f"**Exchange {step.n}**, {said(step.label)}, {step.source} → {step.target}: {sent} → {said(came)}"
    yield ""
    if step.n in material.marks:
        yield "Marked."
        yield ""
    if (note := material.note(step.n)) is not None:
        yield f"Noted: {said(note)}"
        yield ""
    finding = next(iter(step.findings), None)
    if finding is None:
        for name, reason in step.reasons.items():
            if name.endswith(f".{material.profile}"):
                yield f"- {name.partition('.')[0]}: {said(reason)}"
    else:
        yield from _finding(finding)
    detail = material.detail(step.n)
    yield from _bases(material, step)
    yield ""
    yield "<details><summary>Both messages</summary>"
    yield ""
    yield from fenced("http", list(messages(detail.exchange)))
    yield ""
    yield "</details>"


def _finding(finding: Finding) -> Iterator[str]:
    yield f"**{finding.severity.value} {finding.rule}: {said(finding.title)}**"
    yield ""
    lines = [said(finding.detail)] if finding.detail else []
    if finding.proof:
        count = finding.proof.tried
        tried = f" ({count:,} {'candidate was' if count == 1 else 'candidates were'} tried)" if count else ""
        lines.append(f"**Proof:** {said(finding.proof.change)}{tried}")
        lines += [f"{said(name)}: {code(text)}" for name, text in finding.proof.evidence.items()]
    if finding.remedy:
        lines.append(f"**Fix:** {said(finding.remedy)}")
    if finding.spec:
        link = finding.spec.link
        lines.append(f"**See:** [{said(str(finding.spec))}]({link})" if link else f"**See:** {said(str(finding.spec))}")
    yield "\n>\n".join(f"> {line}" for line in lines)


def _bases(material: Material, step: Step) -> Iterator[str]:
    """The signature base as rebuilt, and what was really signed, line against line."""
    proven = next((finding.proof.base for finding in step.findings if finding.proof and finding.proof.base), None)
    detail = material.detail(step.n)
    rebuilt = next((seen.base for seen in detail.signature.signatures if seen.base), None) if detail.signature else None
    if proven is None or rebuilt is None:
        return
    was, signed = material.base(rebuilt).split("\n"), proven.split("\n")
    lines = []
    for line in was:
        lines.append(f"{' ' if line in signed else '-'} {safe(line)}")
        if line not in signed:  # what was signed in its place stands right below
            name = line.partition(": ")[0]
            lines += [f"+ {safe(other)}" for other in signed if other not in was and other.partition(": ")[0] == name]
    names = {line.partition(": ")[0] for line in was if line not in signed}
    lines += [f"+ {safe(line)}" for line in signed if line not in was and line.partition(": ")[0] not in names]
    yield ""
    if was == signed:
        yield "The signature base, as the server rebuilds it and as it was signed:"
    else:
        yield "The signature base: `-` as the server rebuilds it, `+` as it was signed:"
    yield ""
    yield from fenced("diff", lines)


def _ladder(material: Material, steps: list[Step]) -> Iterator[str]:
    width = material.width or _WIDTH
    shown = steps[:_MOST]
    yield from fenced(
        "text", ladder_text(shown, width, diagram=material.diagram, profile=material.profile).splitlines()
    )
    if len(steps) > len(shown):
        yield f"\n… and {len(steps) - len(shown)} more."


def _others(steps: list[Step]) -> Iterator[str]:
    for step in steps[:_MOST]:
        for finding in step.findings:
            yield f"- {step.n} {said(step.label)}: **{finding.severity.value} {finding.rule}** {said(finding.title)}"
    if len(steps) > _MOST:
        yield f"- … and {len(steps) - _MOST} more exchanges"


def said(text: str) -> str:
    """Words from the wire in a sentence: without meaning to Markdown, without links and mentions."""
    quoted = _MEANT.sub(r"\\\1", safe(text))
    return _LINKED.sub(lambda match: f"{match[0][0]}<!-- -->{match[0][1:]}", quoted)


def _said_or(text: str, otherwise: str) -> str:
    return said(text).strip() or otherwise


def code(text: str) -> str:
    """Words from the wire as code within a sentence."""
    text = safe(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") or not text.strip() else ""
    return f"{fence}{space}{text}{space}{fence}"


def fenced(language: str, lines: list[str]) -> Iterator[str]:
    """A block of code whose fence nothing in it can end."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield from lines
    yield fence


EXPORTER = Exporter(
    name="markdown", title="a report to paste into an issue", suffix=".md", write=write, closer=True, limit=65_536
)
