"""What an interaction hash was made of, and the rules that name it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from optrace.core.messages import Exchange
from optrace.diagnosis.case import Case
from optrace.diagnosis.hashes import search_hash
from optrace.rules.rule import run
from optrace.rules.signature_rules import SIGNATURE_RULES
from optrace.session.events import ExchangeSeen
from optrace.session.trace import Trace
from tests.rules.signature_samples import interaction, joined, lines, over, standard, urlsafe


def read(recording: list[Exchange]) -> Trace:
    """The trace of a recording."""
    trace = Trace()
    trace.feed(ExchangeSeen(exchange=exchange) for exchange in recording)
    return trace


def at(trace: Trace, operation: str) -> Case:
    """The last exchange of an operation."""
    n = next(n for n in range(len(trace), 0, -1) if trace.row(n).operation == operation)
    return Case(trace, trace.exchange(n), ended=True)


def first(trace: Trace, operation: str = "interact_finish_request") -> str | None:
    """The rule that speaks first there."""
    findings = run(SIGNATURE_RULES, at(trace, operation))
    return findings[0].rule if findings else None


def twisted(*order: int) -> Callable[[Any, Any], bytes]:
    """The lines of the base, picked anew."""
    return lambda pending, scene: "\n".join(lines(pending, scene)[n] for n in order).encode()


URLS: dict[str, Callable[[str], str]] = {
    "a slash": lambda url: url + "/",
    "the origin and a slash": lambda url: "/".join(url.split("/")[:3]) + "/",
    "the origin": lambda url: "/".join(url.split("/")[:3]),
    "http": lambda url: url.replace("https:", "http:"),
    "the default port": lambda url: url.replace(".example/", ".example:443/"),
    "capital letters": lambda url: url.replace("auth", "AUTH"),
    "nothing": lambda url: "",
}


@pytest.mark.parametrize("what", URLS)
def test_another_url(what: str) -> None:
    assert first(read(interaction(hash_of=over(URLS[what])))) == "INT-001"


def test_no_url_at_all() -> None:
    assert first(read(interaction(hash_of=twisted(0, 1, 2)))) == "INT-001"


def test_the_urls_that_the_answer_gave() -> None:
    for name in ("continue", "interact"):

        def base(pending: Any, scene: Any, name: str = name) -> bytes:
            url = pending.uri if name == "continue" else pending.answer["interact"]["redirect"]
            return "\n".join([*lines(pending, scene)[:3], url]).encode()

        assert first(read(interaction(hash_of=base))) == "INT-001"


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 0, 2, 3), (1, 1, 2, 3)])
def test_wrong_nonces(order: tuple[int, ...]) -> None:
    assert first(read(interaction(hash_of=twisted(*order)))) == "INT-004"


@pytest.mark.parametrize("by", ["\r\n", "", ",", " ", "\\n"])
def test_other_joints(by: str) -> None:
    assert first(read(interaction(hash_of=joined(by)))) == "INT-005"


def test_a_newline_at_the_end() -> None:
    assert first(read(interaction(hash_of=joined("\n", tail="\n")))) == "INT-005"


@pytest.mark.parametrize("method", ["sha512", "sha3_512", "sha384", "sha3_256", "blake2b"])
def test_other_methods(method: str) -> None:
    trace = read(interaction(digest=lambda base: hashlib.new(method, base).digest()))
    assert first(trace) == "INT-005"


def test_hexadecimal() -> None:
    assert first(read(interaction(spell=lambda digest: digest.hex()))) == "INT-005"


@pytest.mark.parametrize("others", range(4))
@pytest.mark.parametrize("form", ["urlsafe", "urlsafe padded", "unpadded"])
def test_other_spellings_are_told_and_no_error(form: str, others: int) -> None:
    def padded(digest: bytes) -> str:
        return base64.urlsafe_b64encode(digest).decode().replace("=", "%3D")

    spell = {"urlsafe": urlsafe, "urlsafe padded": padded, "unpadded": lambda d: standard(d).removesuffix("%3D")}[form]
    findings = run(SIGNATURE_RULES, at(read(interaction(spell=spell, others=others)), "interact_finish_request"))
    assert [finding.rule for finding in findings] == ["INT-002"]
    assert findings[0].severity == "info"


def test_two_mistakes_at_once() -> None:
    def base(pending: Any, scene: Any) -> bytes:
        client, server, reference, url = lines(pending, scene)
        return "\n".join([server, client, reference, url + "/"]).encode()

    findings = run(SIGNATURE_RULES, at(read(interaction(hash_of=base)), "interact_finish_request"))
    assert {finding.rule for finding in findings} == {"INT-001", "INT-004"}


def test_what_was_altered_on_the_way_is_told_from_what_the_as_did() -> None:
    trace = read(interaction(arrived=lambda url: url.replace("hash=", "hash=B")))
    assert first(trace) is None
    assert first(trace, "finish_redirect") == "INT-015"


def test_a_hash_that_is_gone() -> None:
    trace = read(interaction(arrived=lambda url: url.partition("&hash=")[0] + "&interact_ref=x"))
    assert first(trace, "finish_redirect") == "INT-015"


def test_nothing_fits_and_nothing_is_claimed() -> None:
    trace = read(interaction(hash_of=lambda pending, scene: b"something else"))
    found = search_hash(at(trace, "interact_finish_request"))
    assert found is not None
    assert found.variant is None
    assert 50 < found.tried < 3000
    assert first(trace) == "INT-017"


def test_secrets_stay_out_of_the_proof() -> None:
    trace = read(interaction(others=1, hash_of=twisted(1, 0, 2, 3)))
    case = at(trace, "interact_finish_request")
    finding = run(SIGNATURE_RULES, case)[0]
    grant = case.grant
    assert grant is not None
    for secret in (grant.client_nonce, grant.as_nonce, *grant.interact_refs):
        assert secret not in str(finding)
