"""An OpenTelemetry collector, spoken to by OTLP over HTTP with JSON (https://opentelemetry.io/docs/specs/otlp/).

Proxies of the environment aren't used: the likeliest one is optrace's own.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import httpx

from optrace.core.errors import Usage
from optrace.core.text import safe

_PATH = "/v1/traces"
_TIMEOUT = 10.0  # seconds
_AGAIN = frozenset({429, 502, 503, 504})  # what the specification says may be tried again
_LONGEST_WORDS = 200  # characters of an answer that are told


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a request: it arrived, it may be tried again, or it was refused for good."""

    arrived: bool = False
    again: bool = False
    after: float | None = None  # seconds that the collector asks to wait
    rejected: int = 0  # spans that it didn't take, of a request that arrived
    why: str = ""


class Collector:
    """Sends traces to a URL. `close` it, or use it in a `with` block."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        self.url = traces_url(url)
        self._client = httpx.Client(timeout=_TIMEOUT, trust_env=False, follow_redirects=False, headers=dict(headers))

    def send(self, body: str, *, within: float = _TIMEOUT) -> Answer:
        """POST one `ExportTraceServiceRequest` in JSON, in so many seconds. Raises nothing."""
        packed = gzip.compress(body.encode("utf-8", "replace"), 1)
        headers = {"Content-Type": "application/json", "Content-Encoding": "gzip", "User-Agent": "optrace"}
        try:
            answer = self._client.post(self.url, content=packed, headers=headers, timeout=min(within, _TIMEOUT))
        except (httpx.HTTPError, OSError) as error:
            return Answer(again=True, why=safe(str(error) or type(error).__name__))
        if answer.is_success:
            return _taken(answer)
        said = f"HTTP {answer.status_code} {safe(answer.text[:_LONGEST_WORDS])}".strip()
        if answer.status_code in _AGAIN:
            return Answer(again=True, after=_after(answer), why=said)
        return Answer(why=said)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def traces_url(url: str) -> str:
    """Where traces go: the path of a collector's base URL is completed, as for OTEL_EXPORTER_OTLP_ENDPOINT.

    Raises:
        Usage: it is no URL of http.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Usage(f"{safe(url)} is no URL of a collector", remedy="Such as --otlp http://localhost:4318")
    return url if parts.path.endswith(_PATH) else url.rstrip("/") + _PATH


def read_headers(text: str) -> dict[str, str]:
    """Header fields as OTEL_EXPORTER_OTLP_HEADERS has them: `name=value,other=value`, percent-encoded.

    Raises:
        Usage: they aren't written so.
    """
    found = {}
    for pair in filter(None, (pair.strip() for pair in text.split(","))):
        name, mark, value = pair.partition("=")
        if not mark or not name.strip() or not value.isprintable():
            raise Usage("The header fields for the collector can't be read", remedy='Write "name=value,other=value".')
        found[name.strip()] = unquote(value.strip())
    return found


def _taken(answer: httpx.Response) -> Answer:
    try:
        said: Any = answer.json()
        partial = said.get("partialSuccess") or {}
        rejected, why = int(partial.get("rejectedSpans") or 0), str(partial.get("errorMessage") or "")
    except (ValueError, AttributeError, TypeError):  # some collectors answer with nothing
        return Answer(arrived=True)
    return Answer(arrived=True, rejected=max(0, rejected), why=safe(why[:_LONGEST_WORDS]))


def _after(answer: httpx.Response) -> float | None:
    """Retry-After in seconds; as a date it is too coarse to be worth more than a second's wait."""
    text = answer.headers.get("retry-after", "")
    if text.isdecimal() and len(text) < 9:
        return float(text)
    try:
        parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return 1.0
