"""RFC 9421 B.4: what may happen to a message on the way without breaking its signature, and what may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optrace.core.fields import Fields
from optrace.core.findings import Verdict
from optrace.core.messages import HttpRequest
from tests.rfc9421.vectors import VECTORS, keys, signed, verified

LINES = [
    ("Host", "example.org"),
    ("Date", "Fri, 15 Jul 2022 14:24:55 GMT"),
    ("Accept", "application/json"),
    ("Accept", "*/*"),
]


def transformed(url: str, *lines: tuple[str, str], method: str = "GET") -> HttpRequest:
    message = signed(VECTORS["b4"])
    assert isinstance(message, HttpRequest)
    kept = [(name, value) for name, value in message.fields if name.startswith("Signature")]
    return replace(message, method=method, url=url, fields=Fields.of(*lines, *kept))


HARMLESS = {
    "as sent": transformed("https://example.org/demo?name1=Value1&Name2=value2", *LINES),
    "a query parameter added": transformed("https://example.org/demo?name1=Value1&Name2=value2&param=added", *LINES),
    "a header added and the lines of one joined": transformed(
        "https://example.org/demo?name1=Value1&Name2=value2",
        ("Host", "example.org"),
        ("Referer", "https://developer.example.org/demo"),
        ("Accept", "application/json, */*"),
    ),
    "headers in another order": transformed("https://example.org/demo", *LINES[2:], *LINES[:2]),
}
HARMFUL = {
    "method and host changed": transformed("https://example.com/demo", *LINES, method="POST"),
    "accept lines in another order": transformed("https://example.org/demo", *LINES[:2], LINES[3], LINES[2]),
    "path changed": transformed("https://example.org/demo/", *LINES),
    "covered header gone": transformed("https://example.org/demo", *LINES[:2]),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_the_signature_survives(name: str) -> None:
    assert verified(HARMLESS[name], keys("test-key-ed25519")).judgements["rfc"].verdict is Verdict.PASS


@pytest.mark.parametrize("name", HARMFUL)
def test_the_signature_breaks(name: str) -> None:
    judgement = verified(HARMFUL[name], keys("test-key-ed25519")).judgements["rfc"]
    assert judgement.verdict is Verdict.FAIL
    assert judgement.reason
