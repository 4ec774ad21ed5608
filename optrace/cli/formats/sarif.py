"""SARIF 2.1.0, as code scanning reads it: a run, a rule for each code found, a result for each finding.

An exchange has no line in a file, so a result points at the recording and names the exchange as a logical location.
Its fingerprint leaves out what changes from run to run, so that the same finding stays the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from optrace.cli.formats.words import lines_of, name_of, outcome_of, whole
from optrace.cli.policy import Policy, Trouble, general
from optrace.core.text import safe
from optrace.rules import RULES

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "risk": "warning", "warn": "warning", "info": "note"}


def sarif(documents: Sequence[Mapping[str, Any]], policy: Policy) -> str:
    """The documents as one SARIF log with one run."""
    rules: dict[str, dict[str, Any]] = {}
    results = [result for document in documents for result in _results(document, policy, rules)]
    places = {name: index for index, name in enumerate(rules)}
    for result in results:
        result["ruleIndex"] = places[result["ruleId"]]
    notes = [note for document in documents for note in _notifications(document)]
    version = documents[0]["optrace"] if documents else ""
    run = {
        "tool": {"driver": {"name": "optrace", "version": version, "rules": list(rules.values())}},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "artifacts": [{"location": place} for place in _each_once(map(_artifact, documents))],
        "results": results,
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=1)


def _each_once(places: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """A recording that was named twice is one artifact: the schema wants each once."""
    return list({place["uri"]: place for place in places}.values())


def _results(
    document: Mapping[str, Any], policy: Policy, rules: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:  # fmt: skip
    for exchange in document["exchanges"]:
        for trouble in policy.troubles(exchange):
            rules.setdefault(trouble.rule, _rule(trouble))
            yield _result(document, exchange, trouble)


def _result(document: Mapping[str, Any], exchange: Mapping[str, Any], trouble: Trouble) -> dict[str, Any]:
    lines = [f"{trouble.title} ({name_of(exchange)} → {outcome_of(exchange)})", *lines_of(trouble)]
    stable = json.dumps([trouble.rule, exchange["operation"], exchange["variant"], general(exchange["url"])])
    found: dict[str, Any] = {
        "ruleId": trouble.rule,
        "level": _LEVELS[trouble.severity],
        "message": {"text": "\n".join(map(safe, lines))},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": _artifact(document), "region": {"startLine": 1}},
                "logicalLocations": [
                    {
                        "name": str(exchange["n"]),
                        "fullyQualifiedName": safe(f"{document['source']}/{exchange['n']}"),
                        "decoratedName": safe(name_of(exchange)),
                        "kind": "exchange",
                    }
                ],
            }
        ],
        "partialFingerprints": {"ruleOperationUrl/v1": hashlib.sha256(stable.encode()).hexdigest()},
    }
    if trouble.accepted:
        found["suppressions"] = [{"kind": "external", "justification": "accepted by --expect"}]
    return found


def _rule(trouble: Trouble) -> dict[str, Any]:
    described: dict[str, Any] = {
        "id": trouble.rule,
        "shortDescription": {"text": trouble.title},
        "defaultConfiguration": {"level": _LEVELS[trouble.severity]},
    }
    if trouble.rule in RULES:
        rule = RULES[trouble.rule]
        described["fullDescription"] = {"text": rule.page or rule.title}
        described["help"] = {"text": f"{rule.page}\n\nFix: {rule.remedy}".strip()}
        described["defaultConfiguration"] = {"level": _LEVELS[rule.severity]}
        if rule.spec is not None and rule.spec.link:
            described["helpUri"] = rule.spec.link
    return described


def _notifications(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, text in whole(document):
        yield {
            "level": "error",
            "descriptor": {"id": name},
            "message": {"text": safe(text)},
            "locations": [{"physicalLocation": {"artifactLocation": _artifact(document)}}],
        }


def _artifact(document: Mapping[str, Any]) -> dict[str, str]:
    return {"uri": quote(document["source"].encode("utf-8", "surrogateescape"), safe="/")}
