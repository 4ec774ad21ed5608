"""The sandbox refuses requests that don't fit the OpenAPI documents in the very words of the reference validator."""

from __future__ import annotations

import random
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.sandbox import schemas
from optrace.sandbox.errors import Invalid
from optrace.sandbox.schema import Schema
from optrace.sandbox.web import Call
from tests.interop.node import HERE, run_script

pytestmark = pytest.mark.node

AMOUNT = {"value": "100", "assetCode": "USD", "assetScale": 2}
RECEIVER = "https://happy-life.test/incoming-payments/1"
OPERATIONS: dict[str, tuple[str, str, str, Schema | None, Schema | None, bool]] = {
    # name: (document, path, method, schema of the body, of the query, signed)
    "grant": ("auth", "/", "post", schemas.GRANT_REQUEST, None, False),
    "continue": ("auth", "/continue/{id}", "post", schemas.GRANT_CONTINUE, None, False),
    "incoming": ("resource", "/incoming-payments", "post", schemas.INCOMING_PAYMENT, None, True),
    "quote": ("resource", "/quotes", "post", schemas.QUOTE, None, True),
    "outgoing": ("resource", "/outgoing-payments", "post", schemas.OUTGOING_PAYMENT, None, True),
    "list": ("resource", "/incoming-payments", "get", None, schemas.LIST_QUERY, True),
}
GOOD: list[tuple[str, Any]] = [
    (
        "grant",
        {
            "client": "https://shop.test/",
            "access_token": {
                "access": [
                    {
                        "type": "outgoing-payment",
                        "actions": ["create", "read"],
                        "identifier": "https://alice.test",
                        "limits": {"debitAmount": AMOUNT, "receiver": RECEIVER, "interval": "R/2026-01-01/P1M"},
                    },
                    {"type": "quote", "actions": ["create"]},
                ]
            },
            "interact": {"start": ["redirect"], "finish": {"method": "redirect", "uri": "https://x", "nonce": "n"}},
        },
    ),
    (
        "grant",
        {
            "client": {"jwk": {"kid": "k", "alg": "EdDSA", "kty": "OKP", "crv": "Ed25519", "x": "aa"}},
            "subject": {"sub_ids": [{"id": "https://alice.test", "format": "uri"}]},
            "interact": {"start": ["redirect"]},
        },
    ),
    ("continue", {"interact_ref": "x"}),
    (
        "incoming",
        {"walletAddress": "https://b", "incomingAmount": AMOUNT, "expiresAt": "2026-01-01T00:00:00Z", "metadata": {}},
    ),
    ("quote", {"walletAddress": "https://a", "receiver": RECEIVER, "method": "ilp", "debitAmount": AMOUNT}),
    ("quote", {"walletAddress": "https://a", "receiver": RECEIVER, "method": "ilp", "receiveAmount": AMOUNT}),
    ("outgoing", {"walletAddress": "https://a", "quoteId": "https://a/quotes/1", "metadata": {"a": 1}}),
    ("outgoing", {"walletAddress": "https://a", "incomingPayment": RECEIVER, "debitAmount": AMOUNT}),
    ("list", {"wallet-address": "https://a", "first": "5", "cursor": "c"}),
]
# true and "" instead of other values; what a text may look like
ODD: list[Any] = [None, True, 5, 2.5, -1, 1e3, "", "x", "5", "5.5", "-5", "https://x", [], ["redirect"], {}, {"a": 1}]
ODD_QUERY = ["", "0", "1", "100", "101", "-1", "two", "1.5"]


def mutations(value: Any, odd: list[Any], rng: random.Random) -> Iterator[Any]:
    """Variants of a value with one place changed: another value, a member more, one less, an element twice."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield {other: each for other, each in value.items() if other != name}
            for changed in mutations(member, odd, rng):
                yield {**value, name: changed}
        yield {**value, "unexpected": 1}
    elif isinstance(value, list):
        yield [*value, *value]
        for index, member in enumerate(value):
            for changed in mutations(member, odd, rng):
                yield [*value[:index], changed, *value[index + 1 :]]
    yield from (deepcopy(each) for each in rng.sample(odd, 5))


def cases() -> list[tuple[str, Any, dict[str, str]]]:
    """(operation, body or query, header fields)."""
    rng, found = random.Random(7), []
    signed = {"signature": "s", "signature-input": "i", "content-type": "application/json"}
    for name, value in GOOD:
        found.append((name, value, signed))
        odd = ODD_QUERY if name == "list" else ODD
        for changed in mutations(value, odd, rng):
            if isinstance(changed, dict if name == "list" else dict | list):
                found.append((name, changed, signed))
        for missing in signed:
            found.append((name, value, {field: text for field, text in signed.items() if field != missing}))
        found.append((name, value, {**signed, "content-type": "text/plain"}))
        found.append((name, value, {**signed, "content-type": "application/json; charset=utf-8"}))
    return found


def ours(name: str, value: Any, headers: dict[str, str]) -> dict[str, Any] | None:
    _, _, method, body, query, signed = OPERATIONS[name]
    http = HttpRequest(method=method.upper(), url="https://x/", fields=Fields.of(*headers.items()))
    call = Call(http=http, body=value if body else {}, params={}, query=value if query else {})
    try:
        call.expect(body=body, query=query, signed=signed)
    except Invalid as problem:
        return {"status": problem.status, "problem": problem.description.partition(": ")[2]}
    return None


def test_first_problems_are_the_same() -> None:
    asked = cases()
    assert len(asked) > 300
    requests = []
    for name, value, headers in asked:
        document, path, method, body, _, _ = OPERATIONS[name]
        request = {"headers": headers, "params": {"id": "x"}, "body" if body else "query": value}
        requests.append({"spec": document, "path": path, "method": method, "request": request})
    theirs = run_script(HERE / "client" / Path("validate.mjs"), requests)
    wrong = [
        (name, value, answer, mine)
        for (name, value, headers), answer in zip(asked, theirs, strict=True)
        if answer != (mine := ours(name, value, headers))
    ]
    assert not wrong, f"{len(wrong)} of {len(asked)}, such as {wrong[:3]}"
