"""The file of accepted findings: TOML, or JSON lines, written by hand or by `optrace check --write-expect`.

[[accepted]]
rule = "SIG-026"
operation = "grant_request"
url = "https://auth.example/*"    # if it matters; `*` stands for any text
why = "the gateway is repaired in May"    # for people
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from optrace.cli.policy import KINDS_OF_VERDICTS, Accepted
from optrace.core.errors import Usage
from optrace.core.registry import Registry
from optrace.exchanges import KINDS
from optrace.rules import RULES

_HEAD = "# Findings that `optrace check --expect` doesn't count. In `url`, * stands for any text.\n"
_MEMBERS = Registry("member of an accepted finding", ("rule", "operation", "url", "why"), str)
_EXAMPLE = '[[accepted]]\nrule = "SIG-026"\noperation = "grant_request"'


def read_expected(path: Path) -> tuple[Accepted, ...]:
    """The entries of a file.

    Raises:
        Usage: it can't be read, isn't in one of the two forms, or names a rule or operation that doesn't exist.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Usage(f"--expect: {path} can't be read: {error}", remedy="Check the path.") from error
    lines = text.lstrip().startswith("{")
    return tuple(_entry(path, where, entry) for where, entry in (_json_lines if lines else _toml)(path, text))


def _json_lines(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise Usage(f"{path}, line {number}: {error}", remedy="One JSON object a line.") from error


def _toml(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Usage(f"{path} is no TOML: {error}", remedy=f"It should look like:\n{_EXAMPLE}") from error
    entries = document.pop("accepted", [])
    if document or not isinstance(entries, list):
        raise Usage(f"{path} holds something else than [[accepted]] tables", remedy=f"It should have:\n{_EXAMPLE}")
    for number, entry in enumerate(entries, 1):
        yield f"entry {number}", entry


def _entry(path: Path, where: str, entry: Any) -> Accepted:
    if not isinstance(entry, Mapping):
        raise Usage(f"{path}, {where} is no table of members", remedy=f"It should look like:\n{_EXAMPLE}")
    for name, value in entry.items():
        if not isinstance(value, str):
            raise Usage(f"{path}, {where}: {_MEMBERS[name]} must be text", remedy="Write it between quotation marks.")
        _MEMBERS[name]  # raises, with the nearest right name
    for name in ("rule", "operation"):
        if name not in entry:
            raise Usage(f"{path}, {where} has no {name}", remedy=f"It should look like:\n{_EXAMPLE}")
    if entry["rule"] not in KINDS_OF_VERDICTS:
        RULES[entry["rule"]]
    return Accepted(rule=entry["rule"], operation=KINDS[entry["operation"]].id, url=entry.get("url"))


def write_expected(path: Path, entries: Iterable[Accepted]) -> None:
    """Write entries: JSON lines if the file's name ends in .jsonl, else TOML.

    Raises:
        Usage: the file can't be written.
    """
    chosen = [_members(entry) for entry in sorted(entries, key=lambda e: (e.operation, e.rule, e.url or ""))]
    if path.suffix == ".jsonl":
        text = "".join(json.dumps(entry) + "\n" for entry in chosen)
    else:
        tables = (
            "[[accepted]]\n" + "".join(f"{name} = {_quoted(value)}\n" for name, value in entry.items())
            for entry in chosen
        )
        text = _HEAD + "".join(f"\n{table}" for table in tables)
    try:
        path.write_text(text, "utf-8", errors="backslashreplace")
    except OSError as error:
        raise Usage(f"--write-expect: {path} can't be written: {error.strerror}", remedy="Check the path.") from error


def _members(entry: Accepted) -> dict[str, str]:
    members = {"rule": entry.rule, "operation": entry.operation}
    return members if entry.url is None else {**members, "url": entry.url}


def _quoted(text: str) -> str:
    """A TOML basic string; what JSON leaves as it is and TOML doesn't allow is escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
