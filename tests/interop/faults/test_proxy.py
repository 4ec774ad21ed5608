"""Faults in live traffic between the official npm client and the sandbox, and who notices them."""

from __future__ import annotations

from pathlib import Path

import pytest

from optrace.cli.main import main
from tests.interop.faults.scene import play

pytestmark = [pytest.mark.node, pytest.mark.slow]

# fault -> (the exchange that it changes, the rule that names it, who noticed)
SEEN = {
    "wrong-hash": ("interact_finish_request", "INT-017", "The client noticed: it did not continue."),
    "wrong-interact-ref": ("interact_finish_request", "INT-017", "The client noticed: it did not continue."),
    "broken-signature": ("quote_create", "SIG-034", "The server noticed: it answers 401."),
    "altered-body": ("incoming_payment_create", "DIG-008", "The server noticed: it answers 401."),
    "body-reserialised": ("quote_create", "DIG-008", "The server noticed: it answers 401."),
    "expired-token": ("outgoing_payment_create", "TOK-002", "refused as expired"),
    "limit-exceeded": ("outgoing_payment_create", "RES-013", "outside its grant's limits"),
    "hang-up": ("outgoing_payment_create", "NET-014", "the connection was cut off"),
}


@pytest.mark.parametrize("name", SEEN)
def test_the_row_is_marked_and_it_is_said_who_noticed(
    name: str, tmp_path: Path, confdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    operation, code, noticed = SEEN[name]
    played = play(tmp_path, confdir, capsys, on_the_way=[name])
    assert not played.paid
    exchange = played.first(operation)
    assert exchange["findings"][0]["rule"] == code
    told = next(finding["detail"] for finding in exchange["findings"] if finding["rule"] == "FLT-001")
    assert told.startswith(f"{name}: ")
    assert noticed in told
    assert main(["ladder", str(played.session), "--width", "160"]) == 0
    assert f"[{name}]" in capsys.readouterr().out
