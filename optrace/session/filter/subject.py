"""What a filter looks at: an exchange as understood and, when a term asks for it, as it was on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from optrace.core.bodies import ABSENT, Body
from optrace.core.messages import Exchange
from optrace.core.redact import mask
from optrace.core.urls import parse
from optrace.exchanges.view import View
from optrace.session.steps import Step
from optrace.session.values import secrets_of

_TOKENS = ("access_token", "token")  # members whose text is a token


class Subject:
    """One exchange. `look` gives it whole, and is called only if a term can't be settled by the step."""

    def __init__(
        self,
        step: Step,
        look: Callable[[], Exchange | None] = lambda: None,
        notes: Iterable[str] = (),
        *,
        marked: bool = False,
    ) -> None:
        self.step = step
        self.notes = tuple(notes)  # the user's
        self.marked = marked  # by the user
        self._look = look

    @cached_property
    def view(self) -> View | None:
        """The exchange, with its bodies read; None if nobody has it any more."""
        exchange = self._look()
        return None if exchange is None else View(exchange)

    @cached_property
    def text(self) -> str:
        """All that words are looked for in, in lower case."""
        return "\n".join(
            (step_text(self.step), *self.notes, "" if self.view is None else wire_text(self.view))
        ).casefold()

    @cached_property
    def masks(self) -> frozenset[str]:
        """The stand-ins of its secrets, as the screen shows them."""
        return frozenset() if self.view is None else frozenset(map(mask, secrets_of(self.view)))

    @cached_property
    def size(self) -> int | None:
        """Bytes of both bodies as sent; None if one was not captured."""
        if self.view is None or self.view.request.body is None:
            return None
        response = self.view.response
        if response is not None and response.body is None:
            return None
        return len(self.view.request.body) + len(response.body or b"" if response else b"")

    @cached_property
    def tokens(self) -> frozenset[str]:
        """The tokens that it carries, issues or asks about, and their masks."""
        view = self.view
        if view is None:
            return frozenset()
        found = {view.token} if view.token else set()
        for body in (view.request_body, view.response_body):
            found.update(_tokens_in(body))
        return frozenset(found | {mask(token) for token in found})


def step_text(step: Step, *, url: bool = True) -> str:
    """What an exchange was understood to be, in words."""
    found = (f"{one.rule} {one.title} {one.detail}" for one in step.findings)
    said = (
        step.label,
        step.operation,
        step.variant,
        step.method,
        step.url if url else None,
        step.error,
        step.key_owner,
    )
    return "\n".join((*(text for text in said if text), str(step.status or ""), *found))


def wire_text(view: View) -> str:
    """What went over the wire, decoded: the request line, fields as `name: value`, and bodies."""
    request, response = view.request, view.response
    parts = [f"{request.method} {request.url}"]
    if "%" in request.url:
        parts.append(unquote(request.url))
    parts += [f"{name}: {value}" for name, value in request.fields]
    parts += _body_text(view.request_body)
    if response is not None:
        parts.append(f"{response.status} {response.reason}")
        parts += [f"{name}: {value}" for name, value in response.fields]
        parts += _body_text(view.response_body)
    return "\n".join(parts)


def _body_text(body: Body) -> Iterator[str]:
    if body.text:
        yield body.text
        if "\\" in body.text and body.json is not ABSENT:  # what the escapes stand for
            yield json.dumps(body.json, ensure_ascii=False, default=str)


def _tokens_in(body: Body) -> Iterator[str]:
    if body.json is ABSENT:
        if body.text and "token=" in body.text[:4096]:
            yield from (value for name, value in parse(f"?{body.text}").parameters() if name in _TOKENS and value)
        return
    stack: list[Any] = [body.json]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, dict):
            for name, member in value.items():
                if name in _TOKENS and isinstance(member, str) and member:
                    yield member
                elif name == "access_token":
                    each = member if isinstance(member, list) else [member]
                    yield from (
                        token
                        for one in each
                        if isinstance(one, dict) and isinstance(token := one.get("value"), str) and token
                    )
                if isinstance(member, dict | list):
                    stack.append(member)
