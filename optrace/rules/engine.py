"""The rules, run over a trace as it settles."""

from __future__ import annotations

from collections.abc import Iterable

from optrace.session.trace import Trace


class Diagnosis:
    """Placeholder until the engine is here."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def update(self, numbers: Iterable[int] | None = None) -> set[int]:
        return set()
