"""The signature base line by line, beside the one that was really signed, with the differing bytes marked."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from optrace.core.text import safe
from optrace.diagram.cells import cell_width
from optrace.diagram.segments import Segment, Segments
from optrace.session.steps import Detail
from optrace.signatures.verify import SignatureSeen
from optrace.tui.tabs.look import MASK_SIGN, Look
from optrace.tui.widgets.wrap import wrap

_SIDE_BY_SIDE = 100  # cells; with less, what was signed stands below what was sent
_LONGEST = 4000  # characters of two values that are compared character by character
_ALIKE = 0.5  # texts that have less in common are marked as wholes
_MARK = 3


def base_lines(seen: SignatureSeen, proven: str | None, look: Look) -> Iterator[Segments]:
    """The base as rebuilt from the wire; `proven` is the one that the signature verifies over."""
    assert seen.base is not None
    pairs = list(_pairs(seen.base.decode("utf-8", "surrogateescape"), proven))
    if proven is None:
        for name, sent, _ in pairs:
            yield _line("   ", name, sent or "", look)
    elif look.width >= _SIDE_BY_SIDE:
        yield from _beside(pairs, look)
    else:
        yield from _below(pairs, look)


def signed_beside_sent(name: str, value: str, detail: Detail, look: Look) -> tuple[Segments, Segments] | None:
    """A component as it was sent and as it was signed, each with what only it has marked; None if it isn't one."""
    for seen in detail.signature.signatures if detail.signature is not None else ():
        if seen.base is not None:
            for identifier, sent, _ in _pairs(seen.base.decode("utf-8", "surrogateescape"), None):
                if identifier.replace('"', "") == name and sent is not None:
                    return marked(_shown(identifier, sent, look), value)
    return None


def _pairs(base: str, proven: str | None) -> Iterator[tuple[str, str | None, str | None]]:
    """(component identifier, value on the wire, value that was signed), in the order of the wire."""
    signed: dict[str, str] = {}
    for one in (proven or "").splitlines():
        name, value = _split(one)
        signed.setdefault(name, value)
    for one in base.split("\n"):
        name, value = _split(one)
        yield name, value, signed.pop(name, None)
    for name, value in signed.items():
        yield name, None, value


def _split(one: str) -> tuple[str, str]:
    name, colon, value = one.partition(": ")
    return (name, value) if colon else (one.rstrip(":"), "")


def _shown(name: str, value: str, look: Look) -> str:
    bare = name.split(";", 1)[0].strip('"')
    return look.url(value) if bare.startswith("@") else look.field(bare, value)


def _name(mark: str, name: str) -> Segments:
    return [Segment(mark, "fail"), Segment(safe(name), "key"), Segment(": ", "punctuation")]


def _line(mark: str, name: str, value: str, look: Look) -> Segments:
    shown = _shown(name, value, look)
    return [*_name(mark, name), Segment(safe(shown), "secret" if MASK_SIGN in shown else "text")]


def _same(sent: str | None, signed: str | None, name: str, look: Look) -> bool:
    """The proven base is masked already; equal secrets have equal masks."""
    if sent is None or signed is None:
        return sent is signed
    return signed in (sent, _shown(name, sent, Look()))


# one beside the other


def _beside(pairs: list[tuple[str, str | None, str | None]], look: Look) -> Iterator[Segments]:
    left_room = (look.width - _MARK) // 2
    right_room = look.width - _MARK - left_room
    head = [Segment("what was sent", "head")], [Segment("what was signed", "proof")]
    yield from _rows("   ", *head, left_room, right_room)
    for name, sent, signed in pairs:
        if _same(sent, signed, name, look):
            left: Segments = _line("", name, sent or "", look)
            yield from _rows("   ", left, [Segment("=", "dim")], left_room, right_room)
        else:
            left, right = _both(name, sent, signed, look)
            yield from _rows(" ◀ ", left, right, left_room, right_room)


def _both(name: str, sent: str | None, signed: str | None, look: Look) -> tuple[Segments, Segments]:
    if sent is None:
        left: Segments = [Segment("(not in the base)", "dim")]
        return left, [*_name("", name), Segment(safe(signed or ""), "only.signed")]
    if signed is None:
        return _line("", name, sent, look), [Segment("(the signer left this line out)", "proof")]
    one, other = marked(_shown(name, sent, look), signed)
    return [*_name("", name), *one], [*_name("", name), *other]


def _rows(mark: str, left: Segments, right: Segments, left_room: int, right_room: int) -> Iterator[Segments]:
    lefts, rights = wrap([left], left_room - 1), wrap([right], right_room - 3)
    for at in range(max(len(lefts), len(rights))):
        one = lefts[at] if at < len(lefts) else []
        space = left_room - 1 - sum(cell_width(segment.text) for segment in one)
        yield [
            Segment(mark if at == 0 else "   ", "fail"),
            *one,
            Segment(" " * space + " │ ", "lifeline"),
            *(rights[at] if at < len(rights) else []),
        ]


# one below the other


def _below(pairs: list[tuple[str, str | None, str | None]], look: Look) -> Iterator[Segments]:
    for name, sent, signed in pairs:
        if _same(sent, signed, name, look):
            yield _line("   ", name, sent or "", look)
            continue
        left, right = _both(name, sent, signed, look)
        yield [Segment(" ◀ ", "fail"), *left]
        yield [Segment("   signed: ", "proof"), *(right[3:] if sent is not None and signed is not None else right)]


def marked(sent: str, signed: str) -> tuple[Segments, Segments]:
    """Both texts, with what only one of them has marked."""
    if len(sent) + len(signed) > _LONGEST:
        return [Segment(safe(sent), "text")], [Segment(safe(signed), "text")]
    left: Segments = []
    right: Segments = []
    matcher = SequenceMatcher(None, sent, signed, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [Segment(safe(sent), "only.sent")], [Segment(safe(signed), "only.signed")]
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            left.append(Segment(safe(sent[a:b]), "text"))
            right.append(Segment(safe(signed[c:d]), "text"))
            continue
        left.append(Segment(safe(sent[a:b]), "only.sent"))
        right.append(Segment(safe(signed[c:d]), "only.signed"))
    return left, right
