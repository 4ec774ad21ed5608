"""JWK and JWKS (RFC 7517, 8037), with the mistakes that published keys are seen to have."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.errors import Usage
from optrace.signatures.keys import (
    BadKey,
    Key,
    KeySet,
    KeyState,
    generate_ed25519,
    load_private_key,
    read_jwk,
    read_jwks,
    read_key_file,
)
from tests.examples import examples
from tests.rfc9421.vectors import FILE, jwk, key

RAW = bytes(range(32))
X = base64.urlsafe_b64encode(RAW).decode().rstrip("=")
GOOD = {"kid": "k", "alg": "EdDSA", "kty": "OKP", "crv": "Ed25519", "x": X}
SPKI_PEM = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n"
    "-----END PUBLIC KEY-----\n"
)
PKCS8_PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n"
    "-----END PRIVATE KEY-----\n"
)


def codes(value: object) -> list[str]:
    return [problem.code for problem in read_jwk(value).problems]


def test_a_good_key() -> None:
    read = read_jwk(GOOD)
    assert isinstance(read, Key)
    assert (read.kid, read.algorithm, read.problems) == ("k", "ed25519", ())
    assert read.public.public_bytes_raw() == RAW


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("test-key-ed25519", "ed25519"),
        ("test-key-ecc-p256", "ecdsa-p256-sha256"),
        ("test-key-ecc-p384", "ecdsa-p384-sha384"),
        ("test-key-rsa", "rsa-pss-sha512"),
        ("test-shared-secret", "hmac-sha256"),
    ],
)
def test_every_kind_of_key(name: str, algorithm: str) -> None:
    assert key(name).algorithm == algorithm


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"alg": None}, ["no-alg"]),
        ({"alg": "Ed25519"}, []),  # RFC 9864
        ({"alg": "ed25519"}, ["wrong-alg"]),
        ({"alg": "none"}, ["wrong-alg"]),
        ({"kid": None}, ["no-kid"]),
        ({"kid": 7}, ["no-kid"]),
        ({"use": "sig"}, []),
        ({"use": "enc"}, ["wrong-use"]),
        ({"d": X}, ["private-published"]),
        ({"x": X + "="}, ["x-base64"]),
        ({"x": base64.b64encode(b"\xff" * 32).decode()}, ["x-base64"]),
        ({"x": RAW.hex()}, ["x-hex"]),
        (
            {"x": base64.urlsafe_b64encode(bytes.fromhex("302a300506032b6570032100") + RAW).decode()},
            ["x-base64", "x-spki"],
        ),
    ],
)
def test_usable_and_wrong(change: dict[str, Any], expected: list[str]) -> None:
    value = {name: member for name, member in (GOOD | change).items() if member is not None}
    read = read_jwk(value)
    assert isinstance(read, Key)
    assert read.public.public_bytes_raw() in (RAW, b"\xff" * 32)
    assert codes(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        None,
        "key",
        [],
        {},
        GOOD | {"kty": "RSA"},
        GOOD | {"kty": ["OKP"]},
        GOOD | {"crv": "Ed448"},
        GOOD | {"crv": None},
        GOOD | {"x": None},
        GOOD | {"x": ""},
        GOOD | {"x": 5},
        GOOD | {"x": "AAAA"},
        GOOD | {"x": "!" * 43},
        GOOD | {"x": "A"},
        {"kty": "EC", "crv": "P-256", "x": X, "y": X},
        {"kty": "EC", "crv": "P-521", "x": X, "y": X},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
        {"kty": "RSA", "n": "_" * 6000, "e": "AQAB"},
        {"kty": "oct", "k": ""},
    ],
)
def test_unusable(value: object) -> None:
    read = read_jwk(value)
    assert isinstance(read, BadKey)
    assert read.reason


def test_a_set_keeps_good_and_bad_and_finds_the_first() -> None:
    document = {"keys": [GOOD, {"kid": "b", "kty": "XYZ"}, GOOD | {"alg": None}, GOOD | {"kid": "c"}]}
    keys = read_jwks("https://w.example/a", json.dumps(document).encode())
    assert keys.state is KeyState.KNOWN
    assert [found.kid for found in keys.keys] == ["k", "k", "c"]
    assert [bad.kid for bad in keys.bad] == ["b"]
    assert keys.find("k") is keys.keys[0]
    assert keys.find("K") is None
    assert keys.find("") is None
    assert keys.find_bad("b") is keys.bad[0]


@pytest.mark.parametrize(
    ("body", "status", "state"),
    [
        (b'{"keys":[]}', 200, KeyState.KNOWN),
        (b'\xef\xbb\xbf{"keys":[]}', 200, KeyState.KNOWN),
        (gzip.compress(b'{"keys":[]}', mtime=0), 200, KeyState.KNOWN),
        (b"<html>", 200, KeyState.UNUSABLE),
        (b"", 200, KeyState.UNUSABLE),
        (b"[]", 200, KeyState.UNUSABLE),
        (b'{"keys":{}}', 200, KeyState.UNUSABLE),
        (b"[" * 100_000, 200, KeyState.UNUSABLE),
        (gzip.compress(bytes(100_000_000), mtime=0), 200, KeyState.UNUSABLE),
        (b'{"keys":[]}', 404, KeyState.UNUSABLE),
        (None, 200, KeyState.UNSEEN),
        (None, None, KeyState.UNUSABLE),
    ],
)
def test_jwks_documents(body: bytes | None, status: int | None, state: KeyState) -> None:
    keys = read_jwks("w", body, status=status)
    assert keys.state is state
    assert (keys.reason is None) == (state is KeyState.KNOWN)


@pytest.mark.parametrize(
    ("document", "accepted"),
    [
        ({"keys": []}, True),
        ({"keys": [GOOD, GOOD | {"use": "sig", "key_ops": [], "d": "x"}]}, True),
        ({"keys": [GOOD], "next": 1}, False),
        ({"keys": [GOOD, 1]}, False),
        *(({"keys": [{name: value for name, value in GOOD.items() if name != gone}]}, False) for gone in GOOD),
        ({"keys": [GOOD | {"x": X + "="}]}, False),
        ({"keys": [GOOD | {"x": X + "\n"}]}, False),
        ({"keys": [GOOD | {"alg": "Ed25519"}]}, False),
        ({"keys": [GOOD | {"use": None}]}, False),
    ],
)
def test_the_schema_of_the_wallet_address_api(document: dict[str, Any], accepted: bool) -> None:
    assert (read_jwks("w", json.dumps(document).encode()).schema_error is None) == accepted


@pytest.mark.slow
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(list(GOOD.values())),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["keys", "kty", "crv", "kid", "alg", "x", "y", "n", "e", "k", "d", "use"]), inner
            )
        ),
        max_leaves=12,
    )
)
@examples(200)
def test_reading_never_raises(value: Any) -> None:
    read_jwk(value)
    read_jwk(GOOD | (value if isinstance(value, dict) else {}))
    read_jwks("w", json.dumps({"keys": value}).encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=200))
@examples(200)
def test_reading_bytes_never_raises(data: bytes) -> None:
    read_jwks("w", data)
    read_jwks("w", b"\x1f\x8b" + data)
    read_key_file(data)


def test_a_new_key_signs_for_its_public_jwk() -> None:
    made = generate_ed25519("my-key")
    public = read_jwk(made.public_jwk())
    assert isinstance(public, Key)
    assert (public.kid, public.problems) == ("my-key", ())
    public.public.verify(made.sign(b"text"), b"text")
    assert read_jwks("w", json.dumps({"keys": [made.public_jwk()]}).encode()).schema_error is None
    assert "PrivateKey" not in repr(made)


@pytest.mark.parametrize("name", [name for name in FILE["keys"] if name != "gnap-rsa"])
def test_private_keys_as_jwk(name: str) -> None:
    loaded = load_private_key(json.dumps(jwk(name)).encode(), "other")
    assert loaded.kid == "other"
    if isinstance(loaded.private, bytes):
        with pytest.raises(Usage):
            loaded.public_jwk()
    else:
        public = read_jwk(loaded.public_jwk())
        assert isinstance(public, Key)
        assert public.public == key(name).public


@pytest.mark.parametrize("data", [PKCS8_PEM.encode(), base64.b64encode(PKCS8_PEM.encode()), b"\n" + PKCS8_PEM.encode()])
def test_private_keys_as_pem(data: bytes) -> None:
    loaded = load_private_key(data, "test-key-ed25519")
    assert loaded.public_jwk()["x"] == jwk("test-key-ed25519")["x"]


@pytest.mark.parametrize("data", [b"", b"nonsense", b"{}", SPKI_PEM.encode(), json.dumps(GOOD).encode()])
def test_what_is_no_private_key_is_the_users_mistake(data: bytes) -> None:
    with pytest.raises(Usage):
        load_private_key(data, "k")


def test_key_files() -> None:
    for data in (SPKI_PEM.encode(), PKCS8_PEM.encode(), base64.b64encode(SPKI_PEM.encode())):
        read = read_key_file(data)
        assert isinstance(read, Key)
        assert read.public == key("test-key-ed25519").public
        assert read.kid == ""
    assert isinstance(read_key_file(json.dumps(GOOD).encode()), Key)
    many = read_key_file(json.dumps({"keys": [GOOD]}).encode())
    assert isinstance(many, KeySet)
    assert len(many.keys) == 1
    assert isinstance(read_key_file(b"nonsense"), BadKey)
