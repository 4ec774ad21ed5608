"""What most terms ask of a step: one value each, so that a column of them can be looked through at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optrace.core.findings import PROFILES
from optrace.core.urls import parse
from optrace.session.filter.subject import step_text
from optrace.session.steps import Step


@dataclass(frozen=True, slots=True)
class Facet:
    """A value of each step. `number`: an int or float, mostly another one each time; else one of rather few."""

    name: str
    of: Callable[[Step], Any]
    number: bool = False


def _seconds(step: Step) -> float | None:
    return None if (took := step.duration) is None else took.total_seconds()


ENDS = Facet("ends", lambda step: (step.source, step.target))
OPERATION = Facet("operation", lambda step: (step.operation, step.variant))
METHOD = Facet("method", lambda step: step.method)
STATUS = Facet("status", lambda step: step.status)
VERDICTS = Facet("verdicts", lambda step: step.verdicts)
MARKS = Facet("marks", lambda step: tuple(step.mark(profile) for profile in PROFILES))
FINDINGS = Facet("findings", lambda step: tuple((one.rule, one.severity, one.title) for one in step.findings))
HOST = Facet("host", lambda step: parse(step.url).authority.rpartition("@")[2].lower())
BROKEN = Facet("broken", lambda step: step.error is not None)
SAID = Facet("said", lambda step: step_text(step, url=False).casefold())
N = Facet("n", lambda step: step.n, number=True)
PAYMENT = Facet("payment", lambda step: step.payment or step.scene, number=True)
GRANT = Facet("grant", lambda step: step.grant, number=True)
STARTED = Facet("started", lambda step: step.started.timestamp(), number=True)
TOOK = Facet("took", _seconds, number=True)

FACETS = (
    ENDS, OPERATION, METHOD, STATUS, VERDICTS, MARKS, FINDINGS, HOST, BROKEN, SAID, N, PAYMENT, GRANT, STARTED, TOOK,
)  # fmt: skip
