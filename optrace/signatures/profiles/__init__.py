"""Whose eyes: each profile judges the same case. The names and their order are those of core/findings.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from optrace.core.findings import Judgement
from optrace.signatures.case import Case
from optrace.signatures.profiles import open_payments, rafiki, rfc

PROFILES: Mapping[str, Callable[[Case], Judgement]] = {
    "rfc": rfc.judge,
    "open-payments": open_payments.judge,
    "rafiki": rafiki.judge,
}
