"""What all forms say alike: how an exchange is named, and a trouble in lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from optrace.cli.policy import Policy, Trouble, has_traffic
from optrace.core.findings import Verdict


def name_of(exchange: Mapping[str, Any]) -> str:
    """`12 grant_request outgoing-payment: POST https://auth.example/`."""
    operation = " ".join(filter(None, (exchange["operation"], exchange["variant"])))
    return f"{exchange['n']} {operation}: {exchange['method']} {exchange['url']}"


def outcome_of(exchange: Mapping[str, Any]) -> str:
    """The status, or what broke it."""
    return str(exchange["status"]) if exchange["status"] is not None else (exchange["error"] or "in flight")


def lines_of(trouble: Trouble) -> Iterator[str]:
    """Detail, proof, remedy and section, as far as there are any."""
    named = (("", trouble.detail), ("proof: ", trouble.proof), ("fix: ", trouble.remedy), ("see: ", trouble.spec))
    return (f"{name}{text}" for name, text in named if text)


def unchecked(exchange: Mapping[str, Any], profile: str) -> Iterator[tuple[str, str]]:
    """(kind, why) of what there was to check and could not be."""
    for kind, verdicts in exchange["verdicts"].items():
        if verdicts[profile] == Verdict.UNCHECKED:
            yield kind, exchange["reasons"].get(f"{kind}.{profile}", "")


def whole(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(what, text) of what is wrong with a recording as a whole."""
    if document["damage"]:
        yield "damage", f"The recording is damaged: {document['damage']}"
    if not has_traffic(document):
        yield "traffic", "There is no Open Payments traffic in the recording: nothing was checked."


def summary(document: Mapping[str, Any], policy: Policy) -> str:
    """`12 exchanges, 1 payment: 2 failing, 1 accepted`."""
    troubles = [trouble for exchange in document["exchanges"] for trouble in policy.troubles(exchange)]
    counts = [f"{sum(trouble.fails for trouble in troubles)} failing"]
    if accepted := sum(trouble.accepted for trouble in troubles):
        counts.append(f"{accepted} accepted")
    if others := sum(not trouble.fails and not trouble.accepted for trouble in troubles):
        counts.append(f"{others} other")
    return (
        f"{count(len(document['exchanges']), 'exchange')}, {count(len(document['payments']), 'payment')}, findings: "
        + ", ".join(counts)
    )


def count(number: int, what: str) -> str:
    """`1 payment`, `2 payments`."""
    return f"{number} {what}{'' if number == 1 else 's'}"
