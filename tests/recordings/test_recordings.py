"""Every recording of real software and every planted fault, against its truth."""

from __future__ import annotations

import pytest

from tests import long
from tests.recordings.truth import EACH, NAMES, mismatches, truth, understood, wrong_pairs

ASPECTS = [
    "operation",
    "variant",
    "from",
    "to",
    "method",
    "status",
    *(f"{kind}.{profile}" for kind in ("signature", "digest", "hash") for profile in ("rfc", "rafiki")),
]


@pytest.mark.parametrize("name", EACH)
def test_every_exchange_is_there(name: str) -> None:
    assert len(understood(name)) == len(truth(name)["exchanges"])


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("name", EACH)
def test_each_exchange_is_understood(name: str, aspect: str) -> None:
    assert mismatches(name, aspect) == []


@pytest.mark.parametrize("name", long.parted([name for name in NAMES if truth(name).get("payments")], long.RECORDINGS))
def test_payments_are_kept_together_and_apart(name: str) -> None:
    assert wrong_pairs(name) == []


@pytest.mark.parametrize("name", EACH)
def test_no_error_is_found_where_there_is_none(name: str) -> None:
    alarms = [
        (expected["n"], finding.rule)
        for expected in truth(name)["exchanges"]
        for finding in understood(name).step(expected["n"]).findings
        if finding.severity.value in expected.get("findings_never", ())
        or finding.rule in expected.get("findings_never", ())
    ]
    assert alarms == []


@pytest.mark.parametrize("name", EACH)
def test_the_first_finding_is_the_cause(name: str) -> None:
    wrong = []
    for expected in truth(name)["exchanges"]:
        if wanted := expected.get("findings_any_of"):
            places = (expected["n"], *(expected.get("findings_at") or ()))
            firsts = [f[0].rule for n in places if (f := understood(name).step(n).findings)]
            if not set(firsts) & set(wanted):
                wrong.append((expected["n"], firsts, wanted))
    assert wrong == []
