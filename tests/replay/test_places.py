"""One value of a message changes, and nothing else does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.fields import Fields
from optrace.core.messages import HttpRequest
from optrace.replay.bind import text_at
from optrace.replay.places import Place, json_spans, name_of, pattern_of, query_spans, written

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)
LAYOUTS = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])


def leaves(value: Any, path: Place = ()) -> list[tuple[Place, Any]]:
    if isinstance(value, dict):
        return [leaf for name, member in value.items() for leaf in leaves(member, (*path, name))]
    if isinstance(value, list):
        return [leaf for index, member in enumerate(value) for leaf in leaves(member, (*path, index))]
    return [(path, value)]


def posted(body: str, **more: str) -> HttpRequest:
    fields = Fields.of(("content-type", "application/json"), *more.items())
    return HttpRequest(method="POST", url="https://as.example/", fields=fields, body=body.encode())


@given(VALUES, LAYOUTS)
def test_each_scalar_of_a_json_text_is_found_where_it_stands(value: Any, layout: dict[str, Any]) -> None:
    text = json.dumps(value, **layout)
    found = [(path, json.loads(text[start:end])) for path, start, end in json_spans(text)]
    assert found == leaves(value)


@pytest.mark.slow
@given(st.dictionaries(st.text(min_size=1), VALUES, max_size=4), LAYOUTS, st.text(min_size=1), st.data())
def test_a_text_of_a_body_is_replaced_and_all_else_stays(
    value: dict[str, Any], layout: dict[str, Any], new: str, data: st.DataObject
) -> None:
    texts = [path for path, leaf in leaves(value) if isinstance(leaf, str) and leaf]
    if not texts:
        return
    path = data.draw(st.sampled_from(texts))
    request = posted(json.dumps(value, **layout))
    changed = written(request, {("body", *path): new})
    assert text_at(changed, ("body", *path)) == new
    before = text_at(request, ("body", *path))
    assert before is not None
    assert written(changed, {("body", *path): before}).url == request.url
    assert json.loads((changed.body or b"").decode()) == with_leaf(value, path, new)


def with_leaf(value: Any, path: Place, new: str) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = with_leaf(value[path[0]], path[1:], new)
    return copy


@given(st.text())
def test_what_is_no_json_gives_no_spans_and_no_trouble(text: str) -> None:
    request = posted(text)
    assert written(request, {("body", "no such member"): "x"}) == request


def test_layout_and_order_of_a_body_survive() -> None:
    request = posted('{ "b" : "one",\n\t"a":["\\u00e9", {"value":"25","assetScale":2}] }')
    changed = written(request, {("body", "a", 1, "assetScale"): 9, ("body", "b"): 'tw"o'})
    assert changed.body == b'{ "b" : "tw\\"o",\n\t"a":["\\u00e9", {"value":"25","assetScale":9}] }'


def test_a_token_keeps_its_scheme() -> None:
    request = posted("{}", Authorization="GNAP  OLD")
    assert written(request, {("authorization",): "NEW"}).fields.get("authorization") == "GNAP  NEW"


def test_a_parameter_of_a_query_is_encoded() -> None:
    request = HttpRequest(method="GET", url="https://shop.example/finish?order=7&hash=a%2Bb%3D&interact_ref=1")
    changed = written(request, {("url", "?hash"): "c+/="})
    assert changed.url == "https://shop.example/finish?order=7&hash=c%2B%2F%3D&interact_ref=1"
    assert text_at(changed, ("url", "?hash")) == "c+/="


def test_spans_of_a_query_end_at_the_fragment() -> None:
    url = "https://x/?a=1&b&c=%20#a=2"
    assert [(name, url[start:end]) for name, start, end in query_spans(url)] == [("a", "1"), ("c", "%20")]


def test_places_have_names() -> None:
    assert name_of(("body", "access_token", "access", 0, "identifier")) == "body access_token.access[0].identifier"
    assert name_of(("url", "?hash")) == "URL ?hash"
    assert name_of(("authorization",)) == "Authorization"
    assert pattern_of(("access", 0, "limits", "receiver")) == "access[].limits.receiver"


def test_of_a_repeated_parameter_the_first_is_meant_and_all_else_stays() -> None:
    sent = HttpRequest(method="GET", url="https://a.example/?hash=a&interact_ref=0&x=1&interact_ref=r&hash=a")
    edits = {("url", "?interact_ref"): "new one", ("url", "?hash"): "b"}
    assert written(sent, edits).url == "https://a.example/?hash=b&interact_ref=new%20one&x=1&interact_ref=r&hash=a"
