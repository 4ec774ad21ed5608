"""Secrets are masked wherever they stand, equal ones alike, and nothing else is touched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from optrace.core.redact import mask, mask_field, mask_json, mask_url


def test_equal_secrets_get_equal_masks():
    assert mask("abc") == mask("abc") != mask("abd")
    assert mask("abc") == "••••ba78"  # SHA-256 of abc begins ba7816bf


def test_the_scheme_stays_readable():
    assert mask_field("Authorization", "GNAP s3cret") == f"GNAP {mask('s3cret')}"
    assert mask_field("authorization", "s3cret") == mask("s3cret")
    assert mask_field("cookie", "a=b") == mask("a=b")
    assert mask_field("accept", "application/json") == "application/json"


def test_urls():
    url = "https://shop.example/cb?order=7&hash=AAA&interact_ref=BBB#top"
    assert mask_url(url) == f"https://shop.example/cb?order=7&hash={mask('AAA')}&interact_ref={mask('BBB')}#top"
    assert mask_field("Location", url) == mask_url(url)


def test_tokens_in_bodies():
    body = {
        "access_token": {"value": "AAA", "manage": "https://as.example/token/1", "access": [{"type": "quote"}]},
        "continue": {"access_token": {"value": "BBB"}, "uri": "https://as.example/continue/1"},
        "interact": {"redirect": "https://as.example/interact/1", "finish": "CCC"},
    }
    masked = mask_json(body)
    assert masked["access_token"]["value"] == mask("AAA")
    assert masked["continue"]["access_token"]["value"] == mask("BBB")
    assert masked["interact"]["finish"] == mask("CCC")
    assert masked["access_token"]["access"] == [{"type": "quote"}]
    assert masked["continue"]["uri"] == "https://as.example/continue/1"
    assert body["access_token"]["value"] == "AAA"


def test_an_amounts_value_is_no_secret():
    assert mask_json({"debitAmount": {"value": "25"}}) == {"debitAmount": {"value": "25"}}


def test_finish_of_a_request_is_an_object():
    body = {"interact": {"finish": {"method": "redirect", "uri": "https://shop.example/cb", "nonce": "N"}}}
    assert mask_json(body)["interact"]["finish"] == {
        "method": "redirect",
        "uri": "https://shop.example/cb",
        "nonce": mask("N"),
    }


@given(st.text(st.characters(codec=None)))
def test_a_secret_never_shows(secret):
    (masked,) = mask_json([{"access_token": {"value": secret}, "interact_ref": secret, "d": secret}])
    assert masked == {"access_token": {"value": mask(secret)}, "interact_ref": mask(secret), "d": mask(secret)}
    assert len(mask(secret)) == 8  # however long the secret
