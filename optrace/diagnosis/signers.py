"""Which software wrote a signature, by its habits: the order of components and parameters, the spelling, the digest.

Each SDK builds its headers in one place, so the order in which it lists things is a fingerprint. Two share one (Node
and the Web Monetization extension), and a hand-written client may imitate any, so the answer is always a likelihood;
where User-Agent names the HTTP client of another language, it is only said whose form it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optrace.core.messages import HttpRequest
from optrace.signatures.verify import SignatureSeen

_SHORT = {
    "@method": "M",
    "@target-uri": "U",
    "authorization": "A",
    "content-digest": "D",
    "content-length": "L",
    "content-type": "T",
}


@dataclass(frozen=True, slots=True)
class Habits:
    """What a signature shows of its writer."""

    components: str  # a letter each: M method, U target-uri, A authorization, D digest, L length, T type, ? another
    params: str  # their names in order, separated by blanks
    label: str  # of Signature-Input
    bare: bool  # the signature isn't between colons
    quoted: bool
    digest: str  # the algorithm of Content-Digest, "" if there is none
    agent: str


def habits(request: HttpRequest, seen: SignatureSeen) -> Habits:
    """The habits that a signed request shows."""
    value = (request.fields.get("signature") or "").strip()
    digest = (request.fields.get("content-digest") or "").partition("=")[0].strip()
    inputs = request.fields.get("signature-input") or ""
    return Habits(
        components="".join(_SHORT.get(component.name, "?") for component in seen.components),
        params=" ".join(name for name, _ in seen.params.items) if seen.params else "",
        label=inputs.partition("=")[0].strip(),
        bare=not value.endswith(":"),
        quoted='"' in seen.input_text.partition(")")[0],
        digest=digest,
        agent=(request.fields.get("user-agent") or "").lower(),
    )


def fingerprint(request: HttpRequest, seen: SignatureSeen | None) -> str | None:
    """Who most likely wrote this signature, in words; None if it looks like nobody that is known."""
    if seen is None or not seen.input_text:
        return None
    found = habits(request, seen)
    for name, fits in _SIGNERS:
        if fits(found):
            sender = _sender(found.agent)
            other = sender and sender not in name and any(language in name for _, language in _CLIENTS)
            return f"a {sender} client, in the form of {name}" if other else f"{name}, most likely"
    return None


def _sender(agent: str) -> str | None:
    """The language of the HTTP client that User-Agent names; None if it names none that is known."""
    return next((language for word, language in _CLIENTS if word in agent), None)


_CLIENTS = (  # a part of User-Agent in small letters: the language, as the names below spell it
    ("python", "Python"),  # python-httpx, python-requests, Python-urllib; aiohttp says Python/3.12 aiohttp
    ("go-http-client", "Go"),
    ("guzzlehttp", "PHP"),
    ("java-http-client", "Java"),
    ("java/", "Java"),
    ("okhttp", "Java"),
    ("reqwest", "Rust"),
    ("node", "Node"),
    ("undici", "Node"),
    ("axios", "Node"),
)
_OFFICIAL = ("MU", "MUA", "MUDLT", "MUADLT")
_Fits = Callable[[Habits], bool]

_SIGNERS: tuple[tuple[str, _Fits], ...] = (
    ("the Rust SDK (open-payments)", lambda h: h.bare and not h.quoted and h.params == "created keyid"),
    (
        "the PHP SDK (interledger/open-payments)",
        lambda h: "op-php-sdk" in h.agent or (h.bare and h.quoted and h.components in _OFFICIAL),
    ),
    (
        "boniface's Java client (zm.hashcode.openpayments)",
        lambda h: h.label == "sig" and not h.quoted and h.params.startswith("created keyid alg"),
    ),
    (
        "sigkit (open-payments-sigkit)",
        lambda h: h.components in ("MU", "MUD", "MUAD") and h.params.startswith("created") and "alg" in h.params
        and (h.label == "sig" or h.digest == "sha-256"),
    ),
    (
        "the Python SDK (open-payments-python-sdk)",
        lambda h: h.params == "created keyid alg" and h.components in ("AMU", "TDLMU", "TDLAMU"),
    ),
    (
        "the n8n node (n8n-nodes-interledger)",
        lambda h: h.params.startswith("keyid alg created") and h.components in ("MU", "MUT"),
    ),
    (
        "the .NET SDK (OpenPayments.Sdk)",
        lambda h: h.params == "created keyid alg" and h.components in _OFFICIAL and ".net" in h.agent,
    ),
    (
        "the Go or the .NET SDK (both write this form)",
        lambda h: h.params == "created keyid alg" and h.components in _OFFICIAL and h.label == "sig1",
    ),
    (
        "Fliqa's Java client (io.fliqa.client.interledger)",
        lambda h: h.params == "keyid created" and h.components in ("MDLTU", "MDLTUA"),
    ),
    (
        "the Web Monetization extension",
        lambda h: h.params == "keyid created" and h.components in _OFFICIAL and "mozilla" in h.agent,
    ),
    (
        "the Node SDK (@interledger/open-payments)",
        lambda h: h.params == "keyid created" and h.components in _OFFICIAL and h.label == "sig1",
    ),
    ("the Node SDK of early 2024", lambda h: h.params == "alg keyid created" and h.components in _OFFICIAL),
    ("http-message-signatures, the Python library", lambda h: h.label == "pyhms"),
)  # fmt: skip
