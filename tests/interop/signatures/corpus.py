"""Messages as clients send and mangle them: each is a healthy request with faults from a list of known ones.

A fault acts before signing (the signer makes the mistake, then signs what the verifier will rebuild) or after it (the
message is altered on the way). So the corpus has strange messages that are accepted and near-right ones that aren't.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.signatures.keys import SigningKey
from optrace.signatures.profiles.rafiki import components_of, node_field, verifier_base

KEY = SigningKey(kid="key-1", algorithm="ed25519", private=Ed25519PrivateKey.from_private_bytes(b"\x01" * 32))
OTHER = SigningKey(kid="key-2", algorithm="ed25519", private=Ed25519PrivateKey.from_private_bytes(b"\x02" * 32))
SPKI = bytes.fromhex("302a300506032b6570032100")
CREATED = 1_790_000_000
BODIES: tuple[Any, ...] = (
    {
        "access_token": {"access": [{"type": "incoming-payment", "actions": ["create"]}]},
        "client": "https://w.example/a",
    },
    {"walletAddress": "https://w.example/a", "incomingAmount": {"value": "100", "assetCode": "USD", "assetScale": 2}},
    {"metadata": {"description": "Käse für 10 €", "emoji": "😀", "n": [1, 2.5, 1e21, -0.0, 12345678901234567890]}},
    {"interact_ref": "4f5d"},
)


@dataclass
class Draft:
    """A message on its way to be signed and sent."""

    rng: random.Random
    method: str = "POST"
    url: str = "https://rs.example/tenant/incoming-payments"
    fields: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    covered: list[str] = field(default_factory=list)
    label: str = "sig1"
    separator: str = " "
    quote: str = '"'
    params: list[str] = field(default_factory=lambda: ['keyid="key-1"', f"created={CREATED}"])
    param_separator: str = ";"
    signer: SigningKey = KEY
    wrap: Callable[[str, str], str] = lambda label, text: f"{label}=:{text}:"
    jwks: dict[str, Any] = field(default_factory=lambda: {"keys": [OTHER.public_jwk(), KEY.public_jwk()]})
    digest: str = "sha-512"
    unsigned_fields: list[tuple[str, str]] = field(default_factory=list)

    def request(self) -> HttpRequest:
        return HttpRequest(method=self.method, url=self.url, fields=Fields.of(*self.fields), body=self.body)

    def content(self) -> None:
        value = base64.b64encode(getattr(hashlib, self.digest.replace("-", ""))(self.body).digest()).decode()
        self.fields += [
            ("Content-Digest", f"{self.digest}=:{value}:"),
            ("Content-Length", str(len(self.body))),
            ("Content-Type", "application/json"),
        ]

    def sign(self) -> None:
        names = self.separator.join(f"{self.quote}{name}{self.quote}" for name in self.covered)
        inputs = f"{self.label}=({names}){self.param_separator}{self.param_separator.join(self.params)}"
        inputs = inputs.removesuffix(self.param_separator)
        components = components_of(inputs) or tuple(self.covered)
        text = inputs if "sig1=" in inputs else inputs.replace(f"{self.label}=", "sig1=", 1)
        signature = self.signer.sign(verifier_base(self.request(), components, text))
        value = self.wrap(self.label, base64.b64encode(signature).decode())
        self.fields += [("Signature", value), ("Signature-Input", inputs)]
        self.fields += self.unsigned_fields

    def replace(self, name: str, change: Callable[[str], str]) -> None:
        self.fields = [(n, change(v) if n.lower() == name else v) for n, v in self.fields]

    def drop(self, name: str) -> None:
        self.fields = [pair for pair in self.fields if pair[0].lower() != name]


def _set(**values: Any) -> Callable[[Draft], None]:
    def fault(draft: Draft) -> None:
        for name, value in values.items():
            setattr(draft, name, value)

    return fault


def _body(write: Callable[[Any], bytes]) -> Callable[[Draft], None]:
    def fault(draft: Draft) -> None:
        try:
            draft.body = write(json.loads(draft.body))
        except ValueError:
            return  # another fault has been there

    return fault


def _jwk(**changes: Any) -> Callable[[Draft], None]:
    def fault(draft: Draft) -> None:
        jwk = {**KEY.public_jwk(), **changes}
        draft.jwks = {"keys": [{name: value for name, value in jwk.items() if value is not None}]}

    return fault


def _cover(*names: str, drop: str = "") -> Callable[[Draft], None]:
    def fault(draft: Draft) -> None:
        draft.covered = [name for name in draft.covered if name != drop] + list(names)

    return fault


def _shuffle(draft: Draft) -> None:
    draft.rng.shuffle(draft.covered)


def _upper(draft: Draft) -> None:
    draft.covered = [name.title() if name == "content-type" else name for name in draft.covered]


def _header(name: str, change: Callable[[str], str]) -> Callable[[Draft], None]:
    return lambda draft: draft.replace(name, change)


def _flip(text: str) -> str:
    return text[:20] + ("A" if text[20] != "A" else "B") + text[21:]


def _add(*pairs: tuple[str, str]) -> Callable[[Draft], None]:
    def fault(draft: Draft) -> None:
        draft.fields += pairs

    return fault


X = KEY.public_jwk()["x"]
RAW = base64.urlsafe_b64decode(X + "=")
# before signing, before the digest is taken
BODY: dict[str, Callable[[Draft], None]] = {
    "pretty": _body(lambda value: json.dumps(value, indent=2, ensure_ascii=False).encode()),
    "spaces": _body(lambda value: json.dumps(value, ensure_ascii=False).encode()),
    "ascii": _body(lambda value: json.dumps(value, separators=(",", ":")).encode()),
    "slashes": lambda draft: setattr(draft, "body", draft.body.replace(b"/", b"\\/")),
    "newline": lambda draft: setattr(draft, "body", draft.body and draft.body + b"\n"),
    "bom": lambda draft: setattr(draft, "body", draft.body and b"\xef\xbb\xbf" + draft.body),
    "index keys": _body(lambda value: json.dumps({"b": 1, "10": 2, "9": 3, **value}, separators=(",", ":")).encode()),
    "empty object": _set(body=b"{}"),
    "array": _set(body=b"[1,2]"),
    "scalar": _set(body=b"17"),
    "not json": _set(body=b"{nope"),
    "latin-1": _set(body=b'{"a":"\xe4"}'),
    "sha-256": _set(digest="sha-256"),
    "md5": _set(digest="md5"),
}
# before signing
SIGNER: dict[str, Callable[[Draft], None]] = {
    "label sig": _set(label="sig"),
    "label sig2": _set(label="sig2"),
    "label xsig1": _set(label="xsig1"),
    "unquoted": _set(quote=""),
    "two blanks": _set(separator="  "),
    "tab": _set(separator="\t"),
    "no colons": _set(wrap=lambda label, text: f"{label}={text}"),
    "no label": _set(wrap=lambda label, text: text),
    "bare in colons": _set(wrap=lambda label, text: f":{text}:"),
    "base64url": _set(wrap=lambda label, text: f"{label}=:{text.replace('+', '-').replace('/', '_')}:"),
    "no padding": _set(wrap=lambda label, text: f"{label}=:{text.rstrip('=')}:"),
    "one pad": _set(wrap=lambda label, text: f"{label}=:{text.rstrip('=')}=:"),
    "garbage after": _set(wrap=lambda label, text: f"{label}=:{text}:;x=1"),
    "garbage inside": _set(wrap=lambda label, text: f"{label}=:{text[:9]} *\t{text[9:]}:"),
    "garbage before": _set(wrap=lambda label, text: f"x{label}=:{text}:"),
    "short": _set(wrap=lambda label, text: f"{label}=:{text[:40]}:"),
    "alg": lambda draft: draft.params.append('alg="ed25519"'),
    "wrong alg": lambda draft: draft.params.append('alg="rsa-v1_5-sha256"'),
    "params reversed": lambda draft: draft.params.reverse(),
    "old": _set(params=['keyid="key-1"', "created=0", "expires=1"]),
    "no created": _set(params=['keyid="key-1"']),
    "no keyid": _set(params=[f"created={CREATED}"]),
    "no params": _set(params=[]),
    "unquoted keyid": _set(params=["keyid=key-1"]),
    "other kid": _set(params=['keyid="key-2"']),
    "unknown kid": _set(params=['keyid="key-9"']),
    "kid case": _set(params=['keyid="KEY-1"']),
    "empty kid": _set(params=['keyid=""']),
    "two keyids": _set(params=['keyid="key-1"', 'keyid="key-2"']),
    "blank after semicolon": _set(param_separator="; "),
    "tag and nonce": _set(params=["created=1", 'keyid="key-1"', 'nonce="a,b"', 'tag="gnap"']),
    "semicolon in nonce": _set(params=['nonce="a;b"', 'keyid="key-1"']),
    "equals in nonce": _set(params=['keyid="key-1"', 'nonce="sig1=x"']),
    "other signer": _set(signer=OTHER),
    "no method": _cover(drop="@method"),
    "no target": _cover(drop="@target-uri"),
    "no authorization": _cover(drop="authorization"),
    "no digest": _cover(drop="content-digest"),
    "no type": _cover(drop="content-type"),
    "authority": _cover("@authority"),
    "path": _cover("@path"),
    "absent field": _cover("x-absent"),
    "present field": _cover("accept"),
    "constructor": _cover("constructor"),
    "proto": _cover("__proto__"),
    "twice": _cover("@method"),
    "digest uncalled": _cover("content-digest"),
    "sf": _cover("content-digest;sf"),
    "sf in the middle": lambda draft: draft.covered.insert(1, "accept;sf"),
    "shuffled": _shuffle,
    "upper case": _upper,
    "many accepts": _cover("accept", "x-many", "cookie", "set-cookie"),
    "lower-case method": _set(method="post"),
    "port": _set(url="https://rs.example:443/incoming-payments"),
    "query": _set(url="https://rs.example/x?wallet-address=https%3A%2F%2Fw.example%2Fa&first=10"),
    "bare origin": _set(url="https://rs.example/"),
    "jwk without alg": _jwk(alg=None),
    "jwk alg": _jwk(alg="Ed25519"),
    "jwk use sig": _jwk(use="sig"),
    "jwk use enc": _jwk(use="enc"),
    "jwk ops": _jwk(key_ops=["verify"]),
    "jwk without kid": _jwk(kid=None),
    "jwk kid number": _jwk(kid=1),
    "jwk kty": _jwk(kty="EC"),
    "jwk crv": _jwk(crv="X25519"),
    "jwk padded": _jwk(x=X + "="),
    "jwk plain base64": _jwk(x=base64.b64encode(RAW).decode()),
    "jwk hex": _jwk(x=RAW.hex()),
    "jwk spki": _jwk(x=base64.urlsafe_b64encode(SPKI + RAW).decode().rstrip("=")),
    "jwk short": _jwk(x=X[:40]),
    "jwk long": _jwk(x=X + "AA"),
    "jwk other x": _jwk(x=OTHER.public_jwk()["x"]),
    "jwk with d": _jwk(d=base64.urlsafe_b64encode(b"\x01" * 32).decode().rstrip("=")),
    "jwk with other d": _jwk(d=base64.urlsafe_b64encode(b"\x02" * 32).decode().rstrip("=")),
    "jwk empty d": _jwk(d=""),
    "no keys": lambda draft: setattr(draft, "jwks", {"keys": []}),
    "extra member": lambda draft: draft.jwks.update({"next": 1}),
    "bad neighbour": lambda draft: draft.jwks["keys"].append({"kty": "RSA", "kid": "x"}),
    "kid twice": lambda draft: draft.jwks["keys"].insert(0, {**OTHER.public_jwk(), "kid": "key-1"}),
    "charset": _header("content-type", lambda value: f"{value}; charset=utf-8"),
    "form": _header("content-type", lambda value: "application/x-www-form-urlencoded"),
    "spelling of type": _header("content-type", lambda value: "Application/JSON"),
    "two digests": _header("content-digest", lambda value: f"{value}, sha-256=:AAAA:"),
    "digest twice": _header("content-digest", lambda value: f"sha-512=:AAAA:, {value}"),
    "digest with parameter": _header("content-digest", lambda value: f"{value};x=1"),
    "digest unpadded": _header("content-digest", lambda value: value.replace("=:", "=:", 1).replace("==:", ":")),
    "digest without colons": _header("content-digest", lambda value: value.replace(":", "")),
    "digest upper case": _header("content-digest", str.upper),
    "digest with tail": _header("content-digest", lambda value: f"{value},"),
    "digest blanks": _header("content-digest", lambda value: f"  {value}  "),
    "digest empty": _header("content-digest", lambda value: ""),
    "digest item": _header("content-digest", lambda value: "sha-512"),
    "no length": lambda draft: draft.drop("content-length"),
    "empty length": _header("content-length", lambda value: ""),
    "two types": _add(("Content-Type", "text/plain")),
    "two authorizations": _add(("Authorization", "GNAP second")),
    "latin-1 field": _cover("x-latin"),
}
# after signing
WAY: dict[str, Callable[[Draft], None]] = {
    "flipped signature": _header("signature", _flip),
    "no signature": lambda draft: draft.drop("signature"),
    "no input": lambda draft: draft.drop("signature-input"),
    "empty signature": _header("signature", lambda value: ""),
    "second signature": lambda draft: draft.fields.extend(
        [("Signature", "sig2=:AAAA:"), ("Signature-Input", 'sig2=("@method");keyid="key-2"')]
    ),
    "first signature": lambda draft: setattr(
        draft,
        "fields",
        [("Signature", "cdn=:AAAA:"), ("Signature-Input", 'cdn=("@method");keyid="key-2"'), *draft.fields],
    ),
    "body altered": lambda draft: setattr(draft, "body", draft.body.replace(b"a", b"b", 1)),
    "body pretty": _body(lambda value: json.dumps(value, indent=1, ensure_ascii=False).encode()),
    "method altered": _set(method="PUT"),
    "url altered": lambda draft: setattr(draft, "url", draft.url + "/"),
    "scheme altered": lambda draft: setattr(draft, "url", draft.url.replace("https", "http")),
    "token altered": _header("authorization", lambda value: value + "X"),
    "token gone": lambda draft: draft.drop("authorization"),
    "type altered": _header("content-type", lambda value: value + "; charset=utf-8"),
    "type gone": lambda draft: draft.drop("content-type"),
    "digest gone": lambda draft: draft.drop("content-digest"),
    "input blank": _header("signature-input", lambda value: value.replace(";", "; ")),
    "names lower": lambda draft: setattr(draft, "fields", [(n.lower(), v) for n, v in draft.fields]),
    "blanks around": lambda draft: setattr(draft, "fields", [(n, f" {v}\t") for n, v in draft.fields]),
    "token added": _add(("Authorization", "GNAP late")),
}


def messages(count: int, *, seed: int) -> list[tuple[str, Draft]]:
    """`count` (name, message) pairs: first each fault alone on each kind of request, then pairs by chance."""
    rng = random.Random(seed)
    families = (BODY, SIGNER, WAY)
    alone = [(name,) for family in families for name in family]
    made = []
    for n in range(count):
        names = alone[n // 2] if n < 2 * len(alone) else tuple(rng.choice(list(f)) for f in rng.sample(families, 2))
        made.append(_message(rng, names, with_body=n % 2 == 0 or rng.random() < 0.5))
    return made


def _message(rng: random.Random, names: tuple[str, ...], *, with_body: bool) -> tuple[str, Draft]:
    draft = Draft(rng=rng, method="POST" if with_body else "GET")
    draft.fields = [
        ("Accept", "application/json"),
        ("X-Many", "a"),
        ("x-many", " b "),
        ("Cookie", "a=1"),
        ("Cookie", "b=2"),
    ]
    draft.fields += [("Set-Cookie", "a"), ("Set-Cookie", "b"), ("X-Latin", "K\xe4se")]
    if with_body:
        draft.body = json.dumps(rng.choice(BODIES), separators=(",", ":"), ensure_ascii=False).encode()
    draft.covered = ["@method", "@target-uri"]
    if not with_body or rng.random() < 0.5:
        draft.fields.append(("Authorization", "GNAP A1B2"))
        draft.covered.append("authorization")
    for name in names:
        BODY.get(name, lambda _: None)(draft)
    if draft.body:
        draft.content()
        draft.covered += ["content-digest", "content-length", "content-type"]
    for name in names:
        SIGNER.get(name, lambda _: None)(draft)
    draft.sign()
    for name in names:
        WAY.get(name, lambda _: None)(draft)
    return " + ".join(names), draft


__all__ = ["Draft", "messages", "node_field"]
