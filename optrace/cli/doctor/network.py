"""Servers and their clocks, and the keys of a wallet address. Pure: the answers come in as arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from optrace.cli.doctor.line import Line
from optrace.core.text import safe
from optrace.net.probe import Probe
from optrace.signatures.keys import BadKey, KeySet, KeyState, read_jwks, read_key_file
from optrace.signatures.throwaway import identity

Get = Callable[[str], Probe]

_TOLERATED = timedelta(seconds=30)
_MEMBERS = ("id", "assetCode", "assetScale", "authServer", "resourceServer")


def servers(urls: Sequence[str], get: Get) -> Iterator[Line]:
    """Whether each URL answers; then what the clocks say of ours."""
    ahead: list[timedelta] = []
    for url in urls:
        found = get(url)
        shown = safe(url)
        if found.error is not None:
            cure = "Check the name and the network; a local server must be running."
            yield Line(about="reach", ok=False, said=f"{shown}: {safe(found.error)}", cure=cure)
            continue
        yield Line(about="reach", ok=True, said=f"{shown} answers {found.status}")
        if found.ahead is not None:
            ahead.append(found.ahead)
    yield clock(ahead)


def clock(ahead: Sequence[timedelta]) -> Line:
    """Our clock against others'. Of several, the one that differs least: a server's may be wrong, too."""
    if not ahead:
        said = "was not compared: give a URL of a server that you trust to know the time"
        return Line(about="clock", ok=None, said=said)
    least = min(ahead, key=abs)
    if abs(least) <= _TOLERATED:
        return Line(about="clock", ok=True, said="agrees with the servers' to the second or so")
    which = "ahead of" if least > timedelta() else "behind"
    said = f"is {abs(least).total_seconds():.0f} s {which} the servers': `created` of each signature will be wrong"
    return Line(about="clock", ok=False, said=said, cure="Set it: `timedatectl set-ntp true`, or w32tm /resync.")


def wallet(address: str, get: Get, key_file: bytes | None = None) -> Iterator[Line]:
    """The document of a wallet address, the keys that it publishes, and whether a private key is one of them."""
    url = f"https://{address[1:]}" if address.startswith("$") else address
    found = get(url)
    document = _object(found.body)
    missing = [name for name in _MEMBERS if name not in document]
    if found.error is not None or found.status != 200 or missing:
        why = found.error or (f"answers {found.status}" if found.status != 200 else f"lacks {', '.join(missing)}")
        cure = "Check its spelling; it must answer 200 with JSON to `Accept: application/json`."
        yield Line(about="wallet", ok=False, said=f"{safe(url)}: {safe(why)}", cure=cure)
    else:
        asset = safe(str(document["assetCode"]))
        yield Line(about="wallet", ok=True, said=f"{safe(url)} is a wallet address in {asset}")
        said = str(document["id"])
        if said != url:
            cure = "Use the `id` of the document as your client's name, letter by letter."
            yield Line(about="wallet", ok=None, said=f"it calls itself {safe(said)}", cure=cure)
        url = said
    answer = get(f"{url}/jwks.json")
    yield from keys(url, read_jwks(url, answer.body, status=answer.status), key_file)


def keys(owner: str, published: KeySet, key_file: bytes | None) -> Iterator[Line]:
    """What is published, fault by fault; then whether the private key of a file belongs to one of it."""
    if published.state is not KeyState.KNOWN:
        cure = f"{owner}/jwks.json must answer 200 with {{'keys': [...]}}."
        yield Line(about="keys", ok=False, said=safe(published.reason or "can't be read"), cure=safe(cure))
        return
    for key in published.keys:
        faults = "; ".join(problem.text for problem in key.problems)
        said = f"{safe(key.kid) or '(without kid)'} is an {key.algorithm} key"
        cure = "Publish kty=OKP, crv=Ed25519, alg=EdDSA, kid, and x in base64url without padding." if faults else ""
        yield Line(about="keys", ok=not faults, said=f"{said}: {safe(faults)}" if faults else said, cure=cure)
    for bad in published.bad:
        said = f"{safe(str(bad.kid))} can't be used: {safe(bad.reason)}"
        yield Line(about="keys", ok=False, said=said, cure="Publish it anew, or take it out.")
    if not published.keys and not published.bad:
        yield Line(about="keys", ok=False, said="none is published", cure="Add your public key to the wallet address.")
    if key_file is not None:
        yield _own(published, key_file)


def _own(published: KeySet, key_file: bytes) -> Line:
    own = read_key_file(key_file)
    if isinstance(own, KeySet):
        own = own.keys[0] if own.keys else BadKey(kid=None, jwk=None, problems=())
    if isinstance(own, BadKey):
        said = f"the file can't be used: {safe(own.reason) or 'it holds no key'}"
        return Line(about="key", ok=False, said=said, cure="Give a PEM or JWK file.")
    wanted = identity(own.public)
    same = [key.kid for key in published.keys if identity(key.public) == wanted]
    if not same:
        jwk = json.dumps({name: value for name, value in own.jwk.items() if name in ("kty", "crv", "alg", "x")})
        said = "the private key in the file belongs to none of the published ones: every signature will be refused"
        return Line(about="key", ok=False, said=said, cure=f"Publish its public half: {jwk}")
    kid = safe(same[0])
    return Line(about="key", ok=True, said=f'the private key in the file is that of {kid}: sign with keyid="{kid}"')


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
