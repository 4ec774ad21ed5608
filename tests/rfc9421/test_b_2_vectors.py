"""RFC 9421 appendix B and the signed examples of its text, RFC 9635 7.2, and the messages of the npm signer."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest

from optrace.core.fields import Fields
from optrace.core.findings import Verdict
from optrace.core.messages import HttpRequest
from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.base import signature_base
from optrace.signatures.keys import KeySet
from optrace.signatures.sign import sign_request
from tests.rfc9421.vectors import VECTORS, components, jwk, key, keys, private, request, signed, unsigned, verified

DETERMINISTIC = ("ed25519", "hmac-sha256", "rsa-v1_5-sha256")


@pytest.mark.parametrize("name", VECTORS)
def test_signature_base(name: str) -> None:
    vector = VECTORS[name]
    base = signature_base(
        unsigned(vector), components(vector["input"]), vector["input"], request=request("test-request")
    )
    assert (len(base), hashlib.sha256(base).hexdigest()[:16]) == (vector["base_length"], vector["base_sha256"])
    assert not base.endswith(b"\n")


@pytest.mark.parametrize("name", VECTORS)
def test_verifies(name: str) -> None:
    vector = VECTORS[name]
    verification = verified(signed(vector), keys(vector["key"]))
    assert verification.judgements["rfc"].verdict is Verdict.PASS, verification.judgements["rfc"].reason
    assert verification.signatures[0].label == vector["label"]
    assert verification.key is not None
    assert verification.key.kid == vector["key"]


@pytest.mark.parametrize("name", [name for name in VECTORS if VECTORS[name]["alg"] in DETERMINISTIC])
def test_signing_gives_the_same_bytes(name: str) -> None:
    vector = VECTORS[name]
    base = signature_base(unsigned(vector), components(vector["input"]), vector["input"])
    secret = private(vector["key"])
    signature = ALGORITHMS[vector["alg"]].sign(secret.private, base)
    assert base64.b64encode(signature).decode() == vector["signature"]


@pytest.mark.parametrize("name", [name for name in VECTORS if VECTORS[name]["key"] != "gnap-rsa"])
def test_signing_with_every_algorithm_verifies(name: str) -> None:
    vector = VECTORS[name]
    secret, algorithm = private(vector["key"]), ALGORITHMS[vector["alg"]]
    signature = algorithm.sign(secret.private, b"the base")
    public = key(vector["key"]).public
    assert algorithm.verify(public, b"the base", signature)
    assert not algorithm.verify(public, b"the bass", signature)
    assert not algorithm.verify(public, b"the base", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not algorithm.verify(public, b"the base", b"")


@pytest.mark.parametrize("name", VECTORS)
def test_another_key_does_not_verify(name: str) -> None:
    vector = VECTORS[name]
    wrong = {"ed25519": "test-key-ecc-p256"}.get(vector["alg"], "test-key-ed25519")
    assert not ALGORITHMS[vector["alg"]].verify(key(wrong).public, b"x", base64.b64decode(vector["signature"]))
    judgement = verified(signed(vector), keys(wrong)).judgements["rfc"]
    assert (judgement.verdict, judgement.reason) == (Verdict.FAIL, "keyid is not in the client's JWKS")


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("sdk-")])
def test_the_npm_signers_messages_pass_in_all_profiles(name: str) -> None:
    message = signed(VECTORS[name])
    assert isinstance(message, HttpRequest)
    full = KeySet.of("https://wallet.example/alice", {**jwk("test-key-ed25519"), "alg": "EdDSA", "d": ""})
    verification = verified(message, full)
    assert {profile: j.verdict for profile, j in verification.judgements.items()} == {
        "rfc": Verdict.PASS,
        "open-payments": Verdict.PASS,
        "rafiki": Verdict.PASS,
    }


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("sdk-")])
def test_signing_a_request_gives_the_npm_signers_fields(name: str) -> None:
    vector = VECTORS[name]
    bare = request(vector["message"])
    bare = replace(bare, fields=Fields(pair for pair in bare.fields.raw if pair[0] == b"Authorization"))
    made = sign_request(bare, private(vector["key"]), created=1618884473)
    expected = signed(vector)
    assert {name.lower(): value for name, value in made.fields} == {n.lower(): v for n, v in expected.fields}
