"""Whose eyes: the cases in which RFC 9421, Open Payments and Rafiki differ, and the forms of real signers."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from optrace.core.fields import Fields
from optrace.core.findings import PROFILES, Verdict
from optrace.core.messages import HttpRequest
from optrace.signatures.components import Component
from optrace.signatures.keys import KeySet
from optrace.signatures.profiles.rafiki import keyid_of, node_base64, node_field, verifier_base
from optrace.signatures.sign import sign_request, with_field
from optrace.signatures.verify import Verification, verify_request
from tests.rfc9421.vectors import QUIRKS, jwk, private, request

CREATED = 1_618_884_473
NOW = datetime.fromtimestamp(CREATED, UTC)
KEY = private("test-key-ed25519")
KEYS = KeySet.of("https://wallet.example/alice", KEY.public_jwk())
PASS, FAIL, DIFFERS, UNCHECKED, NONE = "pass", "fail", "differs", "unchecked", "none"
GRANT = request("sdk-grant")
LIST = request("sdk-list")


def judged(message: HttpRequest, keys: KeySet = KEYS) -> Verification:
    verification = verify_request(message, keys, now=NOW)
    for judgement in verification.judgements.values():
        assert judgement.reason or judgement.verdict in (Verdict.PASS, Verdict.NONE)
        assert judgement.checks or judgement.verdict is Verdict.NONE
    return verification


def verdicts(message: HttpRequest, keys: KeySet = KEYS) -> tuple[str, ...]:
    """(rfc, open-payments, rafiki)"""
    verification = judged(message, keys)
    return tuple(verification.judgements[profile].verdict.value for profile in PROFILES)


def signed(message: HttpRequest = GRANT, **options: Any) -> HttpRequest:
    return sign_request(message, KEY, created=CREATED, **options)


def changed(message: HttpRequest, name: str, old: str, new: str) -> HttpRequest:
    value = message.fields.get(name) or ""
    assert old in value
    return replace(message, fields=with_field(message.fields, name, value.replace(old, new)))


def resigned(inputs: str, message: HttpRequest = GRANT, signature: str = "sig1=:{}:") -> HttpRequest:
    """Signed by hand over what Rafiki rebuilds."""
    names = tuple(inputs.partition("(")[2].partition(")")[0].replace('"', "").split())
    value = base64.b64encode(KEY.sign(verifier_base(message, names, inputs))).decode()
    fields = with_field(message.fields, "Signature-Input", inputs)
    return replace(message, fields=with_field(fields, "Signature", signature.format(value)))


COVERED = '"@method" "@target-uri" "content-digest" "content-length" "content-type"'
PARAMS = 'keyid="test-key-ed25519";created=1618884473'


@pytest.mark.parametrize(
    ("name", "expected"),
    [("rust", (FAIL, DIFFERS, PASS)), ("php", (FAIL, DIFFERS, PASS)), ("go", (PASS, PASS, PASS))],
)
def test_the_forms_of_real_sdks(name: str, expected: tuple[str, ...]) -> None:
    fields = with_field(GRANT.fields, "Signature-Input", QUIRKS[name]["signature_input"])
    message = replace(GRANT, fields=with_field(fields, "Signature", QUIRKS[name]["signature"]))
    assert verdicts(message) == expected
    assert judged(message).signatures[0].verifies
    broken = replace(message, method="PUT")
    assert verdicts(broken) == (FAIL, FAIL, FAIL)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (signed(), (PASS, PASS, PASS)),
        (signed(LIST), (PASS, PASS, PASS)),
        (GRANT, (NONE, NONE, NONE)),
        (signed(digest="sha-256"), (PASS, PASS, PASS)),
        (signed(label="sig"), (PASS, PASS, FAIL)),
        (signed(params={"keyid": KEY.kid, "created": CREATED, "expires": CREATED - 1}), (FAIL, FAIL, PASS)),
        (signed(params={"keyid": KEY.kid}), (PASS, FAIL, PASS)),
        (signed(params={"created": CREATED}), (PASS, FAIL, FAIL)),
        (signed(params={"created": CREATED, "keyid": KEY.kid, "alg": "ed25519"}), (PASS, PASS, PASS)),
        (signed(params={"created": CREATED, "keyid": KEY.kid, "alg": "rsa-v1_5-sha256"}), (FAIL, FAIL, PASS)),
        (signed(params={"created": CREATED, "keyid": KEY.kid, "tag": "gnap", "nonce": "n"}), (PASS, PASS, PASS)),
        (signed(components=["@method", "@target-uri"]), (PASS, FAIL, PASS)),
        (signed(components=["@method", "content-digest"]), (PASS, FAIL, FAIL)),
        (signed(components=["@target-uri", "content-digest"]), (PASS, FAIL, FAIL)),
        (signed(LIST, components=["@method", "@target-uri"]), (PASS, FAIL, FAIL)),
        (signed(components=["@method", "@target-uri", "content-digest", "@authority"]), (PASS, PASS, FAIL)),
        (
            signed(components=["@method", "@target-uri", Component("content-digest", (("sf", True),))]),
            (PASS, PASS, FAIL),
        ),
        (changed(signed(), "Signature-Input", ";created", "; created"), (PASS, PASS, FAIL)),
        (changed(signed(), "Signature", "==:", ":"), (PASS, PASS, PASS)),
        (resigned(f"sig1=({COVERED});{PARAMS}", signature="sig1=:{}"), (FAIL, DIFFERS, PASS)),
        (resigned(f"sig1=({COVERED}); created=1618884473;{PARAMS[:24]}"), (FAIL, DIFFERS, PASS)),
        (resigned(f"sig1=({COVERED});created=1618884473; {PARAMS[:24]}"), (FAIL, DIFFERS, FAIL)),
    ],
)
def test_where_the_profiles_agree_and_differ(message: HttpRequest, expected: tuple[str, ...]) -> None:
    assert verdicts(message) == expected


def test_a_second_signature_breaks_rafiki_only() -> None:
    message = signed()
    one = replace(
        message, fields=Fields.of(*message.fields, ("Signature-Input", "cdn=();created=1"), ("Signature", "cdn=:AA==:"))
    )
    assert verdicts(one) == (PASS, PASS, FAIL)
    first = replace(
        message, fields=Fields.of(("Signature-Input", "cdn=();created=1"), ("Signature", "cdn=:AA==:"), *message.fields)
    )
    assert verdicts(first) == (PASS, PASS, FAIL)


def test_a_body_needs_a_digest_that_matches() -> None:
    bare = sign_request(GRANT, KEY, created=CREATED, components=["@method", "@target-uri"], digest=None)
    bare = replace(bare, fields=Fields(pair for pair in bare.fields.raw if pair[0] != b"Content-Digest"))
    assert verdicts(bare) == (PASS, FAIL, PASS)
    assert judged(bare).judgements["open-payments"].reason == "there is a body and no Content-Digest"
    assert verdicts(replace(signed(), body=b'{"client":"other"}')) == (PASS, FAIL, FAIL)


def test_rafiki_wants_length_and_type_beside_a_covered_digest() -> None:
    covered = ["@method", "@target-uri", "content-digest"]
    message = signed(components=covered)
    assert verdicts(message) == (PASS, PASS, PASS)
    for name in (b"Content-Length", b"Content-Type"):
        without = replace(message, fields=Fields(pair for pair in message.fields.raw if pair[0] != name))
        assert verdicts(without) == (PASS, PASS, FAIL)
        assert "is missing" in (judged(without).judgements["rafiki"].reason or "")


def test_a_body_that_was_not_captured_is_unchecked_where_its_digest_counts() -> None:
    assert verdicts(replace(signed(), body=None)) == (PASS, UNCHECKED, UNCHECKED)
    assert verdicts(replace(signed(components=["@method", "@target-uri"]), body=None)) == (PASS, FAIL, PASS)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (KeySet.unseen("w", "not seen"), (UNCHECKED, UNCHECKED, UNCHECKED)),
        (KeySet.unusable("w", "status 404"), (FAIL, FAIL, FAIL)),
        (KeySet.of("w"), (FAIL, FAIL, FAIL)),
        (KeySet.of("w", KEY.public_jwk() | {"kid": "TEST-KEY-ed25519"}), (FAIL, FAIL, FAIL)),
        (KeySet.of("w", jwk("test-key-ed25519")), (PASS, PASS, FAIL)),  # without alg
        (KeySet.of("w", KEY.public_jwk() | {"x": KEY.public_jwk()["x"] + "="}), (PASS, PASS, FAIL)),
        (KeySet.of("w", KEY.public_jwk() | {"d": jwk("test-key-ed25519")["d"]}), (PASS, PASS, PASS)),
        (KeySet.of("w", KEY.public_jwk() | {"alg": "RS256"}), (FAIL, FAIL, FAIL)),
        (KeySet.of("w", KEY.public_jwk(), {"kty": "RSA"}), (PASS, PASS, FAIL)),  # the schema refuses the neighbour
    ],
)
def test_keys(keys: KeySet, expected: tuple[str, ...]) -> None:
    assert verdicts(signed(), keys) == expected


def test_a_jwk_with_a_whole_spki_in_x_is_read_by_us_and_not_by_node() -> None:
    raw = bytes.fromhex("302a300506032b6570032100") + base64.urlsafe_b64decode(KEY.public_jwk()["x"] + "=")
    keys = KeySet.of("w", KEY.public_jwk() | {"x": base64.urlsafe_b64encode(raw).decode().rstrip("=")})
    assert verdicts(signed(), keys) == (PASS, PASS, FAIL)


def test_open_payments_uses_ed25519_only() -> None:
    message = sign_request(GRANT, private("test-key-ecc-p256"), created=CREATED)
    keys = KeySet.of("w", jwk("test-key-ecc-p256"))
    assert verdicts(message, keys) == (PASS, FAIL, FAIL)


def test_with_client_jwk_the_as_does_not_compare_the_kid() -> None:
    keys = KeySet.of("client.jwk", KEY.public_jwk() | {"kid": "other"})
    assert verdicts(signed(), keys) == (FAIL, FAIL, PASS)
    assert verdicts(signed(LIST), keys) == (FAIL, FAIL, FAIL)


def test_every_failure_names_its_check() -> None:
    judgement = judged(changed(signed(), "Signature-Input", "sig1", "sig")).judgements["rafiki"]
    assert [(check.name, check.verdict) for check in judgement.checks] == [("label", Verdict.FAIL)]
    assert judgement.reason == "there is no label sig1 in Signature-Input"
    passed = judged(signed()).judgements["rafiki"]
    names = ["label", "covers @method", "covers @target-uri", "content-digest", "keyid", "key", "signature"]
    assert [check.name for check in passed.checks] == names


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ('sig1=();keyid="k"', "k"),
        ('sig1=(); keyid="k"', None),
        ("sig1=();keyid=k", None),
        ('sig1=();keyid=""', None),
        ('sig1=();created=1;keyid="a b"', "a b"),
        ('sig1=();keyid="a;b"', None),
        ('sig1=();keyid="k", sig2=()', 'k", sig2=('),
    ],
)
def test_rafiki_finds_the_keyid_by_splitting_text(inputs: str, expected: str | None) -> None:
    assert keyid_of(inputs) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("YWJjZA==", b"abcd"),
        (":YWJjZA==:", b"abcd"),
        ("YWJjZA", b"abcd"),
        ("YQ==YQ==", b"a"),
        ("YW Jj", b"abc"),
        ("_-_-", b"\xff\xef\xfe"),
        ("YWJjZ", b"abc"),
        ("=YWJj", b""),
        ("YWéJj", b"abc"),
        ("", b""),
    ],
)
def test_base64_as_node_reads_it(text: str, expected: bytes) -> None:
    assert node_base64(text) == expected


def test_fields_as_node_joins_them() -> None:
    fields = Fields.of(
        ("A", " 1 "), ("a", "2"), ("Cookie", "x"), ("Cookie", "y"), ("Content-Type", "p"), ("Content-Type", "q")
    )
    assert node_field(fields, "a") == "1, 2"
    assert node_field(fields, "cookie") == "x; y"
    assert node_field(fields, "content-type") == "p"
    assert node_field(fields, "z") is None
