"""Payments, exchanges and findings as members of JSON documents. Their names never change; new ones may come."""

from __future__ import annotations

from typing import Any

from optrace.core.findings import PROFILES, Finding
from optrace.core.redact import mask_url
from optrace.session.steps import Payment, Step

SCHEMA = 1


def payment_member(payment: Payment) -> dict[str, Any]:
    """A payment, as `check` and `ls` print it."""
    return {
        "id": payment.id,
        "title": payment.title,
        "state": payment.state,
        "amount": payment.amount,
        "sender": payment.sender,
        "recipient": payment.recipient,
        "exchanges": list(payment.exchanges),
        "context": list(payment.context),
    }


def exchange_member(
    step: Step, *, reveal: bool = False, note: str | None = None, marked: bool = False
) -> dict[str, Any]:
    """An exchange, as `check` and `ls` print it. Secrets in its URL are masked.

    Args:
        note, marked: what the user said of it; left out if that is nothing.
    """
    said = ({} if note is None else {"note": note}) | ({"marked": True} if marked else {})
    return {
        "n": step.n,
        "operation": step.operation,
        "variant": step.variant,
        "from": step.source,
        "to": step.target,
        "method": step.method,
        "url": step.url if reveal else mask_url(step.url),
        "status": step.status,
        "error": step.error,
        "started": step.started.isoformat(),
        "milliseconds": None if step.duration is None else round(step.duration.total_seconds() * 1000, 3),
        "payment": step.payment,
        "label": step.label,
        "verdicts": {kind: {p: by[p].value for p in PROFILES} for kind, by in step.verdicts.items()},
        "reasons": dict(step.reasons),
        "problems": list(step.problems),
        "retry_of": step.retry_of,
        "findings": [finding_member(finding) for finding in step.findings],
        **said,
    }


def finding_member(finding: Finding) -> dict[str, Any]:
    """A finding; what it doesn't have is left out."""
    proof = finding.proof
    member = {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "title": finding.title,
        "detail": finding.detail,
        "proof": None if proof is None else {"change": proof.change, "tried": proof.tried, **dict(proof.evidence)},
        "remedy": finding.remedy,
        "spec": None if finding.spec is None else str(finding.spec),
        "where": finding.where,
        "related": list(finding.related) or None,
    }
    return {name: value for name, value in member.items() if value is not None}
