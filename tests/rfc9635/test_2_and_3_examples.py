"""RFC 9635 §2 and §3: requests and answers in the forms that the RFC shows."""

from __future__ import annotations

from optrace.core.decode import Decoded, decode
from optrace.gnap.challenge import parse_challenge
from optrace.gnap.requests import GrantRequest
from optrace.gnap.responses import GrantOutcome, GrantResponse

RIGHT = {
    "type": "photo-api",
    "actions": ["read", "write", "dolphin"],
    "locations": ["https://server.example.net/", "https://resource.local/other"],
    "datatypes": ["metadata", "images"],
}


def test_2_a_request_with_everything():
    body = {
        "access_token": {"access": [RIGHT, "dolphin-metadata"], "label": "token1-23"},
        "client": {
            "display": {"name": "My Client Display Name", "uri": "https://example.net/client"},
            "key": {
                "proof": "httpsig",
                "jwk": {"kty": "RSA", "e": "AQAB", "kid": "xyz-1", "alg": "RS256", "n": "kOB5rR4"},
            },
        },
        "interact": {
            "start": ["redirect"],
            "finish": {
                "method": "redirect",
                "uri": "https://client.example.net/return/123455",
                "nonce": "LKLTI25DK82FX4T4QFZC",
            },
        },
        "subject": {"sub_id_formats": ["iss_sub", "opaque"], "assertion_formats": ["id_token"]},
        "user": "XUT2MFM1XBIKJKSDU8QM",
    }
    read = decode(GrantRequest, body)
    assert isinstance(read, Decoded), read.problems
    assert read.unknown == ()
    assert read.value.client_jwk is not None
    assert read.value.client_jwk["kid"] == "xyz-1"


def test_2_1_2_several_tokens():
    body = {
        "access_token": [
            {"label": "token1", "access": [RIGHT, "dolphin-metadata"]},
            {"label": "token2", "access": [{"type": "walrus-access", "actions": ["foo", "bar"]}], "flags": ["bearer"]},
        ],
        "client": "7C7C4AZ9KHRS6X63AJAO",
    }
    read = decode(GrantRequest, body)
    assert isinstance(read, Decoded), read.problems
    assert [token.label for token in read.value.tokens] == ["token1", "token2"]


def test_3_2_1_a_token_bound_to_its_own_key():
    body = {
        "access_token": {
            "value": "OS9M2PMHKUR64TB8N6BW7OZB8CDFONP219RP1LT0",
            "flags": ["durable"],
            "key": {"proof": "httpsig", "jwk": {"kty": "RSA"}},
            "manage": {
                "uri": "https://server.example.com/token/PRY5NM33O",
                "access_token": {"value": "B8CDFONP21-4TB8N6.BW7ONM"},
            },
            "access": [RIGHT, "read", "dolphin-metadata"],
        }
    }
    read = decode(GrantResponse, body)
    assert isinstance(read, Decoded), read.problems
    assert read.unknown == ()
    assert read.value.tokens[0].manage_uri == "https://server.example.com/token/PRY5NM33O"


def test_3_3_every_way_to_interact():
    body = {
        "interact": {
            "redirect": "https://interact.example.com/4CF492MLVMSW9MKM",
            "app": "https://app.example.com/launch?tx=4CF492MLV",
            "user_code": "A1BC3DFF",
            "user_code_uri": {"code": "A1BC3DFF", "uri": "https://s.example/device"},
            "finish": "MBDOFXG4Y5CVJCX821LH",
            "expires_in": 600,
        },
        "continue": {
            "access_token": {"value": "80UPRY5NM33OMUKMKSKU"},
            "uri": "https://server.example.com/tx",
            "wait": 60,
        },
        "instance_id": "7C7C4AZ9KHRS6X63AJAO",
    }
    read = decode(GrantResponse, body)
    assert isinstance(read, Decoded), read.problems
    assert read.unknown == ()
    assert read.value.outcome is GrantOutcome.PENDING


def test_3_4_subject_information():
    body = {
        "subject": {
            "sub_ids": [{"format": "opaque", "id": "J2G8G8O4AZ"}, {"format": "email", "email": "user@example.com"}],
            "assertions": [{"format": "id_token", "value": "eyJ..."}],
            "updated_at": "2020-06-19T12:00:00Z",
        }
    }
    read = decode(GrantResponse, body)
    assert isinstance(read, Decoded), read.problems
    assert read.value.outcome is GrantOutcome.SUBJECT


def test_3_6_an_error_with_a_grant_that_goes_on():
    body = {
        "error": {"code": "user_denied", "description": "The RO denied the request"},
        "continue": {
            "access_token": {"value": "33OMUKMKSKU80UPRY5NM"},
            "uri": "https://server.example.com/continue",
            "wait": 30,
        },
    }
    read = decode(GrantResponse, body)
    assert isinstance(read, Decoded), read.problems
    assert read.value.outcome is GrantOutcome.ERROR
    assert read.value.continue_ is not None


def test_9_1_the_challenge_of_a_resource_server():
    challenge = parse_challenge("GNAP as_uri=https://as.example/tx;access=FWWIKYBQ6U56NL1;referrer=https://rs.example")
    assert challenge is not None
    assert (challenge.as_uri, challenge.access, challenge.referrer) == (
        "https://as.example/tx",
        "FWWIKYBQ6U56NL1",
        "https://rs.example",
    )
