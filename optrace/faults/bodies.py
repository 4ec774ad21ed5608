"""Faults between the client's signature and the server's verification: something on the way changed what was signed."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import replace

from optrace.core.bodies import ABSENT
from optrace.faults.fault import Deed, Fault, Seen
from optrace.faults.messages import with_body, with_value

_AMOUNT = re.compile(rb'("value"\s*:\s*"\d*)(\d)"')
_SIGNATURE = re.compile(r"=:([A-Za-z0-9+/]+=*):")
_OTHER_SCHEME = {"http": "https", "https": "http"}


def _reserialise(seen: Seen) -> Deed | None:
    value = seen.view.request_body.json
    if not seen.targeted or value is ABSENT:
        return None
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if body == seen.request.body:
        return None
    said = "the body was read and written anew, with spaces, and its Content-Length set to fit"
    return Deed(said=said, request=with_body(seen.request, body))


def _alter(seen: Seen) -> Deed | None:
    if not seen.targeted or not seen.request.body:
        return None
    body, count = _AMOUNT.subn(lambda found: b'%s%d"' % (found[1], (int(found[2]) + 1) % 10), seen.request.body, 1)
    if not count:
        return None
    return Deed(said="the amount in the body was raised", request=replace(seen.request, body=body))


def _break(seen: Seen) -> Deed | None:
    if not seen.targeted or "signature" not in seen.request.fields:
        return None
    request = with_value(seen.request, "signature", lambda value: _SIGNATURE.sub(_flipped, value, count=1))
    if request == seen.request:
        return None
    return Deed(said="one bit of the signature was flipped", request=request)


def _flipped(found: re.Match[str]) -> str:
    try:
        value = bytearray(base64.b64decode(found[1], validate=True))
    except binascii.Error:
        return found[0]
    value[0] ^= 1
    return f"=:{base64.b64encode(value).decode()}:"


def _strip(seen: Seen) -> Deed | None:
    scheme, _, rest = seen.request.url.partition("://")
    if not seen.targeted or scheme not in _OTHER_SCHEME:
        return None
    url = f"{_OTHER_SCHEME[scheme]}://{rest}"
    return Deed(said="the server took the scheme for another", request=replace(seen.request, url=url))


BODY_RESERIALISED = Fault(
    name="body-reserialised",
    sentence="Something before the server reads the JSON and writes it anew, with spaces.",
    operations=("quote_create",),
    diagnosed=("SIG-026", "DIG-008"),
    on_request=_reserialise,
)
ALTERED_BODY = Fault(
    name="altered-body",
    sentence="An amount is raised on the way. A server that goes on verifies neither digest nor signature.",
    operations=("incoming_payment_create",),
    diagnosed=("SIG-026", "DIG-008"),
    tampers=True,
    on_request=_alter,
)
BROKEN_SIGNATURE = Fault(
    name="broken-signature",
    sentence="One bit of the signature is flipped on the way. A server that goes on doesn't verify it.",
    operations=("quote_create",),
    diagnosed=("SIG-026", "SIG-034"),
    tampers=True,
    on_request=_break,
)
TLS_STRIPPED = Fault(
    name="tls-stripped",
    sentence="TLS ends before the server, which believes that it was called by http (or the reverse) and rebuilds the"
    " signed URL so.",
    operations=("grant_request", "grant_continue"),
    diagnosed=("SIG-026",),
    on_request=_strip,
    in_proxy=False,
)
