"""How an ASE refuses: three shapes of error bodies, and the texts of a server that has nothing more to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Refusal(Exception):
    """An answer that isn't a success. `body` is JSON, or plain text if it is a string."""

    def __init__(self, status: int, body: Mapping[str, Any] | str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


class Invalid(Exception):
    """The request doesn't fit the OpenAPI document. Each server words it in its own shape."""

    def __init__(self, problem: str, status: int = 400) -> None:
        super().__init__(problem)
        self.description = f"Received error validating OpenAPI request: {problem}"
        self.status = status


def gnap(status: int, code: str, description: str) -> Refusal:
    """An authorization server's error (RFC 9635 §3.6, object form)."""
    return Refusal(status, {"error": {"code": code, "description": description}})


def resource(status: int, description: str, details: Mapping[str, Any] | None = None) -> Refusal:
    """A resource server's error: Rafiki's code is the status as text."""
    error: dict[str, Any] = {"code": str(status), "description": description}
    if details is not None:
        error["details"] = dict(details)
    return Refusal(status, {"error": error})


def not_found() -> Refusal:
    """There is no such route."""
    return Refusal(404, "Not Found")


def broken() -> Refusal:
    """What Rafiki says when something it didn't foresee went wrong, such as an id that isn't a UUID."""
    return Refusal(500, "Internal Server Error")


def gnap_broken() -> Refusal:
    """The authorization server's own wording of the same."""
    return gnap(500, "request_denied", "internal server error")
