#!/usr/bin/env python3
"""Records the sample sessions anew: a payment that works, one whose client signs another URL than it requests, and a
shop's hour: some of each, a sender who declines, and two that pay at the same time.

    python samples/sessions/record.py

Needs an installed optrace; everything runs on this machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PAY = HERE.parent / "pay.py"
# a client with one fault: it signs its payment's URL with a slash at the end and requests it without
SLASH = """
import sys, pathlib
sys.path.insert(0, {samples!r})
import pay
right = pay.Client.signature
def wrong(self, method, url, headers):
    return right(self, method, url + "/" if url.endswith("/outgoing-payments") else url, headers)
pay.Client.signature = wrong
sys.exit(pay.main())
"""


@contextmanager
def running(words: list[str], env: dict[str, str] | None = None) -> Iterator[str]:
    """A process, and its first line of output."""
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    try:
        stream = process.stdout if "sandbox" in words else process.stderr
        assert stream is not None
        yield stream.readline()
    finally:
        process.terminate()
        process.wait(10)


def record(name: str, *rounds: list[list[str]]) -> None:
    """Payments through a proxy, into NAME.optrace: one round after the other, those of a round at the same time."""
    path = HERE / f"{name}.optrace"
    path.unlink(missing_ok=True)
    optrace = [sys.executable, "-m", "optrace"]
    with running([*optrace, "record", "-p", "0", "-o", str(path), "--offline"]) as said:
        proxy = said.split()[2].rstrip(",")
        sandbox = [*optrace, "sandbox", "--json", "--wait", "1", "--via", proxy, "--key-dir", str(HERE)]
        with running(sandbox) as line:
            found: dict[str, Any] = json.loads(line)
            words = [f"--{option}" for option in ("sender", "recipient", "client", "key")]
            arguments = [part for word in words for part in (word, found[word[2:]])]
            arguments += ["--key-id", found["key_id"]]
            env = {**os.environ, "HTTP_PROXY": proxy, "NO_PROXY": ""}

            def pay(client: list[str]) -> None:
                subprocess.run([*client, *arguments], env=env, check=False, capture_output=True)

            with ThreadPoolExecutor() as pool:
                for clients in rounds:
                    list(pool.map(pay, clients))
    (HERE / "client.pem").unlink(missing_ok=True)


def main() -> None:
    """All sample sessions."""
    right = [sys.executable, str(PAY), "--amount"]
    wrong = [sys.executable, "-c", SLASH.format(samples=str(PAY.parent)), "--amount"]
    record("paid", [[*right, "1000"]])
    record("refused", [[*wrong, "1000"]])
    both = [[*right, "1999"], [*right, "500"]]
    record("shop", [[*right, "1000"]], [[*wrong, "4250"]], [[*right, "250", "--reject"]], both, [[*right, "99"]])


if __name__ == "__main__":
    main()
