"""What may stand on the last line: the parameters left out, in another order, in another spelling."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations

from optrace.core.text import safe
from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, RARE, SEEN, Change
from optrace.diagnosis.model import Line, Model
from optrace.diagnosis.subject import Subject

_LIST = re.compile(r'\s*\((?:[^()"]|"[^"]*")*\)')
_PARAMETER = re.compile(r';\s*[^;="\s]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^;"]*))?')
_MAX_PERMUTED = 5
_CLOCK = tuple(d for d in range(-5, 6) if d)  # seconds between two looks at the clock

_REMEDY = "The last line of the base must be the value of Signature-Input after the label, byte for byte."


def params(subject: Subject) -> Iterator[Change]:
    """Each rewriting of the parameters of one Signature-Input member."""
    text = subject.seen.input_text
    match = _LIST.match(text)
    if match is None:
        return
    inner, parameters = match[0].strip(), [part.strip() for part in _PARAMETER.findall(text[match.end() :])]
    if parameters:
        yield _change(COMMON, inner, "The parameters were sent and not signed: the last line of the base ended at `)`.")
    if (strict := _strict(subject)) is not None and strict != text:
        yield _change(COMMON, strict, "Signature-Input was signed in another spelling than it was sent in.")
    yield from _unquoted(subject, text)
    yield _change(SEEN, f"{subject.seen.label or 'sig1'}={text}", "The label was signed too: it belongs to the field.")
    yield from _spelled(inner, parameters)
    yield from _subsets(inner, parameters)
    yield from _added(subject, inner, parameters)


def _subsets(inner: str, parameters: list[str]) -> Iterator[Change]:
    for part in parameters if len(parameters) > 1 else ():
        left = "".join(other for other in parameters if other != part)
        yield _change(SEEN, inner + left, f"The parameter {_name(part)} was sent and not signed.")
    for part in parameters if len(parameters) > 2 else ():
        yield _change(PLAUSIBLE, inner + part, f"Only the parameter {_name(part)} was signed.")
    if 1 < len(parameters) <= _MAX_PERMUTED:
        for order in permutations(parameters):
            if list(order) != parameters:
                names = ", ".join(map(_name, order))
                cost = SEEN if len(parameters) == 2 else PLAUSIBLE
                yield _change(cost, inner + "".join(order), f"The parameters were signed in another order: {names}.")


def _spelled(inner: str, parameters: list[str]) -> Iterator[Change]:
    spaced = "".join(part.replace(";", "; ", 1) for part in parameters)
    yield _change(SEEN, inner + spaced, "The parameters were signed with a blank after each semicolon.")
    tight = "".join(re.sub(r"^;\s*([^=\s]+)\s*=\s*", r";\1=", part) for part in parameters)
    yield _change(SEEN, inner + tight, "The parameters were signed without the blanks that were sent.")
    yield _change(PLAUSIBLE, inner + tight.replace('"', ""), "The parameters were signed without quotes.")
    bare = inner.removeprefix("(").removesuffix(")")
    yield _change(PLAUSIBLE, bare, "The list of names was signed without its brackets and parameters.")
    yield _change(PLAUSIBLE, bare + tight, "The list of names was signed without its brackets.")
    if (commas := inner.replace('" "', '", "')) != inner:
        yield _change(PLAUSIBLE, commas + tight, "The list of names was signed with commas between them.")


def _unquoted(subject: Subject, text: str) -> Iterator[Change]:
    """Names without quotes: on the last line, on the lines above, on both."""

    def bare(line: Line) -> Line:
        return line[0].replace('"', ""), line[1]

    listed = _LIST.match(text)
    end = listed.end() if listed else 0
    names = re.sub(r'"(@?[A-Za-z0-9-]+)"(?=[ );])', r"\1", text[:end]) + text[end:]
    ways: tuple[tuple[str, bool, bool, str], ...] = (
        ("lines.names", False, True, "on the lines of the base"),
        ("params", True, False, "on the last line of the base"),
        ("", True, True, "throughout the base"),
    )
    for slot, last, lines, where in ways:
        if last and names == text:
            continue

        def apply(model: Model, last: bool = last, lines: bool = lines) -> Model:
            if lines:
                model = model._replace(lines=tuple(map(bare, model.lines)))
            return model._replace(params=names) if last else model

        yield Change(
            code="SIG-009",
            slot=slot or "names",
            cost=SEEN if where.startswith("th") else PLAUSIBLE,
            sentence=f"The component names were signed without quotes {where}.",
            remedy='Quote every name, in Signature-Input and in the base alike: "@method", "content-type".',
            apply=apply,
        )


def _added(subject: Subject, inner: str, parameters: list[str]) -> Iterator[Change]:
    """Parameters that were signed and not sent, or sent with another value."""
    names = {_name(part) for part in parameters}
    if "alg" not in names:
        for order in (["\x00", *parameters], [*parameters[:1], "\x00", *parameters[1:]], [*parameters, "\x00"]):
            text = inner + "".join(order).replace("\x00", ';alg="ed25519"')
            yield _change(SEEN, text, 'The parameter alg="ed25519" was signed and not sent.')
    created = subject.seen.params.created if subject.seen.params else None
    if created is not None:
        for other, what in [(created + d, f"{abs(d)} s {'later' if d > 0 else 'earlier'}") for d in _CLOCK]:
            yield _created(inner, parameters, created, other, f"`created` was signed {what} than it was sent: {other}.")
        for other in (created * 1000, created // 1000):
            yield _created(inner, parameters, created, other, f"`created` was signed as {other} and sent as {created}.")
    keyid = subject.seen.params.keyid if subject.seen.params else None
    for _, key in subject.keys[:8]:
        if keyid is not None and key.kid and key.kid != keyid:
            text = inner + "".join(parameters).replace(f'"{keyid}"', f'"{key.kid}"')
            yield _change(PLAUSIBLE, text, f"The keyid {safe(key.kid)[:80]} was signed; {safe(keyid)[:80]} was sent.")


def _created(inner: str, parameters: list[str], created: int, other: int, sentence: str) -> Change:
    text = "".join(parameters).replace(f"created={created}", f"created={other}")
    change = _change(PLAUSIBLE if abs(other - created) <= 1 else RARE, inner + text, sentence)
    return replace(change, remedy=f"{_REMEDY} Take `created` once, for the base and for the field.")


def _change(cost: int, text: str, sentence: str) -> Change:
    apply: Callable[[Model], Model] = lambda model: model._replace(params=text)  # noqa: E731 - a typed lambda
    return Change(code="SIG-007", slot="params", cost=cost, sentence=sentence, remedy=_REMEDY, apply=apply)


def _name(part: str) -> str:
    return safe(part.lstrip("; \t").partition("=")[0].strip())[:40]


def _strict(subject: Subject) -> str | None:
    """The strict serialisation of Signature-Input (RFC 9421 2.3), where it differs from what was sent."""
    base = subject.seen.base
    if base is None:
        return None
    return base.decode("ascii", "replace").rpartition('\n"@signature-params": ')[2]
