"""Our `rafiki` profile and the verifier that Rafiki imports judge the same corpus, and must agree on all of it."""

from __future__ import annotations

import base64
import json
import random
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest

from optrace.core.findings import Verdict
from optrace.signatures.digest import judge_digest
from optrace.signatures.javascript import restringify
from optrace.signatures.keys import read_jwks
from optrace.signatures.verify import verify_request
from tests.interop.node import run_script
from tests.interop.signatures.corpus import messages

pytestmark = pytest.mark.node

SCRIPT = Path(__file__).parent / "reference.mjs"
NOW = datetime(2026, 9, 21, tzinfo=UTC)


def test_the_rafiki_profile_agrees_with_the_npm_verifier_on_a_corpus() -> None:
    corpus = messages(1200, seed=9421)
    sent = [
        {
            "method": draft.method,
            "url": draft.url,
            "headers": draft.fields,
            "body": base64.b64encode(draft.body).decode(),
            "jwks": draft.jwks,
        }
        for _, draft in corpus
    ]
    answers = run_script(SCRIPT, {"messages": sent})["messages"]
    differing = []
    for (name, draft), answer in zip(corpus, answers, strict=True):
        keys = read_jwks("https://w.example/a", json.dumps(draft.jwks).encode())
        judgement = verify_request(draft.request(), keys, now=NOW).judgements["rafiki"]
        accepted = judgement.verdict is Verdict.PASS
        if answer["accepted"] is not None and accepted != answer["accepted"]:
            differing.append((name, draft.fields, answer, judgement.verdict, judgement.reason))
    assert not differing, f"{len(differing)} of {len(corpus)} differ, such as {differing[:3]}"
    accepted_count = sum(answer["accepted"] is True for answer in answers)
    assert 200 < accepted_count < len(corpus) - 200  # or the corpus proves little


def test_the_digest_check_alone_agrees_with_the_npm_library() -> None:
    corpus = [(name, draft) for name, draft in messages(600, seed=9530) if draft.body]
    sent = [
        {"method": "POST", "url": draft.url, "headers": draft.fields, "body": base64.b64encode(draft.body).decode()}
        for _, draft in corpus
    ]
    answers = run_script(SCRIPT, {"messages": sent})["messages"]
    for (name, draft), answer in zip(corpus, answers, strict=True):
        verdict = judge_digest(draft.request())["rafiki"].verdict
        if answer["digest"] is not None:
            assert (verdict is Verdict.PASS) == answer["digest"], (name, draft.fields, draft.body)


def test_json_is_written_again_as_v8_does_it() -> None:
    corpus = [*_documents(random.Random(262)), *(text.encode() for text in _CORNERS)]
    answers = run_script(SCRIPT, {"json": [base64.b64encode(body).decode() for body in corpus]})["json"]
    for body, answer in zip(corpus, answers, strict=True):
        assert restringify(body) == (None if answer is None else base64.b64decode(answer)), body[:200]


def _documents(rng: random.Random) -> list[bytes]:
    numbers = [struct.unpack("<d", rng.randbytes(8))[0] for _ in range(3000)]
    texts = [repr(number) for number in numbers if number == number and abs(number) != float("inf")]
    texts += [f"{rng.randint(-(10**6), 10**6)}e{rng.randint(-30, 30)}" for _ in range(1500)]
    texts += [str(rng.randint(-(10**k), 10**k)) for k in range(1, 40) for _ in range(20)]
    texts += [f"{rng.randint(0, 10**k)}.{rng.randint(0, 10**k)}" for k in range(1, 25) for _ in range(20)]
    documents = [f'{{"n":[{",".join(texts[n : n + 50])}]}}'.encode() for n in range(0, len(texts), 50)]
    alphabet = [
        '"',
        "\\",
        "/",
        "a",
        "é",
        "€",
        "😀",
        "\u2028",
        "\x7f",
        "\\n",
        "\\u0000",
        "\\ud800",
        "\\ud83d\\ude00",
        "0",
    ]
    for _ in range(500):
        documents.append(f'"{"".join(rng.choices(alphabet, k=8))}"'.encode())
    keys = [
        "a",
        "b",
        "0",
        "1",
        "01",
        "10",
        "9",
        "-1",
        "1.5",
        "4294967294",
        "4294967295",
        "99999999999",
        "__proto__",
        "\\u0031",
    ]
    for _ in range(500):
        pairs = ", ".join(f'"{rng.choice(keys)}" : {rng.choice(["1", "[]", "{}", "true", "null"])}' for _ in range(5))
        documents.append(f"{{ {pairs} }}".encode())
    for _ in range(500):
        documents.append(
            bytes(rng.choices(b'{}[]",:0123456789.eE+-\\untrfalse \t\n\xc3\xa9\xff', k=rng.randint(1, 12)))
        )
    return documents


_CORNERS = [
    *(
        "",
        " ",
        "null",
        "-0",
        "-0.0",
        "[-0]",
        "1e999",
        "-1e999",
        "1E5",
        "1e21",
        "1e-7",
        "0.000001",
        "123456789012345680000",
    ),
    *(
        "9007199254740993",
        "[1,]",
        "[,1]",
        '{"a":1,}',
        "{'a':1}",
        "01",
        "1.",
        ".5",
        "+1",
        "NaN",
        "Infinity",
        "tru",
        "nulll",
    ),
    *(
        '"\t"',
        '"\\x"',
        '"\\u12"',
        '"abc',
        "\ufeff{}",
        "[1] 2",
        '{"a" 1}',
        '{"a":1 "b":2}',
        '"\\/"',
        '"\u2028"',
        '"\\ud800"',
    ),
    *(
        '{"a":1,"a":2,"b":3,"a":4}',
        '{"b":1,"2":1,"1":1}',
        "[" * 900 + "]" * 900,
        "[" * 3000 + "1" + "]" * 3000,
        "[" * 30000,
    ),
    *('{"a":' * 1500 + "1" + "}" * 1500, "[" * 3000, "\u00a0[]", "[1\u00a0]", "\v[]", "[] \r\n\t"),
]
