"""The body of a message, read once: the secrets in it, and its text with them masked.

Where all secrets of a JSON text are whole strings of it, they are replaced in the text as it was written.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from optrace.core.bodies import ABSENT, Body, read_body
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.core.redact import Hide, mask, mask_json, mask_text, mask_url, whole_secrets


class Reading(NamedTuple):
    read: Body
    whole: list[str] | None  # its secrets, if they are whole strings of JSON and nothing else may be one
    form: bool  # it is labelled as the text of a form


class Masked(NamedTuple):
    shown: str
    hidden: bool  # whether anything of it was


def read_secrets(message: HttpRequest | HttpResponse) -> Reading:
    """Read a body, and find the secrets that are whole strings of it."""
    read, whole = read_body(message.fields, message.body), None
    if read.json is not ABSENT:
        found, others = whole_secrets(read.json, read.text or "")
        whole = None if others else found
    return Reading(read, whole, "form-urlencoded" in (message.fields.get("content-type") or ""))


def learn_secrets(body: Reading, note: Hide) -> None:
    """Note the secrets of a body."""
    read = body.read
    if read.text is None:
        return
    if read.json is ABSENT:
        _masked_plain(read.text, note, form=body.form)
        return
    if body.whole is None:
        mask_json(read.json, note)
    else:
        for secret in body.whole:
            note(secret)
    if read.problems:  # perhaps repeated members, of which only the last one was read
        mask_text(read.text, note)


def masked_text(body: Reading) -> Masked | None:
    """The body as text with its secrets masked; None if it can't be read."""
    read = body.read
    if read.text is None:
        return Masked("", False) if read.kind == "empty" else None
    if read.json is not ABSENT:
        return _masked_json(read, body.whole)
    text = _masked_plain(read.text, mask, form=body.form)
    return Masked(text, text != read.text)


def _masked_plain(text: str, hide: Hide, *, form: bool) -> str:
    if form:
        text = mask_url(f"?{text}", hide)[1:]
    return mask_text(text, hide)


def _masked_json(read: Body, whole: list[str] | None) -> Masked:
    """A JSON text with its secrets masked; where they are whole strings, all else stays as it was written."""
    before = read.text or ""
    if whole is not None and (text := _plainly(read, before, whole)) is not None:
        return Masked(text, text != before)
    secrets: list[str] = []

    def noted(secret: str) -> str:
        secrets.append(secret)
        return mask(secret)

    masked = mask_json(read.json, noted)
    if (text := _plainly(read, before, secrets)) is not None:
        return Masked(text, text != before)
    text = before
    for secret in dict.fromkeys(secrets):
        for form in {json.dumps(secret), json.dumps(secret, ensure_ascii=False)}:
            text = text.replace(form, f'"{mask(secret)}"')
    try:
        # letters that are spelled as escapes could hide a secret from the sweep
        if "\\u00" not in text and json.loads(text, object_pairs_hook=_distinct) == masked:
            return Masked(text, text != before)
    except ValueError:  # repeated members, or a number that Python doesn't read
        pass
    return Masked(json.dumps(masked, ensure_ascii=False, separators=(",", ":")), True)


def _plainly(read: Body, before: str, secrets: list[str]) -> str | None:
    """The text with the masks of secrets that are whole strings of it; None if it has to be done with more care."""
    if not secrets:
        return None if "\\u00" in before else before
    if read.problems or "\\" in before:
        return None
    text = before
    for secret in dict.fromkeys(secrets):
        if not _stands_plainly(before, secret, secrets.count(secret)):
            return None
        text = text.replace(f'"{secret}"', f'"{mask(secret)}"')
    return text


def _stands_plainly(text: str, secret: str, times: int) -> bool:
    """Whether a secret is a whole string of a JSON text without escapes, each time that it was found, and no other is.

    Between two strings there is at least a comma or a colon, which no secret that begins with a letter or a digit can
    be taken for.
    """
    return secret[:1].isalnum() and text.count(f'"{secret}"') == times


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is repeated")
    return members
