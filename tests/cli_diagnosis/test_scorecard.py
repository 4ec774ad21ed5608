"""The scorecard: each requirement is kept by healthy software, and broken by what breaks it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from optrace.core.findings import PROFILES
from optrace.core.messages import Exchange, HttpResponse
from optrace.diagnosis.requirements import ASE, CLIENT, REQUIREMENTS
from optrace.diagnosis.requirements.requirement import Level, same_url
from optrace.diagnosis.scorecard import Card, Outcome, Party, scorecard
from optrace.exchanges import KINDS
from tests.cli_diagnosis.conftest import Run
from tests.cli_diagnosis.kit import (
    Change,
    altered,
    answer,
    asked,
    both,
    exchanges,
    first,
    to_url,
    trace_of,
    with_fields,
    write,
)
from tests.recordings.truth import FILES

HAPPY = "01-happy-path"
REJECTED = "03-consent-rejected"
WRONG = "05-wrong-key"
ROTATED = "09-token-after-rotate-revoke"
HOPS = "02b-all-hops"
S, R, C = Party.SENDER, Party.RECIPIENT, Party.CLIENT


def cards_of(found: Iterable[Exchange], profile: str = "open-payments") -> dict[Party, Card]:
    trace, lookup = trace_of(found)
    return {card.party: card for card in scorecard(trace, lookup, profile=profile)}


def failed(found: Iterable[Exchange], profile: str = "open-payments") -> dict[tuple[Party, str], tuple[int, ...]]:
    return {
        (party, score.requirement.id): score.failed
        for party, card in cards_of(found, profile).items()
        for score in card.scores
        if score.failed
    }


# the table


def test_the_table_is_in_order_and_of_known_words() -> None:
    for group, letters in ((CLIENT, "C"), (ASE, "ARW")):
        assert {one.id[0] for one in group} == set(letters)
    for letter in "CARW":
        numbers = [int(one.id[2:]) for one in REQUIREMENTS if one.id[0] == letter]
        assert numbers == list(range(1, len(numbers) + 1))
    for one in REQUIREMENTS:
        assert one.operations <= set(KINDS.names()), one.id
        assert one.profiles <= set(PROFILES), one.id
        assert one.operations, one.id


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a/x", "https://a/x", True),
        ("http://a/x", "https://a/x", True),
        ("https://a/x", "https://a/x/", False),
        ("https://a/x", None, False),
    ],
)
def test_urls_are_the_same_byte_for_byte_but_for_the_scheme(one: str, other: str | None, same: bool) -> None:
    assert same_url(one, other) is same


# healthy software


@pytest.mark.parametrize("name", [HAPPY, HOPS, "15-concurrent-10", "17-https-tls", "30a-browser-accept"])
def test_healthy_payments_break_nothing(name: str) -> None:
    assert failed(exchanges(name)) == {}


def test_a_whole_payment_shows_nearly_all_that_is_asked_of_a_client() -> None:
    card = cards_of(exchanges(HAPPY))[C]
    assert [score.requirement.id for score in card.scores if score.outcome is Outcome.NOT_SEEN] == ["C-23"]


def test_what_was_not_seen_is_no_pass() -> None:
    cards = cards_of(exchanges(HAPPY)[:3])  # two wallet addresses, not on a side yet, and the client's keys
    for card in cards.values():
        total = len(card.scores)
        assert card.count(Outcome.PASSED) + card.count(Outcome.FAILED) + card.count(Outcome.NOT_SEEN) == total
    assert {party: card.count(Outcome.PASSED) for party, card in cards.items()} == {C: 1, S: 0, R: 0, Party.ANOTHER: 3}
    assert cards[C].count(Outcome.FAILED) == 0


def test_each_profile_asks_its_own() -> None:
    asked_by = {profile: {s.requirement.id for s in cards_of((), profile)[C].scores} for profile in PROFILES}
    assert {"C-13", "C-14"} <= asked_by["rfc"]
    assert not {"C-13", "C-14", "C-15"} & asked_by["open-payments"]
    assert "C-15" in asked_by["rafiki"]
    assert (S, "A-02") in failed(exchanges(HAPPY), "rfc"), "no Rafiki says no-store"
    assert (C, "C-14") in failed(exchanges(HAPPY), "rfc"), 'no SDK sends tag="gnap"'


# recordings in which something is wrong, by their truth


RECORDED: list[tuple[str, Party, str, set[int]]] = [
    (WRONG, C, "C-02", {5, 6, 10, 11, 12, 13, 14, 15}),
    (WRONG, C, "C-11", {5, 10, 12, 15}),
    ("06-body-altered", C, "C-07", {5, 6, 7, 11}),
    (REJECTED, C, "C-21", {16}),
    ("13-interact-hash-tampered", C, "C-23", {23, 49}),
    ("18-localenv-hash-url-mismatch", S, "A-11", {14}),
    ("31a-python-sdk", C, "C-29", {7, 12}),
    ("31a-python-sdk", C, "C-35", {5, 6}),
    ("31a-python-sdk", C, "C-39", {10, 24}),
    ("22-fixed-send-and-other-payment-forms", C, "C-01", {43, 44, 45}),
    ("tok-faults", C, "C-17", {35}),
    ("tok-faults", C, "C-19", {16}),
    ("tok-faults", C, "C-25", {53}),
    ("tok-faults", C, "C-16", {4, 8, 12}),
    ("sig-faults", C, "C-03", {87, 91}),
    ("sig-faults", C, "C-04", {76}),
    ("sig-faults", C, "C-40", {59, 65, 68, 71}),
    ("dig-faults", C, "C-05", {42, 45, 57}),
    ("two-faults", C, "C-10", {43}),
]


@pytest.mark.parametrize(("name", "party", "requirement", "numbers"), RECORDED)
def test_recorded_faults_are_counted_where_they_are(
    name: str, party: Party, requirement: str, numbers: set[int]
) -> None:
    assert set(failed(exchanges(name))[party, requirement]) == numbers


def test_a_wallet_that_refuses_dead_tokens_and_wrong_signatures_keeps_its_part() -> None:
    card = cards_of(exchanges(ROTATED))[R]
    kept = {score.requirement.id for score in card.scores if score.outcome is Outcome.PASSED}
    assert {"R-05", "A-17"} <= kept
    assert "R-07" in {s.requirement.id for s in cards_of(exchanges(WRONG))[R].scores if s.passed}


# one thing changed in a healthy recording


def at(operation: str, name: str = HAPPY, **how: object) -> int:
    return first(name, operation, **how)  # type: ignore[arg-type]


GRANT_R, GRANT_Q = 4, 6  # grant requests of the happy path: incoming payment, quote
CREATE, QUOTE, PAY = at("incoming_payment_create"), at("quote_create"), at("outgoing_payment_create")
GRANT_O = next(one.n for one in exchanges(HAPPY) if b'"outgoing-payment"' in (one.request.body or b"")[:120])
CONTINUE, ROTATE, REVOKE = at("grant_continue"), at("token_rotate"), at("token_revoke")
CANCEL, FINISH = at("grant_cancel"), at("interact_finish_request")
LIST, PUBLIC, COMPLETE = (
    at("outgoing_payment_list"),
    at("incoming_payment_get_public"),
    at("incoming_payment_complete", last=True),
)


def later(seconds: float) -> Change:
    def change(one: Exchange) -> Exchange:
        by = timedelta(seconds=seconds)
        return replace(one, started=one.started + by, ended=None if one.ended is None else one.ended + by)

    return change


def location(url: str) -> Change:
    def change(one: Exchange) -> Exchange:
        assert one.response is not None
        kept = [(name, value) for name, value in one.response.fields if name.lower() != "location"]
        fields = type(one.response.fields).of(*kept, ("Location", url))
        return replace(one, response=replace(one.response, fields=fields))

    return change


_ANSWER = exchanges(HAPPY)[GRANT_R - 1].response or HttpResponse(status=0)
CONTINUATION_TOKEN = json.loads(_ANSWER.body or b"")["continue"]["access_token"]["value"]
OTHER = {"value": "999999", "assetCode": "USD", "assetScale": 2}


CHANGED: list[tuple[Party, str, int, Change]] = [
    (C, "C-06", QUOTE, with_fields(signature_input='sig1=("@method" "@target-uri");created=1;keyid="k"')),
    (C, "C-08", QUOTE, with_fields(signature_input='sig1=("@method" "@target-uri");keyid="k"')),
    (C, "C-09", QUOTE, with_fields(signature_input='sig1=("@method" "@target-uri");created=1;keyid="k"')),
    (C, "C-20", CONTINUE, later(-6)),
    (C, "C-22", CONTINUE, asked(interact_ref="of another grant")),
    (C, "C-24", CONTINUE, lambda one: to_url(one.request.url + "/")(one)),
    (C, "C-26", at("interact_start"), lambda one: to_url(one.request.url + "&x=1")(one)),
    (C, "C-28", GRANT_R, asked(access_token__access=3)),
    (C, "C-30", GRANT_R, asked(client=None)),
    (C, "C-31", GRANT_O, asked(access_token__access=[{"type": "outgoing-payment", "actions": ["create"]}])),
    (C, "C-32", GRANT_O, asked(interact=None)),
    (C, "C-34", QUOTE, with_fields(content_type="text/plain")),
    (C, "C-36", QUOTE, to_url("http://cloud-nine-wallet-backend/quotes")),
    (C, "C-37", PAY, later(3600)),
    (S, "A-01", CONTINUE, answer(access_token__access=7)),
    (S, "A-03", GRANT_O, answer(**{"continue": None})),
    (S, "A-04", GRANT_O, answer(interact__finish=None)),
    (S, "A-06", GRANT_O, answer(continue__wait=1)),
    (R, "A-07", GRANT_R, answer(access_token__access=[{"type": "quote", "actions": ["create"]}])),
    (R, "A-08", GRANT_R, answer(access_token__value="SAME", continue__access_token__value="SAME")),
    (R, "A-09", GRANT_R, answer(access_token__manage=None)),
    (S, "A-10", GRANT_O, answer(interact=None, access_token={"value": "T", "access": []})),
    (S, "A-12", FINISH, location("https://evil.example/?hash=h&interact_ref=r")),
    (R, "A-14", GRANT_R, answer(400, body={"error": {"code": "no_such_code"}})),
    (R, "A-15", GRANT_R, with_fields(signature=None, signature_input=None)),
    (S, "A-16", CONTINUE, later(-6)),
    (S, "A-17", CANCEL, with_fields(authorization=None)),
    (S, "A-19", ROTATE, answer(access_token__access=[{"type": "quote", "actions": ["create"]}])),
    (S, "A-20", REVOKE, answer(200)),
    (S, "A-21", CANCEL, answer(200)),
    (R, "R-01", CREATE, answer(completed="no")),
    (R, "R-02", CREATE, answer(200)),
    (R, "R-03", CREATE, with_fields(authorization=None)),
    (R, "R-04", CREATE, both(with_fields(authorization="GNAP NOBODYS"), answer(401))),
    (R, "R-07", CREATE, with_fields(signature=None, signature_input=None)),
    (R, "R-09", CREATE, answer(400, body="oh no")),
    (R, "R-10", CREATE, answer(walletAddress="https://happy-life-bank-backend/accounts/other")),
    (R, "R-11", CREATE, answer(incomingAmount=OTHER)),
    (R, "R-06", CREATE, with_fields(authorization=f"GNAP {CONTINUATION_TOKEN}")),
    (S, "R-12", PAY, answer(debitAmount=OTHER)),
    (S, "R-13", PAY, answer(debitAmount=OTHER)),
    (R, "R-15", CREATE, answer(id="https://happy-life-bank-backend/elsewhere/1")),
    (S, "R-16", at("outgoing_payment_get"), answer(id="https://cloud-nine-wallet-backend/outgoing-payments/1")),
    (S, "R-17", LIST, answer(result=[{}, {}, {}])),
    (R, "R-18", PUBLIC, answer(methods=[])),
    (R, "R-19", COMPLETE, answer(completed=False)),
    (S, "W-01", 1, answer(assetScale="two")),
    (S, "W-02", 1, answer(id="https://cloud-nine-wallet-backend/accounts/somebody-else")),
]


@pytest.mark.parametrize(("party", "requirement", "n", "change"), CHANGED)
def test_what_breaks_a_requirement_is_found_there(party: Party, requirement: str, n: int, change: Change) -> None:
    assert n in failed(altered(HAPPY, {n: change})).get((party, requirement), ())


def answer_field(name: str, value: str) -> Change:
    def change(one: Exchange) -> Exchange:
        assert one.response is not None
        fields = type(one.response.fields).of(*one.response.fields, (name, value))
        return replace(one, response=replace(one.response, fields=fields))

    return change


CHALLENGE = answer_field("WWW-Authenticate", "GNAP as_uri=https://happy-life-bank-auth/")
KEPT: list[tuple[Party, str, int, Change]] = [
    (R, "A-02", GRANT_R, answer_field("Cache-Control", "no-store")),
    (S, "A-16", CONTINUE, both(later(-6), answer(400))),
    (R, "R-04", CREATE, both(with_fields(authorization="GNAP NOBODYS"), answer(401), CHALLENGE)),
    (R, "R-06", CREATE, both(with_fields(authorization=f"GNAP {CONTINUATION_TOKEN}"), answer(401))),
]


@pytest.mark.parametrize(("party", "requirement", "n", "change"), KEPT)
def test_what_keeps_a_requirement_is_counted_there(party: Party, requirement: str, n: int, change: Change) -> None:
    card = cards_of(altered(HAPPY, {n: change}), "rfc")[party]
    (score,) = [score for score in card.scores if score.requirement.id == requirement]
    assert n in score.passed


def test_a_limit_names_its_receiver() -> None:
    limits = {"receiver": "https://happy-life-bank-backend/incoming-payments/another"}
    access = [{"type": "outgoing-payment", "actions": ["create"], "limits": limits}]
    found = altered(HAPPY, {CONTINUE: answer(access_token__access=access)})
    assert failed(found)[S, "R-14"] == (PAY,)


def test_both_amounts_in_one_limit() -> None:
    limits = {"debitAmount": OTHER, "receiveAmount": OTHER}
    access = [{"type": "outgoing-payment", "actions": ["create"], "identifier": "https://a.example", "limits": limits}]
    assert failed(altered(HAPPY, {GRANT_O: asked(access_token__access=access)}))[C, "C-33"] == (GRANT_O,)


def test_a_token_that_doesnt_allow_the_call_must_be_refused() -> None:
    access = [{"type": "incoming-payment", "actions": ["list"]}]
    assert CREATE in failed(altered(HAPPY, {GRANT_R: answer(access_token__access=access)}))[R, "R-08"]


def test_a_rotation_that_gives_the_same_token() -> None:
    one = exchanges(HAPPY)[ROTATE - 1]
    token = (one.request.fields.get("authorization") or "").removeprefix("GNAP ")
    assert failed(altered(HAPPY, {ROTATE: answer(access_token__value=token)}))[S, "A-18"] == (ROTATE,)


def test_dead_tokens_that_are_taken() -> None:
    refused = failed(exchanges(ROTATED))[C, "C-18"]
    trace, _ = trace_of(exchanges(ROTATED))
    call = next(n for n in refused if trace.row(n).operation == "incoming_payment_get")
    assert call in failed(altered(ROTATED, {call: answer(200)}))[R, "R-05"]


def test_who_said_no_gets_no_token() -> None:
    trace, _ = trace_of(exchanges(REJECTED))
    n = next(n for n in range(1, len(trace) + 1) if trace.row(n).operation in ("grant_continue", "grant_poll"))
    given = answer(200, body={"access_token": {"value": "T", "manage": "https://a.example/t", "access": []}})
    assert n in failed(altered(REJECTED, {n: given}))[S, "A-22"]


def test_nonces_and_references_are_used_once() -> None:
    found = list(exchanges(HAPPY))
    again = replace(found[GRANT_O - 1], n=len(found) + 1)
    broken = failed([*found, again])
    assert broken[C, "C-27"] == (again.n,)
    assert broken[S, "A-05"] == (again.n,)


def test_a_reference_belongs_to_one_grant() -> None:
    name = "15-concurrent-10"
    trace, lookup = trace_of(exchanges(name))
    one, other = [
        n
        for n in range(1, len(trace) + 1)
        if trace.row(n).operation == "interact_finish_request" and "interact_ref" in (_location(lookup(n)) or "")
    ][:2]
    reference = (_location(lookup(one)) or "").partition("interact_ref=")[2].partition("&")[0]
    stolen = (_location(lookup(other)) or "").partition("interact_ref=")[0] + f"interact_ref={reference}"
    assert failed(altered(name, {other: location(stolen)}))[S, "A-13"] == (other,)


def _location(one: Exchange) -> str | None:
    return one.response.fields.get("location") if one.response is not None else None


def test_a_key_of_another_kind() -> None:
    n = at("jwks_get")
    keyid = json.loads((exchanges(HAPPY)[n - 1].response or HttpResponse(status=0)).body or b"")["keys"][0]["kid"]
    point = {"x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4", "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}
    key = {"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": keyid, **point}  # RFC 7517 A.1
    broken = failed(altered(HAPPY, {n: answer(body={"keys": [key]})}))
    assert GRANT_R in broken[C, "C-12"]
    assert broken[C, "C-40"] == (n,)


def test_a_quote_is_paid_once() -> None:
    found = list(exchanges(HAPPY))
    again = replace(found[PAY - 1], n=len(found) + 1)
    assert failed([*found, again])[C, "C-38"] == (again.n,)


def test_an_asset_that_changes() -> None:
    found = list(exchanges(HAPPY))
    again = answer(assetCode="EUR")(replace(found[0], n=len(found) + 1))
    assert failed([*found, again])[S, "W-03"] == (again.n,)


def test_an_introspection_that_calls_a_dead_token_active() -> None:
    trace, _ = trace_of(exchanges(HOPS))
    token = next(t for t in trace.memory.tokens.values() if t.kind == "access" and t.dead is not None)
    source = next(one for one in exchanges(HOPS) if trace.row(one.n).operation == "token_introspect")
    late = replace(source, n=len(exchanges(HOPS)) + 1)
    late = both(asked(access_token=token.value), answer(active=True))(late)
    broken = failed([*exchanges(HOPS), late])
    assert late.n in {n for (_, name), numbers in broken.items() if name == "A-23" for n in numbers}


OWN_TESTS = {
    "A-05",
    "A-13",
    "C-12",
    "A-18",
    "A-22",
    "A-23",
    "C-14",
    "C-18",
    "C-27",
    "C-33",
    "C-38",
    "R-05",
    "R-08",
    "R-14",
    "W-03",
}


@pytest.mark.slow
def test_every_requirement_can_be_kept_and_broken() -> None:
    """Nothing stands in the table that no exchange could decide."""
    kept = {row[1] for row in KEPT}
    broken = {row[2] for row in RECORDED} | {row[1] for row in CHANGED} | OWN_TESTS
    for path in FILES.glob("*.mitm"):
        for profile in PROFILES:
            for card in cards_of(exchanges(path.name.removesuffix(".mitm")), profile).values():
                kept |= {score.requirement.id for score in card.scores if score.passed}
                broken |= {score.requirement.id for score in card.scores if score.failed}
    assert set(REQUIREMENTS.names()) - kept == set()
    assert set(REQUIREMENTS.names()) - broken == set()


# the command


def test_text_lists_what_was_seen_and_names_the_rest(optrace: Run) -> None:
    done = optrace("scorecard", FILES / f"{HAPPY}.mitm", "--offline")
    assert done.status == 0
    assert "client: 36 passed, 0 failed, 1 not seen" in done.out
    assert "· not seen: C-23" in done.out


def test_a_broken_must_ends_with_1_and_a_should_doesnt(optrace: Run, tmp_path: Path) -> None:
    assert optrace("scorecard", FILES / f"{WRONG}.mitm", "--offline").status == 1
    impatient = write(tmp_path / "wait.jsonl", altered(HAPPY, {GRANT_O: answer(continue__wait=1)}))
    done = optrace("scorecard", impatient, "--offline")
    assert (done.status, "! A-06" in done.out) == (0, True)
    assert REQUIREMENTS["A-06"].level is Level.SHOULD


def test_json_counts_add_up(optrace: Run) -> None:
    document = json.loads(optrace("scorecard", FILES / f"{WRONG}.mitm", "--offline", "-f", "json").out)
    for party in document["parties"]:
        outcomes = [one["outcome"] for one in party["requirements"]]
        counts = {outcome: party[outcome.replace(" ", "_")] for outcome in ("passed", "failed", "not seen")}
        assert counts == {outcome: outcomes.count(outcome) for outcome in counts}
        for one in party["requirements"]:
            assert one["outcome"] == ("failed" if one["failed"] else "passed" if one["passed"] else "not seen")


def test_markdown_is_a_table_for_each_party(optrace: Run) -> None:
    out = optrace("scorecard", FILES / f"{WRONG}.mitm", "--offline", "-f", "markdown").out
    assert out.count("### ") == 3
    assert "| ❌ | C-02 |" in out
    assert "| not seen | C-23 |" in out


def test_no_traffic_is_no_pass(optrace: Run, tmp_path: Path) -> None:
    one = exchanges(HAPPY)[0]
    foreign = replace(one, request=replace(one.request, url="https://news.example/today"), response=None, error="x")
    assert optrace("scorecard", write(tmp_path / "foreign.jsonl", [foreign]), "--offline").status == 3
