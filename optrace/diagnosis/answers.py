"""What a server's refusal is about, by its own words (Rafiki's, and those that others are likely to use)."""

from __future__ import annotations

import re

from optrace.diagnosis.case import Case

_SIGNATURE = re.compile(
    r"invalid signature|signature validation|provided signature|signature (is|was) (invalid|missing|not)"
    r"|missing keyid|could not find key|could not retrieve client keys|signature verification|signature-input"
    r"|bad signature|verif(y|ication).{0,20}signature|content-digest",
    re.I,
)
_KEYS = re.compile(r"could not determine client|could not retrieve client keys|could not find key|unknown key", re.I)
_JWKS = re.compile(r"could not retrieve client keys", re.I)


def words(case: Case) -> str:
    """The description of a refusal, or its plain text; empty if there is none."""
    if not case.refused:
        return ""
    return case.description or (case.view.response_body.text or "")[:2000]


def about_signature(case: Case) -> bool:
    """Whether the server refused because of the signature, its digest or its key."""
    return _of_this_client(case, _SIGNATURE)


def about_keys(case: Case) -> bool:
    """Whether the server refused because it has no key, or no client, to verify with."""
    return _of_this_client(case, _KEYS)


def about_jwks(case: Case) -> bool:
    """Whether the server says that it couldn't read the client's JWKS."""
    return _of_this_client(case, _JWKS)


def _of_this_client(case: Case, about: re.Pattern[str]) -> bool:
    """Whether the server's words fit, and aren't those of the receiver's server, which it asked as a client itself."""
    if not case.refused:
        return False
    said = words(case)
    return about.search(said) is not None and "receiver" not in said.lower()
