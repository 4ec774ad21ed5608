"""Errors in all the shapes in which servers write them (RFC 9635 §3.6, Open Payments, Rafiki)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from optrace.core.bodies import ABSENT

# code -> where it is defined. `rfc`: RFC 9635 §3.6; `op`: Open Payments' AS schema; `idp`: its identity provider API
CODES: Mapping[str, frozenset[str]] = {
    "invalid_request": frozenset({"rfc", "op"}),
    "invalid_client": frozenset({"rfc", "op"}),
    "invalid_interaction": frozenset({"rfc", "idp"}),
    "invalid_flag": frozenset({"rfc"}),
    "invalid_rotation": frozenset({"rfc", "op"}),
    "key_rotation_not_supported": frozenset({"rfc"}),
    "invalid_continuation": frozenset({"rfc", "op"}),
    "user_denied": frozenset({"rfc", "idp"}),
    "request_denied": frozenset({"rfc", "op"}),
    "unknown_user": frozenset({"rfc"}),
    "unknown_interaction": frozenset({"rfc", "idp"}),
    "too_fast": frozenset({"rfc", "op"}),
    "too_many_attempts": frozenset({"rfc"}),
}


class Shape(StrEnum):
    """How an error was written."""

    OBJECT = "object"  # {"error": {"code", "description", "details"}}
    NO_CODE = "no code"  # {"error": {"description"}}: Rafiki's OpenAPI validator
    STATUS_CODE = "status code"  # code is the HTTP status as text: Rafiki's resource server
    STRING = "string"  # {"error": "user_denied"}: RFC 9635's short form, Rafiki before v1.0.0-alpha.14
    FLAT = "flat"  # {"error": "...", "error_description": "..."} (OAuth) or {"code", "message"}: gateways
    TEXT = "text"  # no JSON: "Internal Server Error"
    QUERY = "query"  # ?result=...&message=... of a finish redirect


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What a server says went wrong. All texts are as sent."""

    code: str | None = None
    description: str | None = None
    details: Any = None
    shape: Shape = Shape.OBJECT
    continues: bool = False  # the answer has `continue` too: the grant is still pending (RFC 9635 §3.6)

    @property
    def known_code(self) -> str | None:
        """The code, if a specification defines it."""
        return self.code if self.code in CODES else None


def read_problem(value: Any, text: str | None = None) -> Problem | None:
    """The error in a body, from its JSON `value` (ABSENT if there is none) or its plain `text`. None: no error."""
    if not isinstance(value, dict):
        words = (text or "").strip()
        # a JSON value that isn't an object, and a page, are no error that a reader is served with
        if value is not ABSENT or not words or words.startswith("<"):
            return None
        return Problem(description=words[:500], shape=Shape.TEXT)
    continues = isinstance(value.get("continue"), dict)
    error = value.get("error")
    if isinstance(error, dict):
        return _from_object(error, continues)
    if isinstance(error, str):
        described = _text(value, "error_description") or _text(value, "message")
        shape = Shape.FLAT if described else Shape.STRING
        return Problem(code=error, description=described, shape=shape, continues=continues)
    if error is None and (message := _text(value, "message") or _text(value, "description")):
        code = value.get("code") or value.get("statusCode")
        code = str(code) if isinstance(code, int | str) and not isinstance(code, bool) else None
        return Problem(code=code, description=message, details=value.get("details"), shape=Shape.FLAT)
    return None


def read_result(parameters: Iterable[tuple[str, str]]) -> Problem | None:
    """The error in the query of a finish redirect (Rafiki: `result` and `message`). None: no error there."""
    found: dict[str, str] = {}
    for name, value in parameters:
        found.setdefault(name, value)
    if "result" not in found:
        return None
    return Problem(code=found["result"], description=found.get("message"), shape=Shape.QUERY)


def _from_object(error: Mapping[str, Any], continues: bool) -> Problem:
    code = error.get("code")
    if isinstance(code, int) and not isinstance(code, bool) and abs(code) < 10**6:
        code = str(code)
    code = code if isinstance(code, str) else None
    shape = Shape.NO_CODE if code is None else Shape.STATUS_CODE if _is_status(code) else Shape.OBJECT
    description = _text(error, "description") or _text(error, "message")
    return Problem(code=code, description=description, details=error.get("details"), shape=shape, continues=continues)


def _is_status(code: str) -> bool:
    return len(code) == 3 and code.isascii() and code.isdigit()


def _text(value: Mapping[str, Any], name: str) -> str | None:
    found = value.get(name)
    return found if isinstance(found, str) else None
