"""One scenario for each rule about the protocol: the fault as Rafiki answers it, and the same without the fault."""

from __future__ import annotations

from tests.rules.scenarios import flo, flt, gnt, net, res, tok, wal
from tests.rules.scenarios.table import SCENARIOS

__all__ = ["SCENARIOS", "flo", "flt", "gnt", "net", "res", "tok", "wal"]
