"""The JSON Schema of what `optrace check --format json` and `optrace ls --json` print: schema 1.

It says what is always there. New members may come, so that additional ones are allowed everywhere; what is there is
never renamed, and never changes its type.
"""

from __future__ import annotations

from typing import Any

from optrace.core.findings import PROFILES, Severity, Verdict
from optrace.session.steps import LANES

SCHEMA = 1

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 1}
_COUNTS = {"type": "array", "items": _COUNT}


def _or_null(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": [kind, "null"], **more}


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | (optional or {})}


_VERDICTS = _object({profile: {"enum": [verdict.value for verdict in Verdict]} for profile in PROFILES})
_FINDING = _object(
    {"rule": _TEXT, "severity": {"enum": [severity.value for severity in Severity]}, "title": _TEXT},
    {
        "detail": _TEXT,
        "proof": _object({"change": _TEXT, "tried": {"type": "integer", "minimum": 0}}),
        "remedy": _TEXT,
        "spec": _TEXT,
        "where": _TEXT,
        "related": _COUNTS,
        "accepted": {"type": "boolean", "description": "it was accepted with --expect and doesn't count"},
    },
)
_PAYMENT = _object(
    {
        "id": _COUNT,
        "title": _TEXT,
        "state": _TEXT,
        "amount": _or_null("string"),
        "sender": _or_null("string"),
        "recipient": _or_null("string"),
        "exchanges": _COUNTS,
        "context": {**_COUNTS, "description": "what leads up to it and belongs to none"},
    }
)
_EXCHANGE = _object(
    {
        "n": {**_COUNT, "description": "its place in the order in which the requests were sent"},
        "operation": _TEXT,
        "variant": _or_null("string"),
        "from": {"enum": list(LANES)},
        "to": {"enum": list(LANES)},
        "method": _TEXT,
        "url": {**_TEXT, "description": "with its secrets masked, unless --reveal asked for them"},
        "status": _or_null("integer"),
        "error": _or_null("string", description="why no answer came"),
        "started": {**_TEXT, "format": "date-time"},
        "milliseconds": _or_null("number"),
        "payment": _or_null("integer", minimum=1),
        "label": _TEXT,
        "verdicts": _object({"signature": _VERDICTS, "digest": _VERDICTS, "hash": _VERDICTS}),
        "reasons": {
            "type": "object",
            "description": "why a verdict is no pass, by kind and profile: signature.rafiki",
            "additionalProperties": _TEXT,
        },
        "problems": {"type": "array", "items": _TEXT, "description": "what could not be read"},
        "retry_of": _or_null("integer", minimum=1),
        "findings": {"type": "array", "items": _FINDING, "description": "the cause first"},
    },
    {
        "note": {**_TEXT, "description": "what the user noted on it"},
        "marked": {"const": True, "description": "the user marked it"},
    },
)
DOCUMENT: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "optrace check, schema 1: one recording; of several recordings, an array of these",
    **_object(
        {
            "optrace": _TEXT,
            "schema": {"const": SCHEMA},
            "source": _TEXT,
            "damage": _or_null("string"),
            "payments": {"type": "array", "items": _PAYMENT},
            "exchanges": {"type": "array", "items": _EXCHANGE},
            "findings": _object({severity.value: {"type": "integer", "minimum": 0} for severity in Severity}),
        }
    ),
}
