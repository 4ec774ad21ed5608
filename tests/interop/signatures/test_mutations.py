"""The npm verifier and optrace agree on each signed message of the mutations, whose signer is neither's."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.interop.node import run_script
from tests.mutations.case import Sent
from tests.mutations.recording import built, checked, verdict, write
from tests.mutations.table import TABLE

pytestmark = [pytest.mark.node, pytest.mark.slow]

SCRIPT = Path(__file__).parent / "reference.mjs"


def test_the_npm_verifier_judges_them_alike(tmp_path: Path) -> None:
    cases = built(TABLE)
    said = checked(write(cases, tmp_path / "all.mitm"))
    asked: list[tuple[int, dict[str, Any]]] = []
    for one in cases:
        jwks: Any = None
        for n, sent in enumerate(one.case.sent, one.first):
            if sent.message.url == f"{one.case.client}/jwks.json":
                jwks = _document(sent)
            elif jwks is not None and "Signature" in sent.message.headers and verdict(said[n], "rafiki") != "unchecked":
                asked.append((n, _message(sent, jwks)))
    answers = run_script(SCRIPT, {"messages": [message for _, message in asked]})["messages"]
    differing = [
        (n, message["url"], answer, verdict(said[n], "rafiki"))
        for (n, message), answer in zip(asked, answers, strict=True)
        if answer["accepted"] is not None and answer["accepted"] != (verdict(said[n], "rafiki") == "pass")
    ]
    assert not differing, f"{len(differing)} of {len(asked)} differ, such as {differing[:3]}"
    accepted = sum(answer["accepted"] is True for answer in answers)
    assert 300 < accepted < len(asked) - 200  # or it proves little


def _document(sent: Sent) -> Any:
    try:
        document = json.loads(sent.answer)
    except ValueError:
        return None
    return document if sent.status == 200 and isinstance(document, dict) and document.get("keys") else None


def _message(sent: Sent, jwks: Any) -> dict[str, Any]:
    message = sent.message
    body = base64.b64encode(message.body).decode()
    return {
        "method": message.method,
        "url": message.url,
        "headers": list(message.headers.items()),
        "body": body,
        "jwks": jwks,
    }
