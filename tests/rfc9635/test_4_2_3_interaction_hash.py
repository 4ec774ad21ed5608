"""RFC 9635 §4.2.3 Calculating the interaction hash: its vectors, and what each mistake would give instead."""

from __future__ import annotations

import pytest

from optrace.gnap.hash_variants import hash_variants
from optrace.gnap.interaction import METHODS, compute, decode_hash, hash_base, judge_hash, to_base64url

CLIENT_NONCE = "VJLO6A4CATR0KRO"
AS_NONCE = "MBDOFXG4Y5CVJCX821LH"
INTERACT_REF = "4IFWWIKYB2PQ6U56NL1"
GRANT_URL = "https://server.example.com/tx"
BASE = hash_base(CLIENT_NONCE, AS_NONCE, INTERACT_REF, GRANT_URL)

VECTORS = {
    # printed in the RFC
    "sha-256": "x-gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY",
    "sha3-512": "pyUkVJSmpqSJMaDYsk5G8WCvgY91l-agUPe1wgn-cc5rUtN69gPI2-S_s-Eswed8iB4PJ_a5Hg6DNi7qGgKwSQ",
    # computed elsewhere over the RFC's base, for the other names in IANA's registry
    "sha-384": "DwX1yKfwbAnxXBe7KO5rWSurmzBtHyTIW-rnmEv1ENWN7hqcSQLnEA6Mj4uIb7S6",
    "sha-512": "454VR2f6OAHg3PDng-iAbfPEeBCI70VP0KcpleQZBC5TfJRbNOgz0RGVWI_gLaQXwRFst3CyzWPS_IPRDZ39fw",
    "sha3-224": "u9KpMtNSNbuu6I9V5LfUfB778E9xds3ktn1_0Q",
    "sha3-256": "whl7XZLXMQ5oVJS7Taz1RUc_ecDJ3_N2Wx8lDSl2UoY",
    "sha3-384": "AHZ8TIQ43e4oLZW8i6jpT-VStdgYF_y_h33lQBlAYwYGBo14ikEILHJ7Ze9ALgpf",
    "sha-256-128": "x-gguKWTj8rQf7d7i3w3Ug",
    "sha-256-120": "x-gguKWTj8rQf7d7i3w3",
    "sha-256-96": "x-gguKWTj8rQf7d7",
    "sha-256-64": "x-gguKWTj8o",
    "sha-256-32": "x-gguA",
    "blake2s-256": "4iBzvUITBsawBsmjKVClQxnkE_gsdww9WWiIaIstGYI",
    "blake2b-256": "GPMZ1sw3SuzvbgBZB7mA2cv4Y8LAWD7W5r-5gwUU_DA",
    "blake2b-512": "bOp9sUJGr3UQvIBMN1Tkjn_I8TiErRVjpwNrF41ty6aeD_lVV7eyeDksILSqcJZXJH-ymOVMkIrMeiLCv1apow",
}

# the hash (sha-256) of a base with one mistake in it
MISTAKES = {
    "exact": "x-gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY",
    "uri_trailing_slash_added": "fRiB2386XGibHeyH5oKb5FxpZcsgfSL4obQVzB0aHCo",
    "uri_origin_only": "AXVIds6m9DwECkxZau67ElK4fEd0jJ3P7aK48ZTuFrw",
    "uri_origin_slash": "BeM0viCHMMRmzhCqpJvgiNhEixFSxJby1huREFeWXus",
    "uri_continue": "_GgxrBAKc32Clv6Jpjm6dCPs4ganA27sc3JuMJi8jBQ",
    "uri_scheme_swapped": "SpezNGYaa88iFw-V3Br2MiRfyTGXuQDrV1IvL31fN2U",
    "uri_default_port": "96XkZWNnYorjfeG1VWcXf3qQ_cl3ykMIc9xuYczVUyA",
    "uri_host_case": "DXNjrm7zcgevrXTdwZl0WKWKjzsyEu4C7XtaXlNji3w",
    "uri_missing": "gTJ8MldTHzbCjZsidGZXBmBPbrr4-3ezWXJ6w7LKBik",
    "uri_empty": "2V8Qik3KBqjKcz5HW8c11MYY1_SqcqusuDW2XZBDVBk",
    "nonces_swapped": "FYGUK84PiIOLyFotZGqvYZfzB2T3RxYNtUUJmKPn6qQ",
    "trailing_newline": "vq3BFoz_hVW2Tkq64rnC5xhFTiSmbdmpKL4D9mx-r0c",
    "crlf": "UA01jWf8ZJRg8MSunJC8n4l_FgbPxjIyR0i_u1ryb5c",
    "no_separator": "0I1thk6t2h6U1dM2wemD1MSri91jO2XnAXKKJ4aKzBA",
    "space_separator": "e0UYmbMeU_YqPNavr03fPjA_Cc0cVWFSpWVqsgrRoiY",
}


def test_the_base_is_four_lines_without_a_final_newline():
    assert BASE == b"VJLO6A4CATR0KRO\nMBDOFXG4Y5CVJCX821LH\n4IFWWIKYB2PQ6U56NL1\nhttps://server.example.com/tx"
    assert len(BASE) == 86


@pytest.mark.parametrize("method", VECTORS)
def test_vectors(method):
    digest = compute(BASE, method)
    assert digest is not None
    assert to_base64url(digest) == VECTORS[method]
    assert decode_hash(VECTORS[method]) == (digest, "base64url")


def test_every_method_has_a_vector():
    assert METHODS.keys() == VECTORS.keys()


def test_sha_256_is_the_default():
    assert compute(BASE) == compute(BASE, "sha-256")


def test_the_client_must_not_accept_the_pair_of_the_redirect_example():
    # §4.2.1 prints a reference that is one letter longer than that of the base
    judged = judge_hash(
        VECTORS["sha-256"],
        client_nonce=CLIENT_NONCE,
        as_nonce=AS_NONCE,
        interact_ref="4IFWWIKYBC2PQ6U56NL1",
        grant_url=GRANT_URL,
    )
    assert judged["rfc"].verdict == "fail"
    assert judged["rfc"].checks[-1].expected == "LO5XQXotemX0FkHLrbnSaYP3_hm0xKb2qLAGAOx_x7A"


@pytest.mark.parametrize("method", VECTORS)
def test_each_vector_passes(method):
    judged = judge_hash(
        VECTORS[method],
        client_nonce=CLIENT_NONCE,
        as_nonce=AS_NONCE,
        interact_ref=INTERACT_REF,
        grant_url=GRANT_URL,
        hash_method=method,
    )
    assert judged["rfc"].verdict == "pass"
    assert all(check.verdict == "pass" for check in judged["rfc"].checks)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake(mistake):
    variants = hash_variants(
        client_nonce=CLIENT_NONCE,
        as_nonce=AS_NONCE,
        interact_ref=INTERACT_REF,
        grant_url=GRANT_URL,
        continue_uri="https://server.example.com/continue",
    )
    hashes = [(variant.id, to_base64url(compute(variant.base) or b"")) for variant in variants]
    assert [name for name, value in hashes if value == MISTAKES[mistake]] == [mistake]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("x-gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY", "base64url"),
        ("x-gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY=", "base64url_padded"),
        ("x+gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY=", "base64"),
        ("x+gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY", "base64_unpadded"),
        ("x gguKWTj8rQf7d7i3w3UhzvuJ5bpOlKyAlVpLxBffY=", "base64_space"),
        ("c7e820b8a5938fcad07fb77b8b7c37521cefb89e5ba4e94ac80955a4bc417df6", "hex"),
    ],
)
def test_encodings(text, encoding):
    assert decode_hash(text) == (compute(BASE), encoding)


@pytest.mark.parametrize("text", ["", "=", "x", "x-+g", "ü", "x-gguA=", "x-gguB", "x gguKWTj8rQf7d7i3w3U\nhzv"])
def test_what_is_in_no_encoding(text):
    assert decode_hash(text) is None
