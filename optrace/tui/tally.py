"""How many exchanges carry which mark, and which is the next one worth a look; kept up to date in small bites."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from optrace.core.findings import Severity
from optrace.session.steps import Step
from optrace.tui.view import step_at

if TYPE_CHECKING:
    from optrace.tui.recording import Trace

MARKS = "·✓?!≠✗"  # from harmless to broken
_FINDING = 8  # added to the code of a mark when something was found all the same
_CODES = {mark: code for code, mark in enumerate(MARKS)}
_FLAGGED = re.compile(b"[\x03-\xff]")  # ! ≠ ✗, or a finding


class Tally:
    """One byte an exchange. Verdicts change when keys are learned, so the marks are looked at again after a change."""

    def __init__(self, profile: str) -> None:
        self.restart(profile)

    def restart(self, profile: str) -> None:
        """Begin anew, for the verdicts of one profile."""
        self.profile = profile
        self.marks = bytearray()
        self.counts = [0] * len(MARKS)
        self._seen_version = -1
        self._again_from = 0  # how far the look after the last change has come

    def catch_up(self, trace: Trace, *, seconds: float) -> bool:
        """Count what is new, then look again at the rest if something changed; whether there was something to do."""
        end = time.perf_counter() + seconds
        version, total = trace.version, len(trace)
        if not self.marks:
            self._seen_version = version
        if len(self.marks) < total:
            settled = version == self._seen_version
            self._append(trace, total, end)
            if settled:  # nothing changed since the first of them was counted
                self._again_from = len(self.marks)
            return True
        if version == self._seen_version and self._again_from >= total:
            return False
        if self._again_from >= total:
            self._again_from = 0
            self._seen_version = version
        while self._again_from < total and time.perf_counter() < end:
            for n in range(self._again_from + 1, min(self._again_from + 200, total) + 1):
                self._put(n, step_at(trace, n))
            self._again_from += 200
        return True

    def _append(self, trace: Trace, total: int, end: float) -> None:
        while len(self.marks) < total and time.perf_counter() < end:
            for n in range(len(self.marks) + 1, min(len(self.marks) + 200, total) + 1):
                code = self._code(step_at(trace, n))
                self.marks.append(code)
                self.counts[code & 7] += 1

    def _put(self, n: int, step: Step) -> None:
        code = self._code(step)
        old = self.marks[n - 1]
        if code != old:
            self.marks[n - 1] = code
            self.counts[old & 7] -= 1
            self.counts[code & 7] += 1

    def _code(self, step: Step) -> int:
        code = _CODES[step.mark(self.profile)]
        found = any(finding.severity is not Severity.INFO for finding in step.findings)
        return code | _FINDING if found else code

    def flagged_after(self, n: int) -> int | None:
        """The next exchange after `n` that failed, differs, was refused, or has a finding."""
        match = _FLAGGED.search(self.marks, n)
        return match.start() + 1 if match else None

    def flagged_before(self, n: int) -> int | None:
        """The nearest such exchange before `n`."""
        for at in range(min(n - 1, len(self.marks)) - 1, -1, -1):
            if self.marks[at] >= 3:
                return at + 1
        return None

    def summary(self) -> list[tuple[str, int]]:
        """(mark, how often), the worst first, only what needs attention."""
        return [(mark, count) for mark, count in zip(MARKS[:1:-1], self.counts[:1:-1], strict=True) if count]
