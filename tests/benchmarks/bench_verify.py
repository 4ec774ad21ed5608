"""What verifying costs beside the mathematics that nobody can save. Run: python -m tests.benchmarks.bench_verify

The baseline is one Ed25519 verification and one SHA-512 of the same body; ours is one signature judged by all three
profiles with every check listed, and the digest. The budget is twice the baseline.
"""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from time import process_time_ns

from optrace.core.fields import Fields
from optrace.core.findings import Verdict
from optrace.core.messages import HttpRequest
from optrace.signatures.keys import KeySet, generate_ed25519
from optrace.signatures.sign import sign_request
from optrace.signatures.verify import verify_request

KEY = generate_ed25519("keyid-97a3a431-8ee1-48fc-ac85-70e2f5eba8e5")
KEYS = KeySet.of("https://happy-life-bank-backend/accounts/pfry", KEY.public_jwk())
NOW = datetime(2026, 8, 1, tzinfo=UTC)
ROUNDS, REPEATS, BUDGET = 40, 50, 2.0
COMMON = (("host", "rs.example"), ("accept", "application/json"), ("user-agent", "ky"), ("accept-encoding", "gzip"))
TOKEN = ("authorization", "GNAP OS9M2PMHKUR64TB8N6BW7OZB8CDFONP219RP1LT0")
MESSAGES = {
    "grant request": HttpRequest(
        method="POST",
        url="https://auth.example/f829c064-762a-4430-ac5d-7af5df198551",
        fields=Fields.of(*COMMON),
        body=b'{"access_token":{"access":[{"type":"outgoing-payment","actions":["create","read","list"],"identifier":'
        b'"https://wallet.example/alice","limits":{"debitAmount":{"value":"2500","assetCode":"USD","assetScale":2}}}]},'
        b'"client":"https://wallet.example/alice","interact":{"start":["redirect"],"finish":{"method":"redirect",'
        b'"uri":"https://client.example/finish?id=4711","nonce":"b4c1e7e2-2f4c-4d5e-9a53-7f4f8e9e0a11"}}}',
    ),
    "incoming payment": HttpRequest(
        method="POST",
        url="https://rs.example/f829c064-762a-4430-ac5d-7af5df198551/incoming-payments",
        fields=Fields.of(*COMMON, TOKEN),
        body=b'{"walletAddress":"https://wallet.example/alice","incomingAmount":{"value":"2500","assetCode":"USD",'
        b'"assetScale":2},"expiresAt":"2026-08-02T00:00:00.000Z","metadata":{"description":"Free Money!"}}',
    ),
    "get with token": HttpRequest(
        method="GET",
        url="https://rs.example/outgoing-payments/8c68d3cc-0a0f-4216-98b4-4fa44a6c88cf",
        fields=Fields.of(*COMMON, TOKEN),
    ),
}


def measure(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """The best of both in microseconds of the processor, taken in turns so that a busy machine slows both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for work, taken in zip((first, second), times, strict=True):
            start = process_time_ns()
            for _ in range(REPEATS):
                work()
            taken.append((process_time_ns() - start) / REPEATS / 1000)
    return min(times[0]), min(times[1])


def main() -> None:
    """Print the ratio for each message."""
    gc.set_threshold(20_000, 20)  # as the command line has it
    for name, message in MESSAGES.items():
        request = sign_request(message, KEY, created=1_785_000_000)
        verification = verify_request(request, KEYS, now=NOW)
        assert {judgement.verdict for judgement in verification.judgements.values()} == {Verdict.PASS}
        (seen,) = verification.signatures
        body, base, signature = request.body or b"", seen.base or b"", seen.signature or b""
        public = seen.key.public if seen.key else None

        def baseline() -> None:
            public.verify(signature, base)  # noqa: B023
            hashlib.sha512(body).digest()  # noqa: B023

        def ours() -> None:
            verify_request(request, KEYS, now=NOW)  # noqa: B023

        floor, price = measure(baseline, ours)
        verdict = f"{price / floor:.2f} ({'within' if price <= BUDGET * floor else 'OVER'} {BUDGET:g})"
        print(f"{name:18} baseline {floor:6.1f} us   verify {price:6.1f} us   ratio {verdict}")


if __name__ == "__main__":
    main()
