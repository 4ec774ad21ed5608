"""`optrace explain`: one cause with its proof, for a recorded exchange and for a pasted request."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from optrace.cli.commands.explain import _OF_A_SESSION, _OF_AN_ANSWER
from optrace.cli.explanation import explanation, lines
from optrace.cli.output import Output
from optrace.core.messages import HttpRequest
from optrace.diagnosis.case import Case
from optrace.rules import RULES
from tests.cli_diagnosis.conftest import Run
from tests.cli_diagnosis.kit import exchanges, first, raw, to_url, with_fields
from tests.recordings.truth import FILES, NAMES, truth, understood

CLIENT = "https://happy-life-bank-backend/accounts/pfry"
HAPPY = "01-happy-path"


def request(name: str, n: int) -> HttpRequest:
    return exchanges(name)[n - 1].request


@pytest.mark.slow
def test_the_cause_comes_first_with_proof_remedy_and_section(optrace: Run) -> None:
    done = optrace("explain", FILES / "05-wrong-key.mitm", "5", "--offline")
    assert done.status == 1
    cause = done.out.index("cause: SIG-011")
    assert cause < done.out.index("proof: ") < done.out.index("fix: ") < done.out.index("see: ")
    assert "server failed:      key in the JWKS" in done.out
    assert "server not reached: signature, tenant, grant" in done.out
    assert "the Node SDK" in done.out


@pytest.mark.slow
def test_a_search_that_found_nothing_says_how_far_it_went(optrace: Run) -> None:
    document = json.loads(optrace("explain", FILES / "05-wrong-key.mitm", "6", "--offline", "-f", "json").out)
    assert document["cause"]["rule"] == "SIG-034"
    assert document["search"]["found"] is False
    assert document["search"]["tried"] > 100
    assert document["search"]["keys"] >= 1


def test_each_profile_is_told(optrace: Run) -> None:
    n = next(e["n"] for e in truth("33a-go-sdk-http")["exchanges"] if e["verdicts"]["digest"]["rafiki"] == "fail")
    document = json.loads(optrace("explain", FILES / "33a-go-sdk-http.mitm", str(n), "--offline", "-f", "json").out)
    by = document["verdicts"]["digest"]
    assert (by["rfc"]["verdict"], by["rafiki"]["verdict"]) == ("pass", "fail")
    assert by["rafiki"]["reason"]
    assert document["cause"]["rule"] == "DIG-003"
    assert "SDK" in document["signer"]


def test_nothing_is_wrong(optrace: Run) -> None:
    n = first(HAPPY, "grant_request")
    done = optrace("explain", FILES / f"{HAPPY}.mitm", str(n), "--offline")
    assert done.status == 0
    assert "nothing is wrong" in done.out
    assert "cause" not in done.out


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_refused_exchange_is_explained_in_words(name: str) -> None:
    trace = understood(name)
    for n in range(1, len(trace) + 1):
        if not trace.has(n) or (trace.row(n).status or 0) < 400:
            continue
        exchange = trace.exchange(n)
        document = explanation(Case(trace, exchange), trace.detail(n, exchange), profile="open-payments")
        words = "\n".join(lines(json.loads(json.dumps(document)), Output(color="never")))
        assert document["wrong"] is True
        if document["cause"]:
            assert f"cause: {document['cause']['rule']} {document['cause']['title']}" in words
        else:
            assert "cause: not found" in words


def test_secrets_are_masked(optrace: Run) -> None:
    n = first(HAPPY, "grant_continue")
    token = request(HAPPY, n).fields.get("authorization")
    assert token is not None
    for form in ("text", "json"):
        assert (
            token.removeprefix("GNAP ")
            not in optrace("explain", FILES / f"{HAPPY}.mitm", n, "-f", form, "--offline").out
        )


@pytest.mark.parametrize("words", [[], ["FILE"], ["FILE", "999"], ["FILE", "1", "--http", "-"]])
def test_wrong_usage(optrace: Run, words: list[str]) -> None:
    path = str(FILES / f"{HAPPY}.mitm")
    done = optrace("explain", "--offline", *[path if word == "FILE" else word for word in words])
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("error: ")


# a pasted request


@pytest.fixture
def given(jwks: Path) -> tuple[str, ...]:
    return ("--offline", "--scheme", "http", "--jwks", f"{CLIENT}={jwks}")


def test_a_right_request_is_right(optrace: Run, given: tuple[str, ...]) -> None:
    for operation in ("grant_request", "incoming_payment_create", "token_rotate", "outgoing_payment_get"):
        data = raw(request(HAPPY, first(HAPPY, operation)))
        done = optrace("explain", "--http", "-", *given, stdin=data)
        assert done.status == 0, done.out
        assert "nothing is wrong" in done.out


def test_no_answer_pasted_is_no_server_that_cant_be_reached(optrace: Run, given: tuple[str, ...]) -> None:
    for one in exchanges(HAPPY):
        done = optrace("explain", "--http", "-", *given, stdin=raw(one.request))
        assert "cause:" not in done.out, done.out
        assert "also:" not in done.out
        assert done.status == ("not checkable: hash" in done.out)  # a lone finish has no nonces to check it with


def test_the_rules_that_need_a_session_exist() -> None:
    assert set(RULES.names()) >= _OF_A_SESSION | _OF_AN_ANSWER


def test_the_cause_is_found_without_the_session(optrace: Run, given: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "request.http"
    path.write_bytes(raw(request("05-wrong-key", 5), newline="\n"))
    done = optrace("explain", "--http", path, *given)
    assert done.status == 1
    assert "cause: SIG-011" in done.out
    assert "server" not in done.out, "nothing is known of an answer"


def test_a_slash_too_many_is_proved(optrace: Run, given: tuple[str, ...]) -> None:
    sent = exchanges(HAPPY)[first(HAPPY, "grant_request") - 1]
    moved = to_url(sent.request.url + "/")(sent).request
    document = json.loads(optrace("explain", "--http", "-", "-f", "json", *given, stdin=raw(moved)).out)
    assert document["cause"]["rule"] == "SIG-003"
    assert document["cause"]["proof"]["tried"] > 0
    assert document["search"]["found"] is True


def test_the_answer_tells_the_stage(optrace: Run, given: tuple[str, ...]) -> None:
    data = (
        raw(request("05-wrong-key", 5))
        + b"\nHTTP/1.1 400 Bad Request\ncontent-type: application/json\n\n"
        + (b'{"error": {"code": "invalid_client", "description": "could not determine client"}}\n')
    )
    done = optrace("explain", "--http", "-", *given, stdin=data)
    assert "could not determine client" in done.out
    assert "server failed:      key in the JWKS" in done.out


def test_the_age_of_a_log_is_no_fault(optrace: Run, given: tuple[str, ...]) -> None:
    data = raw(request(HAPPY, first(HAPPY, "grant_request")))
    assert "SIG-028" not in optrace("explain", "--http", "-", *given, stdin=data).out


def test_without_a_key_it_is_no_pass(optrace: Run) -> None:
    data = raw(request(HAPPY, first(HAPPY, "outgoing_payment_get")))
    done = optrace("explain", "--http", "-", "--offline", "--scheme", "http", stdin=data)
    assert done.status == 1
    assert "not checkable: signature" in done.out
    assert "--key" in done.out


def test_a_key_without_a_name_stands_for_any_keyid(optrace: Run, tmp_path: Path, jwks: Path) -> None:
    (key,) = json.loads(jwks.read_text())["keys"]
    del key["kid"]
    path = tmp_path / "key.json"
    path.write_text(json.dumps(key))
    data = raw(request(HAPPY, first(HAPPY, "outgoing_payment_get")))
    done = optrace("explain", "--http", "-", "--offline", "--scheme", "http", "--key", f"{CLIENT}={path}", stdin=data)
    assert done.status == 0, done.out


def test_the_client_can_be_named(optrace: Run, jwks: Path) -> None:
    one = exchanges("05-wrong-key")[9].request  # a resource call with a keyid that nobody published
    words = ("--offline", "--scheme", "http", "--jwks", f"{CLIENT}={jwks}", "--client", CLIENT)
    assert "cause: SIG-011" in optrace("explain", "--http", "-", *words, stdin=raw(one)).out


def test_an_unsigned_request_is_told(optrace: Run, given: tuple[str, ...]) -> None:
    sent = exchanges(HAPPY)[first(HAPPY, "grant_request") - 1]
    bare = with_fields(signature=None, signature_input=None)(sent).request
    done = optrace("explain", "--http", "-", *given, stdin=raw(bare))
    assert done.status == 1
    assert "SIG-027" in done.out


@pytest.mark.parametrize("data", [b"", b"hello", b"GET / HTTP/1.1\n\n", b"\x00\xff\xfe"])
def test_what_is_no_request_ends_with_2(optrace: Run, data: bytes) -> None:
    done = optrace("explain", "--http", "-", "--offline", stdin=data)
    assert (done.status, done.out) == (2, "")


def test_a_file_that_isnt_there(optrace: Run, tmp_path: Path) -> None:
    assert optrace("explain", "--http", tmp_path / "none.http", "--offline").status == 2


def test_hostile_requests_cant_move_the_cursor(optrace: Run) -> None:
    one = replace(request(HAPPY, 1), url="https://a.example/\x1b[31m\x9b")
    data = raw(one).replace(b"GET /", b"GET /\x1b[2J", 1)
    for form in ("text", "json"):
        assert "\x1b" not in optrace("explain", "--http", "-", "--offline", "-f", form, stdin=data).out
