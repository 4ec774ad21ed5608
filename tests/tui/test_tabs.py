"""What the tabs say of a message: signed fields, masks, the base line by line, and nothing that could do harm."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import width as cells

from optrace.core.fields import Fields
from optrace.core.findings import Finding, Proof, Severity
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.text import safe
from optrace.diagram.segments import Segment, text_of
from optrace.session.steps import Detail, Fact, Step
from optrace.signatures.keys import KeySet, generate_ed25519
from optrace.signatures.sign import sign_request
from optrace.signatures.verify import verify_request
from optrace.tui.palette import STYLE_NAMES
from optrace.tui.tabs import TABS
from optrace.tui.tabs.look import Look
from optrace.tui.tabs.raw import request_text
from optrace.tui.widgets.wrap import wrap
from tests.examples import examples

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
JSON_BODIES = st.recursive(
    st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
).map(lambda value: json.dumps(value).encode())
BY_TITLE = {tab.title: tab.paint for tab in TABS}


def shown(title: str, detail: Detail, *, revealed: bool = False, profile: str = "open-payments") -> str:
    lines = BY_TITLE[title](detail, Look(profile, revealed))
    assert {segment.style for line in lines for segment in line} <= STYLE_NAMES
    return "\n".join(text_of(line) for line in lines)


def detail_of(
    request: HttpRequest, response: HttpResponse | None = None, findings: tuple[Finding, ...] = (), **known: object
) -> Detail:
    step = Step(n=1, operation="unknown", method="POST", url=request.url, started=NOW, label="x", findings=findings)
    exchange = Exchange(n=1, request=request, response=response, started=NOW)
    return Detail(step=step, exchange=exchange, sentence="what it means", **known)  # type: ignore[arg-type]


@pytest.fixture
def broken_signature() -> Detail:
    """Signed with a trailing slash, sent without."""
    key = generate_ed25519("k1")
    fields = Fields.of(("Host", "rs.example"), ("Authorization", "GNAP TOP-SECRET"))
    request = HttpRequest(
        method="POST", url="https://rs.example/outgoing-payments/", fields=fields, body=b'{"quoteId":"q"}'
    )
    signed = sign_request(request, key, created=int(NOW.timestamp()))
    sent = HttpRequest(
        method=signed.method, url="https://rs.example/outgoing-payments", fields=signed.fields, body=signed.body
    )
    keys = KeySet.of("https://shop.example", key.public_jwk())
    right = verify_request(signed, keys, now=NOW).signatures[0].base
    assert right is not None
    finding = Finding(
        rule="SIG-003",
        severity=Severity.ERROR,
        title="signed over another URL",
        remedy="sign what is sent",
        proof=Proof(change="a slash at the end", tried=212, base=right.decode()),
    )
    return detail_of(sent, findings=(finding,), signature=verify_request(sent, keys, now=NOW))


def test_why_gives_the_cause_the_proof_and_the_cure(broken_signature: Detail) -> None:
    text = shown("Why", broken_signature)
    assert text.startswith(" ✗ signed over another URL")
    assert "PROOF      a slash at the end   (212 candidates tried)" in text
    assert "FIX        sign what is sent" in text
    assert "SIGNATURE  ✗ open-payments" in text


def test_the_base_stands_beside_the_one_that_was_signed(broken_signature: Detail) -> None:
    lines = shown("Signature", broken_signature).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(" ◀ "))
    assert lines[at] == ' ◀ "@target-uri": https://rs.example/outgoing-payments'
    assert lines[at + 1] == "   signed: https://rs.example/outgoing-payments/"
    assert sum(line.startswith(" ◀ ") for line in lines) == 1
    assert any("expected" in line for line in lines)


def test_where_there_is_room_they_stand_side_by_side(broken_signature: Detail) -> None:
    lines = [
        [segment for segment in line if segment.text]
        for line in BY_TITLE["Signature"](broken_signature, Look(width=140))
    ]
    texts = [text_of(line) for line in lines]
    row = next(i for i, text in enumerate(texts) if text.startswith(" ◀ "))
    left, right = texts[row].split(" │ ")
    assert left.strip(" ◀") == '"@target-uri": https://rs.example/outgoing-payments'
    assert right == '"@target-uri": https://rs.example/outgoing-payments/'
    assert [segment.text for segment in lines[row] if segment.style == "only.signed"] == ["/"]
    assert any(text.startswith("   what was sent") and "│ what was signed" in text for text in texts)
    assert any('"@method": POST' in text and text.endswith("│ =") for text in texts)
    assert max(cells(text) for text in texts) <= 140
    assert not any("TOP-SECRET" in text for text in texts)


def test_a_line_that_only_one_base_has_is_said() -> None:
    request = HttpRequest(method="GET", url="https://x/", fields=Fields.of(("Host", "x")))
    key = generate_ed25519("k1")
    signed = sign_request(request, key, created=1)
    verification = verify_request(signed, KeySet.of("https://c", key.public_jwk()), now=NOW)
    base = (verification.signatures[0].base or b"").decode()
    other = base.replace('"@method": GET\n', '"host": x\n')
    finding = Finding(rule="X", severity=Severity.ERROR, title="t", proof=Proof(change="c", tried=1, base=other))
    detail = detail_of(signed, findings=(finding,), signature=verification)
    for width in (0, 140):
        text = "\n".join(text_of(line) for line in BY_TITLE["Signature"](detail, Look(width=width)))
        assert "(the signer left this line out)" in text
        assert "(not in the base)" in text
        assert '"host": x' in text


def test_a_proof_is_told_once_with_what_was_sent_beside_what_was_signed(broken_signature: Detail) -> None:
    change = "The path was signed with a slash at its end."
    finding = Finding(
        rule="SIG-003",
        severity=Severity.ERROR,
        title="a slash",
        detail=f"{change} With that, it verifies by the key k1 (candidate 3).",
        remedy="sign what is sent",
        proof=Proof(
            change=change,
            tried=3,
            evidence={"@target-uri": "https://rs.example/outgoing-payments/", "hash": "SHA-512"},
        ),
    )
    step = replace(broken_signature.step, findings=(finding,), status=401)
    detail = replace(
        broken_signature,
        step=step,
        stages=(("route", "passed"), ("signature", "failed"), ("tenant", "not reached"), ("grant", "not reached")),
        signer="the Go SDK, most likely",
    )
    text = shown("Why", detail)
    assert text.count(change) == 1
    assert "PROOF      With that, it verifies by the key k1 (candidate 3)." in text
    assert "@target-uri sent   https://rs.example/outgoing-payments\n" in text
    assert "            signed https://rs.example/outgoing-payments/" in text
    assert "hash        SHA-512" in text
    assert "SERVER     ✓ route  ✗ signature   not reached: tenant, grant" in text
    assert "SIGNED BY  the Go SDK, most likely" in text


def test_an_answer_that_was_no_refusal_proves_nothing_worth_a_line() -> None:
    detail = detail_of(HttpRequest(method="GET", url="https://x/"))
    detail = replace(detail, stages=(("route", "passed"),), signer="somebody")
    assert "SERVER" not in shown("Why", detail)
    assert "SIGNED BY" not in shown("Why", detail)


def test_the_token_is_masked_in_the_base_too(broken_signature: Detail) -> None:
    for tab in TABS:
        assert "TOP-SECRET" not in shown(tab.title, broken_signature), tab.title
    assert '"authorization": GNAP TOP-SECRET' in shown("Signature", broken_signature, revealed=True)


def test_covered_fields_are_marked(broken_signature: Detail) -> None:
    lines = shown("Request", broken_signature).splitlines()
    marked = {line[3:].split(":")[0].split(" ")[0].lower() for line in lines if line.startswith(" ● ")}
    assert marked >= {"post", "authorization", "content-digest"}
    assert "host" not in marked


def test_what_lacks_a_key_says_how_to_give_it(broken_signature: Detail) -> None:
    request, client = broken_signature.exchange.request, "https://shop.example/client"
    found = verify_request(request, KeySet.unseen(client, "the client's keys were not seen"), now=NOW)
    detail = detail_of(request, HttpResponse(status=200, fields=Fields()), signature=found)
    detail = replace(detail, step=replace(detail.step, key_owner=client, status=200))
    assert f"--jwks {client}=FILE" in shown("Why", detail)
    assert "expected nothing" not in shown("Signature", detail)
    underway = replace(detail, step=replace(detail.step, status=None))
    assert underway.step.in_flight
    assert "--jwks" not in shown("Why", underway)
    assert "--jwks" not in shown("Why", broken_signature)


def test_without_a_finding_the_meaning_comes_first() -> None:
    facts = (Fact(name="token", value="T-SECRET", secret=True, born_in=7), Fact(name="amount", value="25.00 USD"))
    detail = detail_of(HttpRequest(method="GET", url="https://x/"), facts=facts)
    text = shown("Why", detail)
    assert text.startswith(" what it means")
    assert "25.00 USD" in text
    assert "T-SECRET" not in text
    assert "from message 7" in shown("Grant", detail)


@pytest.mark.parametrize(
    "body",
    [
        b'{"interact_ref":"S3CRET"}',
        b'{ "access_token" : {"value":"S3CRET","access":[]} }',
        b'{"interact_ref":"\\u0053\\u0033CRET"}',
        b'{"interact_ref":"S3CRET","interact_ref":"other"}',
        b'{"continue":{"access_token":{"value":"S3CRET"},"uri":"https://x/?interact_ref=S3CRET"}}',
        b"interact_ref=S3CRET&x=1",
        '{"interact_ref":"S3CRET","\u00e9":1}'.encode("latin-1"),
    ],
)
def test_the_raw_text_is_masked_whatever_its_form(body: bytes) -> None:
    request = HttpRequest(
        method="POST",
        url="https://x/?interact_ref=S3CRET",
        fields=Fields.of(("Content-Type", "application/json"), ("Authorization", "Bearer S3CRET")),
        body=body,
    )
    text = request_text(detail_of(request).exchange, Look())
    assert "S3CRET" not in text
    assert "\\u0053" not in text
    assert "••••" in text


def test_raw_is_as_it_came_when_revealed() -> None:
    body = b'{ "interact_ref" :\t"S3CRET" }'
    request = HttpRequest(method="POST", url="https://x/", body=body)
    assert request_text(detail_of(request).exchange, Look(revealed=True)).endswith(body.decode())


def test_bytes_are_dumped() -> None:
    request = HttpRequest(method="POST", url="https://x/", body=bytes(range(0x80, 0x100)) + b"text")
    text = shown("Raw", detail_of(request))
    assert "00000000  80 81 82 83 84 85 86 87  88 89 8a 8b 8c 8d 8e 8f  ................" in text
    assert text.splitlines()[-1].endswith("text")


def test_no_answer_is_explained() -> None:
    assert "No answer yet." in shown("Response", detail_of(HttpRequest(method="GET", url="https://x/")))


@pytest.mark.slow
@examples(120)
@given(
    method=st.text(max_size=8),
    url=st.text(max_size=40),
    name=st.binary(max_size=12),
    value=st.binary(max_size=80),
    body=st.none() | st.binary(max_size=200) | JSON_BODIES,
    sentence=st.text(max_size=60),
    revealed=st.booleans(),
    width=st.integers(2, 120),
)
def test_no_message_breaks_a_tab_or_the_screen(
    method: str, url: str, name: bytes, value: bytes, body: bytes | None, sentence: str, revealed: bool, width: int
) -> None:
    fields = Fields(((name, value), (b"Signature-Input", value), (b"Signature", base64.b64encode(value))))
    request = HttpRequest(method=method, url=url, fields=fields, body=body)
    response = HttpResponse(status=200, reason=sentence, fields=fields, body=body)
    detail = detail_of(
        request,
        response,
        findings=(Finding(rule=sentence, severity=Severity.RISK, title=sentence, detail=url, where=method),),
        facts=(Fact(name=method, value=url),),
        signature=verify_request(request, KeySet.of("x"), now=NOW),
        unknown_members={"request": (sentence,)},
    )
    for tab in TABS:
        lines = tab.paint(detail, Look(revealed=revealed))
        for line in [*lines, *wrap(lines, width)]:
            assert safe(text_of(line)) == text_of(line)


def test_a_word_is_only_cut_if_it_takes_more_than_a_line() -> None:
    line = [
        Segment("name  ", "dim"),
        Segment("one two three-four-five", "text"),
        Segment("   https://x.example/y", "link"),
    ]
    assert [text_of(row).strip() for row in wrap([line], 26)] == [
        "name  one two",
        "three-four-five",
        "https://x.example/y",
    ]
    assert [text_of(row) for row in wrap([[Segment("x" * 25, "text")]], 10)] == ["x" * 10, "x" * 10, "x" * 5]
    marks = [Segment("  ", "space"), Segment("✓ first", "pass"), Segment("  ", "space"), Segment("✗ second", "fail")]
    assert [text_of(row).strip() for row in wrap([marks], 14)] == ["✓ first", "✗ second"]


def test_wrapping_keeps_every_character() -> None:
    text = "漢字とかな and some words " * 20 + "x" * 300
    for width in (10, 33, 80):
        lines = wrap([[Segment(text, "text")]], width)
        assert "".join(text_of(line) for line in lines).replace(" ", "") == text.replace(" ", "")
        assert max(cells(text_of(line)) for line in lines) <= width
