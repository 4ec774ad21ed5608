"""The npm verifier and optrace agree on each signed message of the mutations, whose signer is neither's."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from optrace.core.findings import Verdict
from optrace.session.trace import Trace
from optrace.store.sources import open_source
from tests.interop.node import run_script
from tests.mutations.case import Sent
from tests.mutations.recording import built, write
from tests.mutations.table import TABLE

pytestmark = [pytest.mark.node, pytest.mark.slow]

SCRIPT = Path(__file__).parent / "reference.mjs"


def test_the_npm_verifier_judges_them_alike(tmp_path: Path) -> None:
    cases = built(TABLE)
    said = verdicts(write(cases, tmp_path / "all.mitm"))
    asked: list[tuple[int, dict[str, Any]]] = []
    for one in cases:
        jwks: Any = None
        for n, sent in enumerate(one.case.sent, one.first):
            if sent.message.url == f"{one.case.client}/jwks.json":
                jwks = _document(sent)
            elif jwks is not None and "Signature" in sent.message.headers and said[n] is not Verdict.UNCHECKED:
                asked.append((n, _message(sent, jwks)))
    answers = run_script(SCRIPT, {"messages": [message for _, message in asked]})["messages"]
    differing = [
        (n, message["url"], answer, said[n])
        for (n, message), answer in zip(asked, answers, strict=True)
        if answer["accepted"] is not None and answer["accepted"] != (said[n] is Verdict.PASS)
    ]
    assert not differing, f"{len(differing)} of {len(asked)} differ, such as {differing[:3]}"
    accepted = sum(answer["accepted"] is True for answer in answers)
    assert 300 < accepted < len(asked) - 200  # or it proves little


def verdicts(path: Path) -> dict[int, Verdict]:
    """Rafiki's on the signature of each exchange of a recording; why it is so is not asked."""
    source = open_source(path)
    trace = Trace(source.exchange)
    while events := source.poll(500):
        trace.feed(events)
    return {n: trace.step(n).verdicts.signature.rafiki for n in range(1, len(trace) + 1)}


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
