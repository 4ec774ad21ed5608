"""What the proxy changed on purpose: told in an exchange's notes, in one form that can be read back.

Fault wrong-hash: the interaction hash was replaced by another.
Edited at a breakpoint: the body was changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

EDITED = "edited"  # the name of what a person did at a breakpoint
_NOTE = re.compile(r"(?:Fault ([a-z0-9-]+)|Edited at a breakpoint): (.*)\.", re.S)


def fault_note(name: str, said: str) -> str:
    """The note for a fault of this name; `said` is in the past tense, without a full stop."""
    return f"Fault {name}: {said}."


def edit_note(said: str) -> str:
    """The note for what a person changed; `said` is in the past tense, without a full stop."""
    return f"Edited at a breakpoint: {said}."


def changes_in(notes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(name of the fault, or `EDITED`, what was done) of each change that the notes tell of."""
    found = (_NOTE.fullmatch(note) for note in notes)
    return tuple((match[1] or EDITED, match[2]) for match in found if match)
