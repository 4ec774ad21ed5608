"""Verdicts of interaction hashes, on finishes of real and faulty servers with the verdicts that are known for them."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.findings import PROFILES, Judgements, Verdict
from optrace.gnap.hash_variants import hash_variants
from optrace.gnap.interaction import (
    METHODS,
    Finish,
    compute,
    decode_hash,
    hash_base,
    judge_hash,
    rafiki_urls,
    read_finish,
    to_base64,
    to_base64url,
)

FINISHES = json.loads(Path(__file__).with_name("finishes.json").read_text())
GRANT = "https://auth.example.com/438fa74a-fa7d-4317-9ced-dde32ece1787"
LINES = ("rafiki-client-nonce-01", "0123456789ABCDEF", "7c9e6679-7425-40de-944b-e07fc1f90ae7")
DIGEST = compute(hash_base(*LINES, GRANT)) or b""


def judge(received: str | None, **other: object) -> Judgements:
    known = {
        "client_nonce": LINES[0],
        "as_nonce": LINES[1],
        "interact_ref": LINES[2],
        "grant_url": GRANT,
        "continue_uri": "https://auth.example.com/continue/1",
    }
    return judge_hash(received, **{**known, **other})  # type: ignore[arg-type]


def verdicts(judgements: Judgements) -> tuple[str, ...]:
    return tuple(str(judgements[profile].verdict) for profile in PROFILES)


@pytest.mark.parametrize("case", FINISHES, ids=lambda case: case["title"])
def test_known_verdicts(case):
    finish = read_finish(parse_qsl(case["query"]))
    assert finish is not None
    found = judge_hash(
        finish.hash,
        client_nonce=case["client_nonce"],
        as_nonce=case["as_nonce"],
        interact_ref=finish.interact_ref,
        grant_url=case["grant_url"],
        continue_uri=case["continue_uri"],
    )
    assert found["rfc"].verdict in case["rfc"]
    assert found["rafiki"].verdict in case["rafiki"]
    assert found["open-payments"].verdict == found["rfc"].verdict
    for judgement in found.values():
        assert judgement.checks
        assert judgement.reason or judgement.verdict is Verdict.PASS


def test_the_rafiki_shaped_vector():
    assert to_base64(DIGEST) == "6Pamr7MMHC6C1TuSK0pkz4jxpwk9cNOPpxm2WJcMxDM="
    assert verdicts(judge(to_base64(DIGEST))) == ("pass", "pass", "pass")


def test_the_encoding_is_no_failure_but_a_check():
    found = judge(to_base64(DIGEST))["rfc"]
    assert [(check.name, str(check.verdict)) for check in found.checks] == [
        ("hash method", "pass"),
        ("hash encoding", "differs"),
        ("hash", "pass"),
    ]


# this hash has a + in its standard form
PLUS = next(
    (ref, digest)
    for ref in map(str, range(1000))
    if "+" in to_base64(digest := compute(hash_base(*LINES[:2], ref, GRANT)) or b"")
)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (to_base64, ("pass", "pass", "pass")),
        (to_base64url, ("pass", "pass", "differs")),
        (lambda digest: to_base64(digest).rstrip("="), ("pass", "pass", "differs")),
        (lambda digest: to_base64(digest).replace("+", " "), ("differs", "differs", "differs")),
        (bytes.hex, ("fail", "fail", "fail")),
        (lambda digest: "", ("fail", "fail", "fail")),
        (lambda digest: to_base64(digest) + "\n", ("fail", "fail", "fail")),
        (lambda digest: to_base64(digest)[:-2] + "N=", ("fail", "fail", "fail")),
    ],
)
def test_every_encoding(write, expected):
    reference, digest = PLUS
    assert verdicts(judge(write(digest), interact_ref=reference)) == expected


def test_rafiki_hashes_its_own_url_without_a_slash():
    slashed = GRANT + "/"
    received = to_base64(DIGEST)
    assert verdicts(judge(received, grant_url=slashed)) == ("fail", "fail", "pass")
    other = to_base64(compute(hash_base(*LINES, slashed)) or b"")
    assert verdicts(judge(other, grant_url=slashed)) == ("pass", "pass", "fail")


def test_the_server_knows_itself_by_another_url():
    used = GRANT.replace("auth.example.com", "internal:3006")
    found = judge(to_base64(DIGEST), grant_url=used)
    assert verdicts(found) == ("fail", "fail", "pass")
    assert found["rfc"].reason is not None
    assert GRANT in found["rfc"].reason


def test_rafiki_urls_behind_a_path():
    assert rafiki_urls("http://as:3006/tenant/", "https://pay.example/auth/continue/1") == (
        "http://as:3006/tenant",
        "https://pay.example/tenant",
        "https://pay.example/auth/tenant",
    )
    assert rafiki_urls("https://as.example/t", None) == ("https://as.example/t",)
    assert rafiki_urls("https://as.example/t", "https://[broken/continue/1") == ("https://as.example/t",)


def test_another_method():
    digest = compute(hash_base(*LINES, GRANT), "sha3-512") or b""
    assert verdicts(judge(to_base64url(digest), hash_method="sha3-512")) == ("pass", "pass", "fail")
    assert verdicts(judge(to_base64(DIGEST), hash_method="sha3-512")) == ("fail", "fail", "pass")


def test_a_method_that_cannot_be_computed():
    found = judge(to_base64(DIGEST), hash_method="k12-256")
    assert verdicts(found) == ("unchecked", "unchecked", "pass")
    assert "k12-256" in (found["rfc"].reason or "")


def test_not_seen_is_never_a_pass():
    found = judge(to_base64(DIGEST), client_nonce=None, grant_url=None)
    assert verdicts(found) == ("unchecked",) * 3
    assert found["rfc"].reason == "not seen in this recording: the client's nonce, the grant request's URL"


def test_a_hash_that_is_gone_and_a_rejection():
    assert verdicts(judge(None)) == ("fail",) * 3
    assert verdicts(judge(None, interact_ref=None)) == ("none",) * 3


def test_finishes():
    assert read_finish([("order", "1")]) is None
    assert read_finish([("hash", "A"), ("interact_ref", "B"), ("x", "y")]) == Finish(hash="A", interact_ref="B")
    assert read_finish([("result", "grant_rejected")]) == Finish(result="grant_rejected")
    assert read_finish([("hash", "mine"), ("hash", "theirs")]) == Finish(hash="theirs")


# --- what was hashed instead ---


@pytest.mark.parametrize(
    ("title", "variant", "method"),
    [
        ("right, standard padded base64 (Rafiki)", "exact", "sha-256"),
        ("origin plus slash (Rafiki v1 and v2.0.0-beta)", "uri_origin_slash", "sha-256"),
        ("bare origin", "uri_origin_only", "sha-256"),
        ("no grant endpoint at all", "uri_missing", "sha-256"),
        ("nonces swapped", "nonces_swapped", "sha-256"),
        ("AS nonce of the other pending grant", "other_request_nonces", "sha-256"),
        ("continue URI in place of the grant endpoint", "uri_continue", "sha-256"),
        ("newline at the end", "trailing_newline", "sha-256"),
        ("sha3-512 (Rafiki before 2023-09)", "exact", "sha3-512"),
        ("hex", "exact", "sha-256"),
        ("hash and reference of the other grant's interaction", "other_request_nonces", "sha-256"),
        (
            "AS hashed http://localhost:3006/<tenant>, the client used http://cloud-nine-wallet-auth:3006/<tenant>",
            "uri_other_known",
            "sha-256",
        ),
        ("D: hash and interact_ref of the attacker's own flow injected", "other_request_nonces", "sha-256"),
        ("B: one character of the hash changed", None, None),
    ],
)
def test_the_mistake_is_found(title, variant, method):
    case = next(case for case in FINISHES if case["title"] == title)
    finish = read_finish(parse_qsl(case["query"]))
    assert finish is not None
    decoded = decode_hash(finish.hash or "")
    hits = [
        (found.id, name)
        for found in hash_variants(
            client_nonce=case["client_nonce"],
            as_nonce=case["as_nonce"],
            interact_ref=finish.interact_ref or "",
            grant_url=case["grant_url"],
            continue_uri=case["continue_uri"],
            other_nonces=[tuple(pair) for pair in case.get("other_nonces", [])],
            pairs=True,
        )
        for name in METHODS
        if decoded and compute(found.base, name) == decoded[0]
    ]
    assert hits == ([(variant, method)] if variant else [])


def test_pairs_come_after_singles_and_no_base_twice():
    known = {"client_nonce": "a", "as_nonce": "b", "interact_ref": "c", "grant_url": "https://as.example/t"}
    singles = list(hash_variants(**known))
    both = list(hash_variants(**known, pairs=True))
    assert both[: len(singles)] == singles
    assert singles[0].id == "exact"
    assert all("+" not in variant.id for variant in singles)
    assert all("+" in variant.id for variant in both[len(singles) :])
    assert len({variant.base for variant in both}) == len(both) > 100
    swapped = next(v for v in both if v.id == "uri_trailing_slash_added+nonces_swapped")
    assert swapped.base == b"b\na\nc\nhttps://as.example/t/"


# --- properties ---


@given(st.binary(min_size=1, max_size=70))
def test_every_encoding_of_every_digest_is_read(digest):
    for text in (to_base64(digest), to_base64url(digest), to_base64(digest).replace("+", " ")):
        decoded = decode_hash(text)
        # short digests may look like hexadecimal digits: no method makes those
        assert decoded is None or decoded[0] == digest or decoded[1] == "hex"
    assert decode_hash(to_base64(digest)) is not None


@given(st.text(max_size=90) | st.text(alphabet="abcdefABCDEF0123-_+/= ", max_size=90), st.text(), st.text(), st.text())
def test_nothing_raises(received, nonce, url, method):
    decode_hash(received)
    found = judge(received, client_nonce=nonce, grant_url=url, continue_uri=url, hash_method=method, known_urls=[nonce])
    assert set(found) == set(PROFILES)
    list(
        hash_variants(
            client_nonce=nonce,
            as_nonce="b",
            interact_ref=received,
            grant_url=url,
            continue_uri=nonce,
            known_urls=[method],
        )
    )
