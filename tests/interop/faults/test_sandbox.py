"""Each fault of the sandbox is met by the official npm client as that fault, and `check` names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from optrace.faults import FAULTS
from tests.interop.faults.scene import play

pytestmark = [pytest.mark.node, pytest.mark.slow]

# order -> (what the client says last; None: it pays), (where the diagnosis is)
SEEN: dict[str, tuple[str | None, str]] = {
    "too-fast": ('continued grant faster than "wait" period', "grant_continue"),
    "expired-token": ("403 Inactive Token", "outgoing_payment_create"),
    "revoked-token": ("403 Inactive Token", "outgoing_payment_create"),
    "introspection-down": ("401 Invalid Token", "outgoing_payment_create"),
    "rotated-key": ("400 could not determine client", "grant_request"),
    "jwks-404": ("400 could not determine client", "grant_request"),
    "wrong-hash": ("the hash is wrong", "interact_finish_request"),
    "unpadded-hash": (None, "interact_finish_request"),
    "slash-hash": ("the hash is wrong", "interact_finish_request"),
    "spaced-hash": ("", "interact_finish_request"),  # not every hash has a plus sign
    "wrong-interact-ref": ("the hash is wrong", "interact_finish_request"),
    "lost-cookie": ("the consent page failed: 401", "interact_finish_request"),
    "deny-consent": ("the sender did not agree: grant_rejected", "interact_finish_request"),
    "limit-exceeded": ("403 unauthorized", "outgoing_payment_create"),
    "quote-expired": ("400 invalid quote", "outgoing_payment_create"),
    "clock-skew": (None, "quote_create"),
    "slow": ("Request timed out", "outgoing_payment_create"),
    "hang-up": ("not paid", "outgoing_payment_create"),
    "http-500": ("500 Internal Server Error", "outgoing_payment_create"),
    "gateway-page": ("502", "outgoing_payment_create"),
    "body-reserialised": ("provided signature is invalid", "quote_create"),
    "altered-body": ("provided signature is invalid", "incoming_payment_create"),
    "broken-signature": ("provided signature is invalid", "quote_create"),
    "tls-stripped": ("401 invalid signature", "grant_request"),
}


def test_no_fault_is_left_out() -> None:
    assert tuple(SEEN) == FAULTS.names()


@pytest.mark.parametrize("name", SEEN)
def test_the_client_meets_it_and_check_names_it(
    name: str, tmp_path: Path, confdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said, operation = SEEN[name]
    played = play(tmp_path, confdir, capsys, faults=[name])
    if name == "spaced-hash" and played.paid:
        pytest.skip("this hash has no plus sign")
    assert played.paid is (said is None), played.client.stderr
    assert (said or "") in played.client.stderr
    found = [e for e in played.document["exchanges"] if e["operation"] == operation and e["findings"]]
    first = [finding["rule"] for exchange in found for finding in exchange["findings"]]
    assert first, played.codes
    assert first[0] == FAULTS[name].diagnosed[0], first
