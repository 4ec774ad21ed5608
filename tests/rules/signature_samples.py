"""A good and a bad recording for each rule about signatures, digests and interaction hashes; see make_samples.py."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import unquote

from optrace.core.messages import Connection, Exchange, HttpRequest
from tests.rules.forgery import (
    HEADERS,
    INVALID,
    NO_CLIENT,
    RS_INVALID,
    add,
    digest_of,
    forge,
    request,
    with_fields,
)
from tests.rules.scene import FINISH, SHOP, Pending, Scene, key_of, uuid, value_of

Recording = list[Exchange]
OTHER = "https://shop.example/other"


class Sample(NamedTuple):
    """The recordings of a rule."""

    good: Recording
    bad: Recording


def wish(**members: Any) -> bytes:
    """The body of a grant request."""
    access = [{"type": "incoming-payment", "actions": ["create", "read"]}]
    body = {"access_token": {"access": access}, "client": SHOP} | members
    return json.dumps(body, separators=(",", ":")).encode()


def grant(
    *,
    body: bytes | None = None,
    url: str | None = None,
    jwks: Any = None,
    jwks_status: int = 200,
    status: int = 401,
    answer: Any = INVALID,
    sent: Mapping[str, str | None] | None = None,
    after: Callable[[HttpRequest], HttpRequest] = lambda sent: sent,
    connection: Connection | None = None,
    key: str = "shop",
    **fault: Any,
) -> Recording:
    """A grant request after its client's keys were read; `after` changes it once it is signed."""
    scene = Scene()
    scene.key = key_of(key)
    scene.read(scene.bob)
    if jwks is not None or jwks_status != 200:
        scene.exchanges.pop()
        scene.send("GET", f"{SHOP}/jwks.json", answer=jwks, status=jwks_status)
    raw = request("POST", url or scene.bob.auth, wish() if body is None else body, **dict(sent or {}))
    signed = forge(raw, scene.key, int(scene.now.timestamp()), **fault)
    add(scene, after(signed), status, answer, connection=connection)
    return scene.exchanges


def granted(**more: Any) -> Recording:
    """The same, taken by the server."""
    return grant(status=200, answer={"access_token": {"value": "OK", "manage": "https://a.example/token/1"}}, **more)


def create(
    *,
    body: bytes | None = None,
    status: int = 401,
    answer: Any = RS_INVALID,
    method: str = "POST",
    query: str = "",
    sent: Mapping[str, str | None] | None = None,
    after: Callable[[HttpRequest], HttpRequest] = lambda sent: sent,
    before: Callable[[Scene, str], object] = lambda scene, token: None,
    signs: Callable[[Scene], Mapping[str, str]] = lambda scene: {},
    **fault: Any,
) -> Recording:
    """A call for incoming payments with a token, after grant and keys."""
    scene = Scene()
    scene.read(scene.bob)
    token = value_of(scene.grant(scene.bob, "incoming-payment", ["create", "read", "list"]))
    before(scene, token)
    raw_body = b"" if method == "GET" else body_of(scene) if body is None else body
    raw = request(method, f"{scene.bob.rs}/incoming-payments{query}", raw_body, token, **dict(sent or {}))
    signed = {**signs(scene), **fault.pop("signed", {})}
    add(scene, after(forge(raw, scene.key, int(scene.now.timestamp()), signed=signed, **fault)), status, answer)
    return scene.exchanges


def created(**more: Any) -> Recording:
    """The same, taken by the server."""
    return create(status=201, answer={"id": "https://rs.recipient.example/1"}, **more)


def body_of(scene: Scene, **members: Any) -> bytes:
    """The body of an incoming payment."""
    value = {"walletAddress": scene.bob.wallet, "incomingAmount": scene.bob.amount("1000")} | members
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def written(write: Callable[[Any], str], **members: Any) -> bytes:
    """The same body in another spelling."""
    return write(json.loads(body_of(Scene(), **members))).encode()


def text(body: bytes) -> Recording:
    """A payment whose body is in a spelling that Rafiki's digest isn't of."""
    return create(body=body)


def swapped(url: str, old: str, new: str) -> dict[str, str]:
    """Another URL on the line of the target."""
    assert old in url
    return {"@target-uri": url.replace(old, new, 1)}


BOB = Scene().bob
AUTH, RS = BOB.auth, f"{BOB.rs}/incoming-payments"


def _other_key(scene: Scene) -> list[dict[str, Any]]:
    return [scene.key.public_jwk(), key_of("second").public_jwk()]


def _jwk(**members: Any) -> dict[str, Any]:
    return {"keys": [{**key_of("shop").public_jwk(), **members}]}


def _mixed_up() -> Recording:
    """The headers of one read on the next, as a shared client may send them."""
    scene = Scene()
    scene.read(scene.bob)
    token = value_of(scene.grant(scene.bob, "incoming-payment", ["create", "read", "list"]))
    now = int(scene.now.timestamp())
    one, two = (request("GET", f"{RS}/{uuid(name)}", token=token) for name in ("one", "two"))
    first = forge(one, scene.key, now)
    add(scene, first, 200, {"id": one.url})
    kept = {name.lower().replace("-", "_"): value for name, value in first.fields if "signature" in name.lower()}
    add(scene, with_fields(two, **kept), 401, RS_INVALID)
    return scene.exchanges


def _two_wallets(client: str) -> Recording:
    scene = Scene()
    scene.read(scene.bob)
    scene.send("GET", f"{OTHER}/jwks.json", answer={"keys": [key_of("other").public_jwk()]})
    raw = request("POST", AUTH, wish(client=client))
    signed = forge(raw, key_of("other"), int(scene.now.timestamp()))
    ok = client == OTHER
    add(scene, signed, 200 if ok else 400, {"access_token": {"value": "X"}} if ok else NO_CLIENT)
    return scene.exchanges


def _directed(kid: str) -> Recording:
    scene = Scene()
    jwk = {**scene.key.public_jwk(), "kid": kid}
    raw = request("POST", AUTH, wish(client={"jwk": jwk}))
    add(scene, forge(raw, scene.key, int(scene.now.timestamp())), 200, {"access_token": {"value": "X"}})
    return scene.exchanges


def _unsigned(sign: bool) -> Recording:
    scene = Scene()
    scene.read(scene.bob)
    raw = request("POST", AUTH, wish())
    signed = forge(raw, scene.key, int(scene.now.timestamp()))
    add(scene, signed if sign else raw, 200 if sign else 401, {"access_token": {"value": "X"}} if sign else HEADERS)
    return scene.exchanges


# interactions


def interaction(
    *,
    hash_of: Callable[[Pending, Scene], bytes] | None = None,
    digest: Callable[[bytes], bytes] = lambda base: hashlib.sha256(base).digest(),
    spell: Callable[[bytes], str] | None = None,
    location: Callable[[str], str] = lambda url: url,
    arrived: Callable[[str], str] = lambda url: url,
    others: int = 0,
    goes_on: bool = False,
    callback: int = 200,
) -> Recording:
    """A grant with consent, up to the callback: with another hash, another redirect, another arrival."""
    scene = Scene()
    scene.read(scene.alice)
    for _ in range(others):
        scene.ask()
    pending = scene.ask()
    pending.open()
    place, secret = f"{pending.ident}/{pending.nonce}", {"x-idp-secret": "s"}
    root = scene.alice.root
    scene.send("POST", f"{root}/grant/{place}/accept", "{}", status=202, fields=secret, sign=False)
    base = "\n".join(lines(pending, scene)).encode() if hash_of is None else hash_of(pending, scene)
    written_ = (spell or standard)(digest(base))
    target = location(f"{pending.body['interact']['finish']['uri']}&hash={written_}&interact_ref={pending.reference}")
    scene.send("GET", f"{root}/interact/{place}/finish", status=302, returned={"Location": target}, accept="text/html",
               fields={"Cookie": "sessionId=1"})  # fmt: skip
    scene.send("GET", arrived(target), status=callback, answer="you can close this window", accept="text/html")
    if goes_on:
        pending.finish()
    return scene.exchanges


def lines(pending: Pending, scene: Scene) -> list[str]:
    """What is hashed, line by line."""
    nonce = pending.body["interact"]["finish"]["nonce"]
    return [nonce, pending.nonce, pending.reference, scene.alice.auth]


def standard(digest: bytes) -> str:
    """Rafiki's spelling, percent-encoded."""
    return base64.b64encode(digest).decode().replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")


def urlsafe(digest: bytes) -> str:
    """RFC 9635's spelling."""
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def joined(by: str, *, tail: str = "") -> Callable[[Pending, Scene], bytes]:
    """The lines of a hash, joined otherwise."""
    return lambda pending, scene: (by.join(lines(pending, scene)) + tail).encode()


def over(url: Callable[[str], str]) -> Callable[[Pending, Scene], bytes]:
    """The hash over another URL."""
    return lambda pending, scene: "\n".join([*lines(pending, scene)[:3], url(scene.alice.auth)]).encode()


def _swapped_nonces(pending: Pending, scene: Scene) -> bytes:
    client, server, reference, url = lines(pending, scene)
    return "\n".join([server, client, reference, url]).encode()


def _of_the_other(pending: Pending, scene: Scene) -> bytes:
    other = next(e for e in scene.exchanges if e.request.method == "POST" and b"interact" in (e.request.body or b""))
    assert other.request.body is not None
    assert other.response is not None
    nonce = json.loads(other.request.body)["interact"]["finish"]["nonce"]
    server = json.loads(other.response.body or b"")["interact"]["finish"]
    return "\n".join([nonce, server, pending.reference, scene.alice.auth]).encode()


def asks(**finish: Any) -> Recording:
    """An interactive grant request with other members of `interact.finish`."""
    scene = Scene()
    scene.read(scene.alice)
    body = scene.wish()
    body["interact"]["finish"] |= finish
    answer = {"interact": {"redirect": f"{scene.alice.root}/interact/{uuid('i')}/AB", "finish": "ABCDEF0123456789"}}
    scene.send("POST", scene.alice.auth, body, answer=answer)
    return scene.exchanges


def twice(nonce: bool) -> Recording:
    """Two interactive grant requests, with one nonce or two."""
    scene = Scene()
    scene.read(scene.alice)
    scene.ask()
    body = scene.wish()
    if nonce:
        body["interact"]["finish"]["nonce"] = json.loads(scene.exchanges[-1].request.body or b"")["interact"]["finish"][
            "nonce"
        ]
    scene.send(
        "POST", scene.alice.auth, body, answer={"interact": {"redirect": f"{scene.alice.root}/i", "finish": "A" * 16}}
    )
    return scene.exchanges


def consent(
    *, cookie: bool = True, late: float = 0, again: bool = False, finish: bool = True, decided: bool = True
) -> Recording:
    """An interaction at the AS: without its cookie, too late, a second time, without finish, undecided."""
    scene = Scene()
    scene.read(scene.alice)
    pending = scene.ask(finish=finish)
    pending.open()
    root, place = scene.alice.root, f"{pending.ident}/{pending.nonce}"
    at = f"{root}/interact/{place}/finish"
    session = {"Cookie": "sessionId=1"} if cookie else {}
    if decided:
        scene.send("POST", f"{root}/grant/{place}/accept", "{}", status=202, fields={"x-idp-secret": "s"}, sign=False)
    if not cookie:
        error = {"error": {"code": "invalid_request", "description": "invalid session"}}
        scene.send("GET", at, status=401, answer=error, accept="text/html")
        return scene.exchanges
    uri = pending.body["interact"].get("finish", {}).get("uri")
    query = f"hash={pending.hash()}&interact_ref={pending.reference}" if decided else "result=grant_invalid"
    if late:
        query = "result=invalid_interaction&message=interaction+expired"
    target = {"Location": f"{uri}&{query}"} if uri else {}
    scene.send(
        "GET", at, status=302 if uri else 202, returned=target, accept="text/html", fields=session, wait=late or 0.4
    )
    if again:
        back = {"Location": f"{uri}&result=invalid_interaction"}
        scene.send("GET", pending.answer["interact"]["redirect"], status=302, returned=back, accept="text/html")
    return scene.exchanges


_LIST = "?wallet-address=https%3A%2F%2Fwallet.recipient.example%2Fbob&first=10"
_PORT = f"https://auth.recipient.example:8443/{BOB.tenant}"

SAMPLES: Mapping[str, Callable[[], Sample]] = {
    "SIG-001": lambda: Sample(granted(), grant(signed=swapped(AUTH, "https:", "http:"))),
    "SIG-002": lambda: Sample(
        granted(url=f"{BOB.root}/"), grant(url=f"{BOB.root}/", signed={"@target-uri": BOB.root})
    ),
    "SIG-003": lambda: Sample(granted(), grant(signed={"@target-uri": f"{AUTH}/"})),
    "SIG-004": lambda: Sample(
        create(method="GET", query=_LIST, status=200, answer={"result": []}),
        create(method="GET", query=_LIST, signed={"@target-uri": f"{RS}{unquote(_LIST)}"}),
    ),
    "SIG-005": lambda: Sample(
        granted(url=_PORT),
        grant(
            signed={"@target-uri": _PORT},
            after=lambda sent: replace(sent, authority="auth.recipient.example:8443"),
        ),
    ),
    "SIG-006": lambda: Sample(granted(), grant(label="pyhms", answer=HEADERS)),
    "SIG-007": lambda: Sample(granted(), grant(signed_params="")),
    "SIG-008": lambda: Sample(granted(), granted(value="{label}={base64}")),
    "SIG-009": lambda: Sample(
        granted(), granted(quoted=False, value="{base64}", params=';created=1767614400;keyid="key-shop"')
    ),
    "SIG-010": lambda: Sample(
        granted(), grant(params=";created=1767614400",
                         answer={"error": {"code": "invalid_client", "description": "invalid signature input"}})
    ),
    "SIG-011": lambda: Sample(
        granted(), grant(jwks={"keys": [key_of("old").public_jwk()]}, status=400, answer=NO_CLIENT)
    ),
    "SIG-012": lambda: Sample(
        granted(jwks={"keys": _other_key(Scene())}),
        grant(jwks={"keys": _other_key(Scene())}, key="second", params=';keyid="key-shop";created=1767614401'),
    ),
    "SIG-013": lambda: Sample(granted(), grant(jwks="<html><title>Shop</title></html>", status=400, answer=NO_CLIENT)),
    "SIG-014": lambda: Sample(granted(), grant(jwks=_jwk(alg=None), status=400, answer=NO_CLIENT)),
    "SIG-015": lambda: Sample(
        granted(), grant(jwks=_jwk(x=key_of("shop").public_jwk()["x"] + "="), status=400, answer=NO_CLIENT)
    ),
    "SIG-016": lambda: Sample(
        created(), create(covered=["@method", "@target-uri", "content-digest", "content-length", "content-type"])
    ),
    "SIG-017": lambda: Sample(
        created(), create(after=lambda sent: with_fields(sent, authorization="GNAP 0123456789ABCDEF0123"))
    ),
    "SIG-018": lambda: Sample(
        granted(), grant(covered=["@method", "content-digest", "content-length", "content-type"], answer=HEADERS)
    ),
    "SIG-019": lambda: Sample(
        granted(), grant(covered=["@method", "@target-uri", "@authority", "content-digest"])
    ),
    "SIG-020": lambda: Sample(
        granted(),
        grant(
            after=lambda sent: with_fields(
                sent,
                signature_input=f'{sent.fields.get("signature-input")}, cdn=("@authority");keyid="cdn";created=1',
                signature=f"{sent.fields.get('signature')}, cdn=:{'A' * 86}==:",
            ),
            status=400,
            answer=NO_CLIENT,
        ),
    ),
    "SIG-021": lambda: Sample(
        granted(), grant(covered=["@method", "@target-uri", "Content-Digest", "content-length"], answer=HEADERS)
    ),
    "SIG-022": lambda: Sample(granted(), grant(signed={"@method": "post"})),
    "SIG-023": lambda: Sample(granted(), grant(newline="\r\n")),
    "SIG-024": lambda: Sample(granted(), grant(hashed=lambda data: hashlib.sha512(data).digest())),
    "SIG-025": lambda: Sample(created(), _mixed_up()),
    "SIG-026": lambda: Sample(granted(), grant()),
    "SIG-027": lambda: Sample(_unsigned(True), _unsigned(False)),
    "SIG-028": lambda: Sample(granted(), granted(params=';keyid="key-shop";created=1767600000')),
    "SIG-029": lambda: Sample(granted(), granted(params=';keyid="key-shop";created=1767614401000')),
    "SIG-030": lambda: Sample(
        granted(), grant(after=lambda sent: with_fields(sent, content_type="application/json; charset=utf-8"))
    ),
    "SIG-031": lambda: Sample(granted(), granted(params=';keyid="key-shop";created=1767614401;alg="EdDSA"')),
    "SIG-033": lambda: Sample(_two_wallets(OTHER), _two_wallets(SHOP)),
    "SIG-034": lambda: Sample(granted(), grant(hashed=lambda data: hashlib.md5(data).digest())),
    "SIG-035": lambda: Sample(granted(), granted(params=';keyid="key-shop"')),
    "SIG-036": lambda: Sample(
        granted(), grant(covered=["@method", "@target-uri", "x-request-id"], signed={"x-request-id": "1"})
    ),
    "SIG-037": lambda: Sample(_directed("key-shop"), _directed("key-of-the-grant")),
    "DIG-001": lambda: Sample(created(), text(written(json.dumps))),
    "DIG-002": lambda: Sample(
        created(body=body_of(Scene(), metadata={"description": "Café"})),
        text(written(lambda v: json.dumps(v, separators=(",", ":")), metadata={"description": "Café"})),
    ),
    "DIG-003": lambda: Sample(
        created(body=body_of(Scene(), metadata={"description": "salt & pepper"})),
        text(body_of(Scene(), metadata={"description": "salt & pepper"}).replace(b"&", b"\\u0026")),
    ),
    "DIG-004": lambda: Sample(created(), text(body_of(Scene()).replace(b"/", b"\\/"))),
    "DIG-005": lambda: Sample(
        created(body=body_of(Scene(), metadata={"weight": 1})), text(body_of(Scene(), metadata={"weight": 1.0}))
    ),
    "DIG-006": lambda: Sample(
        created(body=body_of(Scene(), metadata={"2": "a", "10": "b"})),
        text(body_of(Scene(), metadata={"10": "b", "2": "a"})),
    ),
    "DIG-007": lambda: Sample(created(), text(body_of(Scene()) + b"\n")),
    "DIG-008": lambda: Sample(created(), create(sent={"content_digest": digest_of(b"{}")})),
    "DIG-009": lambda: Sample(created(), created(covered=["@method", "@target-uri", "authorization"])),
    "DIG-010": lambda: Sample(
        created(), create(sent={"content_digest": digest_of(body_of(Scene())).replace("=:", ":", 1)})
    ),
    "DIG-011": lambda: Sample(
        created(), create(sent={"content_digest": digest_of(body_of(Scene()), "sha-256").replace("256", "512")})
    ),
    "DIG-012": lambda: Sample(
        created(),
        created(
            body=gzip.compress(body_of(Scene()), mtime=0),
            sent={"content_digest": digest_of(body_of(Scene())), "content_encoding": "gzip"},
        ),
    ),
    "DIG-013": lambda: Sample(
        created(),
        create(
            covered=["@method", "@target-uri", "authorization", "content-digest", "content-type"],
            after=lambda sent: with_fields(sent, content_length=None, transfer_encoding="chunked"),
        ),
    ),
    "DIG-014": lambda: Sample(
        create(method="GET", query=_LIST, status=200, answer={"result": []}),
        create(method="GET", query=_LIST, status=200, answer={"result": []}, sent={"content_digest": digest_of(b"")}),
    ),
    "DIG-015": lambda: Sample(
        created(), create(sent={"content_digest": f"{digest_of(body_of(Scene()))}, {digest_of(b'x', 'sha-256')}"})
    ),
    "INT-001": lambda: Sample(interaction(), interaction(hash_of=over(lambda url: url + "/"))),
    "INT-002": lambda: Sample(interaction(), interaction(spell=urlsafe)),
    "INT-003": lambda: Sample(interaction(), _with_plus()),
    "INT-004": lambda: Sample(interaction(), interaction(hash_of=_swapped_nonces)),
    "INT-005": lambda: Sample(interaction(), interaction(digest=lambda base: hashlib.sha3_512(base).digest())),
    "INT-006": lambda: Sample(
        interaction(goes_on=True), interaction(arrived=lambda url: url.replace("hash=", "hash=A"), goes_on=True)
    ),
    "INT-007": lambda: Sample(twice(False), twice(True)),
    "INT-008": lambda: Sample(interaction(), interaction(callback=404)),
    "INT-009": lambda: Sample(asks(), asks(uri=f"{FINISH}?result=ok")),
    "INT-010": lambda: Sample(consent(), consent(cookie=False)),
    "INT-011": lambda: Sample(consent(), consent(late=700)),
    "INT-012": lambda: Sample(consent(), consent(again=True)),
    "INT-013": lambda: Sample(interaction(others=1), interaction(others=1, hash_of=_of_the_other)),
    "INT-014": lambda: Sample(consent(), consent(finish=False)),
    "INT-015": lambda: Sample(
        interaction(), interaction(arrived=lambda url: url.partition("&hash=")[0] + "&interact_ref=x")
    ),
    "INT-016": lambda: Sample(consent(), consent(decided=False)),
    "INT-017": lambda: Sample(interaction(), interaction(digest=lambda base: hashlib.sha256(b"other" + base).digest())),
}  # fmt: skip


def _with_plus() -> Recording:
    """An interaction whose hash has a plus sign: tried until one comes up."""
    for others in range(8):
        found = interaction(others=others, arrived=lambda url: url.replace("%2B", "+"))
        if "+" in found[-1].request.url.partition("hash=")[2]:
            return found
    raise AssertionError("no hash has a plus sign")
