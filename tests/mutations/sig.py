"""Faults of signatures and keys."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote, unquote

from tests.mutations.case import HEADERS, INVALID, RS_INVALID, Case, case, compact
from tests.mutations.signing import ORDER, Key, Message, b64, b64url, digest

BAD = {"rfc": "fail", "rafiki": "fail"}


def grant_fails(c: Case, said: str = INVALID, url: str | None = None, body: object = None, **how: Any) -> None:
    """A signed grant request that the AS refuses."""
    c.scene() if not c.sent else None
    c.send("POST", url or c.bob.auth, body or c.wish(), **{**c.as_says(401, "invalid_client", said), **how})


def create_fails(c: Case, said: str = RS_INVALID, **how: Any) -> None:
    """A signed creation of an incoming payment that the RS refuses."""
    c.scene() if not c.sent else None
    token = how.pop("token", None) or c.token()
    body = how.pop("body", None) or {"walletAddress": c.bob.wallet, "incomingAmount": c.bob.amount("1000")}
    c.send("POST", f"{c.bob.rs}/incoming-payments", body, **{**c.rs_says(401, said), "token": token, **how})


def read_fails(c: Case, said: str = RS_INVALID, url: Any = None, **how: Any) -> None:
    """A signed GET that the RS refuses."""
    c.scene() if not c.sent else None
    token = c.token()
    made = c.incoming(token)
    c.send("GET", url(c, made) if url else made["id"], **{**c.rs_says(401, said), "token": token, **how})


def listed(c: Case, more: str = "") -> str:
    return f"{c.bob.rs}/incoming-payments?wallet-address={quote(c.bob.wallet, safe='')}{more}"


def target(c: Case, to: Any) -> dict[str, Any]:
    return {"values": {"@target-uri": to}}


# 001 scheme


@case("SIG-001", "signed as http, sent over https", **BAD)
def _(c: Case) -> None:
    grant_fails(c, **target(c, c.bob.auth.replace("https", "http")))


@case("SIG-001", "GET signed as http", **BAD)
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    made = c.incoming(token)
    c.send(
        "GET", made["id"], token=token, **c.rs_says(401, RS_INVALID), **target(c, made["id"].replace("https", "http"))
    )


@case("SIG-001", "signed as https, sent over http", **BAD)
def _(c: Case) -> None:
    c.scene()
    url = c.bob.auth.replace("https://", "http://")
    c.send("POST", url, c.wish(), **c.as_says(401, "invalid_client", INVALID), **target(c, c.bob.auth))


@case("SIG-001", "continue signed as http", **BAD)
def _(c: Case) -> None:
    c.scene()
    then = c.grant()["continue"]
    c.send(
        "DELETE",
        then["uri"],
        token=then["access_token"]["value"],
        **c.as_says(401, "invalid_client", INVALID),
        **target(c, then["uri"].replace("https", "http")),
    )


# 002, 003 slashes


@case("SIG-002", "bare origin signed without its slash", **BAD)
def _(c: Case) -> None:
    c.bob.auth = c.bob.root + "/"
    grant_fails(c, **target(c, c.bob.root))


@case("SIG-003", "slash added to the path in the signature", **BAD)
def _(c: Case) -> None:
    grant_fails(c, **target(c, c.bob.auth + "/"))


@case("SIG-003", "slash taken off in the signature", **BAD)
def _(c: Case) -> None:
    grant_fails(c, url=c.bob.auth + "/", **target(c, c.bob.auth))


@case("SIG-003", "base URL and path joined with two slashes in the signature", **BAD)
def _(c: Case) -> None:
    create_fails(c, **target(c, f"{c.bob.rs}//incoming-payments"))


@case("SIG-003", "slash before the query in the signature", **BAD)
def _(c: Case) -> None:
    read_fails(c, url=lambda c, m: listed(c), **target(c, listed(c).replace("?", "/?")))


# 004 queries

for how, to in {
    "left out": lambda u: u.partition("?")[0],
    "percent-decoded": unquote,
    "encoded twice": lambda u: u.replace("%", "%25"),
    "lower-case hex": lambda u: u.replace("%3A", "%3a").replace("%2F", "%2f"),
    "slashes not escaped": lambda u: u.replace("%2F", "/"),
    "colons not escaped": lambda u: u.replace("%3A", ":"),
    "another order": lambda u: u.partition("?")[0] + "?" + "&".join(reversed(u.partition("?")[2].split("&"))),
}.items():

    @case("SIG-004", f"query signed {how}", **BAD)
    def _(c: Case, to: Any = to) -> None:
        read_fails(c, url=lambda c, m: listed(c, "&first=10"), **target(c, to(listed(c, "&first=10"))))


@case("SIG-004", "%20 on the wire, + in the signature", **BAD)
def _(c: Case) -> None:
    url = listed(c, "&cursor=a%20b")
    read_fails(c, url=lambda c, m: url, **target(c, url.replace("%20", "+")))


# 005 host


@case("SIG-005", "port missing in the Host header", **BAD)
def _(c: Case) -> None:
    c.bob.auth = c.bob.auth.replace(".example", ".example:3006")
    url = c.bob.auth.replace(":3006", "")
    grant_fails(c, url=url, port=3006, **target(c, c.bob.auth))


@case("SIG-005", "default port spelled out", **BAD)
def _(c: Case) -> None:
    grant_fails(c, **target(c, c.bob.auth.replace(".example", ".example:443")))


@case("SIG-005", "host in capital letters", **BAD)
def _(c: Case) -> None:
    grant_fails(c, **target(c, c.bob.auth.replace(c.bob.root, c.bob.root.upper().replace("HTTPS", "https"))))


@case("SIG-005", "a reverse proxy replaced Host", **BAD)
def _(c: Case) -> None:
    url = c.bob.auth.replace(c.bob.root, "https://inner.cluster")
    grant_fails(
        c,
        url=url,
        headers={"Host": "inner.cluster", "X-Forwarded-Host": c.bob.auth.split("/")[2]},
        **target(c, c.bob.auth),
    )


@case("SIG-005", "the wallet's host in place of the auth server's", **BAD)
def _(c: Case) -> None:
    grant_fails(c, **target(c, c.bob.auth.replace(c.bob.root, c.bob.rs_root)))


# 006 label

for label in ("sig", "pyhms", "sig-b26", "Sig1", "sig2"):

    @case("SIG-006", f"label {label}", rfc="fail" if label == "Sig1" else "pass", rafiki="fail")
    def _(c: Case, label: str = label) -> None:
        grant_fails(c, HEADERS, label=label)


# 007 parameters


@case("SIG-007", "no parameters signed", **BAD)
def _(c: Case) -> None:
    grant_fails(c, signed_params="")


@case("SIG-007", "created not signed", **BAD)
def _(c: Case) -> None:
    create_fails(c, signed_params=';keyid="{kid}"')


@case("SIG-007", "other order signed", **BAD)
def _(c: Case) -> None:
    grant_fails(c, signed_params=';created={created};keyid="{kid}"')


@case("SIG-007", "alg sent, not signed", **BAD)
def _(c: Case) -> None:
    grant_fails(
        c, params=';keyid="{kid}";created={created};alg="ed25519"', signed_params=';keyid="{kid}";created={created}'
    )


@case("SIG-007", "alg and nonce signed away, RS", **BAD)
def _(c: Case) -> None:
    create_fails(c, params=';created={created};keyid="{kid}";alg="ed25519";nonce="n1"', signed_params="")


@case("SIG-007", "keyid unquoted in the base", **BAD)
def _(c: Case) -> None:
    grant_fails(c, signed_params=";keyid={kid};created={created}")


@case("SIG-007", "blanks between the parameters in the base", **BAD)
def _(c: Case) -> None:
    grant_fails(c, signed_params='; keyid="{kid}"; created={created}')


# 008, 009 spelling


@case("SIG-008", "no colons", rfc="fail", rafiki="pass")
def _(c: Case) -> None:
    c.scene()
    c.grant(written="{label}={signature}")


@case("SIG-008", "bare base64, RS", rfc="fail", rafiki="pass")
def _(c: Case) -> None:
    c.scene()
    c.incoming(c.token(), written="{signature}")


def _signed(c: Case, later: int) -> str:
    c.grant(encode=b64url, wait=later + 0.5)
    c.now -= later + 0.5
    return c.sent.pop().message.headers["Signature"]


@case("SIG-008", "base64url", rfc="fail", rafiki="pass")
def _(c: Case) -> None:
    c.scene()
    c.now += next(n for n in range(9) if {"-", "_"} & set(_signed(c, n)))
    c.grant(encode=b64url)


@case("SIG-009", "names unquoted in field and base", rfc="fail", rafiki="pass")
def _(c: Case) -> None:
    c.scene()
    c.grant(names="{}")


for title, how in {
    "lines": {"signed_names": "{}"},
    "last line": {"signed_list": "{}"},
    "base": {"signed_names": "{}", "signed_list": "{}"},
}.items():

    @case("SIG-009", f"names unquoted on the {title} alone", **BAD)
    def _(c: Case, how: Any = how) -> None:
        grant_fails(c, **how)


@case("SIG-009", "names unquoted everywhere", **BAD)
def _(c: Case) -> None:
    grant_fails(c, names="{}", signed_names="{}")


# 010 keyid


@case("SIG-010", "keyid after a blank", rfc="pass", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(
        c,
        "invalid signature input",
        params='; keyid="{kid}";created={created}',
        signed_params=';keyid="{kid}";created={created}',
    )


@case("SIG-010", "keyid unquoted", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, "invalid signature input", params=";keyid={kid};created={created}")


@case("SIG-010", "no keyid, RS", rafiki="fail")
def _(c: Case) -> None:
    create_fails(c, "Signature validation error: missing keyId in signature input", params=";created={created}")


@case("SIG-010", "keyId in camel case", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, "invalid signature input", params=';keyId="{kid}";created={created}')


# 011, 012, 033, 034 keys

UNKNOWN = {"status": 400, "answer": {"error": {"code": "invalid_client", "description": "could not determine client"}}}


@case("SIG-011", "the key was removed", rafiki="fail")
def _(c: Case) -> None:
    c.read()
    c.jwks(c.other)
    grant_fails(c, **UNKNOWN)


@case("SIG-011", "RS says so with details")
def _(c: Case) -> None:
    c.read()
    c.jwks()
    token = c.token()
    c.jwks(c.other)
    said = "Signature validation error: could not find key in list of client keys"
    answer = c.rs_says(401, said, clientKeys=[c.other.kid], keyIdInSignature=c.key.kid)
    create_fails(c, token=token, key=Key("gone"), **answer)


@case("SIG-011 SIG-012 SIG-034", "the key's id is its URL")
def _(c: Case) -> None:
    key = Key(c.id, kid=f"{c.client}/jwks.json#key-1")
    grant_fails(c, key=key, **UNKNOWN)


@case("SIG-012 SIG-034", "another key of the same JWKS", **BAD)
def _(c: Case) -> None:
    c.read()
    c.jwks(c.key, c.other)
    grant_fails(c, key=Key(f"{c.id}-2", kid=c.key.kid))


@case("SIG-012 SIG-034", "a new private key under the old id", **BAD)
def _(c: Case) -> None:
    grant_fails(c, key=Key("new", kid=c.key.kid))


@case("SIG-012 SIG-033", "the key of another wallet address", **BAD)
def _(c: Case) -> None:
    c.scene()
    other = Key("elsewhere")
    c.send("GET", f"https://wallet-{c.id}.example/second/jwks.json", answer={"keys": [other.jwk()]})
    grant_fails(c, key=Key("elsewhere", kid=c.key.kid))


@case("SIG-033 SIG-011", "keyid of another wallet address")
def _(c: Case) -> None:
    c.scene()
    other = Key("elsewhere")
    c.send("GET", f"https://wallet-{c.id}.example/second/jwks.json", answer={"keys": [other.jwk()]})
    grant_fails(c, key=other, **UNKNOWN)


# 013, 014, 015 JWKS

for title, how in {
    "404": {"status": 404, "answer": b"Not Found"},
    "500": {"status": 500, "answer": b"Internal Server Error"},
    "a web page": {"answer": b"<!doctype html><title>Wallet</title>", "answered": {"content-type": "text/html"}},
    "a bare list": {"answer": [Key("x").jwk()]},
    "not JSON": {"answer": b'{"keys":[', "answered": {"content-type": "application/json"}},
}.items():

    @case("SIG-013 WAL-003 GNT-004 WAL-011", f"the JWKS is {title}")
    def _(c: Case, how: dict[str, Any] = how) -> None:
        c.read()
        c.jwks(**how)
        grant_fails(c, **UNKNOWN)


SPKI = bytes.fromhex("302a300506032b6570032100")
for title, make in {
    "x is an SPKI blob": lambda k: {"x": b64url(SPKI + k.raw)},
    "x is hex": lambda k: {"x": k.raw.hex()},
    "crv is X25519": lambda k: {"crv": "X25519"},
    "crv in lower case": lambda k: {"crv": "ed25519"},
    "kty is EC": lambda k: {"kty": "EC"},
    "no alg": lambda k: {"alg": None},
    "alg is Ed25519": lambda k: {"alg": "Ed25519"},
    "x is cut": lambda k: {"x": b64url(k.raw[:20])},
}.items():

    @case("SIG-014 SIG-013", title)
    def _(c: Case, make: Any = make) -> None:
        c.read()
        c.jwks(c.key.jwk(**make(c.key)))
        grant_fails(c, **UNKNOWN)


@case("SIG-014", "d is published")
def _(c: Case) -> None:
    c.read()
    c.jwks(c.key.jwk(d=b64url(b"\x01" * 32)))
    c.grant()


@case("SIG-015 SIG-014 SIG-013", "x in plain base64")
def _(c: Case) -> None:
    seed = next(s for s in range(99) if {"+", "/"} & set(b64(Key(f"{c.id}-{s}").raw)))
    c.key = Key(f"{c.id}-{seed}")
    c.read()
    c.jwks(c.key.jwk(x=b64(c.key.raw)))
    grant_fails(c, **UNKNOWN)


# 016, 017 authorization

SIGNED = [name for name in ORDER if name != "authorization"]


@case("SIG-016", "added after signing, RS", rfc="pass", rafiki="fail")
def _(c: Case) -> None:
    create_fails(c, covered=SIGNED)


@case("SIG-016", "not covered on continue", rfc="pass", rafiki="fail")
def _(c: Case) -> None:
    c.scene()
    then = c.grant()["continue"]
    c.send(
        "DELETE",
        then["uri"],
        token=then["access_token"]["value"],
        covered=("@method", "@target-uri"),
        **c.as_says(401, "invalid_client", HEADERS),
    )


for title, form in {
    "Bearer": "Bearer {}",
    "no scheme": "{}",
    "quoted": 'GNAP "{}"',
    "lower case": "gnap {}",
    "two blanks": "GNAP  {}",
    "undefined": "GNAP undefined",
    "nothing": "",
}.items():

    @case("SIG-017", f"signed with {title}", **BAD)
    def _(c: Case, form: str = form) -> None:
        c.scene()
        token = c.token()
        create_fails(c, token=token, values={"authorization": form.format(token)})


@case("SIG-017", "the token before the rotation was signed", **BAD)
def _(c: Case) -> None:
    c.scene()
    grant = c.grant()
    old = grant["access_token"]
    new = c.given(c.bob, old["access"])
    c.send("POST", old["manage"], token=old["value"], answer={"access_token": new["access_token"]})
    create_fails(c, token=new["access_token"]["value"], values={"authorization": f"GNAP {old['value']}"})


# 018, 019, 020, 021, 022


@case("SIG-018", "@target-uri not covered", rfc="pass", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, covered=[name for name in SIGNED if name != "@target-uri"])


@case("SIG-018 SIG-019", "@path and @authority in its place", rfc="pass", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, covered=["@method", "@path", "@authority", "content-digest", "content-type"])


@case("SIG-018", "@method not covered, RS", rfc="pass", rafiki="fail")
def _(c: Case) -> None:
    create_fails(c, covered=ORDER[1:])


@case("SIG-019", "@authority too", rfc="pass", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, covered=["@method", "@authority", *SIGNED[1:]])


@case("SIG-019", "content-type with sf", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, covered=["@method", "@target-uri", "content-digest;sf", "content-length", "content-type"])


def second(label: str, first: bool) -> Any:
    def add(message: Message) -> None:
        more = f'{label}=("@authority");created=1795363200;keyid="edge"'
        value = f"{label}=:{b64(bytes(64))}:"
        for name, extra in (("Signature-Input", more), ("Signature", value)):
            own = message.headers[name]
            message.headers[name] = f"{extra}, {own}" if first else f"{own}, {extra}"

    return add


@case("SIG-020", "a CDN's signature behind ours", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, as_sent=second("cdn", False))


@case("SIG-020", "a CDN's signature before ours, RS", rafiki="fail")
def _(c: Case) -> None:
    create_fails(c, as_sent=second("edge", True))


@case("SIG-021", "Content-Type in capitals in the list", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, covered=["@method", "@target-uri", "Content-Digest", "Content-Length", "Content-Type"])


@case("SIG-021", "Authorization in capitals in the list, RS", rafiki="fail")
def _(c: Case) -> None:
    create_fails(c, covered=["@method", "@target-uri", "Authorization", *ORDER[3:]])


@case("SIG-022", "post", **BAD)
def _(c: Case) -> None:
    grant_fails(c, values={"@method": "post"})


@case("SIG-022", "get, RS", **BAD)
def _(c: Case) -> None:
    read_fails(c, values={"@method": "get"})


@case("SIG-022", "Post", **BAD)
def _(c: Case) -> None:
    create_fails(c, values={"@method": "Post"})


# 023, 024 the base

for title, how in {
    "CRLF": {"newline": "\r\n"},
    "newline at the end": {"tail": "\n"},
    "no blank": {"colon": ":"},
    "sorted": {"covered": ORDER[::-1], "arrange": lambda lines: [*sorted(lines[:-1]), lines[-1]]},
    "CR alone": {"newline": "\r"},
    "CRLF, also at the end": {"newline": "\r\n", "tail": "\r\n"},
    "params first": {"arrange": lambda x: [x[-1], *x[:-1]]},
    "no params line": {"arrange": lambda lines: lines[:-1]},
}.items():

    @case("SIG-023", f"base with {title}", **BAD)
    def _(c: Case, how: Any = how) -> None:
        create_fails(c, **how)


for title, hashed in {
    "SHA-512": lambda b: hashlib.sha512(b).digest(),
    "SHA-256": lambda b: hashlib.sha256(b).digest(),
    "SHA-512 in hex": lambda b: hashlib.sha512(b).hexdigest().encode(),
    "SHA-512 in base64": lambda b: b64(hashlib.sha512(b).digest()).encode(),
}.items():

    @case("SIG-024", f"{title} of the base", **BAD)
    def _(c: Case, hashed: Any = hashed) -> None:
        grant_fails(c, hashed=hashed)


# 025, 026, 027


@case("SIG-025", "headers of the request before", **BAD)
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    made = c.incoming(token)
    before = c.sent[-1].message.headers
    c.send(
        "GET",
        made["id"],
        token=token,
        **c.rs_says(401, RS_INVALID),
        late={name: before[name] for name in ("Signature", "Signature-Input")},
    )


@case("SIG-025 NET-002", "redirect followed with the old headers", **BAD)
def _(c: Case) -> None:
    c.scene()
    token = c.token()
    url = f"{c.bob.rs}/incoming-payments/"
    body = {"walletAddress": c.bob.wallet}
    c.send("POST", url, body, token=token, status=308, answered={"Location": url[:-1]})
    before = c.sent[-1].message.headers
    c.send(
        "POST",
        url[:-1],
        body,
        token=token,
        **c.rs_says(401, RS_INVALID),
        late={name: before[name] for name in ("Signature", "Signature-Input")},
    )


@case("SIG-025 SIG-017", "the token was exchanged under an old signature", **BAD)
def _(c: Case) -> None:
    c.scene()
    one, two = c.token(), c.token()
    body = {"walletAddress": c.bob.wallet}
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        body,
        token=one,
        status=503,
        answer={"error": {"code": "503", "description": "busy"}},
    )
    before = c.sent[-1].message.headers
    c.send(
        "POST",
        f"{c.bob.rs}/incoming-payments",
        body,
        token=two,
        **c.rs_says(401, RS_INVALID),
        late={name: before[name] for name in ("Signature", "Signature-Input")},
    )


@case("SIG-026", "valid here, refused there", rfc="pass", rafiki="pass")
def _(c: Case) -> None:
    grant_fails(c)


@case("SIG-027", "AS without signature")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, signed=False)


@case("SIG-027", "Signature-Input is missing")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, late={"Signature-Input": None})


@case("SIG-027", "continue without signature")
def _(c: Case) -> None:
    c.scene()
    then = c.grant()["continue"]
    c.send(
        "DELETE",
        then["uri"],
        token=then["access_token"]["value"],
        signed=False,
        **c.as_says(401, "invalid_client", HEADERS),
    )


# 028, 029, 031, 035, 036, 037


@case("SIG-028", "created ten minutes ago", rfc="pass", rafiki="pass")
def _(c: Case) -> None:
    c.scene()
    c.grant(created=int(c.now) - 600)


@case("SIG-028", "expires passed")
def _(c: Case) -> None:
    c.scene()
    c.grant(params=';keyid="{kid}";created={created};expires=' + str(int(c.now) - 30))


@case("SIG-029", "created in milliseconds")
def _(c: Case) -> None:
    c.scene()
    c.incoming(c.token(), created=int(c.now * 1000))


for alg in ("EdDSA", "Ed25519", "hmac-sha256", "rsa-pss-sha512"):

    @case("SIG-031", f'alg="{alg}"', rafiki="pass")
    def _(c: Case, alg: str = alg) -> None:
        c.scene()
        c.grant(params=f';keyid="{{kid}}";created={{created}};alg="{alg}"')


@case("SIG-035", "no created", rafiki="pass")
def _(c: Case) -> None:
    c.scene()
    c.grant(params=';keyid="{kid}"')


@case("SIG-036", "a covered header is missing", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(
        c, HEADERS, headers={"X-Request-Id": "r1"}, covered=[*SIGNED, "x-request-id"], late={"X-Request-Id": None}
    )


@case("SIG-036 DIG-013", "Content-Length was dropped", rafiki="fail")
def _(c: Case) -> None:
    grant_fails(c, HEADERS, late={"Content-Length": None, "Transfer-Encoding": "chunked"})


@case("SIG-037", "keyid is not the kid of client.jwk")
def _(c: Case) -> None:
    c.read()
    token = c.token(body=c.wish() | {"client": {"jwk": c.key.jwk()}})
    said = "Signature validation error: invalid key id"
    create_fails(c, said, token=token, key=Key(c.id, kid="another"))


# 030 fields

for title, sent in {
    "charset=utf-8": "application/json; charset=utf-8",
    "charset=UTF-8": "application/json;charset=UTF-8",
    "another type": "application/vnd.api+json",
}.items():

    @case("SIG-030", f"content-type became {title}", **BAD)
    def _(c: Case, sent: str = sent) -> None:
        create_fails(c, late={"Content-Type": sent})


@case("SIG-030", "content-type was signed as octet-stream", **BAD)
def _(c: Case) -> None:
    grant_fails(c, values={"content-type": "application/octet-stream"})


@case("SIG-030", "the body was exchanged with its digest", **BAD)
def _(c: Case) -> None:
    c.scene()
    spaced = json.dumps(c.wish()).encode()
    body = compact(c.wish())
    grant_fails(c, body=body, values={"content-digest": digest(spaced)})
