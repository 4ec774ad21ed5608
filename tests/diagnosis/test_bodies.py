"""What a digest was made of: each way to write a body is recognised, and so is the body of another request."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.diagnosis.bodies import body_variants, digests, search_digest
from optrace.diagnosis.case import Case
from optrace.signatures.javascript import restringify
from tests.diagnosis.desk import KEY, case_of, rules, session, wish
from tests.examples import examples
from tests.rules.forgery import digest_of, request

VALUE = {
    "walletAddress": "https://w.example/b?x=1&y=<2>",
    "note": "Café\u2028\U0001f600",
    "amount": {"z": 1, "a": [True, None]},
}
BODY = json.dumps(VALUE, separators=(",", ":"), ensure_ascii=False).encode()

WAYS = {
    "python": json.dumps(VALUE),
    "python-utf8": json.dumps(VALUE, ensure_ascii=False),
    "ascii": json.dumps(VALUE, separators=(",", ":")),
    "sorted": json.dumps(VALUE, separators=(",", ":"), sort_keys=True, ensure_ascii=False),
    "pretty-2": json.dumps(VALUE, indent=2, ensure_ascii=False),
    "pretty-4": json.dumps(VALUE, indent=4, ensure_ascii=False),
    "slashes": BODY.decode().replace("/", "\\/"),
    "slashes-ascii": json.dumps(VALUE, separators=(",", ":")).replace("/", "\\/"),
    "html": BODY.decode().replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
    "newline": BODY.decode() + "\n",
    "bom": "\ufeff" + BODY.decode(),
    "empty": "",
    "{}": "{}",
    "null": "null",
    "undefined": "undefined",
    "twice": json.dumps(BODY.decode(), ensure_ascii=False),
}


@pytest.mark.parametrize("algorithm", ["sha-512", "sha-256"])
@pytest.mark.parametrize("way", WAYS)
def test_a_digest_of_another_spelling_is_recognised(way: str, algorithm: str) -> None:
    case = case_of(body=BODY, sent_fields={"content_digest": digest_of(WAYS[way].encode(), algorithm)})
    found = search_digest(case)
    assert found is not None
    assert found.variant is not None
    assert (found.variant.id, found.algorithm) == (way, algorithm)


@pytest.mark.parametrize("way", WAYS)
def test_the_rule_is_dig_008(way: str) -> None:
    assert rules(body=BODY, sent_fields={"content_digest": digest_of(WAYS[way].encode())})[0] == "DIG-008"


def test_the_body_before_it_was_compressed() -> None:
    packed = gzip.compress(BODY, mtime=0)
    fields = {"content_encoding": "gzip", "content_digest": digest_of(BODY)}
    found = search_digest(case_of(body=packed, sent_fields=fields))
    assert found is not None
    assert found.variant is not None
    assert found.variant.id == "decoded"
    assert "DIG-012" in rules(body=packed, sent_fields=fields)


def test_the_body_of_another_request() -> None:
    trace, exchange = session(token=True, sent_fields={"content_digest": digest_of(wish())})
    found = search_digest(Case(trace, exchange))
    assert found is not None
    assert found.variant is None or found.variant.id == "other"
    before = trace.exchange(exchange.n - 1).request.body or b""
    case = case_of(token=True, sent_fields={"content_digest": digest_of(before)})
    found = search_digest(case)
    assert found is not None
    assert found.variant is not None
    assert found.variant.related == (case.exchange.n - 1,)


def test_a_digest_that_fits_has_no_variant() -> None:
    found = search_digest(case_of(body=BODY))
    assert found is not None
    assert (found.variant, found.algorithm, found.tried) == (None, "sha-512", 1)


def test_a_digest_of_nothing_known_says_how_many_were_tried() -> None:
    found = search_digest(case_of(body=BODY, sent_fields={"content_digest": digest_of(b"something else")}))
    assert found is not None
    assert (found.variant, found.algorithm) == (None, None)
    assert found.tried > 20


@pytest.mark.parametrize("field", [None, "", "sha-512", "sha-512=1", "SHA-512=:AA==:", "md5=:AA==:"])
def test_a_digest_that_cannot_be_read_is_not_searched(field: str | None) -> None:
    assert digests(field) == []
    assert search_digest(case_of(body=BODY, sent_fields={"content_digest": field})) is None


@examples(40)
@given(st.binary(max_size=80) | st.text(max_size=60).map(lambda t: json.dumps({"a": t}).encode()))
def test_no_body_raises_and_none_comes_twice(body: bytes) -> None:
    for coding in (None, "gzip", "br", "nonsense"):
        sent = request("POST", "https://a.example/", body, content_encoding=coding)
        variants = [variant.body for variant in body_variants(sent)]
        assert len(variants) == len(set(variants))
        assert body not in variants


def test_javascript_comes_before_everything_else() -> None:
    pretty = json.dumps(VALUE, indent=2).encode()
    first = next(body_variants(request("POST", "https://a.example/", pretty)))
    assert first.body == restringify(pretty)
    assert KEY.kid == "key-shop"
