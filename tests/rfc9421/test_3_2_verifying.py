"""RFC 9421 3.2: what a verifier must look at besides the mathematics."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from optrace.core.fields import Fields
from optrace.core.findings import Judgement, Verdict
from optrace.core.messages import HttpRequest
from optrace.signatures.keys import KeySet, SigningKey, load_private_key
from optrace.signatures.sign import sign_request, with_field
from optrace.signatures.verify import verify_request
from tests.rfc9421.vectors import jwk, keys, private, request

CREATED = 1_700_000_000
NOW = datetime.fromtimestamp(CREATED, UTC)
ED25519 = private("test-key-ed25519")
KEYS = keys("test-key-ed25519")


def judged(message: HttpRequest, key_set: KeySet = KEYS, *, now: datetime = NOW) -> Judgement:
    judgement = verify_request(message, key_set, now=now).judgements["rfc"]
    assert judgement.reason or judgement.verdict in (Verdict.PASS, Verdict.NONE)
    assert all(check.detail for check in judgement.checks if check.verdict is not Verdict.PASS)
    return judgement


def with_params(key: SigningKey = ED25519, **params: Any) -> HttpRequest:
    return sign_request(request("test-request"), key, created=CREATED, params={"keyid": key.kid, **params})


def change(message: HttpRequest, name: str, old: str, new: str) -> HttpRequest:
    value = message.fields.get(name) or ""
    assert old in value
    return replace(message, fields=with_field(message.fields, name, value.replace(old, new)))


def test_an_unsigned_message_has_nothing_to_check() -> None:
    verification = verify_request(request("test-request"), KEYS, now=NOW)
    assert not verification.signed
    assert {judgement.verdict for judgement in verification.judgements.values()} == {Verdict.NONE}


def test_every_step_shows_what_was_expected_and_what_came() -> None:
    judgement = judged(with_params(created=CREATED))
    names = ["syntax", "parameters", "signature base", "time", "key", "algorithm", "signature"]
    assert [check.name for check in judgement.checks] == names
    assert all(check.expected or check.got for check in judgement.checks)


def test_expires_counts_at_the_time_of_the_exchange() -> None:
    message = with_params(created=CREATED, expires=CREATED + 60)
    assert judged(message, now=NOW + timedelta(seconds=60)).verdict is Verdict.PASS
    late = judged(message, now=NOW + timedelta(seconds=61))
    assert (late.verdict, late.reason) == (Verdict.FAIL, "the signature expired 1 s before it was sent")


@pytest.mark.parametrize("created", [CREATED + 3600, CREATED - 10**8, CREATED * 1000, 0])
def test_the_age_is_policy(created: int) -> None:
    assert judged(with_params(created=created)).verdict is Verdict.PASS


@pytest.mark.parametrize("params", [{"created": "1"}, {"expires": "1"}, {"nonce": 1}, {"tag": True}, {"created": True}])
def test_parameters_of_the_wrong_type(params: dict[str, Any]) -> None:
    judgement = judged(with_params(**params))
    assert judgement.verdict is Verdict.FAIL
    assert (
        judgement.reason
        == f"`{next(iter(params))}` is not {'a string' if 'nonce' in params or 'tag' in params else 'an integer'}"
    )


def test_unknown_parameters_are_signed_like_all_others() -> None:
    message = with_params(created=CREATED, other="x")
    verification = verify_request(message, KEYS, now=NOW)
    assert verification.judgements["rfc"].verdict is Verdict.PASS
    params = verification.signatures[0].params
    assert params is not None
    assert params.extra == {"other": "x"}
    assert [name for name, _ in params.items] == ["keyid", "created", "other"]


def test_no_keys_seen_is_unchecked_and_says_so() -> None:
    unseen = KeySet.unseen("https://w.example/a", "no JWKS of https://w.example/a was seen")
    judgement = judged(with_params(), unseen)
    assert (judgement.verdict, judgement.reason) == (Verdict.UNCHECKED, unseen.reason)
    broken = change(with_params(), "Signature", ":", "")
    assert judged(broken, unseen).verdict is Verdict.FAIL  # what is wrong without any key stays wrong


def test_an_unusable_jwks_and_a_keyid_that_is_not_in_it_fail() -> None:
    assert judged(with_params(), KeySet.unusable("w", "the JWKS is not JSON")).reason == "the JWKS is not JSON"
    assert judged(with_params(), keys("test-key-rsa")).reason == "keyid is not in the client's JWKS"
    bad = KeySet.of("w", {"kid": "test-key-ed25519", "kty": "OKP", "crv": "Ed25519", "x": "AAAA"})
    assert judged(with_params(), bad).reason == "the key can't be used: `x` is 3 bytes long, not 32"


def test_without_keyid_any_known_key_may_fit() -> None:
    message = sign_request(request("test-request"), ED25519, created=CREATED, params={"created": CREATED})
    assert judged(message, keys("test-key-ecc-p256", "test-key-ed25519")).verdict is Verdict.PASS
    assert judged(message, keys("test-key-ecc-p256")).verdict is Verdict.FAIL


@pytest.mark.parametrize("alg", ["ed25519", None])
def test_the_algorithm_may_be_named_or_not(alg: str | None) -> None:
    assert judged(with_params(**({"alg": alg} if alg else {}))).verdict is Verdict.PASS


@pytest.mark.parametrize("alg", ["EdDSA", "rsa-v1_5-sha256", "hmac-sha256", ""])
def test_an_algorithm_that_is_not_the_keys(alg: str) -> None:
    judgement = judged(with_params(alg=alg))
    assert judgement.verdict is Verdict.FAIL
    assert "alg" in (judgement.reason or "")


def test_an_rsa_key_that_does_not_say_serves_both_algorithms() -> None:
    rsa = load_private_key(json.dumps({**jwk("test-key-rsa")}).encode(), "test-key-rsa")
    for algorithm in ("rsa-pss-sha512", "rsa-v1_5-sha256"):
        key = replace(rsa, algorithm=algorithm)
        for message in (with_params(key), with_params(key, alg=algorithm)):
            assert judged(message, keys("test-key-rsa")).verdict is Verdict.PASS
        other = {"rsa-pss-sha512": "RS256", "rsa-v1_5-sha256": "PS512"}[algorithm]
        only = KeySet.of("w", {**jwk("test-key-rsa"), "alg": other})
        assert judged(with_params(key), only).verdict is Verdict.FAIL


def test_a_wrong_alg_in_the_jwk_fails() -> None:
    judgement = judged(with_params(), KeySet.of("w", {**jwk("test-key-ed25519"), "alg": "RS256"}))
    assert judgement.verdict is Verdict.FAIL
    assert "RS256" in (judgement.reason or "")


def two_signatures(first: str, second: str) -> HttpRequest:
    """A message with the signatures of two labels, each in lines of its own."""
    one = sign_request(request("test-request"), ED25519, created=CREATED, label=first)
    two = sign_request(request("test-request"), private("test-key-ecc-p256"), created=CREATED, label=second)
    lines = [(n, v) for n, v in two.fields if n.startswith("Signature")]
    return replace(one, fields=Fields.of(*one.fields, *lines))


def test_one_good_signature_of_several_is_enough() -> None:
    message = two_signatures("sig1", "proxy")
    for key_set in (keys("test-key-ed25519"), keys("test-key-ecc-p256"), keys("test-key-ed25519", "test-key-ecc-p256")):
        verification = verify_request(message, key_set, now=NOW)
        assert verification.judgements["rfc"].verdict is Verdict.PASS
        assert [seen.label for seen in verification.signatures] == ["sig1", "proxy"]
    assert judged(message, keys("test-key-rsa")).verdict is Verdict.FAIL


def test_a_label_must_be_unique_and_in_both_fields() -> None:
    assert "sig1 is there twice" in (judged(two_signatures("sig1", "sig1")).reason or "")
    renamed = change(with_params(), "Signature", "sig1", "sig2")
    assert "is missing from Signature" in (judged(renamed).reason or "")
    for name in ("Signature", "Signature-Input"):
        fields = Fields(pair for pair in with_params().fields.raw if pair[0].decode() != name)
        judgement = judged(replace(with_params(), fields=fields))
        assert judgement.verdict is Verdict.FAIL


def test_a_signature_field_of_another_kind_is_not_judged() -> None:
    fields = Fields.of(("Signature", "t=1700000000000, v1=8d2cc5c4a9"))
    message = HttpRequest(method="POST", url="https://a.example/graphql", fields=fields, body=b"{}")
    assert judged(message).verdict is Verdict.NONE


def test_only_the_strict_serialisation_counts() -> None:
    # signed over the raw text with a blank after the semicolon, which is not how the parsed list is written
    message = with_params(created=CREATED)
    raw = (message.fields.get("Signature-Input") or "").removeprefix("sig1=").replace(";created", "; created")
    base = verify_request(message, KEYS, now=NOW).signatures[0].base or b""
    text = base.partition(b'"@signature-params": ')[0] + b'"@signature-params": ' + raw.encode()
    signature = base64.b64encode(ED25519.sign(text)).decode()
    fields = with_field(message.fields, "Signature-Input", f"sig1={raw}")
    message = replace(message, fields=with_field(fields, "Signature", f"sig1=:{signature}:"))
    verification = verify_request(message, KEYS, now=NOW)
    seen = verification.signatures[0]
    assert (seen.valid, seen.raw_valid, seen.raw_base) == (False, True, text)
    assert "only over Signature-Input as written" in (verification.judgements["rfc"].reason or "")


def test_a_body_that_was_not_captured_leaves_the_signature_checkable() -> None:
    message = replace(with_params(created=CREATED), body=None)
    verification = verify_request(message, KEYS, now=NOW)
    assert verification.judgements["rfc"].verdict is Verdict.PASS
    assert verification.judgements["open-payments"].verdict is Verdict.UNCHECKED
    assert verification.digest["rfc"].verdict is Verdict.UNCHECKED
