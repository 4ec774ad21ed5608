"""The counterfactual search: how long a cause takes to be named, and what a search costs beside its mathematics.

python -m tests.benchmarks.bench_search
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from cryptography.exceptions import InvalidSignature

from optrace.diagnosis.search import Budget, SearchResult, search
from tests.diagnosis.desk import KEY, STRANGER, subject
from tests.diagnosis.test_search_pairs import TRIPLES, planted
from tests.rules.forgery import digest_of

URL = "https://auth.recipient.example/438fa74a-fa7d-4317-9ced-dde32ece1787"
KID = ';keyid="key-shop";created=1767614401'
SINGLES: Mapping[str, Mapping[str, Any]] = {
    "scheme": planted("scheme"),
    "slash": planted("slash"),
    "method": planted("method"),
    "content type": planted("charset"),
    "line ends": planted("crlf"),
    "parameters": planted("no params"),
    "pre-hash": planted("sha-512"),
    "another key": planted("other key"),
    "a length of zero": {"signed": {"content-length": "0"}},
    "the digest of an empty object": {"signed": {"content-digest": digest_of(b"{}")}},
    "a token in quotes": {
        "token": True,
        "signed": {"authorization": 'GNAP "x"'},
        "sent_fields": {"authorization": "GNAP x"},
    },
}

ROUNDS = 7


def raw_verify(times: int = 5) -> float:
    """Seconds (of the processor) of one failed Ed25519 verification of a base's size: the best of some rounds."""
    public, signature = KEY.private.public_key(), KEY.sign(b"x")
    message = b"y" * 420
    took = []
    for _ in range(times):
        start = time.process_time()
        for _ in range(2000):
            with suppress(InvalidSignature):
                public.verify(signature, message)
        took.append((time.process_time() - start) / 2000)
    return min(took)


def best_of(work: Callable[[], Any], times: int = 5) -> tuple[float, Any]:
    """(seconds, result) of the quickest of some runs."""
    runs = []
    for _ in range(times):
        start = time.process_time()
        result = work()
        runs.append((time.process_time() - start, result))
    return min(runs, key=lambda run: run[0])


def _single(fault: Mapping[str, Any]) -> SearchResult:
    one = subject(url=None if fault.get("token") else URL, **fault)
    return search(one, clock=time.process_time)


def main() -> None:
    """Print each number beside its bound."""
    raw = raw_verify()
    print(f"one failed Ed25519 verification: {raw * 1e6:.1f} us")
    print("\na single cause (bound 20 ms)")
    for name, fault in SINGLES.items():
        took, result = best_of(lambda fault=fault: _single(fault), 3)
        named = ", ".join(change.code for change in result.changes) or "nothing"
        print(f"  {name:32} {result.milliseconds:7.1f} ms  {result.tried:5} tried  {named}")
    took = [search(subject(url=URL, **planted(*names)), clock=time.process_time).milliseconds for names in TRIPLES]
    print(f"\nthree causes at once (bound 200 ms), {len(TRIPLES)} triples")
    print(f"  median {statistics.median(took):.1f} ms, slowest {max(took):.1f} ms")
    print("\nnothing verifies (bound 1.3 x the same number of failed verifications)")
    for count in (4000, 10_000):
        one, ratios = subject(url=URL, key=STRANGER, params=KID), []
        for _ in range(ROUNDS):  # each is held against what a verification takes right before and after it
            before = raw_verify(1)
            took_, result = best_of(lambda one=one, count=count: search(one, budget=Budget(candidates=count)), 1)
            ratios.append(took_ / (result.tried * (before + raw_verify(1)) / 2))
        print(f"  {result.tried:6} candidates  {took_ * 1000:7.1f} ms  {statistics.median(ratios):5.2f} x raw")


if __name__ == "__main__":
    main()
