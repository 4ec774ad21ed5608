"""What a message says, line by line: names as on the wire, values in words, and where each value came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from optrace.core.bodies import ABSENT
from optrace.core.redact import SECRET_MEMBERS
from optrace.exchanges.grant_request import access_in_words
from optrace.exchanges.kind import amount_in_words, seconds_in_words
from optrace.exchanges.view import View
from optrace.gnap.challenge import parse_challenge
from optrace.session.steps import Fact

Birth = Callable[[str], int | None]  # value -> the exchange that brought it

_SECONDS = frozenset({"expires_in", "wait"})
_INDEX = re.compile(r"\[\d+\]")
_ROWS = 60  # facts of one message at most: a list of a hundred payments is better read as JSON


def describe(view: View, birth: Birth) -> tuple[Fact, ...]:
    """The facts of the request, then of the response, in the order of the wire."""
    facts: list[Fact] = []
    for prefix, body in (("", view.request_body.json), ("→ ", view.response_body.json)):
        if body is ABSENT:
            continue
        for name, value, secret in _walk(body, ""):
            if len(facts) >= _ROWS:
                facts.append(Fact(name="…", value="more in the Request and Response tabs"))
                return tuple(facts)
            facts.append(_fact(prefix + name, value, secret, birth, view.exchange.n))
    if view.response is not None and (challenge := parse_challenge(view.response.fields.get("www-authenticate"))):
        facts.append(Fact(name="→ WWW-Authenticate", value=f"tokens for this server come from {challenge.as_uri}"))
    return tuple(facts)


def _fact(name: str, value: str, secret: bool, birth: Birth, n: int) -> Fact:
    origin = birth(value)
    return Fact(name=name, value=value, born_in=None if origin == n else origin, secret=secret)


def _walk(value: Any, path: str, holder: str = "") -> Iterator[tuple[str, str, bool]]:
    if isinstance(value, dict):
        if words := amount_in_words(value):
            yield path, words, False
        elif "type" in value and isinstance(value.get("actions"), list):
            yield path, access_in_words(value), False
        else:
            for name, member in value.items():
                yield from _walk(member, f"{path}.{name}" if path else str(name), name if path else str(name))
    elif isinstance(value, list):
        if all(isinstance(member, str) for member in value):
            words = ", ".join(value)
            yield path, words, _secret(path, words)
        else:
            for index, member in enumerate(value):
                yield from _walk(member, f"{path}[{index}]", holder)
    else:
        yield path, _words(path, value), _secret(path, value)


def _words(path: str, value: Any) -> str:
    name = path.rpartition(".")[2]
    if name in _SECONDS and (words := seconds_in_words(value)):
        return words
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _secret(path: str, value: Any) -> bool:
    names = _INDEX.sub("", path).split(".")
    is_token = names[-1] == "access_token" or names[-2:] == ["access_token", "value"]
    return isinstance(value, str) and (names[-1] in SECRET_MEMBERS or is_token)
