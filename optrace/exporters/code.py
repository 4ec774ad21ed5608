"""What all exports to code share: which fields a client has to be told, and masked secrets as variables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from optrace.core.messages import Exchange, HttpRequest
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.exporters.material import Material
from optrace.session.steps import Step

_MASK = re.compile("••••([0-9a-f]{4})")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F))) + "•"
_FORBIDDEN = re.compile(rb"[\x00\r\n]")
# what a client writes by itself, from the URL, the body and its connection
_OWN = frozenset(
    {"content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "te", "upgrade"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to send again. Masks in it stand for secrets that the reader has to give."""

    step: Step
    exchange: Exchange
    fields: tuple[tuple[str, bytes], ...]  # without those that any client writes by itself
    left_out: tuple[str, ...]  # names of fields that no client can send

    @property
    def request(self) -> HttpRequest:
        """The request itself."""
        return self.exchange.request

    @property
    def title(self) -> str:
        """What it was and what came of it, for a comment: one safe line."""
        step = self.step
        came = f"answered {step.status}" if step.status is not None else (step.error or "no answer yet")
        return safe(f"{step.n} {step.label}: {step.source} → {step.target}, {came}")

    @property
    def findings(self) -> Iterator[str]:
        """What is wrong with it, a safe line each."""
        return (safe(f"{finding.severity.value} {finding.rule}: {finding.title}") for finding in self.step.findings)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The names of the variables for what is masked, in the order of their first use."""
        request = self.request
        said = [request.url, *(text_of(value) or "" for _, value in self.fields), text_of(request.body or b"") or ""]
        return tuple(dict.fromkeys(name for text in said for _, name in pieces(text) if name))


def calls(material: Material) -> Iterator[Call]:
    """The chosen exchanges as calls."""
    for n in material.each():
        exchange = material.exchange(n)
        fields, left_out = _fields(exchange.request)
        yield Call(step=material.step(n), exchange=exchange, fields=fields, left_out=left_out)


def _fields(request: HttpRequest) -> tuple[tuple[tuple[str, bytes], ...], tuple[str, ...]]:
    sent, left_out = [], []
    authority = parse(request.url).authority.rpartition("@")[2]
    for name, value in request.fields.raw:
        said = name.decode("latin-1")
        if said.lower() in _OWN or said.startswith(":") or (said.lower() == "host" and value == authority.encode()):
            continue
        if _TOKEN.fullmatch(name) and not _FORBIDDEN.search(value):
            sent.append((said, value.strip(b" \t")))
        else:
            left_out.append(safe(said))
    return tuple(sent), tuple(left_out)


def is_method(method: str) -> bool:
    """Whether a client can send this method."""
    return _TOKEN.fullmatch(method.encode("utf-8", "replace")) is not None


def url_to_send(url: str) -> str:
    """The URL with what can't stand in one percent-encoded; masks stay."""
    return quote(url, safe=_PRINTABLE, errors="replace")


def text_of(raw: bytes) -> str | None:
    """Bytes as text, or None if they aren't UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """A text as (words, None) and ("", name of a variable), where a secret is masked."""
    at = 0
    for match in _MASK.finditer(text):
        if match.start() > at:
            yield text[at : match.start()], None
        yield "", f"SECRET_{match[1].upper()}"
        at = match.end()
    if at < len(text):
        yield text[at:], None


def needed(found: Iterable[Call]) -> tuple[str, ...]:
    """The variables that some calls need."""
    return tuple(dict.fromkeys(name for call in found for name in call.secrets))
