"""x: what is shown goes to a file, in the format that was chosen, masked unless secrets are shown."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from optrace.cli.screen import write_export
from optrace.cli.understanding import Understanding
from optrace.exporters import EXPORTERS
from optrace.store.reader import SessionReader
from optrace.tui.app import OptraceApp
from optrace.tui.screens.exporting import ExportScreen, PlaceScreen
from tests.tui.test_keys import press, running, seen

SAMPLE = Path(__file__).parents[2] / "samples" / "sessions" / "paid.optrace"
FORMAT_AT = {exporter.name: place for place, exporter in enumerate(EXPORTERS)}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copyfile(SAMPLE, tmp_path / "a.optrace"))


def app_of(path: Path) -> OptraceApp:
    source = SessionReader.open(path)
    return OptraceApp(source, Understanding(source.exchange), title="optrace", hint="", on_export=write_export)


def said(app: OptraceApp) -> list[str]:
    return [note.message for note in app._notifications]


@pytest.mark.slow
async def test_what_is_shown_is_written_masked(here: Path) -> None:
    app = app_of(here)
    async with running(app) as (pilot, _):
        await press(app, pilot, "slash", *"op:quote_create", "enter", "x")
        assert isinstance(app.screen, ExportScreen)
        assert "export the message shown, with secrets masked" in seen(app)
        await press(app, pilot, *["j"] * FORMAT_AT["http"], "enter")
        assert isinstance(app.screen, PlaceScreen)
        await press(app, pilot, "enter")
        (written,) = here.parent.glob("a*.http")
        assert said(app)[-1] == f"1 message written to {written.name}, secrets masked."
    text = written.read_text()
    assert "POST " in text
    assert "GNAP ••••" in text
    assert written.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
async def test_secrets_are_written_where_they_are_shown(here: Path) -> None:
    app = app_of(here)
    async with running(app) as (pilot, _):
        await press(app, pilot, "R", "x")
        assert "secrets and all" in seen(app)
        await press(app, pilot, *["j"] * FORMAT_AT["http"], "enter", "enter")
        (written,) = here.parent.glob("a*.http")
    assert "••••" not in written.read_text()


@pytest.mark.slow
async def test_a_place_that_cant_be_written_is_said_and_nothing_is_left(here: Path) -> None:
    app = app_of(here)
    async with running(app) as (pilot, _):
        await press(app, pilot, "x", "enter", "ctrl+u", *"no/such/place", "enter")
        assert said(app)[-1].startswith("no/such/place can't be written")
        await press(app, pilot, "x", "escape")
        await press(app, pilot, "x", "enter", "escape")
    assert [path.name for path in here.parent.iterdir()] == ["a.optrace"]
