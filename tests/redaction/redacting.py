"""Sessions redacted in memory, and what is said of them, so that the texts in it can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from optrace.cli.understanding import Understanding
from optrace.core.messages import Exchange
from optrace.redaction.redact import Redaction
from optrace.session.events import Event, ExchangeSeen, KeyLearned
from optrace.session.steps import PROFILES
from optrace.session.trace import Trace
from optrace.store.sources import open_source
from tests.recordings.truth import FILES, truth

KEY = bytes(range(32))
# what is computed anew, or shown as a mask or as an escape, has no fixed text
_COMPUTED = re.compile(
    r"••••[0-9a-f]{4}|[A-Za-z0-9+/_-]{40,}={0,2}|[A-Za-z0-9+/]{20,}\.\.\.|\\u[0-9a-f]{4}( for .)?|position \d+"
)


class Redacted(NamedTuple):
    """A session before and after."""

    before: list[Event]
    after: list[Event]
    redaction: Redaction
    trace: Understanding  # of what was before


def redacted(
    events: Iterable[Event], *, hosts: bool = False, key: bytes = KEY, trace: Understanding | None = None
) -> Redacted:
    """Redact a session, whose trace may be there already."""
    events = list(events)
    trace = understood(events) if trace is None else trace
    redaction = Redaction(key, hosts=hosts)
    for event in events:
        redaction.learn(event)
    redaction.understand(trace)
    return Redacted(events, [redaction.event(event) for event in events], redaction, trace)


def understood(events: list[Event]) -> Understanding:
    """The trace over a whole session, with the findings of all rules."""
    found = {event.exchange.n: event.exchange for event in events if isinstance(event, ExchangeSeen)}
    trace = Understanding(found.__getitem__)
    trace.feed(events)
    trace.finish()
    return trace


def exchanges(events: Iterable[Event]) -> list[Exchange]:
    """The exchanges among events."""
    return [event.exchange for event in events if isinstance(event, ExchangeSeen)]


def events_of(path: Path) -> list[Event]:
    """All events of a file."""
    source, found = open_source(path), list[Event]()
    while events := source.poll(500):
        found += events
    source.close()
    return found


def recorded(name: str) -> list[Event]:
    """The events of a recording, with the keys that its truth names."""
    keys = (truth(name).get("keys") or {}).items()
    seen = datetime(2026, 1, 1, tzinfo=UTC)
    given: list[Event] = [
        KeyLearned(wallet_address=url, document=json.dumps(jwks).encode(), seen=seen, how="given") for url, jwks in keys
    ]
    return given + events_of(FILES / f"{name}.mitm")


def said(trace: Trace, to: Callable[[str], str] = str) -> list[dict[str, Any]]:
    """All that `check --format json` says of each exchange, but for its URL."""
    return [_said(trace, n, to) for n in range(1, len(trace) + 1) if trace.has(n)]


def _said(trace: Trace, n: int, to: Callable[[str], str]) -> dict[str, Any]:
    step = trace.step(n)

    def shown(text: str) -> str:
        return _COMPUTED.sub("~", to(text))

    return {
        "n": n,
        "operation": (step.operation, step.variant),
        "lanes": (step.source, step.target),
        "payment": step.payment,
        "status": step.status,
        "label": shown(step.label),
        "verdicts": {kind: {profile: by[profile].value for profile in PROFILES} for kind, by in step.verdicts.items()},
        "reasons": {name: shown(text) for name, text in step.reasons.items()},
        "findings": [
            {
                "rule": finding.rule,
                "severity": finding.severity,
                "title": shown(finding.title),
                "detail": shown(finding.detail),
                "remedy": shown(finding.remedy),
                "where": finding.where,
                "related": finding.related,
                "proof": finding.proof and (shown(finding.proof.change), finding.proof.tried),
            }
            for finding in step.findings
        ],
        "problems": [shown(problem) for problem in step.problems],
    }


def differing(found: Redacted) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """(before, after) of each exchange of which not the same is said, but for the stand-ins."""
    named = {
        urlsplit(one.request.url).netloc: urlsplit(two.request.url).netloc
        for one, two in zip(exchanges(found.before), exchanges(found.after), strict=True)
    }

    def to(text: str) -> str:  # a short host is replaced where hosts stand, which words about it don't tell
        text = found.redaction.texts.text(text)
        return re.sub(r"(?<![\w.])[\w.-]+:\d+", lambda match: named.get(match[0], match[0]), text)

    before, after = said(found.trace, to), said(understood(found.after))
    return [(one, two) for one, two in zip(before, after, strict=True) if one != two]
