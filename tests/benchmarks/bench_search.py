"""The counterfactual search: how long a cause takes to be named, and what a search costs beside its mathematics.

python -m tests.benchmarks.bench_search
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from cryptography.exceptions import InvalidSignature

import optrace.diagnosis.search as searching
from optrace.diagnosis.model import verifier
from optrace.diagnosis.search import Budget, SearchResult, search
from optrace.signatures.keys import Key
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

PUBLIC, SIGNATURE, MESSAGE = KEY.private.public_key(), KEY.sign(b"x"), b"y" * 420
ROUNDS = 7


def raw_verify() -> float:
    """Seconds (of the processor) of one failed Ed25519 verification of a base's size."""
    start = time.process_time()
    with suppress(InvalidSignature):
        PUBLIC.verify(SIGNATURE, MESSAGE)
    return time.process_time() - start


def fruitless(count: int) -> tuple[int, float, float]:
    """(candidates tried, seconds of the search, seconds of as many raw verifications) of a search in vain.

    A raw verification follows upon each of the search's, so that both meet the machine as fast, or as slow, as it is
    just then.
    """
    raw = 0.0

    def beside(key: Key, signature: bytes) -> Callable[[bytes], bool]:
        check = verifier(key, signature)

        def checked(data: bytes) -> bool:
            nonlocal raw
            found = check(data)
            raw += raw_verify()
            return found

        return checked

    one = subject(url=URL, key=STRANGER, params=KID)
    with patch.object(searching, "verifier", beside):
        result = search(one, budget=Budget(candidates=count), clock=time.process_time)
    return result.tried, result.milliseconds / 1000 - raw, raw


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


def _triple(names: Sequence[str]) -> float:
    """Milliseconds until three causes were named: the best of some runs."""
    one = subject(url=URL, **planted(*names))
    return min(search(one, clock=time.process_time).milliseconds for _ in range(3))


def main() -> None:
    """Print each number beside its bound."""
    print(f"one failed Ed25519 verification: {statistics.median(raw_verify() for _ in range(2000)) * 1e6:.1f} us")
    print("\na single cause (bound 20 ms)")
    for name, fault in SINGLES.items():
        took, result = best_of(lambda fault=fault: _single(fault), 3)
        named = ", ".join(change.code for change in result.changes) or "nothing"
        print(f"  {name:32} {result.milliseconds:7.1f} ms  {result.tried:5} tried  {named}")
    triples = [_triple(names) for names in TRIPLES]
    print(f"\nthree causes at once (bound 200 ms), {len(TRIPLES)} triples")
    print(f"  median {statistics.median(triples):.1f} ms, slowest {max(triples):.1f} ms")
    print("\nnothing verifies (bound 1.3 x the same number of failed verifications)")
    for count in (4000, 10_000):
        runs = [fruitless(count) for _ in range(ROUNDS)]
        ratios = sorted(took / raw for _, took, raw in runs)
        tried, took, _ = runs[-1]
        print(
            f"  {tried:6} candidates  {took * 1000:7.1f} ms"
            f"  {statistics.median(ratios):5.2f} x raw ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
