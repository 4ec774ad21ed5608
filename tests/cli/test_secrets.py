"""No secret of a recording is printed unless --reveal asks for it, by any command, in any form."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optrace.cli import report
from optrace.cli.commands import ls, show
from optrace.cli.load import Loaded
from optrace.cli.output import Output, json_text
from optrace.core.exchange_json import to_jsonl
from optrace.core.messages import Exchange
from optrace.core.redact import mask, mask_json, mask_text, mask_url
from optrace.diagram.layout import Diagram
from optrace.diagram.paint import ladder_text
from optrace.session.steps import DEFAULT_PROFILE
from optrace.store.sources import open_source
from tests.cli.conftest import Run, exchanges_of
from tests.exchanges.wire import exchange
from tests.recordings.truth import FILES, NAMES, understood

TOKENS = re.compile(r"(?:GNAP|Bearer) +(\S+)")
QUERY = re.compile(r"[?&](?:interact_ref|nonce)=([^&#\"\s<>]+)")
MEMBERS = {"interact_ref", "nonce", "sharedSecret"}


def secrets_of(exchanges: list[Exchange]) -> set[str]:
    """What is secret in them, found without optrace's own list."""
    found: set[str] = set()
    for each in exchanges:
        for message in (each.request, each.response):
            if message is None:
                continue
            for name, value in message.fields:
                match name.lower():
                    case "authorization":
                        found.update(TOKENS.findall(value))
                    case "cookie":
                        found.update(pair.partition("=")[2].strip() for pair in value.split(";"))
                    case "set-cookie":
                        found.add(value.partition(";")[0].partition("=")[2])
                    case "x-idp-secret":
                        found.add(value)
                    case "location" | "referer":
                        found.update(QUERY.findall(value))
            with suppress(ValueError):
                found.update(_in_json(json.loads(message.body or b"")))
        found.update(QUERY.findall(each.request.url))
    return {secret for secret in found if len(secret) >= 8}


def _in_json(value: Any, holder: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for member in value:
            yield from _in_json(member, holder)
    elif isinstance(value, dict):
        for name, member in value.items():
            token = name == "value" and holder == "access_token"
            finish = name == "finish" and holder == "interact"
            if isinstance(member, str) and (name in MEMBERS or name == "access_token" or token or finish):
                yield member
            else:
                yield from _in_json(member, name)


def leaks(text: str, secrets: set[str]) -> list[str]:
    return [secret for secret in secrets if secret in text]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_no_secret_of_a_real_recording_is_printed(name: str) -> None:
    path = FILES / f"{name}.mitm"
    exchanges = list(exchanges_of(path))
    secrets = secrets_of(exchanges)
    assert secrets
    source, trace, output = open_source(path), understood(name), Output(color="never")
    steps = [trace.step(each.n) for each in exchanges]
    found = Loaded(source, trace)
    printed = {
        "check": "\n".join(report.text(found, steps, output, DEFAULT_PROFILE)),
        "check --format json": json_text(report.document(found, steps)),
        "ls": "\n".join(ls.line(step, output, DEFAULT_PROFILE) for step in steps),
        "ladder": ladder_text(steps, 250, diagram=Diagram(hosts=trace.lane_hosts)),
    }
    args = Namespace(reveal=False, profile=DEFAULT_PROFILE)
    for each in exchanges:
        detail = trace.detail(each.n, each)
        for form, lines in show.FORMATS.items():
            printed[f"show {each.n} -f {form}"] = "\n".join(lines(detail, args, output))
    assert {words: leaks(text, secrets) for words, text in printed.items() if leaks(text, secrets)} == {}


@pytest.mark.parametrize("words", [["check"], ["check", "--format", "json"], ["ls"], ["ls", "--json"], ["ladder"]])
def test_no_secret_is_printed_by_a_command(words: list[str], optrace: Run) -> None:
    path = FILES / "02b-all-hops.mitm"
    done = optrace(*words, path, "--offline")
    assert "gfranklin" in done.out or "introspect" in done.out
    assert leaks(done.out + done.err, secrets_of(list(exchanges_of(path)))) == []


def test_reveal_shows_them(optrace: Run) -> None:
    path = FILES / "01-happy-path.mitm"
    each = next(e for e in exchanges_of(path) if "authorization" in e.request.fields)
    token = (each.request.fields.get("authorization") or "").partition(" ")[2]
    for form in ("http", "base", "json"):
        words = ("show", path, each.n, "-f", form, "--offline")
        assert token not in optrace(*words).out
        assert mask(token) in optrace(*words).out or form == "json"
        assert token in optrace(*words, "--reveal").out


SECRET = "S3CR3T-abcdefgh"
STRANGE = {
    "JSON cut short": b'{"access_token": {"value": "S3CR3T-abcdefgh", "access": [',
    "JSON cut within": b'{"access_token": {"value": "S3CR3T-abcdefgh',
    "JSON with a comma too many": b'{"interact_ref" : "S3CR3T-abcdefgh",}',
    "a form": b"interact_ref=S3CR3T-abcdefgh&nonce=S3CR3T-abcdefgh",
    "a page": b'<a href="/consent?interactId=1&amp;nonce=S3CR3T-abcdefgh">',
    "a page's form": b'<form action="https://as.example/interact/1/S3CR3T-abcdefgh/finish">',
    "several tokens": b'{"access_token": [{"value": "S3CR3T-abcdefgh", "label": "a"}]}',
    "a list where a text belongs": b'{"nonce": ["S3CR3T-abcdefgh"], "access_token": {"value": ["S3CR3T-abcdefgh"]}}',
    "a text that is a URL": b'"https://shop.example/?interact_ref=S3CR3T-abcdefgh"',
    "not UTF-8": b'{"interact_ref": "S3CR3T-abcdefgh", "x": "\xff"}',
}


@pytest.mark.parametrize("side", ["request", "response"])
@pytest.mark.parametrize("name", STRANGE)
def test_no_secret_of_a_body_that_is_not_as_it_should_be(name: str, side: str, tmp_path: Path, optrace: Run) -> None:
    body, path = STRANGE[name], tmp_path / "strange.jsonl"
    given = {"sent": body, "got": b"{}"} if side == "request" else {"sent": b"{}", "got": body, "status": 400}
    path.write_text(to_jsonl(exchange("POST", "https://as.example/t", **given)))
    for form in show.FORMATS:
        done = optrace("show", path, "1", "-f", form, "--offline")
        assert done.status == 0
        assert SECRET not in done.out, form
    assert SECRET not in optrace("check", path, "--offline").out
    assert SECRET not in optrace("ladder", path, "--offline", "--width", "250").out


def test_the_nonce_of_an_interaction_url_has_the_same_mask_everywhere() -> None:
    url = "https://as.example/interact/4CF492/1B2C3D4E?clientName=x"
    assert mask_url(url) == f"https://as.example/interact/4CF492/{mask('1B2C3D4E')}?clientName=x"
    answer = {"interact": {"redirect": url, "finish": "1B2C3D4E"}}
    assert mask_json(answer) == {"interact": {"redirect": mask_url(url), "finish": mask("1B2C3D4E")}}
    assert mask_url("https://as.example/grant/1/2/accept") == f"https://as.example/grant/1/{mask('2')}/accept"
    assert mask_url("https://as.example/continue/1") == "https://as.example/continue/1"


def test_an_amount_in_broken_json_stays_readable() -> None:
    assert mask_text('{"debitAmount": {"value": "2500", ') == '{"debitAmount": {"value": "2500", '


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_masked(text: str) -> None:
    assert SECRET not in mask_text(f'{text}?interact_ref={SECRET}&"nonce":"{SECRET}"')
    assert isinstance(mask_text(text), str)
