"""What holds of every message: nothing raises, what was signed verifies, and a changed byte doesn't."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import UTC, datetime

import http_sf
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.findings import PROFILES, Verdict
from optrace.core.messages import HttpRequest, HttpResponse
from optrace.signatures.algorithms import ALGORITHMS
from optrace.signatures.keys import KeySet, SigningKey, generate_ed25519
from optrace.signatures.profiles import rafiki
from optrace.signatures.reading import _canonical, _careful
from optrace.signatures.sign import sign_request, sign_response, with_field
from optrace.signatures.verify import Verification, verify_request, verify_response
from tests.examples import examples
from tests.rfc9421.vectors import jwk, private

KEY = generate_ed25519("key-1")
KEYS = KeySet.of("https://w.example/alice", KEY.public_jwk())
CREATED = 1_700_000_000
NOW = datetime.fromtimestamp(CREATED, UTC)

hosts = st.sampled_from(["rs.example", "auth.example:8443", "127.0.0.1:3000", "[::1]:80", "RS.Example"])
paths = st.text(alphabet="abc/%25-._~!$&'()*+,;=:@", max_size=20).map(lambda text: f"/{text}")
queries = st.none() | st.text(alphabet="abc=&%20+/?:@", max_size=20)
urls = st.builds(
    lambda scheme, host, path, query: f"{scheme}://{host}{path}" + ("" if query is None else f"?{query}"),
    st.sampled_from(["http", "https"]),
    hosts,
    paths,
    queries,
)
tokens = st.none() | st.text(alphabet="ABCDEF0123456789", min_size=1, max_size=20)
bodies = st.just(b"") | st.dictionaries(st.text("abc", max_size=3), st.text("xyz", max_size=5)).map(
    lambda value: str(value).replace("'", '"').replace(": ", ":").replace(", ", ",").encode()
)


@st.composite
def requests(draw: st.DrawFn) -> HttpRequest:
    token = draw(tokens)
    fields = Fields.of(("Accept", "application/json"), *([] if token is None else [("Authorization", f"GNAP {token}")]))
    return HttpRequest(
        method=draw(st.sampled_from(["GET", "POST", "DELETE"])), url=draw(urls), fields=fields, body=draw(bodies)
    )


def verdicts(verification: Verification) -> set[Verdict]:
    for judgement in (*verification.judgements.values(), *verification.digest.values()):
        assert judgement.reason or judgement.verdict in (Verdict.PASS, Verdict.NONE)
    assert set(verification.judgements) == set(PROFILES) == set(verification.digest)
    return {judgement.verdict for judgement in verification.judgements.values()}


@given(requests(), st.sampled_from(["sha-256", "sha-512"]))
@examples(150)
def test_what_was_signed_verifies_for_all(request: HttpRequest, digest: str) -> None:
    signed = sign_request(request, KEY, created=CREATED, digest=digest)
    assert verdicts(verify_request(signed, KEYS, now=NOW)) == {Verdict.PASS}


@given(requests(), st.data())
@examples(200)
def test_a_changed_byte_in_a_covered_part_fails_for_all(request: HttpRequest, data: st.DataObject) -> None:
    signed = sign_request(request, KEY, created=CREATED)
    names = [name for name, _ in signed.fields if name not in ("Accept", "Signature-Input", "Signature")]
    part = data.draw(st.sampled_from(["method", "url", "signature", *names]))

    def changed(text: str, start: int = 0) -> str:
        at = data.draw(st.integers(start, len(text) - 1))
        letter = "A" if text[at] != "A" else "B"
        return text[:at] + letter + text[at + 1 :]

    if part == "method":
        altered = replace(signed, method=changed(signed.method))
    elif part == "url":
        altered = replace(signed, url=changed(signed.url, signed.url.index("/", 8)))
    elif part == "signature":
        value = changed(base64.b64encode(base64.b64decode((signed.fields.get("Signature") or "")[6:-1])).decode()[:84])
        altered = replace(signed, fields=with_field(signed.fields, "Signature", f"sig1=:{value}A==:"))
    else:
        altered = replace(signed, fields=with_field(signed.fields, part, changed(signed.fields.get(part) or "")))
    assert altered != signed
    assert Verdict.PASS not in verdicts(verify_request(altered, KEYS, now=NOW))


@given(requests(), st.data())
@examples(100)
def test_a_changed_body_fails_by_its_digest(request: HttpRequest, data: st.DataObject) -> None:
    assume(request.body)
    signed = sign_request(request, KEY, created=CREATED)
    body = bytearray(signed.body or b"")
    body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 6))
    verification = verify_request(replace(signed, body=bytes(body)), KEYS, now=NOW)
    assert verification.judgements["rfc"].verdict is Verdict.PASS  # the digest is judged apart
    assert verification.digest["rfc"].verdict is Verdict.FAIL
    assert verification.judgements["open-payments"].verdict is Verdict.FAIL
    assert verification.judgements["rafiki"].verdict is Verdict.FAIL


lines = st.lists(st.sampled_from(["a", " b ", "a,b", "c\r\n d", "\tc\n d", ""]), max_size=2)


@pytest.mark.slow
@given(
    requests(), lines, lines, st.permutations(["@method", "@target-uri", "x-one", "cookie", "@path", "content-type"])
)
@examples(300)
def test_what_verifies_by_the_book_is_refused_by_rafiki_where_its_own_text_differs(
    request: HttpRequest, ones: list[str], cookies: list[str], covered: list[str]
) -> None:
    fields = Fields.of(*request.fields, *(("X-One", each) for each in ones), *(("Cookie", each) for each in cookies))
    present = [name for name in covered[:4] if name.startswith("@") or name in fields]
    signed = sign_request(replace(request, fields=fields), KEY, created=CREATED, components=present)
    verification = verify_request(signed, KEYS, now=NOW)
    inputs, value = (signed.fields.get(name) or "" for name in ("Signature-Input", "Signature"))
    base = rafiki.verifier_base(signed, rafiki.components_of(inputs) or (), inputs)
    theirs = ALGORITHMS["ed25519"].verify(KEY.private.public_key(), base, rafiki.node_base64(value[5:]))
    assert verification.signatures[0].valid is True
    assert verification.judgements["rafiki"].checks[-1].name == "signature"
    assert (verification.judgements["rafiki"].checks[-1].verdict is Verdict.PASS) == theirs


ALL = st.sampled_from(
    ["test-key-ed25519", "test-key-ecc-p256", "test-key-ecc-p384", "test-key-rsa", "test-shared-secret"]
)


@given(requests(), ALL)
@examples(30)
def test_every_algorithm_signs_requests_and_responses(request: HttpRequest, name: str) -> None:
    key, keys = private(name), KeySet.of("w", jwk(name))
    signed = sign_request(request, key, created=CREATED)
    assert verify_request(signed, keys, now=NOW).judgements["rfc"].verdict is Verdict.PASS
    response = HttpResponse(status=200, fields=Fields.of(("Date", "today")))
    answer = sign_response(response, signed, key, created=CREATED, components=["@status", "date"])
    verification = verify_response(answer, signed, keys, now=NOW)
    assert [verification.judgements[profile].verdict for profile in PROFILES] == [
        Verdict.PASS,
        Verdict.PASS,
        Verdict.NONE,
    ]
    altered = replace(answer, status=201)
    assert verify_response(altered, signed, keys, now=NOW).judgements["rfc"].verdict is Verdict.FAIL


names = st.sampled_from(["signature", "Signature-Input", "Content-Digest", "authorization", "content-type", "x", ""])
fragments = st.sampled_from(
    [
        'sig1=("@method" "x")',
        ";created=1",
        ';keyid="key-1"',
        "=:AAAA:",
        ",",
        "sig1",
        '"',
        "(",
        ")",
        ";",
        " ",
        "\t",
        "é",
        "=(é)",
        "=(",
        "\\",
    ]
)
hostile = st.binary(max_size=40) | st.lists(fragments, max_size=8).map(lambda parts: "".join(parts).encode("latin-1"))


@pytest.mark.slow
@given(
    st.lists(st.tuples(names.map(str.encode), hostile), max_size=6),
    st.text(max_size=30),
    st.binary(max_size=30),
    st.text(max_size=8),
)
@examples(400)
def test_nothing_raises(fields: list[tuple[bytes, bytes]], url: str, body: bytes, method: str) -> None:
    request = HttpRequest(method=method, url=url, fields=Fields(fields), body=body)
    for keys in (KEYS, KeySet.unseen("w", "not seen")):
        verdicts(verify_request(request, keys, now=NOW))
        response = HttpResponse(status=-1, fields=Fields(fields), trailers=Fields(fields), body=body)
        verdicts(verify_response(response, request, keys, now=NOW))


@given(st.lists(hostile.map(lambda text: text.decode("latin-1")), min_size=2, max_size=2))
@examples(300)
def test_the_quick_reading_is_the_careful_one(texts: list[str]) -> None:
    agree(*texts)


label = st.sampled_from(["sig1", "a-b_c", "s"])
parameter = st.sampled_from(
    [
        *(";created=1", ";created=0", ";created=01", ";created=-0", ";created=123456789012345", ";req", ";x=1.0"),
        *(
            ";created=1234567890123456",
            ';keyid="a b"',
            ';keyid="é"',
            ';keyid="\\""',
            "; tag=x",
            ';nonce="~"',
            ';alg=""',
        ),
        ";expires=:AA==:",
    ]
)
component = st.sampled_from(['"@method"', '"content-type"', '"a";sf', '"A"', '"a', '"x-1"', "@path", '""', '"a b"'])


@pytest.mark.slow
@given(
    label,
    st.lists(component, max_size=3),
    st.sampled_from([" ", "  ", ""]),
    st.lists(parameter, max_size=3),
    st.binary(max_size=6),
)
@examples(500)
def test_the_quick_reading_is_the_careful_one_near_the_common_shape(
    name: str, items: list[str], blank: str, parameters: list[str], signature: bytes
) -> None:
    text = base64.b64encode(signature).decode()
    for value in (text, text.rstrip("="), text + "="):
        agree(f"{name}=({blank.join(items)}){''.join(parameters)}", f"{name}=:{value}:")


def agree(inputs: str, signature: str) -> None:
    """What the regular expression reads, http_sf reads too, and writes again as it came."""
    quick = _canonical(inputs, signature)
    if quick is None:
        return
    assert (replace(quick, canonical=False),) == _careful(inputs, signature)
    assert quick.problems == ()
    assert http_sf.ser(http_sf.parse(inputs.encode(), tltype="dictionary")) == inputs


def test_the_common_shape_is_read_quickly() -> None:
    signed = sign_request(HttpRequest(method="POST", url="https://a.example/", body=b"{}"), KEY, created=CREATED)
    assert _canonical(signed.fields.get("Signature-Input") or "", signed.fields.get("Signature") or "") is not None


def test_a_key_to_sign_with_never_shows_itself() -> None:
    assert "private" not in repr(SigningKey(kid="k", algorithm="hmac-sha256", private=b"secret"))
    assert "secret" not in repr(SigningKey(kid="k", algorithm="hmac-sha256", private=b"secret"))
