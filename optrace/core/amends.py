"""What the proxy does on purpose: told in an exchange's notes, in one form that can be read back.

Fault wrong-hash: the interaction hash was replaced by another.
Edited at a breakpoint: the body was changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

EDITED = "edited"  # the name of what a person did at a breakpoint
_HOLDS = {
    "request": "optrace holds the request at a breakpoint: the server doesn't have it yet.",
    "response": "optrace holds the response at a breakpoint: the client doesn't have it yet.",
}
_NOTE = re.compile(r"(?:Fault ([a-z0-9-]+)|Edited at a breakpoint): (.*)\.", re.S)


def fault_note(name: str, said: str) -> str:
    """The note for a fault of this name; `said` is in the past tense, without a full stop."""
    return f"Fault {name}: {said}."


def edit_note(said: str) -> str:
    """The note for what a person changed; `said` is in the past tense, without a full stop."""
    return f"Edited at a breakpoint: {said}."


def hold_note(part: str) -> str:
    """The note for a message, `request` or `response`, that waits at a breakpoint now."""
    return _HOLDS[part]


def holds_request(notes: Iterable[str]) -> bool:
    """Whether the request waits in the proxy, so that no server has it yet."""
    return _HOLDS["request"] in notes


def changes_in(notes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(name of the fault, or `EDITED`, what was done) of each change that the notes tell of."""
    found = (_NOTE.fullmatch(note) for note in notes)
    return tuple((match[1] or EDITED, match[2]) for match in found if match)
