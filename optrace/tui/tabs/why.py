"""What is wrong and why, with proof; or, when nothing is, what the message means."""

from __future__ import annotations

from collections.abc import Iterator

from optrace.core.findings import Finding, Severity, Verdict
from optrace.core.text import safe
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Detail
from optrace.tui.tabs.grant import facts
from optrace.tui.tabs.look import VERDICT_MARKS, Look, entry, line, verdict_line

_SEVERITIES = {
    Severity.ERROR: ("✗", "fail"),
    Severity.RISK: ("≠", "differs"),
    Severity.WARN: ("!", "alert"),
    Severity.INFO: ("·", "dim"),
}


def why(detail: Detail, look: Look) -> list[Segments]:
    """Findings first, the cause on top; then the meaning, the verdicts and what could not be read."""
    lines: list[Segments] = []
    for finding in detail.step.findings:
        lines += [*_finding(finding), line()]
    lines.append([Segment(" ", "space"), Segment(safe(detail.sentence), "text" if detail.step.findings else "title")])
    verdicts = list(_verdicts(detail, look))
    meaning = [] if detail.step.findings else facts(detail, look)
    blocks = (verdicts, meaning) if detail.step.mark(look.profile) in "✗≠?" else (meaning, verdicts)
    for block in blocks:
        if block:
            lines += [line(), *block]
    if detail.step.problems or detail.exchange.notes or detail.misfits:
        lines.append(line())
    for problem in detail.step.problems:
        lines.append(entry("UNREAD", (problem, "alert")))
    for misfits in (detail.misfits or {}).values():
        for misfit in misfits:
            lines.append(entry("MISFIT", (misfit, "alert")))
    for note in detail.exchange.notes:
        lines.append(entry("NOTE", (note, "dim")))
    return lines


def _finding(finding: Finding) -> Iterator[Segments]:
    mark, style = _SEVERITIES[finding.severity]
    yield [
        Segment(f" {mark} ", style),
        *entry("", (finding.title, style if finding.severity is not Severity.INFO else "title"), width=0)[1:],
        Segment(f"   {safe(finding.rule)}", "dim"),
    ]
    if finding.detail:
        yield entry("", (finding.detail, "text"), width=1)
    if finding.where:
        yield entry("WHERE", (finding.where, "key"))
    if finding.proof is not None:
        proof = finding.proof
        tried = f"   ({proof.tried} candidates tried)" if proof.tried else ""
        yield entry("PROOF", (proof.change, "proof"), (tried, "dim"), style="proof")
        for name, value in proof.evidence.items():
            yield entry("", (f"{name}: ", "dim"), (value, "text"))
    if finding.remedy:
        yield entry("FIX", (finding.remedy, "strong"), style="fix")
    if finding.related:
        yield entry("SEE", (", ".join(f"message {n}" for n in finding.related), "text"))
    if finding.spec is not None:
        link = (finding.spec.link or "").removeprefix("https://").removeprefix("www.")
        yield entry("SPEC", (str(finding.spec), "text"), (f"   {link}" if link else "", "link"))


def _verdicts(detail: Detail, look: Look) -> Iterator[Segments]:
    signature = detail.signature.judgements if detail.signature is not None else None
    for name, judgements in (("SIGNATURE", signature), ("DIGEST", detail.digest), ("HASH", detail.hash)):
        if judgements is None or all(judgement.verdict is Verdict.NONE for judgement in judgements.values()):
            continue
        yield verdict_line(name, judgements, look.profile)
        said: set[str] = set()
        for profile, judgement in judgements.items():
            if judgement.verdict is Verdict.PASS or not judgement.reason or judgement.reason in said:
                continue
            said.add(judgement.reason)
            mark, style = VERDICT_MARKS[judgement.verdict]
            yield entry("", (f"{mark} ", style), (f"{profile}: {judgement.reason}", "dim"))
