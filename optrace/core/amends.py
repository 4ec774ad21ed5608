"""What the proxy changed on purpose: told in an exchange's notes, in one form that can be read back.

Fault wrong-hash: the interaction hash was replaced by another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NOTE = re.compile(r"Fault ([a-z0-9-]+): (.*)\.", re.S)


def fault_note(name: str, said: str) -> str:
    """The note for a fault of this name; `said` is in the past tense, without a full stop."""
    return f"Fault {name}: {said}."


def faults_in(notes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(name, what it did) of each fault that the notes tell of."""
    found = (_NOTE.fullmatch(note) for note in notes)
    return tuple((match[1], match[2]) for match in found if match)
