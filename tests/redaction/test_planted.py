"""Secrets where nobody expects them: replaced, and found by the residue scan if they weren't."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import brotli
import pytest

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.redaction.redact import Redaction
from optrace.redaction.residue import Residue
from optrace.session.events import Event, ExchangeSeen, KeyLearned, Noted
from optrace.session.trace import Trace
from tests.exporters.materials import START
from tests.redaction.redacting import KEY, exchanges, redacted

TOKEN = "OS9M2PMHKUR64TB8N6BW7OZB8CDFONP219RP1LT0"
ODD = 'p"ä/s+ w=%41-Zq7'
SECRETS = (TOKEN, ODD)
JSON = ("Content-Type", "application/json")
Plant = Callable[[str], Exchange]


def exchange(url: str = "https://rs.example/quotes", *, n: int = 2, request: HttpRequest | None = None,
             response: HttpResponse | None = None, **more: object) -> Exchange:  # fmt: skip
    return replace(
        Exchange(n=n, request=request or HttpRequest(method="GET", url=url), response=response, started=START), **more
    )


def issued(secret: str) -> Exchange:
    """What makes a text a secret."""
    body = json.dumps({"access_token": {"value": secret, "manage": "https://as.example/token/1"}}).encode()
    return exchange(n=1, response=HttpResponse(status=200, fields=Fields.of(JSON), body=body))


def answered(body: bytes, *fields: tuple[str, str], status: int = 400) -> Exchange:
    return exchange(response=HttpResponse(status=status, fields=Fields.of(*fields), body=body))


def chunked(secret: str) -> Exchange:
    body = json.dumps({"error": {"description": f"bad token {secret}"}}, ensure_ascii=False).encode()
    middle = len(body) - 20
    framed = b"%x\r\n%s\r\n%x;x=y\r\n%s\r\n0\r\n\r\n" % (middle, body[:middle], len(body) - middle, body[middle:])
    return answered(framed, JSON, ("Transfer-Encoding", "chunked"))


PLANTS: dict[str, Plant] = {
    "path": lambda s: exchange(f"https://rs.example/debug/{quote(s, safe='')}/x"),
    "query": lambda s: exchange(f"https://rs.example/?q={quote(s, safe='')}"),
    "URL in a URL": lambda s: exchange(f"https://rs.example/?to={quote('https://a.example/?x=' + quote(s), safe='')}"),
    "metadata": lambda s: answered(json.dumps({"metadata": {"note": f"used {s}!"}}).encode(), JSON, status=201),
    "error": lambda s: answered(json.dumps({"error": {"description": f"no such token: {s}"}}).encode(), JSON),
    "UTF-8 JSON": lambda s: answered(json.dumps({"error": s}, ensure_ascii=False).encode(), JSON),
    "JSON in JSON": lambda s: answered(json.dumps({"log": json.dumps({"token": s})}).encode(), JSON),
    "broken JSON": lambda s: answered(b'{"error": ' + json.dumps(s).encode() + b', "x', JSON),
    "text": lambda s: answered(f"Error: token {s} is dead".encode(), ("Content-Type", "text/plain")),
    "latin-1": lambda s: answered(b"\xff\xfe " + s.encode(), ("Content-Type", "text/plain; charset=latin1")),
    "form": lambda s: answered(f"a=b&token={quote(s, safe='')}".encode(),
                               ("Content-Type", "application/x-www-form-urlencoded")),
    "cookie": lambda s: exchange(request=HttpRequest(
        method="GET", url="https://idp.example/", fields=Fields.of(("Cookie", f"a=1; session={quote(s, safe='')}")))),
    "set-cookie": lambda s: answered(b"", ("Set-Cookie", f"session={quote(s, safe='')}; Path=/; HttpOnly")),
    "gzip": lambda s: answered(gzip.compress(json.dumps({"x": s}).encode()), JSON, ("Content-Encoding", "gzip")),
    "deflate": lambda s: answered(zlib.compress(s.encode()), ("Content-Encoding", "deflate")),
    "br": lambda s: answered(brotli.compress(json.dumps([s]).encode()), JSON, ("Content-Encoding", "br")),
    "gzip over br": lambda s: answered(gzip.compress(brotli.compress(s.encode())), ("Content-Encoding", "br, gzip")),
    "base64": lambda s: answered(json.dumps({"x": base64.b64encode(f"tok={s};".encode()).decode()}).encode(), JSON),
    "base64url": lambda s: answered(base64.urlsafe_b64encode(f"{{\"t\":\"{s}\"}}".encode()).rstrip(b"=")),
    "hex": lambda s: answered(f"dump {s.encode().hex()}".encode()),
    "chunks": chunked,
    "trailer": lambda s: exchange(response=HttpResponse(
        status=200, trailers=Fields.of(("x-debug", quote(s, safe=""))))),
    "field": lambda s: answered(b"", ("X-Debug", quote(s, safe=''))),
    "basic": lambda s: exchange(request=HttpRequest(method="GET", url="https://as.example/", fields=Fields.of(
        ("Authorization", "Basic " + base64.b64encode(f"user:{s}".encode()).decode())))),
    "reason": lambda s: exchange(response=HttpResponse(status=400, reason=f"Bad {quote(s, safe='')}")),
    "error of the connection": lambda s: exchange(error=f"refused while sending {s}"),
    "note": lambda s: exchange(notes=(f"changed {s}",)),
    "upstream": lambda s: exchange(connection=Connection(upstream_url=f"http://b.example/?k={quote(s, safe='')}")),
}  # fmt: skip


@pytest.mark.parametrize("secret", SECRETS, ids=["token", "odd"])
@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_secret_is_replaced(plant: str, secret: str) -> None:
    residue = Residue([secret])
    events: list[Event] = [ExchangeSeen(exchange=each) for each in (issued(secret), PLANTS[plant](secret))]
    assert residue.in_event(events[0])
    assert residue.in_event(events[1]), "the scan doesn't see it where it is"
    found = redacted(events)
    assert secret in set(found.redaction.secrets())
    assert [residue.in_event(event) for event in found.after] == [None, None]


@pytest.mark.parametrize("plant", [name for name in PLANTS if name not in ("gzip", "deflate", "br", "gzip over br")])
def test_every_byte_keeps_its_place(plant: str) -> None:
    before, after = (exchanges(events)[1] for events in redacted(
        [ExchangeSeen(exchange=each) for each in (issued(TOKEN), PLANTS[plant](TOKEN))])[:2])  # fmt: skip
    assert len(before.request.url) == len(after.request.url)
    assert len(before.request.body or b"") == len(after.request.body or b"")
    if before.response is not None and after.response is not None:
        assert len(before.response.body or b"") == len(after.response.body or b"")
        assert [name for name, _ in before.response.fields] == [name for name, _ in after.response.fields]


def test_coded_bodies_stay_coded_and_their_length_right() -> None:
    body = gzip.compress(json.dumps({"x": TOKEN}).encode())
    planted = answered(body, JSON, ("Content-Encoding", "gzip"), ("Content-Length", str(len(body))))
    found = redacted([ExchangeSeen(exchange=each) for each in (issued(TOKEN), planted)])
    response = exchanges(found.after)[1].response
    assert response is not None
    said = json.loads(gzip.decompress(response.body or b""))
    token = json.loads(exchanges(found.after)[0].response.body or b"")["access_token"]["value"]  # type: ignore[union-attr]
    assert said == {"x": token}
    assert response.fields.get("content-length") == str(len(response.body or b""))


def test_a_body_that_cant_be_read_is_left_out() -> None:
    torn = gzip.compress(TOKEN.encode() * 100)[:-12]
    found = redacted([ExchangeSeen(exchange=answered(torn, ("Content-Encoding", "gzip")))])
    after = exchanges(found.after)[0]
    assert after.response is not None
    assert after.response.body is None
    assert "left out" in after.notes[0]


def test_keys_that_were_learned_and_notes() -> None:
    jwks = {"keys": [{"kid": "k", "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA",
                      "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}  # fmt: skip
    learned = KeyLearned(wallet_address="https://w.example/alice", document=json.dumps(jwks).encode(), seen=START,
                         how="given", error=f"also {TOKEN}")  # fmt: skip
    events = [ExchangeSeen(exchange=issued(TOKEN)), learned, Noted(at=START, text=f"saw {TOKEN}")]
    after = redacted(events).after
    residue = Residue([TOKEN, jwks["keys"][0]["x"]])
    assert [residue.in_event(event) for event in after] == [None, None, None]
    assert isinstance(after[1], KeyLearned)
    assert json.loads(after[1].document or b"")["keys"][0]["kid"] == "k"


def test_names_are_replaced_everywhere_and_hosts_when_asked() -> None:
    wallet = json.dumps({"id": "https://cloud.example/accounts/gfranklin", "publicName": "Grace Franklin",
                         "assetCode": "USD", "assetScale": 2, "authServer": "https://auth.cloud.example/",
                         "resourceServer": "https://cloud.example/"}).encode()  # fmt: skip
    read = exchange("https://cloud.example/accounts/gfranklin", n=1,
                    response=HttpResponse(status=200, fields=Fields.of(JSON), body=wallet))  # fmt: skip
    page = answered(b"<p>Grace Franklin (GFranklin, see //auth.cloud.example/x) wants</p>")
    for hosts in (False, True):
        after = redacted([ExchangeSeen(exchange=each) for each in (read, page)], hosts=hosts).after
        said = repr(after).lower()
        assert "franklin" not in said
        assert ("cloud" not in said) is hosts
        assert said.count(".example") == 4 + 2  # four in the document, one in the request, one on the page


def test_what_stands_for_too_much_else_is_replaced_only_in_its_place() -> None:
    body = json.dumps({"interact": {"finish": {"nonce": "2026-11-22", "uri": "https://c.example/2026-11-22"}}}).encode()
    asked = HttpRequest(method="POST", url="https://as.example/", fields=Fields.of(JSON), body=body)
    after = exchanges(redacted([ExchangeSeen(exchange=exchange(request=asked))]).after)[0]
    said = json.loads(after.request.body or b"")["interact"]["finish"]
    assert said["uri"] == "https://c.example/2026-11-22"
    assert said["nonce"] != "2026-11-22"


def test_the_redaction_works_without_a_trace() -> None:
    """A session of which nothing was understood still loses its secrets."""
    redaction = Redaction(KEY)
    redaction.learn(event := ExchangeSeen(exchange=issued(TOKEN)))
    redaction.understand(Trace())
    assert Residue([TOKEN]).in_event(redaction.event(event)) is None


def test_what_was_written_in_a_compressed_body_is_found_elsewhere() -> None:
    body = gzip.compress(json.dumps({"metadata": {"description": "Rent for Dagobert"}}).encode())
    fields = Fields.of(JSON, ("Content-Encoding", "gzip"))
    paid = exchange(n=1, response=HttpResponse(status=200, fields=fields, body=body))
    redaction = redacted([ExchangeSeen(exchange=paid), ExchangeSeen(exchange=answered(b"Rent for Dagobert?"))])
    assert "Dagobert" not in repr(redaction.after)
    assert "Rent for Dagobert" in set(redaction.redaction.secrets())


def test_a_signature_of_a_request_that_nobody_knows_is_disguised() -> None:
    signed = HttpRequest(
        method="GET", url="https://rs.example/", fields=Fields.of(("Signature", "sig1=:c2lnbmF0dXJl:"))
    )
    event = ExchangeSeen(exchange=exchange(request=signed))
    redaction = Redaction(KEY)
    redaction.learn(event)
    redaction.understand(Trace())
    changed = redaction.exchange(event.exchange).request.fields.get("signature") or ""
    assert changed.startswith("sig1=:")
    assert "c2lnbmF0dXJl" not in changed
