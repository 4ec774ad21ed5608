"""What is wrong and why, with proof; or, when nothing is, what the message means."""

from __future__ import annotations

import re
from collections.abc import Iterator

from optrace.core.findings import Finding, Judgements, Proof, Severity, Verdict, told_once
from optrace.core.text import safe
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Detail
from optrace.tui.tabs.base import signed_beside_sent
from optrace.tui.tabs.grant import facts
from optrace.tui.tabs.look import VERDICT_MARKS, Look, entry, line, link, verdict_line

_SEVERITIES = {
    Severity.ERROR: ("✗", "fail"),
    Severity.RISK: ("≠", "differs"),
    Severity.WARN: ("!", "alert"),
    Severity.INFO: ("·", "dim"),
}
_STAGE_MARKS = {"passed": ("✓", "pass"), "failed": ("✗", "fail"), "unknown": ("?", "unchecked")}
_WIDEST_NAME = 20
_SAYS_HOW_MANY = re.compile(r"\bcandidates? \d").search


def why(detail: Detail, look: Look) -> list[Segments]:
    """Findings first, the cause on top; then the meaning, the verdicts and what could not be read."""
    lines: list[Segments] = []
    for finding in detail.step.findings:
        lines += [*_finding(finding, detail, look), line()]
    lines.append([Segment(" ", "space"), Segment(safe(detail.sentence), "text" if detail.step.findings else "title")])
    answered = list(_answer(detail))
    verdicts = list(_verdicts(detail, look))
    meaning = [] if detail.step.findings else facts(detail, look)
    troubled = detail.step.mark(look.profile) in "✗≠?"
    for block in (answered, verdicts, meaning) if troubled else (answered, meaning, verdicts):
        if block:
            lines += [line(), *block]
    if detail.signer is not None and (troubled or detail.step.findings):
        lines.append(entry("SIGNED BY", (detail.signer, "text")))
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


def _finding(finding: Finding, detail: Detail, look: Look) -> Iterator[Segments]:
    mark, style = _SEVERITIES[finding.severity]
    yield [
        Segment(f" {mark} ", style),
        *entry("", (finding.title, style if finding.severity is not Severity.INFO else "title"), width=0)[1:],
        Segment(f"   {safe(finding.rule)}", "dim"),
    ]
    said, proved = told_once(finding.detail, finding.proof.change if finding.proof else "")
    if said:
        yield entry("", (said, "text"), width=1)
    if finding.proof is not None:
        yield from _proof(finding.proof, proved, detail, look)
    if finding.remedy:
        yield entry("FIX", (finding.remedy, "strong"), style="fix")
    if finding.where:
        yield entry("WHERE", (finding.where, "key"))
    if finding.related:
        parts = [part for n in finding.related for part in ((", ", "dim"), link(n))]
        yield entry("SEE", *parts[1:])
    if finding.spec is not None:
        address = (finding.spec.link or "").removeprefix("https://").removeprefix("www.")
        yield entry("SPEC", (str(finding.spec), "text"), ("   ", "space"), (address, "link"))


def _proof(proof: Proof, proved: str, detail: Detail, look: Look) -> Iterator[Segments]:
    candidates = "candidate" if proof.tried == 1 else "candidates"
    tried = f"   ({proof.tried} {candidates} tried)" if proof.tried and not _SAYS_HOW_MANY(proved) else ""
    if proved or tried:
        yield entry("PROOF", (proved, "proof"), (tried if proved else tried.strip(), "dim"), style="proof")
    width = min(_WIDEST_NAME, max((len(name) for name in proof.evidence), default=0))
    for name, value in proof.evidence.items():
        pair = signed_beside_sent(name, value, detail, look)
        shown = f"{safe(name):<{width}} "
        if pair is None:
            yield entry("", (shown, "dim"), (value, "text"))
            continue
        sent, signed = pair
        yield [*entry("", (shown, "dim"), ("sent   ", "dim")), *sent]
        yield [*entry("", (" " * len(shown), "dim"), ("signed ", "proof")), *signed]


def _answer(detail: Detail) -> Iterator[Segments]:
    """How far the server got, as far as its refusal shows."""
    if (detail.step.status or 0) < 400 or not detail.stages:
        return
    parts: list[tuple[str, str]] = []
    for name, reached in detail.stages:
        if reached in _STAGE_MARKS:
            mark, style = _STAGE_MARKS[reached]
            parts += [("  ", "space"), (f"{mark} {name}", style)]
    left = [name for name, reached in detail.stages if reached not in _STAGE_MARKS]
    if left:
        parts.append((f"   not reached: {', '.join(left)}", "dim"))
    yield entry("SERVER", *parts[1:])


def _verdicts(detail: Detail, look: Look) -> Iterator[Segments]:
    signature = detail.signature.judgements if detail.signature is not None else None
    for name, judgements in (("SIGNATURE", signature), ("DIGEST", detail.digest), ("HASH", detail.hash)):
        if judgements is None or all(judgement.verdict is Verdict.NONE for judgement in judgements.values()):
            continue
        yield verdict_line(name, judgements, look.profile)
        said: dict[str, tuple[Verdict, list[str]]] = {}  # reason -> who gives it
        for profile, judgement in judgements.items():
            if judgement.verdict is not Verdict.PASS and judgement.reason:
                said.setdefault(judgement.reason, (judgement.verdict, []))[1].append(profile)
        for reason, (verdict, profiles) in said.items():
            mark, style = VERDICT_MARKS[verdict]
            who = "" if len(profiles) == len(judgements) else f"{', '.join(profiles)}: "
            yield entry("", (f"{mark} ", style), (f"{who}{reason}", "dim"))
        owner = detail.step.key_owner or ""
        if name == "SIGNATURE" and "://" in owner and not detail.step.in_flight and _lacks_keys(judgements):
            yield entry("FIX", ("Give optrace what the client's /jwks.json answers, as a file:", "strong"), style="fix")
            yield entry("", (f"--jwks {owner}=FILE", "key"))


def _lacks_keys(judgements: Judgements) -> bool:
    checks = (check for judgement in judgements.values() for check in judgement.checks)
    return any(check.name == "key" and check.verdict is Verdict.UNCHECKED for check in checks)
