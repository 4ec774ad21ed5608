from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from mitmproxy.certs import CertStore

from optrace.cli.main import main
from optrace.core.exchange_json import to_jsonl
from optrace.core.messages import Exchange
from optrace.session.events import ExchangeSeen
from optrace.store.sources import copy_events, open_source
from optrace.store.writer import SessionWriter
from tests.recordings.truth import FILES
from tests.store.traffic import clock


class Done(NamedTuple):
    """What a command line came to."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture(scope="session")
def confdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proxy's own CA, made once."""
    folder = tmp_path_factory.mktemp("mitmproxy")
    CertStore.from_store(folder, "mitmproxy", 2048)
    return folder


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, confdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read from the user's directories, and nothing written there."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("OPTRACE_CONFDIR", str(confdir))
    for name in ("OPTRACE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")  # whatever terminal, or none, the tests run in


@pytest.fixture
def optrace(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line in this process."""

    def run(*words: str | Path) -> Done:
        status = main([str(word) for word in words])
        return Done(status, *capsys.readouterr())

    return run


def exchanges_of(path: Path) -> Iterator[Exchange]:
    source = open_source(path)
    while events := source.poll():
        yield from (event.exchange for event in events if isinstance(event, ExchangeSeen))
    source.close()


@pytest.fixture(scope="session")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One recording in each form that optrace reads."""
    folder, original = tmp_path_factory.mktemp("forms"), FILES / "01-happy-path.mitm"
    found = {"mitm": original} | {form: folder / f"recording.{form}" for form in ("optrace", "har", "jsonl")}
    exchanges = list(exchanges_of(original))
    with SessionWriter.create(found["optrace"], info={}, clock=clock) as writer:
        copy_events(open_source(original), writer)
    found["jsonl"].write_text("".join(f"{to_jsonl(exchange)}\n" for exchange in exchanges))
    entries = [_har_entry(exchange) for exchange in exchanges]
    har = {"log": {"version": "1.2", "creator": {"name": "tests", "version": "1"}, "entries": entries}}
    found["har"].write_text(json.dumps(har))
    return found


def _har_entry(exchange: Exchange) -> dict[str, Any]:
    request, response = exchange.request, exchange.response
    assert response is not None
    asked: dict[str, Any] = {
        "method": request.method,
        "url": request.url,
        "httpVersion": request.http_version,
        "headers": [{"name": name, "value": value} for name, value in request.fields],
        "cookies": [],
        "queryString": [],
        "headersSize": -1,
        "bodySize": len(request.body or b""),
    }
    if request.body:
        asked["postData"] = {"mimeType": request.fields.get("content-type") or "", "text": request.body.decode()}
    content = {
        "size": len(response.body or b""),
        "mimeType": response.fields.get("content-type") or "",
        "text": b64encode(response.body or b"").decode(),
        "encoding": "base64",
    }
    answered = {
        "status": response.status,
        "statusText": response.reason,
        "httpVersion": response.http_version,
        "headers": [{"name": name, "value": value} for name, value in response.fields],
        "cookies": [],
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": len(response.body or b""),
    }
    milliseconds = ((exchange.ended or exchange.started) - exchange.started).total_seconds() * 1000
    return {
        "startedDateTime": exchange.started.isoformat(),
        "time": milliseconds,
        "request": asked,
        "response": answered,
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }
