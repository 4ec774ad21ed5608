"""The shapes in which known clients sign: what they cover, in which order, in which spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

NODE = ("@method", "@target-uri", "authorization", "content-digest", "content-length", "content-type")


class Sdk(NamedTuple):
    """One client: its components (those that a message has are used), its parameters, and the rest."""

    covers: Sequence[str]
    params: str
    hint: str | None
    rest: Mapping[str, Any] = {}
    agent: str = "test"
    digest: str = "sha-512"
    risks: tuple[str, ...] = ()  # rules that speak, none of them as an error


SDKS: Mapping[str, Sdk] = {
    "node": Sdk(NODE, ';keyid="{kid}";created={created}', "the Node SDK"),
    "extension": Sdk(NODE, ';keyid="{kid}";created={created}', "the Web Monetization", agent="Mozilla/5.0"),
    "php": Sdk(
        NODE, ';keyid="{kid}";created={created}', "the PHP SDK", {"value": "{label}={base64}"},
        agent="OP-PHP-SDK-Client", risks=("SIG-008",),
    ),
    "rust": Sdk(
        ("@method", "@target-uri", "content-type", "authorization", "content-digest", "content-length"),
        ';created={created};keyid="{kid}"', "the Rust SDK", {"value": "{base64}", "quoted": False},
        risks=("SIG-008", "SIG-009"),
    ),
    "go": Sdk(NODE, ';created={created};keyid="{kid}";alg="ed25519"', "the Go or the .NET SDK"),
    "dotnet": Sdk(NODE, ';created={created};keyid="{kid}";alg="ed25519"', "the .NET SDK", agent=".NET/8"),
    "python": Sdk(
        ("content-type", "content-digest", "content-length", "authorization", "@method", "@target-uri"),
        ';created={created};keyid="{kid}";alg="ed25519"', "the Python SDK",
    ),
    "fliqa": Sdk(
        ("@method", "content-digest", "content-length", "content-type", "@target-uri", "authorization"),
        ';keyid="{kid}";created={created}', "Fliqa's Java client",
    ),
    "n8n": Sdk(
        ("@method", "@target-uri"), ';keyid="{kid}";alg="ed25519";created={created}', "the n8n node",
        risks=("DIG-009", "SIG-016"),
    ),
    "sigkit": Sdk(
        ("@method", "@target-uri", "authorization", "content-digest"),
        ';created={created};keyid="{kid}";alg="ed25519"', "sigkit", digest="sha-256",
    ),
    "node of 2022": Sdk(NODE, ';created={created};keyid="{kid}";alg="ed25519"', "the Go or the .NET SDK"),
    "node of 2024": Sdk(NODE, ';alg="ed25519";keyid="{kid}";created={created}', "the Node SDK of early 2024"),
    "nobody": Sdk(NODE[::-1], ';created={created};keyid="{kid}";nonce="x"', None),
}  # fmt: skip
