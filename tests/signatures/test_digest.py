"""Content-Digest: RFC 9530 over the body as sent, and Rafiki's check over the JSON written again."""

from __future__ import annotations

import base64
import gzip
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.findings import PROFILES, Verdict
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.signatures.digest import judge_digest
from tests.examples import examples

HELLO = b'{"hello": "world"}'
DOG = b'{"message": "good dog"}'
SHA512 = "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="
SHA256 = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="


def verdicts(digest: str | None, body: bytes | None, *fields: tuple[str, str]) -> tuple[str, str]:
    """(rfc, rafiki)"""
    lines = [("Content-Type", "application/json"), *fields]
    if digest is not None:
        lines.append(("Content-Digest", digest))
    judged = judge_digest(HttpRequest(method="POST", url="https://a.example/", fields=Fields.of(*lines), body=body))
    assert set(judged) == set(PROFILES)
    assert judged["open-payments"] == judged["rfc"]
    for judgement in judged.values():
        assert judgement.reason or judgement.verdict in (Verdict.PASS, Verdict.NONE)
    return judged["rfc"].verdict.value, judged["rafiki"].verdict.value


def of(body: bytes, algorithm: str = "sha512") -> str:
    return base64.b64encode(hashlib.new(algorithm, body).digest()).decode()


@pytest.mark.parametrize(
    ("digest", "body"),
    [
        (f"sha-512=:{SHA512}:", HELLO),
        (f"sha-256=:{SHA256}:", HELLO),
        (f"sha-256=:{SHA256}:, sha-512=:{SHA512}:", HELLO),
        ("sha-512=:mEWXIS7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:", DOG),
        ("sha-256=:z0bm/K2/kBiAHdTk/FHlB2NyoHqaTdzCA9k+jeJ0ezA=:", DOG),
    ],
)
def test_known_values(digest: str, body: bytes) -> None:
    # right by RFC 9530; the blank in the JSON doesn't survive JSON.stringify
    assert verdicts(digest, body) == ("pass", "fail")
    assert verdicts(digest, body[:-1] + b" }") == ("fail", "fail")


def test_compact_json_is_right_for_both() -> None:
    body = b'{"hello":"world"}'
    for algorithm, name in (("sha512", "sha-512"), ("sha256", "sha-256")):
        assert verdicts(f"{name}=:{of(body, algorithm)}:", body) == ("pass", "pass")


def test_digest_of_the_compact_form_and_pretty_form_sent() -> None:
    assert verdicts(f"sha-512=:{of(b'{"hello":"world"}')}:", HELLO) == ("fail", "pass")


@pytest.mark.parametrize(
    ("digest", "expected"),
    [
        (None, ("none", "none")),
        ("sha-512=:AAAA:", ("fail", "fail")),
        (f"sha-512=:{SHA256}:", ("fail", "fail")),
        (f"sha-512={SHA512}", ("fail", "fail")),
        (f"SHA-512=:{SHA512}:", ("fail", "fail")),
        (f"sha-512:{SHA512}:", ("fail", "fail")),
        (f"sha-512=:{SHA512}:=", ("fail", "fail")),
        (f"sha-512=:{SHA512}:, sha-256=:AAAA:", ("fail", "fail")),
        (f"sha-512=:{SHA512}:, md5=:AAAA:", ("fail", "fail")),
        ("sha-512", ("fail", "fail")),
        ("sha-512=1", ("fail", "fail")),
    ],
)
def test_other_shapes(digest: str | None, expected: tuple[str, str]) -> None:
    assert verdicts(digest, HELLO) == expected


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("md5", hashlib.md5(HELLO).digest()),
        ("sha", hashlib.sha1(HELLO).digest()),
        ("adler", zlib.adler32(HELLO).to_bytes(4)),
    ],
)
def test_a_deprecated_algorithm_is_not_enough(name: str, digest: bytes) -> None:
    text = base64.b64encode(digest).decode()
    assert verdicts(f"{name}=:{text}:", HELLO)[0] == "unchecked"
    assert verdicts(f"{name}=:{text}:, sha-512=:{SHA512}:", HELLO)[0] == "pass"
    assert verdicts(f"{name}=:AAAA:", HELLO)[0] == "fail"
    assert verdicts(f"unixsum=:AAAA:, sha-512=:{SHA512}:", HELLO)[0] == "pass"
    assert verdicts("crc32c=:AAAA:", HELLO)[0] == "unchecked"


def test_a_body_that_was_not_captured() -> None:
    assert verdicts(f"sha-512=:{SHA512}:", None) == ("unchecked", "unchecked")


def test_rfc_9530_counts_the_bytes_as_sent_and_rafiki_the_decoded_ones() -> None:
    body = b'{"a":1}'
    sent = gzip.compress(body)
    coding = ("Content-Encoding", "gzip")
    assert verdicts(f"sha-512=:{of(body)}:", sent, coding) == ("fail", "pass")
    assert verdicts(f"sha-512=:{of(sent)}:", sent, coding) == ("pass", "fail")
    assert verdicts(f"sha-512=:{of(sent[:-9])}:", sent[:-9], coding) == ("pass", "fail")
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    assert verdicts(f"sha-512=:{of(b'[]')}:", bomb, coding) == ("fail", "fail")


def test_the_digest_of_nothing() -> None:
    empty = f"sha-512=:{of(b'')}:"
    assert verdicts(empty, b"") == ("pass", "pass")
    # once it is covered Rafiki looks at it, and takes an empty body for {}
    covered = ("Signature-Input", 'sig1=("content-digest");keyid="k"')
    assert verdicts(empty, b"", covered) == ("pass", "fail")
    assert verdicts(f"sha-512=:{of(b'{}')}:", b"", covered) == ("fail", "pass")


def test_a_body_of_another_type_is_an_empty_object_to_rafiki() -> None:
    fields = Fields.of(("Content-Type", "text/plain"), ("Content-Digest", f"sha-512=:{of(b'{}')}:"))
    request = HttpRequest(method="POST", url="https://a.example/", fields=fields, body=b'{"a":1}')
    assert judge_digest(request)["rafiki"].verdict is Verdict.PASS


def test_responses_are_none_of_rafikis_business() -> None:
    judged = judge_digest(
        HttpResponse(status=200, fields=Fields.of(("Content-Digest", f"sha-512=:{SHA512}:")), body=HELLO)
    )
    assert [judged[profile].verdict for profile in PROFILES] == [Verdict.PASS, Verdict.PASS, Verdict.NONE]


@given(st.binary(max_size=60), st.binary(max_size=60), st.sampled_from(["", "gzip", "br", "deflate, gzip", "x"]))
@examples(150)
def test_nothing_raises(digest: bytes, body: bytes, coding: str) -> None:
    lines = (
        (b"content-digest", digest),
        (b"content-type", b"application/json"),
        (b"content-encoding", coding.encode()),
    )
    judge_digest(HttpRequest(method="POST", url="", fields=Fields(lines), body=body))


@given(st.binary(max_size=300), st.sampled_from(["sha-256", "sha-512"]), st.sampled_from(["", ";a", ";a=1", " "]))
@examples(100)
def test_the_quick_way_agrees_with_the_parser(body: bytes, name: str, tail: str) -> None:
    digest = f"{name}=:{of(body, name.replace('-', ''))}:"
    assert verdicts(digest, body)[0] == verdicts(digest + tail, body)[0] == "pass"
    assert verdicts(digest, body + b"x")[0] == verdicts(digest + tail, body + b"x")[0] == "fail"
