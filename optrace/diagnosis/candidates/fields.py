"""What may stand on the lines of covered fields: values that were put in, taken out or rewritten after signing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from optrace.core.redact import mask, mask_field
from optrace.core.text import safe
from optrace.diagnosis.bodies import HASHES, all_bodies, body_variants, digest_field, other_bodies
from optrace.diagnosis.candidates.change import COMMON, PLAUSIBLE, RARE, SEEN, Change, setting
from optrace.diagnosis.candidates.neighbours import other_requests
from optrace.diagnosis.candidates.places import authorities
from optrace.diagnosis.model import Model
from optrace.diagnosis.subject import Subject

_MAX_TOKENS, _NEAREST = 200, 8
_NEAR = 40  # bytes by which an altered body may have changed its length
_BUFFER = (
    "Buffer the body, take Content-Length from the bytes that are sent, and sign that value; no proxy may re-frame."
)
_PIN = "Set {name} before signing and leave it alone after; here the signer used {value}."
_NOTHING = ("", "undefined", "null")
# (cost, what was hashed, its words), where the hash was taken before there was a body
_NO_BODY = ((PLAUSIBLE, b"{}", "the empty object `{}`"), (PLAUSIBLE, b"", "nothing, an empty body"))


def fields(subject: Subject) -> Iterator[Change]:
    """Each covered field in turn, by the table at the foot; those that hang on the body are in `body_fields`."""
    covered = _covered(subject)
    for name, family in FIELDS.items():
        if name in covered:
            yield from family(subject)
    for name in covered:
        yield from _any_field(subject, name)


def body_fields(subject: Subject) -> Iterator[Change]:
    """The covered fields that say something of the body: for each body that may have been there when it was signed."""
    covered = _covered(subject)
    for name, family in BODY_FIELDS.items():
        if name in covered:
            yield from family(subject)


def _covered(subject: Subject) -> list[str]:
    return [c.name.lower() for c in subject.seen.components if not c.name.startswith("@") and not c.params]


def _content_type(subject: Subject) -> Iterator[Change]:
    sent = subject.request.fields.combined("content-type") or ""
    essence = sent.partition(";")[0].strip()
    variants = (
        (COMMON, essence),
        (COMMON, f"{essence}; charset=utf-8"),
        (COMMON, "application/json"),
        (SEEN, "application/json; charset=utf-8"),
        (SEEN, f"{essence};charset=utf-8"),
        (SEEN, f"{essence};charset=UTF-8"),
        (SEEN, f"{essence}; charset=UTF-8"),
        (SEEN, "application/octet-stream"),
        (PLAUSIBLE, "text/plain;charset=UTF-8"),
        (PLAUSIBLE, "text/plain; charset=utf-8"),
        (PLAUSIBLE, "application/x-www-form-urlencoded"),
        (PLAUSIBLE, "application/json;charset=utf-8"),
        (PLAUSIBLE, "*/*"),
        (PLAUSIBLE, sent.lower()),
    )
    tried = {sent}
    for cost, value in variants:
        if value and value not in tried:
            tried.add(value)
            yield _altered("content-type", cost, value, sent)


_Length = tuple[int, str, str]  # cost, value, what it is


def _plain_lengths(subject: Subject) -> Iterator[_Length]:
    """Lengths that take no other body to know."""
    body = subject.request.body
    if body is not None:
        yield COMMON, str(len(body)), "the length of the body as sent"
        yield COMMON, str(len(body.decode("utf-8", "replace"))), "a count of characters, not of bytes"
    yield from ((SEEN, "0", "zero"), (SEEN, "undefined", "nothing"), (SEEN, "", "nothing"))


def _lengths_of_other_bodies(subject: Subject) -> Iterator[_Length]:
    sent, body = subject.request.fields.combined("content-length") or "", subject.request.body
    if body is not None:
        for variant in body_variants(subject.request):
            yield PLAUSIBLE, str(len(variant.body)), f"the length of {variant.words}"
    for variant in other_bodies(subject.case):
        yield PLAUSIBLE, str(len(variant.body)), f"the length of {variant.words}"
    near = int(sent) if sent.isdigit() and len(sent) < 9 else len(body or b"")
    for step in range(1, _NEAR):
        yield from ((RARE, str(at), "the length of another body") for at in (near - step, near + step) if at > 0)


def _content_length(subject: Subject) -> Iterator[Change]:
    return _lengths(subject, _plain_lengths(subject), set())


def _other_content_length(subject: Subject) -> Iterator[Change]:
    return _lengths(subject, _lengths_of_other_bodies(subject), {value for _, value, _ in _plain_lengths(subject)})


def _lengths(subject: Subject, lengths: Iterable[_Length], tried: set[str]) -> Iterator[Change]:
    sent = subject.request.fields.combined("content-length") or ""
    tried.add(sent)
    for cost, value, why in lengths:
        if value not in tried:
            tried.add(value)
            yield Change(
                code="DIG-013",
                slot="lines.field.content-length",
                cost=cost,
                sentence=f"Content-Length was signed as {value or 'an empty text'} ({why});"
                f" {safe(sent)[:20] or 'none'} was sent.",
                remedy=_BUFFER,
                apply=setting("content-length", value),
            )


def _content_digest(subject: Subject) -> Iterator[Change]:
    """Digests that take no other body to know: of this one, and of none."""
    sent = subject.request.fields.combined("content-digest") or ""
    for name in HASHES:
        for cost, body, words in ((COMMON, subject.request.body, "the body as sent"), *_NO_BODY):
            if body is not None and (value := digest_field(name, body)) != sent:
                yield _digest(cost, value, f"of {words} ({name})", ())


def _other_content_digest(subject: Subject) -> Iterator[Change]:
    """Digests of other bodies, alone and with the length that goes with them."""
    sent = subject.request.fields.combined("content-digest") or ""
    has_length = any(c.name == "content-length" for c in subject.seen.components)
    tried, plain = {sent}, {body for _, body, _ in _NO_BODY}
    for variant in all_bodies(subject.case):
        for name in HASHES:
            value = digest_field(name, variant.body)
            if value in tried:
                continue
            tried.add(value)
            if variant.body not in plain:
                yield _digest(PLAUSIBLE, value, f"of {variant.words} ({name})", variant.related)
            if has_length and len(variant.body) != len(subject.request.body or b""):
                yield _digest(PLAUSIBLE, value, f"of {variant.words} ({name})", variant.related, len(variant.body))
    for n, request in other_requests(subject):
        value = request.fields.combined("content-digest") or ""
        if value and value not in tried:
            tried.add(value)
            length = request.fields.get("content-length") or ""
            for signed in (None, int(length)) if length.isdigit() and len(length) < 9 else (None,):
                yield _digest(PLAUSIBLE, value, f"that exchange {n} carries", (n,), signed)


def _digest(cost: int, value: str, what: str, related: tuple[int, ...], length: int | None = None) -> Change:
    apply: Callable[[Model], Model | None] = setting("content-digest", value)
    slot, also = "lines.field.content-digest", ""
    if length is not None:
        slot, also = "lines.field", f" and the Content-Length {length}"

        def apply(model: Model) -> Model:
            return model.with_value("content-digest", value).with_value("content-length", str(length))

    return Change(
        code="SIG-030",
        slot=slot,
        cost=cost,
        sentence=f"The Content-Digest {what}{also} was signed; another was sent.",
        remedy="Make the body final, then hash it, then sign; nothing may replace the body or its digest afterwards.",
        apply=apply,
        related=related,
    )


def _authorization(subject: Subject) -> Iterator[Change]:
    sent = subject.request.fields.combined("authorization") or ""
    token = subject.case.view.token or ""
    spelled = (
        (COMMON, f"GNAP {token}", "with the scheme GNAP"),
        (COMMON, f"Bearer {token}", "with the scheme Bearer"),
        (COMMON, token, "without a scheme"),
        (SEEN, f'GNAP "{token}"', "with the token in quotes"),
        (SEEN, f"gnap {token}", "with the scheme in lower case"),
        (SEEN, f"bearer {token}", "with the scheme bearer"),
        (SEEN, f"GNAP  {token}", "with two blanks"),
        (SEEN, f"GNAP {token} ", "with a blank at its end"),
        (PLAUSIBLE, f"GNAP {token}\n", "with a newline at its end"),
        (PLAUSIBLE, f"GNAP: {token}", "with a colon after the scheme"),
        (PLAUSIBLE, f"{sent} ", "with a blank at its end"),
    )
    for cost, value, how in spelled:
        if value != sent:
            yield _signed_authorization(cost, value, f"Authorization was signed {how}", sent)
    own = subject.case.grant
    for place, other in enumerate(islice(subject.case.tokens_before(_MAX_TOKENS), _MAX_TOKENS)):
        if other.value == token:
            continue
        what = f"the {other.kind} token {mask(other.value)} of exchange {other.born} was signed"
        cost = SEEN if place < _NEAREST else RARE
        if own is not None and other.grant is own and len(own.tokens) < 4:
            cost = COMMON
        for scheme in dict.fromkeys((sent.partition(" ")[0] if " " in sent else "GNAP", "GNAP")):
            value = f"{scheme} {other.value}"
            yield _signed_authorization(cost, value, what[0].upper() + what[1:], sent, (other.born,))
    for word in _NOTHING:
        for value in (f"GNAP {word}".rstrip(), word):
            if value != sent:
                sentence = f"Authorization was signed as `{value}`, before there was a token"
                yield _signed_authorization(PLAUSIBLE, value, sentence, sent)


def _signed_authorization(
    cost: int, value: str, what: str, sent: str, related: tuple[int, ...] = ()
) -> Change:  # fmt: skip
    return Change(
        code="SIG-017",
        slot="lines.field.authorization",
        cost=cost,
        sentence=f"{what}; {safe(mask_field('authorization', sent))} was sent.",
        remedy="Set Authorization first, to `GNAP <token>`, then sign, then send, in one place.",
        apply=setting("authorization", value),
        related=related,
    )


def _host(subject: Subject) -> Iterator[Change]:
    sent = subject.request.fields.combined("host") or ""
    for cost, value, why in authorities(subject):
        if value != sent:
            yield Change(
                code="SIG-005",
                slot="lines.field.host",
                cost=cost,
                sentence=f"Host was signed as {safe(value)} ({why}); {safe(sent)} was sent.",
                remedy="Keep Host as the client sent it at each proxy, and don't cover it: @target-uri has it already.",
                apply=setting("host", value),
            )


def _any_field(subject: Subject, name: str) -> Iterator[Change]:
    """A field that was missing when it was signed, or whose lines were joined or trimmed otherwise."""
    lines = subject.request.fields.get_all(name)
    sent = subject.request.fields.combined(name) or ""
    values: Mapping[str, int] = {
        ",".join(line.strip() for line in lines): PLAUSIBLE,
        (lines[0].strip() if lines else ""): PLAUSIBLE,
        (lines[-1].strip() if lines else ""): PLAUSIBLE,
        ", ".join(lines): PLAUSIBLE,
        re.sub(r"\s+", " ", sent): PLAUSIBLE,
        sent.lower(): PLAUSIBLE,
    }
    if name not in ("authorization", "content-length"):  # which have families of their own
        values = {**values, **dict.fromkeys(_NOTHING[:2], PLAUSIBLE)}
    for value, cost in values.items():
        if value != sent:
            yield _altered(name, cost, value, sent)
    if not lines:
        identifier = f'"{name}"'
        yield Change(
            code="SIG-036",
            slot=f"lines.field.{name}",
            cost=SEEN,
            sentence=f"The base was signed without a line for {safe(name)}, which the message doesn't have.",
            remedy=f"Set {safe(name)} before signing, or don't list it.",
            apply=lambda model: model._replace(lines=tuple(line for line in model.lines if line[0] != identifier)),
        )


def _altered(name: str, cost: int, value: str, sent: str) -> Change:
    shown = safe(mask_field(name, value))[:120] or "an empty text"
    return Change(
        code="SIG-030",
        slot=f"lines.field.{name}",
        cost=cost,
        sentence=f"{safe(name)} was signed as {shown}; {safe(mask_field(name, sent))[:120] or 'nothing'} was sent.",
        remedy=_PIN.format(name=safe(name), value=shown),
        apply=setting(name, value),
    )


FIELDS: Mapping[str, Callable[[Subject], Iterator[Change]]] = {
    "content-length": _content_length,
    "content-digest": _content_digest,
    "content-type": _content_type,
    "authorization": _authorization,
    "host": _host,
}
BODY_FIELDS: Mapping[str, Callable[[Subject], Iterator[Change]]] = {
    "content-length": _other_content_length,
    "content-digest": _other_content_digest,
}
