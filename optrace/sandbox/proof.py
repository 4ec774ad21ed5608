"""Signatures as the servers judge them: the `rafiki` profile's checks, and at which stage the first one failed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from optrace.core.findings import Verdict
from optrace.core.messages import HttpRequest
from optrace.signatures.keys import KeySet
from optrace.signatures.profiles.rafiki import keyid_of, node_field
from optrace.signatures.verify import verify_request


class Stage(StrEnum):
    """The stages of the verification, in the authorization server's order."""

    HEADERS = "headers"  # missing, malformed, too little covered, or a wrong digest
    KEYID = "keyid"
    KEY = "key"
    SIGNATURE = "signature"


_LATE = {stage.value: stage for stage in (Stage.KEYID, Stage.KEY, Stage.SIGNATURE)}  # by name of check
_NO_KEYS = KeySet.unseen("the client", "not looked up yet")


def failed_stage(request: HttpRequest, keys: KeySet, *, now: datetime) -> Stage | None:
    """Where the verification fails first, or None if the signature is good."""
    judgement = verify_request(request, keys, now=now).judgements["rafiki"]
    if judgement.verdict is Verdict.NONE:
        return Stage.HEADERS
    failed = (check for check in judgement.checks if check.verdict is Verdict.FAIL)
    first = next(failed, None)
    if first is not None:
        return _LATE.get(first.name, Stage.HEADERS)
    return None if judgement.verdict is not Verdict.UNCHECKED else Stage.KEY


def headers_are_right(request: HttpRequest, *, now: datetime) -> bool:
    """Whether the fields are in order, digest included, before any key is looked at."""
    return failed_stage(request, _NO_KEYS, now=now) is not Stage.HEADERS


def keyid(request: HttpRequest) -> str | None:
    """The keyid as the reference implementation reads it."""
    return keyid_of(node_field(request.fields, "signature-input") or "")
