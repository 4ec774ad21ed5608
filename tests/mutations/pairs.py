"""Two faults at once: the first finding may name either, and both must be named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from itertools import combinations
from typing import Any, NamedTuple

from tests.mutations.case import HEADERS, INVALID, RS_INVALID, Case, case
from tests.mutations.interaction import asked
from tests.mutations.sig import SIGNED, UNKNOWN, second
from tests.mutations.signing import Key, digest
from tests.mutations.tok import rotated


class Fault(NamedTuple):
    code: str
    part: str  # faults of one part exclude each other
    how: Callable[[Case, str], dict[str, Any]]  # arguments of `send`, given the URL that is sent


def on_url(to: Callable[[str], str]) -> Callable[[Case, str], dict[str, Any]]:
    return lambda c, url: {"url_signed": to}


def fixed(**how: Any) -> Callable[[Case, str], dict[str, Any]]:
    return lambda c, url: how


# what is signed other than it is sent
SIGNING = {
    "http": Fault("SIG-001", "scheme", on_url(lambda u: u.replace("https", "http", 1))),
    "slash": Fault("SIG-003", "path", on_url(lambda u: u + "/")),
    "port": Fault("SIG-005", "host", on_url(lambda u: u.replace(".example", ".example:443", 1))),
    "post": Fault("SIG-022", "method", fixed(values={"@method": "post"})),
    "charset": Fault("SIG-030", "type", fixed(late={"Content-Type": "application/json; charset=utf-8"})),
    "crlf": Fault("SIG-023", "joint", fixed(newline="\r\n")),
    "newline": Fault("SIG-023", "tail", fixed(tail="\n")),
    "no params": Fault("SIG-007", "params", fixed(signed_params="")),
    "params order": Fault("SIG-007", "params", fixed(signed_params=';created={created};keyid="{kid}"')),
    "sha-512": Fault("SIG-024", "hash", fixed(hashed=lambda base: hashlib.sha512(base).digest())),
    "other key": Fault("SIG-012", "key", lambda c, url: {"key": Key(f"{c.id}-2", kid=c.key.kid)}),
    "length": Fault("DIG-013", "length", fixed(values={"content-length": "0"})),
}
# what the wire itself shows
SHOWN = {
    "label": Fault("SIG-006", "label", fixed(label="sig")),
    "no colons": Fault("SIG-008", "written", fixed(written="{label}={signature}")),
    "second signature": Fault("SIG-020", "second", fixed(as_sent=second("cdn", False))),
    "old": Fault("SIG-028", "created", lambda c, url: {"created": int(c.now) - 900}),
    "milliseconds": Fault("SIG-029", "created", lambda c, url: {"created": int(c.now * 1000)}),
    "alg": Fault("SIG-031", "params", fixed(params=';keyid="{kid}";created={created};alg="EdDSA"')),
    "no keyid": Fault("SIG-010", "params", fixed(params=";created={created}")),
}


def merged(c: Case, url: str, *faults: Fault) -> dict[str, Any]:
    how: dict[str, Any] = {}
    target = url
    for fault in faults:
        for name, value in fault.how(c, url).items():
            if name == "url_signed":
                target = value(target)
            elif isinstance(value, dict):
                how[name] = how.get(name, {}) | value
            else:
                how[name] = value
    if target != url:
        how["values"] = {"@target-uri": target} | how.get("values", {})
    return how


def build(c: Case, *faults: Fault, rs: bool) -> None:
    c.read()
    c.jwks(c.key, c.other)
    if rs:
        url = f"{c.bob.rs}/incoming-payments"
        body: Any = {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000")}
        c.send("POST", url, body, token=c.token(), **c.rs_says(401, RS_INVALID), **merged(c, url, *faults))
    else:
        url = c.bob.auth
        c.send("POST", url, c.wish(), **c.as_says(401, "invalid_client", INVALID), **merged(c, url, *faults))


ALL = SIGNING | SHOWN
for number, (one, two) in enumerate(combinations(ALL, 2)):
    if ALL[one].part == ALL[two].part or {ALL[one].part, ALL[two].part} == {"created", "params"}:
        continue
    if "no keyid" in (one, two) and {"other key", "second signature"} & {one, two}:
        continue  # without a keyid nobody can say whose key it should have been; the second signature has one

    @case(
        f"{ALL[one].code} {ALL[two].code} SIG-012 SIG-034"
        if "SIG-012" in (ALL[one].code, ALL[two].code)
        else f"{ALL[one].code} {ALL[two].code}",
        f"{one} and {two}",
        stem="two",
        both=(ALL[one].code, ALL[two].code),
    )
    def _(c: Case, one: str = one, two: str = two, rs: bool = bool(number % 2)) -> None:
        build(c, ALL[one], ALL[two], rs=rs)


def pair(planted: str, title: str) -> Any:
    return case(planted, title, stem="two", both=tuple(planted.split()[:2]))


def spaced(body: object) -> bytes:
    return json.dumps(body).encode()


@pair("SIG-016 SIG-006", "authorization not covered and label")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        {"walletAddress": c.bob.wallet},
        token=c.token(),
        covered=SIGNED,
        label="sig",
        **c.rs_says(401, RS_INVALID),
    )


@pair("DIG-001 SIG-001", "spaces and http signed")
def _(c: Case) -> None:
    c.scene()
    values = {"@target-uri": c.bob.auth.replace("https", "http")}
    c.send("POST", c.bob.auth, spaced(c.wish()), values=values, **c.as_says(401, "invalid_client", HEADERS))


@pair("DIG-001 SIG-006", "spaces and label")
def _(c: Case) -> None:
    c.scene()
    c.send("POST", c.bob.auth, spaced(c.wish()), label="pyhms", **c.as_says(401, "invalid_client", HEADERS))


@pair("DIG-001 DIG-002", "spaces and escapes (Python's default)")
def _(c: Case) -> None:
    c.scene()
    body = {"walletAddress": c.bob.wallet, "metadata": {"description": "Käse"}}
    c.send("POST", f"{c.bob.rs}/incoming-payments", spaced(body), token=c.token(), **c.rs_says(401, RS_INVALID))


@pair("DIG-008 SIG-030", "another digest and charset")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "POST",
        c.bob.auth,
        c.wish(),
        headers={"Content-Digest": digest(b"{}")},
        late={"Content-Type": "application/json; charset=utf-8"},
        **c.as_says(401, "invalid_client", HEADERS),
    )


@pair("DIG-009 SIG-006", "digest not covered and label")
def _(c: Case) -> None:
    c.scene()
    c.send(
        "POST",
        c.bob.auth,
        c.wish(),
        covered=("@method", "@target-uri"),
        label="sig",
        **c.as_says(401, "invalid_client", HEADERS),
    )


@pair("TOK-002 SIG-001", "expired and http signed")
def _(c: Case) -> None:
    c.scene()
    url = f"{c.bob.rs}/incoming-payments"
    c.send(
        "POST",
        url,
        {"walletAddress": c.bob.wallet},
        token=c.token(expires_in=60),
        wait=90,
        values={"@target-uri": url.replace("https", "http")},
        **c.rs_says(403, "Inactive Token"),
    )


@pair("TOK-003 SIG-003", "rotated and slash")
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    rotated(c, grant)
    url = f"{c.bob.rs}/incoming-payments"
    c.send(
        "POST",
        url,
        {"walletAddress": c.bob.wallet},
        token=grant["access_token"]["value"],
        values={"@target-uri": url + "/"},
        **c.rs_says(403, "Inactive Token"),
    )


@pair("TOK-001 SIG-017", "Bearer sent, GNAP signed")
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        {"walletAddress": c.bob.wallet},
        token=token,
        late={"Authorization": f"Bearer {token}"},
        **c.rs_says(401, "Missing or invalid authorization header value"),
    )


@case("SIG-011", "key gone and http signed: which can't be proved without the key", stem="two")
def _(c: Case) -> None:
    c.read()
    c.jwks(c.other)
    c.send("POST", c.bob.auth, c.wish(), values={"@target-uri": c.bob.auth.replace("https", "http")}, **UNKNOWN)


@pair("GNT-001 GNT-002", "neither interact nor identifier")
def _(c: Case) -> None:
    c.read(c.alice)
    c.jwks()
    item = c.pay_item()
    del item["identifier"]
    c.send(
        "POST",
        c.alice.auth,
        c.wish(item),
        **c.as_says(400, "invalid_request", "missing required request field 'interact'"),
    )


@pair("FLO-002 FLO-003", "polled too fast though finish was asked for")
def _(c: Case) -> None:
    _, pending = asked(c)
    then = pending["continue"]
    c.send(
        "POST",
        then["uri"],
        token=then["access_token"]["value"],
        wait=1,
        **c.as_says(400, "too_fast", "polled grant faster than wait period"),
    )
