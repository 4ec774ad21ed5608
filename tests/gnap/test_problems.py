"""Errors in every shape in which servers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.core.bodies import ABSENT
from optrace.gnap.problems import CODES, Problem, Shape, read_problem, read_result


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"error": "user_denied"}, Problem(code="user_denied", shape=Shape.STRING)),
        (
            {"error": {"code": "invalid_client", "description": "invalid signature"}},
            Problem(code="invalid_client", description="invalid signature", shape=Shape.OBJECT),
        ),
        (
            {"error": {"code": "too_fast"}, "continue": {"uri": "https://as.example/continue/1"}},
            Problem(code="too_fast", shape=Shape.OBJECT, continues=True),
        ),
        (
            {"error": {"description": "Received error validating OpenAPI request"}},
            Problem(description="Received error validating OpenAPI request", shape=Shape.NO_CODE),
        ),
        (
            {"error": {"code": "403", "description": "Insufficient Grant", "details": {"a": 1}}},
            Problem(code="403", description="Insufficient Grant", details={"a": 1}, shape=Shape.STATUS_CODE),
        ),
        ({"error": {"code": 403, "message": "no"}}, Problem(code="403", description="no", shape=Shape.STATUS_CODE)),
        (
            {"error": {"code": "invalid_request", "description": "x", "details": {}}},
            Problem(code="invalid_request", description="x", details={}, shape=Shape.OBJECT),
        ),
        (
            {"error": "invalid_token", "error_description": "expired"},
            Problem(code="invalid_token", description="expired", shape=Shape.FLAT),
        ),
        (
            {"statusCode": 502, "message": "Bad Gateway"},
            Problem(code="502", description="Bad Gateway", shape=Shape.FLAT),
        ),
    ],
)
def test_json_shapes(body, problem):
    assert read_problem(body) == problem


def test_plain_text():
    text = "Server is in the process of restarting"
    assert read_problem(ABSENT, f"{text}\n") == Problem(description=text, shape=Shape.TEXT)


@pytest.mark.parametrize("value", [{}, {"id": "x"}, {"error": None}, {"error": 7}, [], "text", None, 7, {"code": "x"}])
def test_what_is_no_error(value):
    assert read_problem(value, "text") is None


@pytest.mark.parametrize("text", [None, "", "  ", "<!doctype html>"])
def test_no_text_and_pages_are_no_error(text):
    assert read_problem(ABSENT, text) is None


def test_the_query_of_a_finish():
    query = [("order", "1"), ("result", "invalid_interaction"), ("message", "interaction expired")]
    assert read_result(query) == Problem(
        code="invalid_interaction", description="interaction expired", shape=Shape.QUERY
    )
    assert read_result([("hash", "x")]) is None


def test_known_codes():
    assert Problem(code="too_many_attempts").known_code == "too_many_attempts"
    assert Problem(code="403").known_code is None
    assert {code for code, homes in CODES.items() if "op" in homes} == {
        "invalid_request",
        "invalid_client",
        "invalid_rotation",
        "invalid_continuation",
        "request_denied",
        "too_fast",
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.just(10**5000 // 10**4000),
        lambda inner: (
            st.dictionaries(st.sampled_from(["error", "code", "description", "message", "details", "continue"]), inner)
            | st.lists(inner)
        ),
        max_leaves=8,
    ),
    st.none() | st.text(),
)
def test_nothing_raises(value, text):
    read_problem(value, text)
