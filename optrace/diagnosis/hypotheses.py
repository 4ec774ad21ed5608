"""It verifies here, and the server refused it: what the server may have seen instead.

Each view is one that deployed servers are known to build. It is listed if the signature, or the digest, would fail
under it. None of them can be proved from the client's side of the wire, so they are worded as what may be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from optrace.core.messages import HttpRequest
from optrace.core.text import safe
from optrace.core.urls import parse
from optrace.diagnosis.case import Case
from optrace.diagnosis.subject import own_signature
from optrace.signatures.digest import rafiki_body
from optrace.signatures.sign import with_field
from optrace.signatures.verify import verify_request


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """A view under which the request would be refused, and how to find out."""

    view: str
    remedy: str


def hypotheses(case: Case) -> tuple[Hypothesis, ...]:
    """The server-side views under which this signature fails, the likeliest first; none if it fails here already."""
    seen = own_signature(case)
    if seen is None or not seen.verifies:
        return ()
    return tuple(hypothesis for hypothesis, request in _views(case) if _fails(case, request))


def _views(case: Case) -> Iterator[tuple[Hypothesis, HttpRequest | None]]:
    """(what it would be, the request as the server would see it); None: another key, which can't be tried."""
    request = case.exchange.request
    url = parse(request.url)
    if url.scheme == "https":
        yield (
            Hypothesis(
                view="TLS ends at a proxy, and the server rebuilds its URL with http://",
                remedy="Set TRUST_PROXY=true at Rafiki and let the proxy send X-Forwarded-Proto: https.",
            ),
            replace(request, url="http" + request.url[len("https") :]),
        )
    yield (
        Hypothesis(
            view=f"a proxy puts another Host before the server than {safe(url.authority)}",
            remedy="Keep Host at the proxy (nginx: `proxy_set_header Host $http_host`).",
        ),
        replace(request, url=request.url.replace(url.authority, "inner.invalid", 1)),
    )
    if len(url.segments) > 1:
        yield (
            Hypothesis(
                view="a gateway cuts or adds a part of the path",
                remedy="Let the gateway pass the path on as it came.",
            ),
            replace(request, url=f"{url.origin}/{'/'.join(url.segments[1:])}"),
        )
    if url.query is not None:
        yield (
            Hypothesis(
                view="something decodes the query and encodes it again",
                remedy="Let the gateway pass the query on as it came.",
            ),
            replace(request, url=request.url.replace("?", "?&", 1)),
        )
    if content_type := request.fields.get("content-type"):
        other = content_type + "; charset=utf-8" if ";" not in content_type else content_type.partition(";")[0]
        yield (
            Hypothesis(
                view=f"the Content-Type arrives as {safe(other)}",
                remedy="Look at what the server logs as Content-Type.",
            ),
            replace(request, fields=with_field(request.fields, "content-type", other)),
        )
    if request.body:
        written = rafiki_body(request)
        if written is not None and written != request.body:
            yield (
                Hypothesis(
                    view="the server writes the JSON again before it takes the digest",
                    remedy="Send JSON as JSON.stringify writes it: compact, UTF-8, nothing escaped that needn't be.",
                ),
                replace(request, body=written),
            )
        if "content-length" in request.fields:
            yield (
                Hypothesis(
                    view="the body is re-framed on the way, so that Content-Length is another or missing",
                    remedy="Turn off buffering changes, compression and HTTP/2 re-framing between client and server.",
                ),
                replace(request, fields=with_field(request.fields, "content-length", "0")),
            )
    yield (
        Hypothesis(
            view="the server knows an older or another key under this keyid than the one published now",
            remedy="Compare the `x` at {client}/jwks.json with the one here; ask when the server last read it.",
        ),
        None,
    )


def _fails(case: Case, request: HttpRequest | None) -> bool:
    if request is None:
        return True
    verification = verify_request(request, case.keys, now=case.started)
    return not any(seen.verifies for seen in verification.signatures) or request.body != case.exchange.request.body
