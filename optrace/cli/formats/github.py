"""GitHub Actions workflow commands: an annotation for each finding, and a line that sums up each recording.

Nothing from the wire can start a line or a command of its own: data and properties are escaped as GitHub's own toolkit
escapes them, after control characters were made visible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from optrace.cli.formats.words import lines_of, name_of, outcome_of, summary, whole
from optrace.cli.policy import Policy, Trouble
from optrace.core.text import safe

_COMMANDS = {"error": "error", "risk": "warning", "warn": "warning", "info": "notice"}


def github(documents: Sequence[Mapping[str, Any]], policy: Policy) -> str:
    """The documents as workflow commands."""
    return "\n".join(line for document in documents for line in _lines(document, policy))


def _lines(document: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    source = document["source"]
    for name, text in whole(document):
        yield _command("error", source, f"optrace: {name}", [text])
    for exchange in document["exchanges"]:
        for trouble in policy.troubles(exchange):
            title = f"{trouble.rule} {trouble.title}"
            told = [f"{name_of(exchange)} → {outcome_of(exchange)}", *lines_of(trouble)]
            yield _command(_name(trouble), source, title, told)
    yield f"optrace: {safe(source)}: {safe(summary(document, policy))}"


def _name(trouble: Trouble) -> str:
    if trouble.fails:
        return "error"
    return "notice" if trouble.accepted else _COMMANDS[trouble.severity].replace("error", "warning")


def _command(name: str, source: str, title: str, lines: Sequence[str]) -> str:
    message = "%0A".join(_data(line) for line in lines)
    return f"::{name} file={_property(source)},title={_property(title)}::{message}"


def _data(text: str) -> str:
    return safe(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
