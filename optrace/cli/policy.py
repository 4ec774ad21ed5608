"""What makes `check` fail: the profile, the least severity, and the findings that were accepted beforehand.

Everything here works on the JSON document of `check`, so that each format tells the same story as the exit status.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optrace.cli.exit_codes import ExitCode
from optrace.core.findings import Severity, Verdict
from optrace.core.urls import parse
from optrace.session.steps import DEFAULT_PROFILE

LEVELS = tuple(severity.value for severity in Severity)  # from the worst to the least
KINDS_OF_VERDICTS = ("signature", "digest", "hash")
# traffic that says nothing about Open Payments, however much there is of it
_NO_TRAFFIC = frozenset({"unknown", "cors_preflight", "infra_admin", "infra_health"})
_WORST_LAST = (ExitCode.CLEAN, ExitCode.NO_TRAFFIC, ExitCode.FINDINGS, ExitCode.DAMAGED)
_VARIABLE = re.compile(r"[0-9]{3,}|[0-9a-fA-F]{16,}|.*[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-.*|••••.*")
_FIRST_TEMPORARY_PORT = 32768


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Findings that don't count: of one rule (or a failed `signature`, `digest`, `hash`) at one operation."""

    rule: str
    operation: str
    url: str | None = None  # `*` stands for any text; None: any URL

    def covers(self, rule: str, exchange: Mapping[str, Any]) -> bool:
        """Whether a finding of an exchange (of the document) was accepted."""
        return (
            self.rule == rule
            and self.operation == exchange["operation"]
            and (self.url is None or _fits(self.url, exchange["url"]))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A finding as the policy sees it; also a failed check that no finding explains."""

    rule: str  # a code, or signature, digest or hash
    severity: str
    title: str
    detail: str = ""
    proof: str = ""
    remedy: str = ""
    spec: str = ""
    fails: bool  # makes the exit status 1
    accepted: bool = False  # would, had it not been accepted


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When `check` fails."""

    profile: str = DEFAULT_PROFILE
    fail_on: str = "error"  # a severity, or never
    accepted: tuple[Accepted, ...] = ()

    def troubles(self, exchange: Mapping[str, Any]) -> tuple[Trouble, ...]:
        """All that was found of one exchange of the document, the cause first."""
        found = [self._finding(exchange, finding) for finding in exchange["findings"]]
        explained = any(trouble.fails or trouble.accepted for trouble in found)
        if not explained:
            found += self._unexplained(exchange)
        return tuple(found)

    def status(self, document: Mapping[str, Any]) -> ExitCode:
        """What the exit status of one recording is. No traffic is never a pass."""
        if document["damage"]:
            return ExitCode.DAMAGED
        if not has_traffic(document):
            return ExitCode.NO_TRAFFIC
        failing = any(trouble.fails for exchange in document["exchanges"] for trouble in self.troubles(exchange))
        return ExitCode.FINDINGS if failing else ExitCode.CLEAN

    def unused(self, documents: Sequence[Mapping[str, Any]]) -> tuple[Accepted, ...]:
        """What was accepted and doesn't occur any more."""
        unused = []
        for entry in self.accepted:
            exchanges = (exchange for document in documents for exchange in document["exchanges"])
            if not any(entry.covers(rule, exchange) for exchange in exchanges for rule in _rules(exchange)):
                unused.append(entry)
        return tuple(unused)

    def acceptable(self, documents: Sequence[Mapping[str, Any]]) -> tuple[Accepted, ...]:
        """Entries that accept all that fails now, without what changes from run to run, and those already accepted."""
        found = {
            Accepted(rule=trouble.rule, operation=exchange["operation"], url=general(exchange["url"])): None
            for document in documents
            for exchange in document["exchanges"]
            for trouble in self.troubles(exchange)
            if trouble.fails
        }
        return tuple(dict.fromkeys([*self.accepted, *found]))

    def _finding(self, exchange: Mapping[str, Any], finding: Mapping[str, Any]) -> Trouble:
        counts = self.fail_on != "never" and LEVELS.index(finding["severity"]) <= LEVELS.index(self.fail_on)
        accepted = counts and self._accepts(finding["rule"], exchange)
        return Trouble(
            rule=finding["rule"],
            severity=finding["severity"],
            title=finding["title"],
            detail=finding.get("detail", ""),
            proof=(finding.get("proof") or {}).get("change", ""),
            remedy=finding.get("remedy", ""),
            spec=finding.get("spec", ""),
            fails=counts and not accepted,
            accepted=accepted,
        )

    def _unexplained(self, exchange: Mapping[str, Any]) -> Iterator[Trouble]:
        for kind in KINDS_OF_VERDICTS:
            if exchange["verdicts"][kind][self.profile] != Verdict.FAIL:
                continue
            accepted = self.fail_on != "never" and self._accepts(kind, exchange)
            yield Trouble(
                rule=kind,
                severity=Severity.ERROR,
                title=f"The {kind} fails by the {self.profile} profile",
                detail=exchange["reasons"].get(f"{kind}.{self.profile}", ""),
                fails=self.fail_on != "never" and not accepted,
                accepted=accepted,
            )

    def _accepts(self, rule: str, exchange: Mapping[str, Any]) -> bool:
        return any(entry.covers(rule, exchange) for entry in self.accepted)


def has_traffic(document: Mapping[str, Any]) -> bool:
    """Whether there is any Open Payments traffic in a document."""
    return any(exchange["operation"] not in _NO_TRAFFIC for exchange in document["exchanges"])


def worst(statuses: Sequence[ExitCode]) -> ExitCode:
    """The exit status of several recordings."""
    return max(statuses, key=_WORST_LAST.index)


def general(url: str) -> str:
    """A pattern for a URL of which ids, temporary ports and the query may change from run to run."""
    parts = parse(url)
    host, colon, port = parts.authority.rpartition(":")
    if colon and port.isascii() and port.isdigit() and int(port[:6]) >= _FIRST_TEMPORARY_PORT:
        authority = f"{host}:*"
    else:
        authority = parts.authority
    path = "/".join("*" if _VARIABLE.fullmatch(segment) else segment for segment in parts.path.split("/"))
    return f"{parts.scheme}://{authority}{path}" + ("?*" if parts.query is not None else "")


def _rules(exchange: Mapping[str, Any]) -> Iterator[str]:
    yield from (finding["rule"] for finding in exchange["findings"])
    yield from (kind for kind in KINDS_OF_VERDICTS if Verdict.FAIL in exchange["verdicts"][kind].values())


def _fits(pattern: str, url: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), url, re.S) is not None
