"""Requests whose signature is wrong in a way that is asked for: what is signed and what is sent are put together apart.

Nothing here uses optrace's own signature base: a mistake there would hide itself.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from optrace.core.fields import Fields
from optrace.core.messages import Connection, Exchange, HttpRequest, HttpResponse
from optrace.signatures.keys import SigningKey
from tests.rules.scene import Scene

HASHES: Mapping[str, Callable[[bytes], bytes]] = {
    "sha-512": lambda data: hashlib.sha512(data).digest(),
    "sha-256": lambda data: hashlib.sha256(data).digest(),
}
INVALID = {"error": {"code": "invalid_client", "description": "invalid signature"}}
HEADERS = {"error": {"code": "invalid_client", "description": "invalid signature headers"}}
NO_CLIENT = {"error": {"code": "invalid_client", "description": "could not determine client"}}
RS_INVALID = {
    "error": {"code": "401", "description": "Signature validation error: provided signature is invalid"},
}


def digest_of(body: bytes, name: str = "sha-512") -> str:
    """A Content-Digest."""
    return f"{name}=:{base64.b64encode(HASHES[name](body)).decode()}:"


def request(
    method: str, url: str, body: bytes = b"", token: str | None = None, **fields: str | None
) -> HttpRequest:  # fmt: skip
    """An unsigned request as the SDKs send it; a field given as None is left out."""
    pairs: dict[str, str | None] = {"Host": url.split("/")[2], "Accept": "application/json"}
    if token is not None:
        pairs["Authorization"] = f"GNAP {token}"
    if body:
        pairs["Content-Type"] = "application/json"
        pairs["Content-Length"] = str(len(body))
        pairs["Content-Digest"] = digest_of(body)
    pairs |= {name.replace("_", "-").title(): value for name, value in fields.items()}
    kept = [(name, value) for name, value in pairs.items() if value is not None]
    return HttpRequest(method=method, url=url, fields=Fields.of(*kept), body=body)


def covered_by_default(sent: HttpRequest) -> list[str]:
    """What the Node SDK covers."""
    names = ["@method", "@target-uri"]
    names += ["authorization"] if "authorization" in sent.fields else []
    names += [n for n in ("content-digest", "content-length", "content-type") if sent.body and n in sent.fields]
    return names


def forge(
    sent: HttpRequest,
    key: SigningKey,
    created: int,
    *,
    covered: Sequence[str] | None = None,
    params: str | None = None,
    signed_params: str | None = None,
    signed: Mapping[str, str] | None = None,
    newline: str = "\n",
    colon: str = ": ",
    tail: str = "",
    hashed: Callable[[bytes], bytes] | None = None,
    label: str = "sig1",
    value: str = "{label}=:{base64}:",
    quoted: bool = True,
    quoted_lines: bool = True,
    in_order: Callable[[list[str]], list[str]] = list,
) -> HttpRequest:
    """Sign a request, wrongly if asked to.

    Args:
        covered: component names; by default those of the Node SDK.
        params: what follows the list in Signature-Input, such as `;keyid="a";created=1`.
        signed_params: what follows the list on the last line of the base, if that differs.
        signed: component name -> the value that is signed for it, if that differs from what is sent.
        value: the form of Signature; `{label}` and `{base64}` are filled in.
        quoted, quoted_lines: whether names are quoted in the list, and on the lines of the base.
    """
    names = list(covered_by_default(sent) if covered is None else covered)
    given = f';keyid="{key.kid}";created={created}' if params is None else params
    quote = '"' if quoted else ""
    inner = "(" + " ".join(_listed(name, quote) for name in names) + ")"
    lines = []
    for name in names:
        text = (signed or {}).get(name)
        if text is None:
            text = _value(sent, name.partition(";")[0])
        lines.append(f"{_listed(name, '"' if quoted_lines else '')}{colon}{text}")
    last = inner + (given if signed_params is None else signed_params)
    base = newline.join([*in_order(lines), f'"@signature-params"{colon}{last}']) + tail
    data = base.encode()
    signature = base64.b64encode(key.sign(hashed(data) if hashed else data)).decode()
    pairs = [
        (b"Signature-Input", f"{label}={inner}{given}".encode()),
        (b"Signature", value.format(label=label, base64=signature).encode()),
    ]
    return replace(sent, fields=Fields([*sent.fields.raw, *pairs]))


def _listed(name: str, quote: str) -> str:
    bare, semicolon, rest = name.partition(";")
    return f"{quote}{bare}{quote}{semicolon}{rest}"


def _value(sent: HttpRequest, name: str) -> str:
    if name == "@method":
        return sent.method
    if name == "@target-uri":
        return sent.url
    if name == "@authority":
        return sent.url.split("/")[2]
    if name == "@path":
        return "/" + sent.url.split("/", 3)[3].partition("?")[0]
    return sent.fields.combined(name) or ""


def with_fields(sent: HttpRequest, **fields: str | None) -> HttpRequest:
    """The request with fields exchanged after signing; None takes one out."""
    names = {name.replace("_", "-").lower(): value for name, value in fields.items()}
    kept = [(name, value) for name, value in sent.fields if name.lower() not in names]
    added = [(name.title(), value) for name, value in names.items() if value is not None]
    return replace(sent, fields=Fields.of(*kept, *added))


def add(
    scene: Scene,
    sent: HttpRequest,
    status: int = 200,
    answer: Any = None,
    *,
    connection: Connection | None = None,
    wait: float = 0.4,
) -> Exchange:
    """Put a request and its answer at the end of a scene."""
    scene.now += timedelta(seconds=wait)
    body = answer if isinstance(answer, bytes) else b"" if answer is None else json.dumps(answer).encode()
    kind = "text/plain" if isinstance(answer, bytes) else "application/json; charset=utf-8"
    exchange = Exchange(
        n=len(scene.exchanges) + 1,
        request=sent,
        response=HttpResponse(status=status, fields=Fields.of(("Content-Type", kind)), body=body),
        started=scene.now,
        ended=scene.now + timedelta(seconds=0.05),
        connection=connection or Connection(client="127.0.0.1:40000"),
    )
    scene.now += timedelta(seconds=0.05)
    scene.exchanges.append(exchange)
    return exchange
