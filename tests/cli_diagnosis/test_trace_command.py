"""`optrace trace`: the lifeline of a value as text and JSON."""

from __future__ import annotations

import json

import pytest

from optrace.core.redact import mask
from tests.cli_diagnosis.conftest import Run
from tests.cli_diagnosis.kit import HAPPY, exchanges, trace_of
from tests.recordings.truth import FILES

ROTATED = FILES / "09-token-after-rotate-revoke.mitm"


@pytest.fixture(scope="module")
def token() -> str:
    """A token that was rotated and used after that."""
    trace, _ = trace_of(exchanges("09-token-after-rotate-revoke"))
    return next(t.value for t in trace.memory.tokens.values() if t.kind == "access" and t.dead is not None)


def test_birth_use_and_death_in_their_order(optrace: Run, token: str) -> None:
    done = optrace("trace", ROTATED, token, "--offline")
    assert done.status == 1, "a dead token was used"
    words = [line.split()[0] for line in done.out.splitlines()[1:]]
    assert words[0] == "born"
    assert set(words[1 : words.index("dead")]) == {"used"}
    assert set(words[words.index("dead") + 1 :]) == {"late"}
    assert "signed, after its death" in done.out


def test_its_mask_its_beginning_and_itself_are_one(optrace: Run, token: str) -> None:
    outs = {
        optrace("trace", ROTATED, said, "--offline").out for said in (token, token[:8], mask(token), mask(token)[4:])
    }
    assert len(outs) == 1


def test_secrets_are_masked_unless_revealed(optrace: Run, token: str) -> None:
    for form in ([], ["--json"]):
        assert token not in optrace("trace", ROTATED, token, "--offline", *form).out
        assert token in optrace("trace", ROTATED, token, "--offline", "--reveal", *form).out


def test_json_has_the_same(optrace: Run, token: str) -> None:
    document = json.loads(optrace("trace", ROTATED, token, "--offline", "--json").out)
    assert document["value"] == mask(token)
    assert document["sightings"][0]["role"] == "born"
    assert document["death"]["how"] == "rotated"
    assert {one["role"] for one in document["sightings"] if one["n"] > document["death"]["n"]} == {"late"}


def test_a_clean_life_ends_with_0(optrace: Run) -> None:
    assert optrace("trace", HAPPY, "10.00 USD", "--offline").status == 0


def test_what_is_nearly_the_same_is_said(optrace: Run, token: str) -> None:
    done = optrace("trace", ROTATED, token.lower(), "--offline")
    assert done.status == 1
    assert "only upper and lower case differ" in done.out


def test_what_doesnt_occur_ends_with_3(optrace: Run) -> None:
    done = optrace("trace", HAPPY, "never-seen-0000", "--offline")
    assert (done.status, "doesn't occur" in done.out) == (3, True)


def test_several_values_are_listed(optrace: Run) -> None:
    done = optrace("trace", HAPPY, "http://", "--offline")
    assert done.status == 2
    assert "more" in done.err
