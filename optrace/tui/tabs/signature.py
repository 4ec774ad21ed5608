"""The signature: what each check found for one profile, and the signature base, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from optrace.core.findings import Check, Judgement, Judgements, Verdict
from optrace.core.text import safe
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Detail
from optrace.signatures.verify import SignatureSeen
from optrace.tui.tabs.base import base_lines
from optrace.tui.tabs.look import VERDICT_MARKS, Look, entry, heading, line, verdict_line


def signature(detail: Detail, look: Look) -> list[Segments]:
    """Verdicts and checks, then each signature with its base beside the one that was really signed."""
    verification = detail.signature
    if verification is None or not verification.signed:
        others = list(_judged("DIGEST", detail.digest, look)) + list(_judged("HASH", detail.hash, look))
        return [line("This request carries no signature.", "dim"), *others]
    lines = list(_judged("SIGNATURE", verification.judgements, look))
    proven = next((f.proof.base for f in detail.step.findings if f.proof is not None and f.proof.base), None)
    for seen in verification.signatures:
        lines += [line(), *_seen(seen, proven, look)]
    digest = detail.digest or verification.digest
    for name, judgements in (("DIGEST", digest), ("HASH", detail.hash)):
        judged = list(_judged(name, judgements, look))
        if judged:
            lines += [line(), *judged]
    return lines


def _judged(name: str, judgements: Judgements | None, look: Look) -> Iterator[Segments]:
    if judgements is None or all(judgement.verdict is Verdict.NONE for judgement in judgements.values()):
        return
    yield verdict_line(name, judgements, look.profile)
    judgement: Judgement = judgements[look.profile]
    for verdict, group in groupby(judgement.checks, lambda check: check.verdict is Verdict.PASS and not check.detail):
        if verdict:
            mark, style = VERDICT_MARKS[Verdict.PASS]
            parts = [part for check in group for part in (("  ", "space"), (f"{mark} {check.name}", style))]
            yield entry("", *parts[1:])
        else:
            for check in group:
                yield from _check(check)
    if judgement.reason and not judgement.checks:
        yield entry("", (judgement.reason, "dim"))


def _check(check: Check) -> Iterator[Segments]:
    mark, style = VERDICT_MARKS[check.verdict]
    parts = [(f"{mark} ", style), (check.name, "text")]
    if check.detail:
        parts.append((f"   {check.detail}", "dim"))
    if check.spec is not None and check.verdict is not Verdict.PASS:
        parts.append((f"   {check.spec}", "dim"))
    yield entry("", *parts)
    told = (
        None not in (check.expected, check.got)
        if check.verdict is Verdict.UNCHECKED
        else bool(check.expected or check.got)
    )
    if check.verdict is not Verdict.PASS and told:
        yield entry("", ("    expected ", "dim"), (check.expected or "nothing", "pass"))
        yield entry("", ("    got      ", "dim"), (check.got or "nothing", "fail"))


def _seen(seen: SignatureSeen, proven: str | None, look: Look) -> Iterator[Segments]:
    key = seen.key
    about = [seen.label or "(no label)"]
    if seen.params is not None and seen.params.keyid is not None:
        about.append(f"keyid {seen.params.keyid}")
    about.append(f"key {'known' if key is not None else 'not known'}")
    yield [*heading("signature base   "), Segment(safe("   ".join(about)), "dim")]
    for problem in seen.problems:
        yield [Segment(" ! ", "alert"), Segment(safe(problem), "alert")]
    if seen.base is None:
        why = f": {seen.base_error}" if seen.base_error is not None else ""
        yield line(f"The base can't be rebuilt{why}", "fail", indent=3)
        return
    yield from base_lines(seen, proven, look)
