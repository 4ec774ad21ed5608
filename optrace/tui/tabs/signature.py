"""The signature: what each check found for one profile, and the signature base, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from optrace.core.findings import Check, Judgement, Judgements, Verdict
from optrace.core.text import safe
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Detail
from optrace.signatures.verify import SignatureSeen
from optrace.tui.tabs.look import MASK_SIGN, VERDICT_MARKS, Look, entry, heading, line, verdict_line


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
    for check in judgement.checks:
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
    if check.verdict is not Verdict.PASS and (check.expected is not None or check.got is not None):
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
    signed = dict(_split(one) for one in proven.split("\n")) if proven else {}
    found: set[str] = set()
    for one in seen.base.decode("utf-8", "surrogateescape").split("\n"):
        name, value = _split(one)
        found.add(name)
        other = signed.get(name)
        if proven is None or other == value:
            yield _base_line("   ", name, value, look)
            continue
        yield _base_line(" ◀ ", name, value, look)
        if other is None:
            yield entry("", ("the signer left this line out", "proof"))
        else:
            yield [Segment("   signed: ", "proof"), *_difference(_shown(name, value, look), _shown(name, other, look))]
    for name, value in signed.items():
        if name not in found:
            yield [Segment("   signed: ", "proof"), *_base_line("", name, value, look)]


def _split(one: str) -> tuple[str, str]:
    name, colon, value = one.partition(": ")
    return (name, value) if colon else (one.rstrip(":"), "")


def _shown(name: str, value: str, look: Look) -> str:
    bare = name.split(";", 1)[0].strip('"')
    return look.url(value) if bare.startswith("@") else look.field(bare, value)


def _base_line(mark: str, name: str, value: str, look: Look) -> Segments:
    shown = _shown(name, value, look)
    return [
        Segment(mark, "fail"),
        Segment(safe(name), "key"),
        Segment(": ", "punctuation"),
        Segment(safe(shown), "secret" if MASK_SIGN in shown else "text"),
    ]


def _difference(wire: str, signed: str) -> Segments:
    if len(wire) + len(signed) > 4000:
        return [Segment(safe(signed), "text")]
    segments: Segments = []
    for tag, a, b, c, d in SequenceMatcher(None, wire, signed, autojunk=False).get_opcodes():
        if tag == "equal":
            segments.append(Segment(safe(signed[c:d]), "text"))
        elif d > c:
            segments.append(Segment(safe(signed[c:d]), "chip"))
        else:
            segments.append(Segment(f"[without {safe(wire[a:b])}]", "chip"))
    return segments
