"""Ten thousand healthy messages in the shapes of all known clients, over many URLs, bodies and tokens: no error."""

from __future__ import annotations

import json
import random
from urllib.parse import quote

import pytest

from optrace.core.findings import Severity, Verdict
from optrace.rules.engine import Diagnosis
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.diagnosis.desk import wish
from tests.diagnosis.sdks import SDKS
from tests.rules.forgery import add, digest_of, forge, request
from tests.rules.scene import Scene, key_of, uuid

pytestmark = pytest.mark.slow

EACH = -(-10_000 // len(SDKS))
LETTERS = "abcxyzABC019 -_.~é€😀ß漢\"\\/<>&'+%\n\t"


def corpus(name: str, count: int) -> tuple[Trace, list[int]]:
    """(trace, numbers of the signed messages) of one client that makes payments, reads and lists them."""
    sdk, rng, scene = SDKS[name], random.Random(name), Scene()
    scene.key = key_of(f"{name}{rng.random()}")
    scene.read(scene.bob)
    made: list[int] = []
    access = [{"type": "incoming-payment", "actions": ["create", "read", "list"]}]
    token, ids = "", [f"{scene.bob.rs}/incoming-payments/{uuid(name)}"]
    for number in range(count):
        kind = "grant" if number % 40 == 0 else rng.choice(["create", "read", "list"])
        method, body, answer, status = "POST", b"", {}, 200
        if kind == "grant":
            url, body, answer = scene.bob.auth, wish(), scene.given(scene.bob, access)
        elif kind == "create":
            url, status = f"{scene.bob.rs}/incoming-payments", 201
            wanted = {"walletAddress": scene.bob.wallet, "incomingAmount": scene.bob.amount(str(rng.randint(1, 10**9)))}
            wanted["metadata"] = {"note": "".join(rng.choices(LETTERS, k=rng.randint(0, 40))), "n": number}
            body = json.dumps(wanted, separators=(",", ":"), ensure_ascii=False).encode()
            ids.append(f"{url}/{uuid(f'{name} {number}')}")
            answer = wanted | {
                "id": ids[-1],
                "receivedAmount": scene.bob.amount("0"),
                "completed": False,
                "createdAt": "2026-01-05T12:00:00Z",
                "methods": [],
            }
        elif kind == "read":
            method, url = "GET", rng.choice(ids[-3:])
            answer = {"id": url, "walletAddress": scene.bob.wallet, "receivedAmount": scene.bob.amount("0"),
                      "completed": False, "createdAt": "2026-01-05T12:00:00Z", "methods": []}  # fmt: skip
        else:
            method = "GET"
            cursor = quote("".join(rng.choices("ab 0+/=~é", k=6)), safe=rng.choice(["", "~", "-._~"]))
            url = f"{scene.bob.rs}/incoming-payments?wallet-address={quote(scene.bob.wallet, safe='')}&cursor={cursor}"
            url += f"&first={rng.randint(1, 100)}"
            answer = {"pagination": {"hasNextPage": False, "hasPreviousPage": False}, "result": []}
        digest = digest_of(body, sdk.digest) if body else None
        sent = request(method, url, body, token if kind != "grant" else None, user_agent=sdk.agent,
                       content_digest=digest)  # fmt: skip
        params = sdk.params.format(kid=scene.key.kid, created=int(scene.now.timestamp()))
        covers = [part for part in sdk.covers if part.startswith("@") or part in sent.fields]
        add(scene, forge(sent, scene.key, 0, covered=covers, params=params, **sdk.rest), status, answer)
        if kind == "grant":
            token = answer["access_token"]["value"]
        made.append(scene.exchanges[-1].n)
    trace = Trace(lambda n: scene.exchanges[n - 1])
    diagnosis = Diagnosis(trace)
    for exchange in scene.exchanges:
        trace.feed([ExchangeSeen(exchange=exchange)])
        diagnosis.update()
    diagnosis.finish()
    return trace, made


@pytest.mark.parametrize("name", SDKS)
def test_no_error_in_what_is_healthy(name: str) -> None:
    trace, made = corpus(name, EACH)
    for n in made:
        row = trace.row(n)
        assert not [found for found in row.findings if found.severity is Severity.ERROR], trace.exchange(n).request
        accepting = row.verdicts.signature.open_payments if name == "n8n" else row.verdicts.signature.rafiki
        assert name == "n8n" or accepting is Verdict.PASS, trace.exchange(n).request
