"""Two exchanges side by side: what really differs is told from what differs each time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from wcwidth import width as cells

from optrace.core.fields import Fields
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.text import safe
from optrace.diagram.segments import text_of
from optrace.tui.comparing import Pair, Same, compare, differences
from optrace.tui.palette import STYLE_NAMES
from optrace.tui.screens.compare import pair_lines
from optrace.tui.tabs.look import Look
from tests.examples import examples

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def exchange(
    sent: dict[str, object], got: dict[str, object], *fields: tuple[str, str], url: str = "https://rs.example/quotes"
) -> Exchange:
    headers = Fields.of(("Content-Type", "application/json"), *fields)
    return Exchange(
        n=1,
        request=HttpRequest(method="POST", url=url, fields=headers, body=json.dumps(sent).encode()),
        response=HttpResponse(status=201, fields=headers, body=json.dumps(got).encode()),
        started=NOW,
        ended=NOW,
    )


def of(pairs: tuple[Pair, ...], same: Same) -> list[tuple[str, str]]:
    return [(pair.left, pair.right) for pair in pairs if pair.same is same]


def test_the_same_exchange_has_no_difference() -> None:
    one = exchange({"a": 1}, {"b": [1, 2]}, ("Date", "now"))
    pairs = compare(one, one, Look())
    assert differences(pairs) == 0
    assert {pair.same for pair in pairs} == {Same.EQUAL, Same.HEADING}


def test_nonces_ids_tokens_dates_and_signatures_differ_each_time() -> None:
    def made(number: int) -> Exchange:
        uuid = f"0000000{number}-1111-4222-8333-444444444444"
        return exchange(
            {"interact": {"finish": {"nonce": f"nonce-{number}"}}, "quoteId": f"https://rs.example/quotes/{uuid}"},
            {"id": f"https://rs.example/quotes/{uuid}", "createdAt": f"2026-03-0{number}T12:00:00Z"},
            ("Authorization", f"GNAP TOKEN{number}"),
            ("Signature", f"sig1=:AAA{number}=:"),
            ("Signature-Input", f'sig1=("@method");created=179536321{number};keyid="k"'),
            ("Date", f"day {number}"),
            url=f"https://rs.example/quotes/{uuid}",
        )

    pairs = compare(made(1), made(2), Look())
    assert differences(pairs) == 0
    volatile = {left.partition(":")[0].strip() for left, _ in of(pairs, Same.VOLATILE)}
    assert {"authorization", "signature", "signature-input", "date", '"nonce"', '"quoteId"', '"id"'} <= volatile
    assert not any("TOKEN1" in pair.left for pair in pairs)


def test_what_really_differs_is_found() -> None:
    one = exchange({"amount": "1", "kept": True, "gone": 1}, {}, ("X-One", "1"), ("Accept", "a"))
    other = exchange({"amount": "2", "kept": True}, {"new": 1}, ("Accept", "b"), ("X-Two", "2"))
    other = replace(other, request=replace(other.request, method="PUT"))
    pairs = compare(one, other, Look())
    changed = of(pairs, Same.OTHER)
    assert ("POST https://rs.example/quotes", "PUT https://rs.example/quotes") in changed
    assert ("accept: a", "accept: b") in changed
    assert ('  "amount": "1",', '  "amount": "2",') in changed
    assert ("x-one: 1", "") in of(pairs, Same.LEFT)
    assert ("", "x-two: 2") in of(pairs, Same.RIGHT)
    assert any('"gone"' in left for left, _ in of(pairs, Same.LEFT))
    assert any('"new"' in right for _, right in of(pairs, Same.RIGHT))


def test_another_host_or_keyid_is_no_volatile_value() -> None:
    one = exchange({}, {}, ("Signature-Input", 'sig1=();keyid="key-001a"'), url="https://auth-001a.example/")
    other = exchange({}, {}, ("Signature-Input", 'sig1=();keyid="key-002b"'), url="https://auth-002b.example/")
    changed = [left.partition(" ")[0] for left, _ in of(compare(one, other, Look()), Same.OTHER)]
    assert changed[:2] == ["POST", "signature-input:"]


def test_no_answer_is_compared_too() -> None:
    one = exchange({}, {})
    silent = replace(one, response=None, error="reset", ended=None)
    pairs = compare(one, silent, Look())
    assert ("201", "reset") in of(pairs, Same.OTHER)


@examples(60)
@given(
    one=st.binary(max_size=60),
    other=st.binary(max_size=60),
    name=st.binary(max_size=8),
    value=st.binary(max_size=30),
    url=st.text(max_size=30),
    width=st.integers(20, 160),
)
def test_no_traffic_breaks_it(one: bytes, other: bytes, name: bytes, value: bytes, url: str, width: int) -> None:
    def made(body: bytes) -> Exchange:
        fields = Fields(((name, value), (b"Content-Type", b"application/json")))
        request = HttpRequest(method="POST", url=url, fields=fields, body=body)
        return Exchange(n=1, request=request, response=HttpResponse(status=200, fields=fields, body=body), started=NOW)

    for look in (Look(), Look(revealed=True)):
        for line in pair_lines(compare(made(one), made(other), look), ("1", "2"), width):
            text = text_of(line)
            assert safe(text) == text
            assert {segment.style for segment in line} <= STYLE_NAMES
            assert width < 96 or cells(text) <= width + 1
