"""The filter: words, fields, comparisons, mitmproxy's expressions; refusals that help."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.findings import Finding, Severity
from optrace.core.messages import Exchange, HttpRequest, HttpResponse
from optrace.core.redact import mask
from optrace.session.filter import EXAMPLES, FIELDS, Subject, WrongFilter, parse_filter, parse_unfinished
from optrace.session.filter.http import SIGNS
from optrace.session.filter.nodes import quoted
from optrace.session.steps import Step
from optrace.session.trace import Trace
from optrace.store.sources import open_source
from tests.diagram.journey import START, journey
from tests.examples import examples

SAMPLES = Path(__file__).parents[2] / "samples" / "sessions"


def kept(text: str, profile: str = "open-payments") -> list[int]:
    keep = parse_filter(text, profile=profile)
    return [step.n for step in journey() if keep.matches(step)]


ALL = list(range(1, 24))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", ALL),
        ("introspect", [6]),
        ("QUOTE grant", [7]),
        ("op:outgoing_payment", [18, 19, 20, 23]),
        ("status:4xx", [18, 20]),
        ("status:>=401", [18, 20]),
        ("status>=401", [18, 20]),
        ("status:403", [20]),
        ("status:401,403", [18, 20]),
        ("status:402..499", [20]),
        ("status:none", [23]),
        ("status:<3xx status:>199 op:quote_create", [8]),
        ("sig:fail", [18]),
        ("sig:unchecked", [21]),
        ("hash:pass", [16]),
        ("role:idp", [12, 13, 14, 15, 16]),
        ("role:r.as -op:grant", [4, 6]),
        ("from:client to:r.rs", [5]),
        ("role:recipient to:as,wa status:201", []),
        ("payment:1 -status:2xx status:3xx", [11, 15]),
        ("payment:2", []),
        ("mark:≠", [16]),
        ("mark:≠✗", [16, 18]),
        ("n:12", [12]),
        ("n:5..7", [5, 6, 7]),
        ("n<=2", [1, 2]),
        ("n!=1 n<3", [2]),
        ("slow:>1s", []),
        ("slow:<=20ms op:quote", [8]),
        ("host:RS.alice op:quote", [8]),
        ('"wallet address"', [1, 2]),
        ("https://shop.example/", [4, 16]),
        ("sig:fail or status:403", [18, 20]),
        ("sig:fail | status:403", [18, 20]),
        ("n:1 or n:2 n:3", [1]),
        ("(n:1 or n:2) n<2", [1]),
        ("n:1 and not n:2", [1]),
        ("not (n>1)", [1]),
        ("--n:1", [1]),
        ("!n>2", [1, 2]),
        ("profile:rfc", [16, 18]),
        ("profile:rafiki≠rfc", [16]),
        ("profile:rafiki!=rfc", [16]),
        ("profile:rafiki=rfc n:16", []),
        ("after:2026-03-01T12:01:20.8Z before:2026-03-01T13:01:22+01:00", [22]),
        ("before:1999-01-01", []),
    ],
)
def test_what_is_kept(text: str, numbers: list[int]) -> None:
    assert kept(text) == numbers


def test_verdicts_are_those_of_the_profile() -> None:
    assert kept("hash:fail", "rfc") == [16]


def test_a_time_of_day_is_one_of_every_day() -> None:
    second = START.strftime("%H:%M:%S")
    assert kept(f"-after:{second} -before:{second}") == [1]


def test_grants_are_written_as_they_are_shown() -> None:
    step = replace(journey()[0], grant=3)
    assert parse_filter("grant:G3").matches(step)
    assert not parse_filter("grant:4").matches(step)


def test_what_leads_up_to_a_payment_belongs_to_it() -> None:
    step = replace(journey()[0], payment=None, scene=1)
    assert parse_filter("payment:1").matches(step)
    assert not parse_filter("payment:2").matches(step)


def test_findings() -> None:
    found = Finding(rule="SIG-003", severity=Severity.ERROR, title="Another URL was signed", detail="a slash")
    step = replace(journey()[0], findings=(found,))
    for text in (
        "finding:sig",
        "finding:SIG-003",
        "finding:error",
        "finding:any",
        'finding:"other url"',
        "SIG-003 slash",
    ):
        assert parse_filter(text).matches(step), text
    for text in ("finding:none", "finding:DIG", "finding:warn"):
        assert not parse_filter(text).matches(step), text


# what went over the wire

BODY = b'{"error":{"code":"invalid_client","url":"https:\\/\\/a.example\\/x"},"access_token":{"value":"Tok-9"}}'
REQUEST = HttpRequest(
    method="POST",
    url="https://as.example/grant?to=https%3A%2F%2Fb.example",
    fields=Fields.of(("X-Way", "Scenic"), ("Content-Type", "application/json"), ("Authorization", "GNAP Secret-1")),
    body=b'{"client":"https://wallet.example/alice"}',
)
ANSWER = HttpResponse(
    status=401,
    reason="Unauthorized",
    fields=Fields.of(("Content-Encoding", "gzip"), ("Content-Type", "application/json"), ("Server", "Nginx")),
    body=gzip.compress(BODY, mtime=0),
)


def subject(response: HttpResponse | None = ANSWER, notes: tuple[str, ...] = ()) -> Subject:
    step = Step(n=1, operation="grant_request", method="POST", url=REQUEST.url, started=START, label="grant quote")
    exchange = Exchange(n=1, request=REQUEST, response=response, started=START)
    return Subject(replace(step, status=response.status if response else None), lambda: exchange, notes)


@pytest.mark.parametrize(
    "text",
    [
        "scenic",
        '"x-way: scenic"',
        "INVALID_CLIENT",  # in a packed body
        "https://a.example/x",  # behind JSON's escapes
        "https://b.example",  # percent-encoded
        "https://wallet.example/alice",
        "nginx unauthorized",
        "token:Secret-1",
        "token:tok-9,Tok-9",
        f"token:{mask('Tok-9')}",
        f"token:{mask('Tok-9')[-4:]}",
        mask("Secret-1"),
        "size:>100 size:<1kB -size:none",
        "~m post ~c 401 ~d as.example ~u to=https ~s !~q !~e",
        "~h x-way ~hq scenic ~hs server.*nginx -~hs scenic",
        "~b invalid ~bq wallet ~bs invalid_.lient !~bq invalid",
        '~t json & ~tq "application/js.n" & (~ts json | ~q)',
        "~all ~http",
        "note:check note:any 'check this'",
    ],
)
def test_of_the_wire(text: str) -> None:
    assert parse_filter(text).matches(subject(notes=("Check this",)))


@pytest.mark.parametrize("text", ["~s", "token:any -token:Secret-1", "~c 401", "~bs .", "note:any", "nginx"])
def test_what_isn_t_there_doesn_t_match(text: str) -> None:
    assert not parse_filter(text).matches(subject(None))


def test_an_exchange_that_nobody_has_any_more_is_still_a_step() -> None:
    step = journey()[0]
    for text in ("~b x", "~h host", "token:any", "size:>0", "scenic"):
        assert not parse_filter(text).matches(step)
    assert parse_filter("size:none token:none wallet").matches(step)


# saved filters


def test_a_saved_filter_is_a_term() -> None:
    saved = {"bad": "sig:fail or @refused", "refused": "status:403"}
    assert [s.n for s in journey() if parse_filter("@bad n>18", saved=saved).matches(s)] == [20]
    assert str(parse_filter("@bad  n>18", saved=saved)) == "@bad n:>18"


def test_one_that_is_not_saved_is_a_word() -> None:
    assert str(parse_filter("@target-uri")) == '"@target-uri"'
    assert kept("@method") == []


@pytest.mark.parametrize("text", ["@loop", "@other"])
def test_saved_filters_can_t_go_round_in_circles(text: str) -> None:
    saved = {"loop": "@loop", "other": "(@back)", "back": "@other"}
    assert not parse_filter(text, saved=saved).matches(journey()[0])


def test_a_wrong_saved_filter_is_named() -> None:
    with pytest.raises(WrongFilter) as caught:
        parse_filter("n:1 @bad", saved={"bad": "sig:bad"})
    assert caught.value.title == "The saved filter bad is wrong: There is no verdict called bad"
    assert caught.value.excerpt == ("n:1 @bad", "    ^^^^")


# mistakes


@pytest.mark.parametrize(
    ("text", "pointer", "says"),
    [
        ("n:1 stauts:4xx", "    ^^^^^^    ", "There is no filter field called stauts. Did you mean status?"),
        ("status:9", "       ^", "9 is no status. Say 401, 4xx"),
        ("status:4xx,foo", "           ^^^", "foo is no status."),
        ("sig:bad", "    ^^^", "There is no verdict called bad. Known: pass, fail"),
        ("sig:passs", "    ^^^^^", "Did you mean pass?"),
        ("payment:x", "        ^", "x is no number."),
        ("role:sas", "     ^^^", "There is no role called sas. Did you mean s.as?"),
        ("op:qoute", "   ^^^^^", "Did you mean quote?"),
        ("profile:rafki", "        ^^^^^", "Did you mean rafiki?"),
        ("profile:rafiki≠rcf", "        ^^^^^^^^^^", "There is no profile called rcf. Did you mean rfc?"),
        ("slow:soon", "     ^^^^", "soon is no duration."),
        ("size:big", "     ^^^", "big is no size."),
        ("after:noon", "      ^^^^", "noon is no instant."),
        ("host:>a", "^^^^^^^", "host: can't be compared with >."),
        ("sig:", "^^^^", "sig: needs a value. For example sig:fail."),
        ("n:1 or", "    ^^", "Something must follow this."),
        ("not", "^^^", "Something must follow this."),
        ("or n:1", "^^", "Something must stand before this."),
        ("n:1 or and n:2", "       ^^^", "Something must stand before this."),
        ("(n:1", "^", "This ( isn't closed."),
        ("n:1)", "   ^", "There is no ( for this )."),
        ("n:1 ()", "    ^^", "There is nothing in these parentheses."),
        ('n:1 "abc', "    ^^^^", "This \" isn't closed."),
        ("~zz", "^^^", "There is no expression ~zz."),
        ("~m", "^^", "~m needs a pattern. Say which method"),
        ("~u [", "   ^", "[ can't be looked for. Mend the regular expression:"),
        ("~c x", "   ^", "x is no status."),
        ("日本 sig:bad", "         ^^^", "There is no verdict called bad."),
    ],
)
def test_a_mistake_says_where_and_what_was_meant(text: str, pointer: str, says: str) -> None:
    with pytest.raises(WrongFilter) as caught:
        parse_filter(text)
    assert caught.value.excerpt == (text, pointer.rstrip())
    assert says in f"{caught.value.title}. {caught.value.remedy}"


def test_the_examples_are_filters() -> None:
    for example in EXAMPLES:
        parse_filter(example)


# properties

FUNNY = st.text(alphabet="()\"'~@&|!-:<>=≠. \\,aenors1x", max_size=30)
WORDS = st.one_of(
    st.sampled_from(
        [*EXAMPLES, "or", "and", "not", "(", ")", "-", "!", "~m", "~u", "~hq", "~s", "|", "&", '"', "@bad"]
    ),
    st.text(min_size=1, max_size=8),
)
SAVED = {"bad": "sig:fail or status:4xx"}


@pytest.mark.slow
@given(st.one_of(st.text(), FUNNY, st.lists(WORDS, max_size=12).map(" ".join)))
@examples(1000)
def test_any_text_is_a_filter_that_can_be_written_again_or_a_mistake(text: str) -> None:
    try:
        keep = parse_filter(text, saved=SAVED)
    except WrongFilter as error:
        wrong = error
    else:
        keep.matches(subject())
        again = parse_filter(str(keep), saved=SAVED)
        assert again.node == keep.node
        assert str(again) == str(keep)
        return
    assert wrong.title
    assert wrong.remedy
    assert 0 <= wrong.start <= wrong.end <= len(text)


@pytest.mark.parametrize(
    ("text", "closed"),
    [
        ("(n:1 or (n:2", "(n:1 or (n:2))"),
        ('host:"a', 'host:"a"'),
        ("n:1", "n:1"),
        ("(~u 'x", "(~u 'x')"),
        ('not (-"a', 'not (-"a")'),
    ],
)
def test_what_is_still_typed_is_taken_as_closed(text: str, closed: str) -> None:
    found = parse_unfinished(text)
    assert found.text == closed
    assert found.node == parse_filter(closed).node


@given(st.one_of(st.text(), FUNNY))
def test_any_unfinished_text_is_a_filter_or_a_mistake(text: str) -> None:
    try:
        parse_unfinished(text)
    except WrongFilter as error:
        wrong = error
    else:
        return
    assert wrong.start <= wrong.end


def test_deep_ones_are_refused() -> None:
    for text in ("(" * 10_000, "not (" * 5000, "(-" * 200 + "n:1" + ")" * 200):
        with pytest.raises(WrongFilter):
            parse_filter(text)
    assert kept("-" * 10_000 + "n:1") == [1]


TERMS = st.one_of(
    st.sampled_from(list(EXAMPLES)),
    st.sampled_from(
        ["GET", "grant", "-op:quote", "status:2xx", "sig:pass", "role:client", "n:2..9", "~m POST", "payment:1"]
    ),
    st.sampled_from([f"~{sign.name}" + (" 200" if sign.texts else "") for sign in SIGNS]),
    st.text(min_size=1, max_size=3).map(quoted),
)
FILTERS = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        inner.map(lambda one: f"not ({one})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) ({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) or ({two[1]})"),
    ),
    max_leaves=6,
)


@lru_cache
def subjects() -> tuple[Subject, ...]:
    """Real recordings: a payment that was made, and one that was refused."""
    found: list[Subject] = []
    for name in ("paid", "refused"):
        source = open_source(SAMPLES / f"{name}.optrace")
        trace = Trace(source.exchange)
        while events := source.poll():
            trace.feed(events)
        for n in range(1, len(trace) + 1):
            exchange = source.exchange(n)
            found.append(Subject(trace.step(n), partial(_same, exchange)))
        source.close()
    return tuple(found)


def _same(exchange: Exchange) -> Exchange:
    return exchange


def passing(text: str) -> list[int]:
    keep = parse_filter(text)
    return [each.step.n for each in subjects() if keep.matches(each)]


@pytest.mark.slow
@given(FILTERS, FILTERS)
def test_de_morgan(one: str, other: str) -> None:
    assert passing(f"not (({one}) ({other}))") == passing(f"not ({one}) or not ({other})")
    assert passing(f"not (({one}) or ({other}))") == passing(f"not ({one}) not ({other})")
    assert passing(f"not (not ({one}))") == passing(one)


def each_field() -> Iterator[str]:
    yield from FIELDS.names()


@pytest.mark.parametrize("name", list(each_field()))
def test_what_is_offered_for_a_field_can_stand_there(name: str) -> None:
    for value in FIELDS[name].values:
        parse_filter(f"{name}:{value}")
