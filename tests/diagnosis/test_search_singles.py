"""Each candidate: a message with exactly this fault is diagnosed as exactly this fault, whatever the message is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.urls import parse
from tests.diagnosis.desk import KEY, SECOND, STRANGER, codes, found, rules, session, wish
from tests.diagnosis.faults import FAULTS, Signed
from tests.examples import examples
from tests.rules.forgery import digest_of, with_fields

EXAMPLES = examples(12)

names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12).filter(lambda s: s[0].isalpha())
segments = st.text("abcXYZ019-._~", min_size=1, max_size=10).filter(lambda s: s.strip(".") != "")
urls = st.builds(
    lambda host, port, path: f"https://{host}.example{port}/{'/'.join(path)}",
    names,
    st.sampled_from(["", ":8443", ":3000"]),
    st.lists(segments, min_size=1, max_size=4),
)
texts = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20)
values = texts | st.integers(0, 10**6) | st.lists(texts, max_size=3)
bodies = st.dictionaries(texts.filter(str.isalpha), values, max_size=4).map(
    lambda more: json.dumps(json.loads(wish()) | {"metadata": more}, separators=(",", ":"), ensure_ascii=False).encode()
)


def planted(name: str, url: str) -> dict[str, Any]:
    """The arguments of `forge` for one fault."""
    arguments: Signed = {}
    FAULTS[name].plant(arguments, url)
    if arguments.pop("as_kid", False):
        arguments |= {"params": f';keyid="{KEY.kid}";created=1767614401', "published": (KEY, SECOND)}
    return arguments


@pytest.mark.parametrize("name", FAULTS)
@EXAMPLES
@given(url=urls, body=bodies)
def test_a_fault_alone_is_named(name: str, url: str, body: bytes) -> None:
    if name == "default port" and parse(url).authority.count(":"):
        url = url.replace(":8443", "").replace(":3000", "")
    assert codes(url=url, body=body, **planted(name, url)) == {FAULTS[name].code}


@pytest.mark.parametrize("name", FAULTS)
def test_the_rule_says_so_first(name: str) -> None:
    url = "https://auth.recipient.example/tenant"
    assert rules(url=url, **planted(name, url))[0] == FAULTS[name].code


@EXAMPLES
@given(url=urls, body=bodies)
def test_nothing_wrong_is_nothing_to_search(url: str, body: bytes) -> None:
    trace, exchange = session(url=url, body=body)
    assert trace.row(exchange.n).verdicts.signature.rfc == "pass"


QUERIES: dict[str, Callable[[str], str]] = {
    "dropped": lambda url: url.partition("?")[0],
    "decoded": unquote,
    "escaped twice": lambda url: url.replace("%", "%25"),
    "lower-case escapes": lambda url: re.sub("%..", lambda escape: escape[0].lower(), url),
    "plus for blanks": lambda url: url.replace("%20", "+"),
    "fewer escapes": lambda url: url.replace("%3A", ":").replace("%2F", "/"),
    "sorted": lambda url: f"{url.partition('?')[0]}?{'&'.join(sorted(url.partition('?')[2].split('&')))}",
    "one left out": lambda url: url.replace("&last=1", ""),
}


@pytest.mark.parametrize("how", QUERIES)
@EXAMPLES
@given(value=st.text("ab é/:?&=+", min_size=1, max_size=12))
def test_a_query_signed_otherwise(how: str, value: str) -> None:
    url = "https://rs.recipient.example/t/incoming-payments?wallet-address=https%3A%2F%2Fw.example%2F"
    url += f"{quote(value, safe='')}%20%2B&cursor=a&last=1"
    signed = QUERIES[how](url)
    assert signed != url
    assert codes(url=url, method="GET", token=True, signed={"@target-uri": signed}) == {"SIG-004"}


CONTENT_TYPES = [
    "application/json;charset=UTF-8",
    "application/octet-stream",
    "text/plain;charset=UTF-8",
    "",
    "undefined",
]


@pytest.mark.parametrize("value", CONTENT_TYPES)
def test_a_content_type_signed_otherwise(value: str) -> None:
    assert codes(signed={"content-type": value}) == {"SIG-030"}


@EXAMPLES
@given(token=st.text("ABCDEF0123456789", min_size=8, max_size=40))
@pytest.mark.parametrize("form", ["Bearer {}", "{}", 'GNAP "{}"', "gnap {}", "GNAP  {}"])
def test_a_token_signed_in_another_form(form: str, token: str) -> None:
    assert codes(
        token=True, sent_fields={"authorization": f"GNAP {token}"}, signed={"authorization": form.format(token)}
    ) == {"SIG-017"}


def test_another_token_of_the_session_is_named_by_its_mask() -> None:
    result = found(token=True, after=lambda sent: with_fields(sent, authorization="GNAP NEVERSEEN"))
    assert {change.code for change in result.changes} == {"SIG-017"}
    assert result.proof is not None
    assert "••••" in result.proof.change
    assert "GNAP NEVERSEEN" not in str(result.proof)


@pytest.mark.parametrize("length", ["0", "", "undefined", "153", "120"])
def test_a_content_length_signed_otherwise(length: str) -> None:
    assert codes(signed={"content-length": length}) == {"DIG-013"}


def test_characters_counted_for_bytes() -> None:
    body = '{"metadata":{"description":"déjà vu — naïve façade"}}'.encode()
    assert codes(body=body, signed={"content-length": str(len(body.decode()))}) == {"DIG-013"}


@EXAMPLES
@given(body=bodies)
def test_a_body_exchanged_with_its_digest_and_length(body: bytes) -> None:
    pretty = json.dumps(json.loads(body), indent=2, ensure_ascii=False).encode()

    def after(sent: Any) -> Any:
        return with_fields(sent, content_digest=digest_of(body), content_length=str(len(body)))

    values = {"content-digest": digest_of(pretty), "content-length": str(len(pretty))}
    assert codes(body=body, signed=values, after=after) == {"SIG-030"}


PARAMS = {
    "one left out": ';keyid="key-shop"',
    "another order": ';created=1767614401;keyid="key-shop"',
    "blanks": '; keyid="key-shop"; created=1767614401',
    "an algorithm more": ';keyid="key-shop";created=1767614401;alg="ed25519"',
    "another second": ';keyid="key-shop";created=1767614402',
    "milliseconds": ';keyid="key-shop";created=1767614401000',
    "no quotes": ";keyid=key-shop;created=1767614401",
}


@pytest.mark.parametrize("how", PARAMS)
def test_parameters_signed_otherwise(how: str) -> None:
    assert codes(params=';keyid="key-shop";created=1767614401', signed_params=PARAMS[how]) == {"SIG-007"}


@pytest.mark.parametrize(
    ("sent", "authority"),
    [
        ("https://as.example/t", "as.example:8443"),
        ("https://as.example/t", "AS.EXAMPLE"),
        ("https://as.example:8443/t", "as.example"),
        ("https://as.example/t", "rs.recipient.example"),
        ("https://as.example/t", "localhost"),
    ],
)
def test_another_authority(sent: str, authority: str) -> None:
    url = sent.replace(parse(sent).authority, authority)

    def after(request: Any) -> Any:
        return replace(request, authority=authority if ":" in authority else None)

    token = authority.startswith("rs.")  # seen in this session
    assert codes(url=sent, token=token, signed={"@target-uri": url}, after=after) == {"SIG-005"}


@pytest.mark.parametrize("path", ["/t/api/x", "/x", "/api/t/x", "/t//x", "//t/x"])
def test_another_path(path: str) -> None:
    wanted = {"SIG-003"} if "//" in path else {"SIG-005"}
    sent = "https://as.example/t/x" if path != "/t/api/x" else "https://as.example/v9/t/api/x"
    assert codes(url=sent, signed={"@target-uri": f"https://as.example{path}"}) == wanted


def test_the_bare_origin() -> None:
    assert codes(url="https://as.example/", signed={"@target-uri": "https://as.example"}) == {"SIG-002"}


@pytest.mark.parametrize("last", [True, False])
def test_names_without_quotes_in_the_base(last: bool) -> None:
    assert codes(quoted_lines=False, quoted=not last, value="{base64}") == {"SIG-009"}


@pytest.mark.slow
def test_a_key_that_nobody_published_is_never_guessed() -> None:
    result = found(key=STRANGER, params=';keyid="key-shop";created=1767614401')
    assert result.proof is None
    assert rules(key=STRANGER, params=';keyid="key-shop";created=1767614401')[0] == "SIG-034"
