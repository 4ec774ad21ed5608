"""No secret of any recording is in any export, in no form; equal secrets have equal masks."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from optrace.core.redact import mask
from optrace.exporters import EXPORTERS
from tests.cli.test_secrets import secrets_of
from tests.exporters.materials import planted, recorded, recording, text
from tests.recordings.truth import NAMES

FORMATS = EXPORTERS.names()


def forms(secret: str) -> dict[str, str]:
    """How a secret may be hidden in a text."""
    raw = secret.encode()
    return {
        "raw": secret,
        "JSON": json.dumps(secret)[1:-1],
        "percent": quote(secret, safe=""),
        "hex": raw.hex(),
        # what base64 makes of the inside of a secret, whatever stands before it
        **{f"base64+{pad}": _inside(b"\0" * pad + raw, pad) for pad in range(3)},
    }


def _inside(raw: bytes, pad: int) -> str:
    whole = raw[: len(raw) - len(raw) % 3]
    return base64.b64encode(whole).decode()[4 if pad else 0 :]


def leaks(secrets: list[str] | set[str], exported: str) -> list[tuple[str, str]]:
    """What can still be found."""
    return [
        (secret, form)
        for secret in secrets
        for form, said in forms(secret).items()
        if len(said) > 7 and said in exported
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_secret_of_a_recording_is_in_an_export(name: str) -> None:
    secrets = secrets_of(list(recording(name).values()))
    for format_ in FORMATS:
        if format_ == "pytest" and not any(step.proven for step in recorded(name).steps()):
            continue
        assert leaks(secrets, text(format_, recorded(name))) == [], format_


def test_the_test_would_find_them() -> None:
    secrets = secrets_of(list(recording("01-happy-path").values()))
    assert len(secrets) > 5
    found = leaks(secrets, text("jsonl", recorded("01-happy-path", reveal=True)))
    assert {secret for secret, _ in found} == secrets


@pytest.mark.parametrize("format_", [name for name in FORMATS if name != "pytest"])
def test_planted_secrets_are_found_everywhere(format_: str) -> None:
    material, secrets = planted()
    said = text(format_, material)
    assert leaks(secrets, said) == []
    assert secrets[0][:20] not in said  # half of it, before the border of a chunk
    assert secrets[0][20:] not in said


def test_equal_secrets_have_equal_masks_wherever_they_stand() -> None:
    material, (token, reference, *_) = planted()
    exported = text("http", material)
    assert exported.count(mask(token)) > 6
    assert exported.count(mask(reference)) > 3
