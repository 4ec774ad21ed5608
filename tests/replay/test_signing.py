"""A replayed request is signed as the recorded one was."""

from __future__ import annotations

import pytest

from optrace.core.findings import Verdict
from optrace.replay.places import written
from optrace.replay.signing import signed_again
from optrace.signatures.keys import KeySet, generate_ed25519
from optrace.signatures.reading import read_signatures
from optrace.signatures.verify import verify_request
from tests.corpus import START
from tests.replay.recordings import script, trace

KEY = generate_ed25519("fresh-key")
NOW = int(START.timestamp())
SIGNED = [
    (name, step.n)
    for name in ("01-happy-path", "31a-python-sdk", "33a-go-sdk-http", "17-https-tls", "healthy")
    for step in script(name).steps
    if step.own and "signature-input" in step.exchange.request.fields and not step.refuted
]


@pytest.mark.parametrize(("name", "n"), SIGNED)
def test_signed_anew_it_verifies_in_the_shape_of_the_recording(name: str, n: int) -> None:
    recorded = script(name).step(n).exchange.request
    changed = written(recorded, {("body", "interact_ref"): "other", ("body", "client"): "https://x.example/y"})
    fresh = signed_again(changed, recorded, KEY, created=NOW, nonce=lambda: "n")
    before, (after,) = read_signatures(recorded.fields)[0], read_signatures(fresh.fields)
    assert (after.label, after.components) == (before.label, before.components)
    assert before.params is not None
    assert after.params is not None
    assert [key for key, _ in after.params.items] == [key for key, _ in before.params.items]
    assert after.params.keyid == "fresh-key"
    judged = verify_request(fresh, KeySet.of("c", KEY.public_jwk()), now=START)
    assert judged.judgements["rfc"].verdict is Verdict.PASS
    digest = trace(name).step(n).verdicts.digest
    assert judged.digest["rafiki"].verdict is digest.rafiki
    assert [field for field, _ in fresh.fields] == [field for field, _ in recorded.fields]


def test_what_was_not_signed_stays_unsigned() -> None:
    recorded = script("01-happy-path").step(1).exchange.request
    assert signed_again(recorded, recorded, KEY, created=NOW, nonce=lambda: "n") == recorded


def test_without_a_key_only_the_bodys_fields_are_made_anew() -> None:
    recorded = script("01-happy-path").step(16).exchange.request
    changed = written(recorded, {("body", "interact_ref"): "other"})
    fresh = signed_again(changed, recorded, None, created=NOW, nonce=lambda: "n")
    assert fresh.fields.get("content-length") == str(len(fresh.body or b""))
    assert fresh.fields.get("content-digest") != recorded.fields.get("content-digest")
    assert fresh.fields.get("signature") == recorded.fields.get("signature")
