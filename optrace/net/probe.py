"""One GET, to see whether a server can be reached, and what its clock says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

_TIMEOUT = 8.0  # seconds
_MOST = 1024 * 1024  # bytes of a body that are read


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What came back: a status with a body, or why nothing did."""

    url: str
    status: int | None = None
    body: bytes = b""
    error: str | None = None
    ahead: timedelta | None = None  # of our clock before the server's; it is known to the second


def probe(url: str) -> Probe:
    """GET a URL directly, without a proxy; redirects are not followed. Raises nothing."""
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            ahead = _ahead(answer.headers.get("date"), datetime.now(UTC))
            body = b""
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > _MOST:
                    break
            return Probe(url=url, status=answer.status_code, body=body[:_MOST], ahead=ahead)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return Probe(url=url, error=str(error) or type(error).__name__)


def _ahead(date: str | None, now: datetime) -> timedelta | None:
    try:
        said = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    return now - (said if said.tzinfo else said.replace(tzinfo=UTC))
